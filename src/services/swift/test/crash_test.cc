// SPDX-License-Identifier: Apache-2.0
// The process dies: at each call of the system it makes, before it, after it, or half-way through a
// write; and at random moments with several threads at work. What was acknowledged is there
// afterwards, and of what was not, all or nothing; also when the index is built anew.
#include "base/strings.h"
#include "services/swift/test/backend_contract.h"
#include "services/swift/test/store_model.h"
#include "tests/support/temp_dir.h"

#include <csignal>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace nephele;
using namespace nephele::swift;
using namespace nephele::swift::test;

namespace {

enum class When { before, half, after };

/// Kills its process at the call with this number.
class DyingCalls final : public Calls {
  public:
    DyingCalls(int left, When when) : left_(left), when_(when) {}
    ssize_t pwritev(int fd, const iovec* parts, int count, std::uint64_t offset) override {
        bool last = --left_ == 0;
        if (last && when_ == When::before) die();
        if (last && when_ == When::half) {
            std::string bytes;
            for (int i = 0; i < count; ++i)
                bytes.append(static_cast<char*>(parts[i].iov_base), parts[i].iov_len);
            iovec part{bytes.data(), bytes.size() / 2};
            Calls::pwritev(fd, &part, 1, offset);
            die();
        }
        auto done = Calls::pwritev(fd, parts, count, offset);
        if (last) die();
        return done;
    }
    int fdatasync(int) override {
        return around([] { return 0; });
    }
    int fsync(int) override {
        return around([] { return 0; });
    }
    int ftruncate(int fd, std::uint64_t size) override {
        return around([&] { return Calls::ftruncate(fd, size); });
    }
    int rename(const std::string& from, const std::string& to) override {
        return around([&] { return Calls::rename(from, to); });
    }
    int unlink(const std::string& path) override {
        return around([&] { return Calls::unlink(path); });
    }

  private:
    [[noreturn]] static void die() {
        ::kill(::getpid(), SIGKILL);
        std::abort();
    }
    template <class Call> int around(const Call& call) {
        bool last = --left_ == 0;
        if (last && when_ != When::after) die();
        int result = call();
        if (last) die();
        return result;
    }
    int left_;
    const When when_;
};

struct Child {
    pid_t pid = -1;
    int acknowledged = -1; ///< one byte (the thread's number) for each step that returned
};

Child start_child(const DeviceOptions& options, Calls& calls,
                  const std::vector<std::vector<Step>>& work) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    Child child{::fork(), ends[0]};
    REQUIRE(child.pid >= 0);
    if (child.pid > 0) {
        ::close(ends[1]);
        return child;
    }
    int out = ends[1];
    {
        LocalBackend store(options, calls);
        std::vector<std::thread> threads;
        for (std::size_t t = 0; t < work.size(); ++t)
            threads.emplace_back([&, t] {
                for (const auto& step : work[t]) {
                    take(store, step);
                    char mark = static_cast<char>(t);
                    if (::write(out, &mark, 1) != 1) ::_exit(3);
                }
            });
        for (auto& thread : threads) thread.join();
    }
    ::_exit(0);
}

// How many steps each thread was told were done; true when the child came to its end.
bool finish(const Child& child, std::vector<std::size_t>& done) {
    char marks[256];
    for (ssize_t got; (got = ::read(child.acknowledged, marks, sizeof marks)) > 0;)
        for (ssize_t i = 0; i < got; ++i) ++done[static_cast<std::size_t>(marks[i])];
    ::close(child.acknowledged);
    int status = 0;
    REQUIRE(::waitpid(child.pid, &status, 0) == child.pid);
    REQUIRE((WIFSIGNALED(status) || WEXITSTATUS(status) == 0));
    return WIFEXITED(status);
}

// With `extra` of the threads' next steps taken too, for any choice of threads.
bool matches(LocalBackend& store, const std::vector<std::vector<Step>>& work,
             const std::vector<std::size_t>& done, std::string& why) {
    for (unsigned choice = 0; choice < 1u << work.size(); ++choice) {
        Model model;
        for (std::size_t t = 0; t < work.size(); ++t) {
            auto count = std::min(done[t] + (choice >> t & 1), work[t].size());
            for (std::size_t i = 0; i < count; ++i) take(model, work[t][i]);
        }
        auto found = differences(store, model);
        if (found.empty()) return true;
        if (choice == 0) why = join(found, "\n");
    }
    return false;
}

void check_after(DeviceOptions options, const std::vector<std::vector<Step>>& work,
                 const std::vector<std::size_t>& done) {
    for (bool rebuild : {false, true}) {
        options.rebuild = rebuild;
        LocalBackend store(options, calls_without_sync());
        store.device().sweep_large();
        std::string why;
        bool fits = matches(store, work, done, why);
        INFO("rebuild ", rebuild, ": ", why);
        REQUIRE(fits);
        // And it goes on.
        store.save_container("a", "after", {}, {}, true, store.now());
        CHECK(contract::put(store, {"a", "after", "o"}, "x") == Outcome::created);
        CHECK(store.remove({"a", "after", "o"}, store.now()) == Outcome::updated);
        CHECK(store.delete_container("a", "after", store.now()) == Outcome::updated);
    }
}

} // namespace

TEST_CASE("death at each call of the system") {
    std::vector<std::vector<Step>> work = {some_steps(11, 24, "c")};
    for (auto when : {When::before, When::half, When::after}) {
        bool ended = false;
        // In strides, each way of dying from another start, to keep the test short.
        for (int call = 1 + static_cast<int>(when); !ended; call += 3) {
            CAPTURE(call);
            CAPTURE(static_cast<int>(when));
            ::nephele::test::TempDir directory("device");
            auto options = small_device(directory.path() + "/d");
            options.volume_bytes = 30'000;
            { LocalBackend formatted(options, calls_without_sync()); }
            DyingCalls calls(call, when);
            std::vector<std::size_t> done(1);
            ended = finish(start_child(options, calls, work), done);
            check_after(options, work, done);
        }
    }
}

TEST_CASE("death at random moments with three threads at work") {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        CAPTURE(seed);
        ::nephele::test::TempDir directory("device");
        auto options = small_device(directory.path() + "/d");
        std::vector<std::vector<Step>> work;
        for (std::uint64_t t = 0; t < 3; ++t)
            work.push_back(some_steps(seed * 10 + t, 4000, format("t{}-", t)));
        auto child = start_child(options, calls_without_sync(), work);
        // When so many bytes of acknowledgement are there, rather than after a time.
        std::vector<std::size_t> done(3);
        for (std::size_t i = 0; i < seed * 40; ++i) {
            char mark = 0;
            REQUIRE(::read(child.acknowledged, &mark, 1) == 1);
            ++done[static_cast<std::size_t>(mark)];
        }
        ::kill(child.pid, SIGKILL);
        CHECK_FALSE(finish(child, done));
        check_after(options, work, done);
    }
}
