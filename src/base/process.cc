// SPDX-License-Identifier: Apache-2.0
// posix_spawn into a process group of its own, with every descriptor above 2 closed, and one poll
// loop over the pipes and a pidfd. The end of the process ends the wait even when a grandchild
// keeps the pipes open.
#include "base/process.h"

#include "base/strings.h"
#include "base/time.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

extern char** environ;

namespace nephele {
namespace {

std::int64_t now_ms() { return system_clock().monotonic_ns() / 1'000'000; }

// glibc 2.36 declares pidfd_open without C linkage.
int open_pidfd(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() { reset(); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    void reset(int fd = -1) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = fd;
    }
    int get() const { return fd_; }
    bool open() const { return fd_ >= 0; }

  private:
    int fd_ = -1;
};

struct Pipe {
    Descriptor read_end, write_end;
    Pipe() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) == 0) {
            read_end.reset(ends[0]);
            write_end.reset(ends[1]);
        }
    }
};

std::vector<std::string> merged_environment(const std::vector<std::string>& extra) {
    std::map<std::string, std::string> all;
    auto take = [&all](std::string_view entry) {
        all[std::string(entry.substr(0, entry.find('=')))] = std::string(entry);
    };
    for (char** entry = environ; entry && *entry; ++entry) take(*entry);
    for (const auto& entry : extra) take(entry);
    std::vector<std::string> list;
    for (auto& [name, entry] : all) list.push_back(std::move(entry));
    return list;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (const auto& text : texts) list.push_back(const_cast<char*>(text.c_str()));
    list.push_back(nullptr);
    return list;
}

/// Reads what is there now, within bounds (a program may write faster than we look at the clock);
/// closes the descriptor at its end.
void drain(Descriptor& from, std::string& into, std::size_t limit, bool& truncated) {
    char buffer[64 * 1024];
    for (int rounds = 0; from.open() && rounds < 256; ++rounds) {
        ssize_t count = ::read(from.get(), buffer, sizeof buffer);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0) return from.reset();
        std::size_t room = limit - std::min(limit, into.size());
        if (static_cast<std::size_t>(count) > room) truncated = true;
        into.append(buffer, std::min(static_cast<std::size_t>(count), room));
    }
}

void feed(Descriptor& to, std::string_view input, std::size_t& sent) {
    while (to.open()) {
        if (sent == input.size()) return to.reset();
        ssize_t count = ::write(to.get(), input.data() + sent, input.size() - sent);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) return;
        if (count < 0) return to.reset(); // The program does not want the rest.
        sent += static_cast<std::size_t>(count);
    }
}

void set_end(ProcessResult& result, int status) {
    if (WIFEXITED(status)) {
        result.end = ProcessResult::End::exited;
        result.code = WEXITSTATUS(status);
    } else {
        result.end = ProcessResult::End::signalled;
        result.code = WTERMSIG(status);
    }
}

/// Moves data both ways until the process ends or the deadline passes (false).
bool converse(int process, Descriptor& input, Descriptor& output, Descriptor& errors,
              const ProcessOptions& options, ProcessResult& result) {
    const std::int64_t deadline = now_ms() + options.timeout_ms;
    std::size_t sent = 0;
    feed(input, options.input, sent);
    for (;;) {
        pollfd watched[] = {{process, POLLIN, 0},
                            {output.get(), POLLIN, 0},
                            {errors.get(), POLLIN, 0},
                            {input.get(), POLLOUT, 0}};
        std::int64_t left = deadline - now_ms();
        if (left <= 0) return false;
        if (::poll(watched, 4, static_cast<int>(left)) < 0 && errno != EINTR) return false;
        drain(output, result.output, options.output_limit, result.truncated);
        drain(errors, result.errors, options.output_limit, result.truncated);
        if (watched[0].revents) {
            drain(output, result.output, options.output_limit, result.truncated);
            drain(errors, result.errors, options.output_limit, result.truncated);
            return true;
        }
        // A reader that is gone must not raise SIGPIPE in us: poll says so before we write.
        if (watched[3].revents & POLLERR)
            input.reset();
        else
            feed(input, options.input, sent);
    }
}

/// Writing to a program that has closed its input must be an error code here, not a signal.
class WithoutBrokenPipeSignal {
  public:
    WithoutBrokenPipeSignal() {
        sigemptyset(&pipe_);
        sigaddset(&pipe_, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    ~WithoutBrokenPipeSignal() {
        timespec at_once{0, 0};
        if (!sigismember(&before_, SIGPIPE)) sigtimedwait(&pipe_, nullptr, &at_once);
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

  private:
    sigset_t pipe_, before_;
};

} // namespace

std::string ProcessResult::describe() const {
    std::string text;
    switch (end) {
    case End::exited:
        text = format("exit status {}", code);
        break;
    case End::signalled:
        text = format("killed by signal {}", code);
        break;
    case End::timed_out:
        text = "timed out";
        break;
    case End::not_started:
        text = format("could not be started: {}", std::strerror(code));
        break;
    }
    auto last_words = trim(errors);
    if (last_words.size() > 500) last_words.remove_prefix(last_words.size() - 500);
    if (!last_words.empty()) text += ": " + std::string(last_words);
    return text;
}

int spawn_process(const SpawnOptions& options, pid_t& pid) {
    if (options.arguments.empty()) return EINVAL;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, options.input, 0);
    posix_spawn_file_actions_adddup2(&actions, options.output, 1);
    posix_spawn_file_actions_adddup2(&actions, options.errors, 2);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none, defaults;
    sigemptyset(&none);
    sigfillset(&defaults);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    const std::string& program = options.program.empty() ? options.arguments[0] : options.program;
    int error =
        posix_spawnp(&pid, program.c_str(), &actions, &attributes,
                     pointers(options.arguments).data(), pointers(options.environment).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

ProcessResult run_process(const std::vector<std::string>& arguments,
                          const ProcessOptions& options) {
    ProcessResult result;
    Pipe in, out, err;
    if (!in.write_end.open() || !out.write_end.open() || !err.write_end.open()) {
        result.code = errno;
        return result;
    }
    pid_t pid = -1;
    result.code = spawn_process({.arguments = arguments,
                                 .environment = merged_environment(options.environment),
                                 .input = in.read_end.get(),
                                 .output = out.write_end.get(),
                                 .errors = err.write_end.get()},
                                pid);
    if (result.code != 0) return result;
    in.read_end.reset();
    out.write_end.reset();
    err.write_end.reset();
    for (int fd : {in.write_end.get(), out.read_end.get(), err.read_end.get()}) {
        ::fcntl(fd, F_SETFL, O_NONBLOCK);
    }
    WithoutBrokenPipeSignal quiet;
    Descriptor process(open_pidfd(pid));
    bool ended = process.open() &&
                 converse(process.get(), in.write_end, out.read_end, err.read_end, options, result);
    if (!ended) ::kill(-pid, SIGKILL);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (ended) {
        set_end(result, status);
    } else {
        result.end = ProcessResult::End::timed_out;
        drain(out.read_end, result.output, options.output_limit, result.truncated);
        drain(err.read_end, result.errors, options.output_limit, result.truncated);
    }
    return result;
}

ChildProcess ChildProcess::start(const std::vector<std::string>& arguments,
                                 const std::string& log_file,
                                 const std::vector<std::string>& environment) {
    ChildProcess child;
    Descriptor input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    Descriptor log(::open(log_file.empty() ? "/dev/null" : log_file.c_str(),
                          O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
    if (!input.open() || !log.open()) {
        child.start_error_ = errno;
        return child;
    }
    child.start_error_ = spawn_process({.arguments = arguments,
                                        .environment = merged_environment(environment),
                                        .input = input.get(),
                                        .output = log.get(),
                                        .errors = log.get()},
                                       child.pid_);
    if (child.start_error_ != 0) child.pid_ = -1;
    return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), start_error_(other.start_error_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
    if (this != &other) {
        stop();
        pid_ = std::exchange(other.pid_, -1);
        start_error_ = other.start_error_;
    }
    return *this;
}

ChildProcess::~ChildProcess() { stop(); }

bool ChildProcess::running() {
    if (pid_ <= 0) return false;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == 0) return true;
    pid_ = -1;
    return false;
}

void ChildProcess::stop(int grace_ms) {
    if (!running()) return;
    ::kill(-pid_, SIGTERM);
    Descriptor process(open_pidfd(pid_));
    pollfd watched{process.get(), POLLIN, 0};
    if (!process.open() || ::poll(&watched, 1, grace_ms) <= 0) return kill();
    running();
}

void ChildProcess::kill() {
    if (!running()) return;
    ::kill(-pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
}

} // namespace nephele
