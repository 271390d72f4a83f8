// SPDX-License-Identifier: Apache-2.0
// Group commit. Jobs that arrive while a group runs join it; those that arrive during its commit
// form the next one, so that groups grow with the load and a lone job waits for nobody.
#include "platform/db/group_writer.h"

namespace nephele::db {

namespace {

/// Bounds how long the first job of a group can wait for the last.
constexpr std::size_t group_limit = 256;

std::string message_of(std::exception_ptr error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& e) {
        return e.what();
    }
}

} // namespace

void GroupWriter::Job::finish() {
    // Notified under the lock: the waiter destroys the job as soon as it gets the lock.
    std::lock_guard lock(mutex);
    done = true;
    finished.notify_one();
}

void GroupWriter::Job::wait() {
    std::unique_lock lock(mutex);
    finished.wait(lock, [&] { return done; });
}

GroupWriter::GroupWriter(GroupStore& store) : store_(store), thread_([this] { loop(); }) {}

GroupWriter::~GroupWriter() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void GroupWriter::enqueue(const std::vector<Job*>& jobs) {
    if (is_this_thread()) throw DatabaseError("a write from inside a write or its commit action");
    {
        std::lock_guard lock(mutex_);
        if (stopping_) throw Unavailable("the database is shutting down");
        queue_.insert(queue_.end(), jobs.begin(), jobs.end());
    }
    wake_.notify_one();
}

void GroupWriter::write(const Body& body) {
    Job job;
    job.body = &body;
    enqueue({&job});
    job.wait();
    if (job.error) std::rethrow_exception(job.error);
}

void GroupWriter::write_in_order(const std::vector<Body>& bodies) {
    std::deque<Job> jobs(bodies.size());
    std::vector<Job*> pointers;
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        jobs[i].body = &bodies[i];
        jobs[i].after = i ? &jobs[i - 1] : nullptr;
        pointers.push_back(&jobs[i]);
    }
    enqueue(pointers);
    for (Job& job : jobs) job.wait();
    for (Job& job : jobs) {
        if (job.error) std::rethrow_exception(job.error);
    }
}

void GroupWriter::take_more(std::deque<Job*>& group) {
    std::lock_guard lock(mutex_);
    while (!queue_.empty() && group.size() < group_limit) {
        group.push_back(queue_.front());
        queue_.pop_front();
    }
}

void GroupWriter::loop() {
    while (true) {
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
            if (queue_.empty()) return;
        }
        std::deque<Job*> group;
        take_more(group);
        run_group(group);
    }
}

void GroupWriter::run_job(Job& job) {
    if (job.after && job.after->error) {
        job.error = job.after->error;
        return;
    }
    try {
        store_.run(*job.body, job.actions);
    } catch (...) { // Runner loop: the caller gets it.
        job.error = std::current_exception();
    }
}

/// What ended the group's transaction early, if anything did.
std::optional<std::string> GroupWriter::run_jobs(std::deque<Job*>& group) {
    for (std::size_t i = 0; i < group.size(); ++i) {
        run_job(*group[i]);
        if (!store_.in_transaction()) {
            std::lock_guard lock(mutex_);
            queue_.insert(queue_.begin(), group.begin() + i + 1, group.end());
            group.resize(i + 1);
            return group[i]->error ? message_of(group[i]->error) : "rolled back";
        }
        if (i + 1 == group.size()) take_more(group);
    }
    return std::nullopt;
}

void GroupWriter::run_group(std::deque<Job*>& group) {
    std::optional<std::string> lost; // why, when it is
    try {
        store_.begin();
        lost = run_jobs(group);
        if (!lost) {
            store_.commit();
            ++commits_;
        }
    } catch (const std::exception& e) {
        lost = e.what();
    }
    if (lost) store_.rollback();
    jobs_ += group.size();
    for (Job* job : group) {
        // A job's own failure may rest on rows of its group that never came to be: it is lost too.
        if (lost)
            job->error = std::make_exception_ptr(
                Unavailable("the transaction's group was not committed: " + *lost));
        if (!job->error) run_actions(job->actions);
        job->finish();
    }
}

} // namespace nephele::db
