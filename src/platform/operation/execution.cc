// SPDX-License-Identifier: Apache-2.0
// The rules of one step; the failure side is in execution_failure.cc.
#include "platform/operation/execution.h"

#include "base/strings.h"
#include "platform/log/log.h"
#include "platform/metrics/metrics.h"
#include "platform/operation/execution_internal.h"

namespace nephele::ops {

using store::Stored;

void Step::wait_for(std::string kind, std::string id) {
    waits.push_back({std::move(kind), std::move(id)});
}
void Step::wait_ms(std::int64_t ms) {
    if (wake_after_ms == 0 || ms < wake_after_ms) wake_after_ms = std::max<std::int64_t>(ms, 1);
}
void Step::progress(int value) { percent = std::clamp(value, 0, 100); }

int index_of_step(const Operation& operation, const Stored& row) {
    if (row.step.empty() && !row.undoing) return operation.steps.empty() ? -1 : 0;
    for (std::size_t i = 0; i < operation.steps.size(); ++i)
        if (operation.steps[i].name == row.step) return static_cast<int>(i);
    return -1;
}

namespace {

// The if_undone function, as the last undo step.
StepSpec last_words(const Operation& operation) {
    StepSpec spec;
    spec.undo = operation.undone;
    return spec;
}

Probe::At place_of(const Stored& row, const StepSpec& spec) {
    return {row.name, row.id, spec.name, row.undoing, row.status == Status::waiting};
}

// Waits without a journal entry or time of their own are asked again after as long as they have
// waited already: a lost hint at most doubles the latency.
std::int64_t net_ms(const Stored& row, const StepSpec& spec, Time now) {
    std::int64_t waited = (now.us - row.step_deadline.us) / 1000 + spec.deadline_ms;
    return std::clamp<std::int64_t>(waited, 1'000, 30'000);
}

} // namespace

Execution::Execution(Cloud& cloud, const std::map<std::string, Operation>& operations,
                     const RunnerOptions& options, std::string owner, WaitIndex& waits)
    : cloud_(cloud), operations_(operations), options_(options), owner_(std::move(owner)),
      waits_(waits) {}

void Execution::probe(Probe::Point point, const Probe::At& at) {
    if (options_.probe) options_.probe->at(point, at);
}

void Execution::commit(Moved& moved, const std::function<void(db::Tx&)>& body) {
    auto attempt = [&](bool with_hook) {
        cloud_.db().write([&](db::Tx& tx) {
            moved = Moved();
            moved.with_hook = with_hook;
            body(tx);
        });
    };
    try {
        attempt(true);
    } catch (const std::exception& e) {
        if (!moved.parking) throw;
        log::error("the if_parked function of an operation failed",
                   {{"operation", moved.row.name}, {"id", moved.row.id}, {"error", e.what()}});
        attempt(false);
    }
}

Outcome Execution::step(const std::string& id, bool hinted) {
    Tried tried;
    return guarded(tried, [&] {
        Moved moved;
        std::int64_t began = cloud_.clock().monotonic_ns();
        commit(moved, [&](db::Tx& tx) {
            tried = Tried();
            in_transaction(tx, id, hinted, tried, moved);
        });
        if (moved.ran)
            metrics::observe("nephele_operation_step_seconds", {{"name", moved.row.name}},
                             static_cast<double>(cloud_.clock().monotonic_ns() - began) / 1e9);
        auto outcome = committed(moved);
        // It does not wait any more, or another runner carried it on.
        if (hinted && !moved.written) waits_.set(id, Json());
        if (moved.ran) probe(Probe::Point::after, moved.at);
        return outcome;
    });
}

void Execution::in_transaction(db::Tx& tx, const std::string& id, bool hinted, Tried& tried,
                               Moved& moved) {
    auto row = store::load(tx, id);
    Time now = cloud_.now();
    if (!row || row->wake_at.us == 0) return;
    moved.found(*row);
    if (row->wake_at > now && !(hinted && row->status == Status::waiting)) return;

    log::RequestScope scope(row->request_id);
    auto found = operations_.find(row->name);
    if (found == operations_.end())
        return park(tx, *row, nullptr,
                    Failure(Fault::internal, "UnknownOperation",
                            format("This version knows no operation {}.", row->name)),
                    moved);
    const Operation& operation = found->second;
    row->updated_at = now;
    if (!row->undoing && row->cancel_requested) {
        bool touched = row->attempt > 0 || row->status == Status::waiting;
        return begin_undo(
            tx, *row, operation,
            Failure(Fault::conflict, "Cancelled", format("Cancelled: {}", row->cancel_reason)),
            touched, moved);
    }
    if (!row->undoing && operation.steps.empty()) return advance(tx, *row, operation, now, moved);
    if (index_of_step(operation, *row) < 0 && !row->step.empty())
        return park(tx, *row, &operation,
                    Failure(Fault::internal, "UnknownStep",
                            format("This version of {} has no step {}.", row->name, row->step)),
                    moved);
    run_step(tx, *row, operation, tried, moved);
}

void Execution::run_step(db::Tx& tx, Stored& row, const Operation& operation, Tried& tried,
                         Moved& moved) {
    int index = index_of_step(operation, row);
    StepSpec last;
    if (index < 0) last = last_words(operation);
    const StepSpec& spec = index < 0 ? last : operation.steps[static_cast<std::size_t>(index)];
    const bool asking = row.status == Status::waiting;
    if (!asking && (row.undoing ? spec.undo_outside : spec.run_outside))
        return claim(tx, row, operation, spec, moved);

    Time now = row.updated_at;
    tried.begin(row, spec, now);
    if (row.step_deadline.us == 0) row.step_deadline = now.plus_ms(spec.deadline_ms);
    if (!asking && row.attempt > 0 && now >= row.step_deadline) throw step_timed_out(row, spec);
    if (!row.undoing) row.step = spec.name;
    row.lease_owner.clear();
    row.lease_until = {};
    auto state = operation.make_state();
    operation.state_shape->from_image(row.state, state.get());
    std::optional<Failure> cause;
    if (row.undoing) cause = store::failure_from(row.failure);
    Step step{{cloud_, tx, internal_principal(), now, row.request_id},
              row.id,
              row.attempt + 1,
              row.undoing,
              cause ? &*cause : nullptr};

    moved.at = place_of(row, spec);
    probe(Probe::Point::before, moved.at);
    auto& function = row.undoing ? spec.undo : spec.run;
    if (!asking && function) {
        function(step, state.get());
        if (options_.probe && options_.probe->repeat(moved.at)) function(step, state.get());
    }
    auto& until = row.undoing ? spec.undo_until : spec.until;
    bool ready = !until || until(step, state.get());
    probe(Probe::Point::inside, moved.at);
    moved.ran = true;

    row.state = operation.state_shape->image(state.get());
    if (step.percent >= 0) row.percent = step.percent;
    if (ready) return advance(tx, row, operation, now, moved);
    if (now >= row.step_deadline) throw step_timed_out(row, spec);
    wait(tx, row, spec, step, moved);
}

void Execution::claim(db::Tx& tx, Stored& row, const Operation& operation, const StepSpec& spec,
                      Moved& moved) {
    Time now = row.updated_at;
    bool late = row.attempt > 0 && row.step_deadline.us && now >= row.step_deadline;
    // Attempts are counted before they are made: a step that kills the process comes to an end too.
    if (row.attempt >= spec.max_attempts || (late && !row.undoing)) {
        Failure failure = late ? step_timed_out(row, spec)
                               : Failure(Fault::internal, "StepDied",
                                         format("Step {} of {} ended {} times without a result.",
                                                spec.name, row.name, row.attempt));
        return row.undoing ? park(tx, row, &operation, failure, moved)
                           : begin_undo(tx, row, operation, failure, true, moved);
    }
    if (row.step_deadline.us == 0) row.step_deadline = now.plus_ms(spec.deadline_ms);
    ++row.attempt;
    row.step = spec.name;
    row.status = Status::running;
    row.lease_owner = owner_;
    row.lease_until = row.wake_at = now.plus_ms(options_.lease_ms);
    store::save(tx, row);
    moved.saved(row, Outcome::Next::outside);
    moved.job = std::make_shared<OutsideJob>(
        OutsideJob{row.id, row.request_id, &operation, &spec, row.undoing, row.attempt, row.state});
}

Outcome Execution::outside(const OutsideJob& job) {
    Tried tried;
    tried.begin(job, owner_);
    return guarded(tried, [&] {
        log::RequestScope scope(job.request_id);
        if (stopping_) throw Failure(Fault::unavailable, "Stopping", "This node is stopping.");
        std::int64_t began = cloud_.clock().monotonic_ns();
        Probe::At at{job.operation->name, job.id, job.spec->name, job.undoing, false};
        Outside outside{cloud_, job.id, job.request_id, job.attempt, [&] {
                            return stopping_.load() || cloud_.db().read([&](db::Tx& tx) {
                                return store::cancel_requested(tx, job.id);
                            });
                        }};
        auto& function = job.undoing ? job.spec->undo_outside : job.spec->run_outside;
        probe(Probe::Point::before, at);
        std::shared_ptr<void> state;
        // Repeated as after a crash: from the state before.
        for (bool more = true, repeated = false; more; repeated = true) {
            state = job.operation->make_state();
            job.operation->state_shape->from_image(job.state, state.get());
            function(outside, state.get());
            more = !repeated && options_.probe && options_.probe->repeat(at);
        }
        probe(Probe::Point::inside, at);
        Json image = job.operation->state_shape->image(state.get());
        Moved moved;
        commit(moved, [&](db::Tx& tx) { save_outside(tx, job, image, moved); });
        metrics::observe("nephele_operation_step_seconds", {{"name", job.operation->name}},
                         static_cast<double>(cloud_.clock().monotonic_ns() - began) / 1e9);
        auto outcome = committed(moved);
        probe(Probe::Point::after, at);
        return outcome;
    });
}

void Execution::save_outside(db::Tx& tx, const OutsideJob& job, const Json& state, Moved& moved) {
    auto row = store::load(tx, job.id);
    if (!row) return;
    moved.found(*row);
    // The lease ran out and another took over: its result counts.
    if (row->status != Status::running || row->lease_owner != owner_ ||
        row->attempt != job.attempt || index_of_step(*job.operation, *row) < 0 ||
        &job.operation->steps[static_cast<std::size_t>(index_of_step(*job.operation, *row))] !=
            job.spec)
        return;
    Time now = cloud_.now();
    row->updated_at = now;
    row->state = state;
    row->lease_owner.clear();
    row->lease_until = {};
    if (!(job.undoing ? job.spec->undo_until : job.spec->until))
        return advance(tx, *row, *job.operation, now, moved);
    row->status = Status::waiting;
    row->wake_at = now;
    store::save(tx, *row);
    moved.saved(*row, Outcome::Next::again);
}

void Execution::advance(db::Tx& tx, Stored& row, const Operation& operation, Time now,
                        Moved& moved) {
    moved.clear_waits = row.status == Status::waiting;
    row.waits = Json();
    if (row.undoing) {
        if (row.step.empty()) {
            moved.others_ready = store::finish(tx, row, Status::undone, now);
            return moved.saved(row, Outcome::Next::rest);
        }
        return undo_from(tx, row, operation, index_of_step(operation, row) - 1, moved);
    }
    int next = index_of_step(operation, row) + 1;
    int total = static_cast<int>(operation.steps.size());
    row.failure = Json();
    if (next >= total) {
        row.percent = 100;
        moved.others_ready = store::finish(tx, row, Status::done, now);
        return moved.saved(row, Outcome::Next::rest);
    }
    row.percent = std::max(row.percent, next * 100 / total);
    row.step = operation.steps[static_cast<std::size_t>(next)].name;
    row.status = Status::ready;
    row.attempt = 0;
    row.step_deadline = {};
    // Left as it is when it has passed: the index on it need not be written.
    if (row.wake_at > now) row.wake_at = now;
    store::save(tx, row);
    moved.saved(row, Outcome::Next::again);
}

void Execution::wait(db::Tx& tx, Stored& row, const StepSpec& spec, const Step& step,
                     Moved& moved) {
    Time now = row.updated_at;
    Time wake = now.plus_ms(net_ms(row, spec, now));
    if (step.wake_after_ms > 0) wake = std::min(wake, now.plus_ms(step.wake_after_ms));
    row.status = Status::waiting;
    row.waits = store::json_of(step.waits);
    row.wake_at = std::min(wake, row.step_deadline);
    store::save(tx, row);
    // Before the commit: no entry committed after it can be missed.
    waits_.set(row.id, row.waits);
    moved.saved(row, Outcome::Next::rest);
}

Outcome Execution::committed(const Moved& moved) {
    const Stored& row = moved.row;
    if (moved.clear_waits) waits_.set(row.id, Json());
    if (moved.written && (row.status == Status::done || row.status == Status::undone ||
                          row.status == Status::parked)) {
        std::string result = shape::text_of_enum(row.status);
        metrics::add("nephele_operations_total", {{"name", row.name}, {"result", result}});
        log::RequestScope scope(row.request_id);
        auto level = row.status == Status::done     ? log::Level::info
                     : row.status == Status::undone ? log::Level::warning
                                                    : log::Level::error;
        log::write(level, "operation " + result,
                   {{"operation", row.name},
                    {"id", row.id},
                    {"resource", row.resource_kind + "/" + row.resource_id},
                    {"failure", row.failure.text("message")}});
    }
    Outcome outcome;
    outcome.next = moved.next;
    outcome.worked = moved.written;
    outcome.revision = row.revision;
    outcome.wake_at = row.wake_at;
    outcome.others_ready = moved.others_ready;
    outcome.job = moved.job;
    return outcome;
}

} // namespace nephele::ops
