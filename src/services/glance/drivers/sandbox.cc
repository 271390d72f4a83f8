// SPDX-License-Identifier: Apache-2.0
// The parent's side: this program started again with standard streams only and no environment.
#include "services/glance/drivers/sandbox.h"

#include "base/process.h"
#include "base/strings.h"
#include "base/time.h"
#include "platform/fault/fault.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace nephele::glance {
namespace {
constexpr const char* own_program = "/proc/self/exe";

EngineFailure failure(const char* what, int code) {
    return EngineFailure(EngineFailure::Kind::transient,
                         format("sandbox: {}: {}", what, std::strerror(code)));
}

/// Two ends of a stream between us and the child. Sockets, since writing to one whose reader has
/// died can be told not to raise SIGPIPE.
struct Channel {
    Channel() {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
            throw failure("no channel", errno);
        ours = ends[0];
        theirs = ends[1];
    }
    ~Channel() {
        if (ours >= 0) ::close(ours);
        if (theirs >= 0) ::close(theirs);
    }
    Channel(const Channel&) = delete;
    int ours, theirs;
};

/// 0 and a pid, or errno.
int spawn(const std::vector<std::string>& arguments, int input, int output, pid_t& pid) {
    SpawnOptions options;
    options.program = own_program;
    options.arguments = {"nephele", "sandboxed"};
    options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
    // Ours may hold secrets. Sanitizers would check for leaks in a way that is forbidden to the
    // child.
    options.environment = {"LC_ALL=C", "ASAN_OPTIONS=detect_leaks=0"};
    options.input = input;
    options.output = output;
    return spawn_process(options, pid);
}

/// False at the deadline.
bool wait_for(int descriptor, short what, std::int64_t deadline_ms) {
    for (;;) {
        auto left = deadline_ms - monotonic_ms();
        if (left <= 0) return false;
        pollfd watched{descriptor, what, 0};
        int ready = ::poll(&watched, 1, static_cast<int>(left));
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
    }
}

std::atomic<RunHere> run_here{nullptr};
} // namespace

struct SandboxedChild::Here {
    std::thread thread;
    int status = 0;
};

std::shared_ptr<void> run_children_here(RunHere run) {
    run_here = run;
    return std::shared_ptr<void>(&run_here, [](void*) { run_here = nullptr; });
}

std::int64_t monotonic_ms() { return system_clock().monotonic_ns() / 1'000'000; }

SandboxedChild::SandboxedChild(const std::vector<std::string>& arguments, int input, int output) {
    Channel channel;
    if (RunHere run = run_here; run && input < 0 && output < 0) {
        here_ = std::make_unique<Here>();
        here_->thread = std::thread(
            [run, arguments, here = here_.get(), end = std::exchange(channel.theirs, -1)] {
                here->status = run(arguments, end);
                ::close(end);
            });
        std::swap(to_, channel.ours);
        return;
    }
    int error = spawn(arguments, input >= 0 ? input : channel.theirs,
                      output >= 0 ? output : channel.theirs, pid_);
    if (error != 0) {
        pid_ = -1;
        throw failure("the child could not be started", error);
    }
    std::swap(to_, channel.ours);
}

SandboxedChild::~SandboxedChild() {
    if (pid_ > 0) kill();
    join();
    if (to_ >= 0) ::close(to_);
}

bool SandboxedChild::write(std::string_view bytes, std::int64_t deadline_ms) {
    while (!bytes.empty()) {
        auto count = ::send(to_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) {
            if (!wait_for(to_, POLLOUT, deadline_ms)) return false;
            continue;
        }
        if (count < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

bool SandboxedChild::read(char* into, std::size_t size, std::int64_t deadline_ms) {
    while (size > 0) {
        auto count = ::recv(to_, into, size, MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) {
            if (!wait_for(to_, POLLIN, deadline_ms)) return false;
            continue;
        }
        if (count <= 0) return false;
        into += count;
        size -= static_cast<std::size_t>(count);
    }
    return true;
}

void SandboxedChild::close_input() { ::shutdown(to_, SHUT_WR); }

void SandboxedChild::kill() {
    ::kill(-pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
}

void SandboxedChild::join() {
    if (!here_ || !here_->thread.joinable()) return;
    ::shutdown(to_, SHUT_RDWR);
    here_->thread.join();
    if (here_->status != 0) end_ = format("exit status {}", here_->status);
}

std::string SandboxedChild::finish(std::int64_t deadline_ms) {
    join();
    if (pid_ <= 0) return end_;
    int process = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    // One that has just died of what it did is given the moment to be seen dead.
    constexpr std::int64_t moment_ms = 100;
    bool ended = process >= 0 &&
                 wait_for(process, POLLIN, std::max(deadline_ms, monotonic_ms() + moment_ms));
    if (process >= 0) ::close(process);
    int status = 0;
    if (!ended) {
        kill();
        return end_ = "it took too long";
    }
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    if (WIFSIGNALED(status)) {
        int signal = WTERMSIG(status);
        end_ = signal == SIGXCPU || signal == SIGKILL ? "it used up its processor time"
               : signal == SIGSYS                     ? "it tried what it may not do"
               : signal == SIGXFSZ                    ? "it wrote more than it may"
                                                      : format("killed by signal {}", signal);
    } else if (WEXITSTATUS(status) != 0) {
        end_ = format("exit status {}", WEXITSTATUS(status));
    }
    return end_;
}

} // namespace nephele::glance
