// SPDX-License-Identifier: Apache-2.0
// Other programs: run one to its end with a deadline, or keep one as a child. Arguments are an
// array handed to the kernel as they are; no shell ever sees them.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace nephele {

struct ProcessOptions {
    std::string input;                          ///< written to standard input, then closed
    int timeout_ms = 60'000;                    ///< then the whole process group is killed
    std::size_t output_limit = 8 * 1024 * 1024; ///< bytes kept of each stream; the rest is dropped
    std::vector<std::string> environment;       ///< "NAME=value" added to or replacing ours
};

struct ProcessResult {
    enum class End { exited, signalled, timed_out, not_started };
    End end = End::not_started;
    int code = 0; ///< exit status, signal number, or errno when not started
    std::string output;
    std::string errors;
    bool truncated = false;

    bool ok() const { return end == End::exited && code == 0; }
    /// "exit status 1: qemu-img: Could not open ..." for messages to operators.
    std::string describe() const;
};

/// Runs `arguments` (the program first, looked up in PATH) and waits for its end.
ProcessResult run_process(const std::vector<std::string>& arguments,
                          const ProcessOptions& options = {});

/// What a program starts with: these and nothing else of ours.
struct SpawnOptions {
    std::string program; ///< looked up in PATH; empty: the first argument
    std::vector<std::string> arguments;
    std::vector<std::string> environment;  ///< all of it, "NAME=value"
    int input = 0, output = 1, errors = 2; ///< descriptors that become its standard streams
};
/// Starts it in a process group of its own with signals as by default. 0 and its pid, or errno.
int spawn_process(const SpawnOptions& options, pid_t& pid);

/// A program that keeps running beside us. It is stopped when this object goes.
class ChildProcess {
  public:
    ChildProcess() = default;
    ~ChildProcess();
    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&& other) noexcept;

    /// Standard output and error are appended to `log_file` (empty: discarded). On failure the
    /// result is not running() and `start_error()` is the errno.
    static ChildProcess start(const std::vector<std::string>& arguments,
                              const std::string& log_file = "",
                              const std::vector<std::string>& environment = {});

    bool running();
    pid_t pid() const { return pid_; }
    int start_error() const { return start_error_; }
    /// SIGTERM to the group, SIGKILL after `grace_ms`; returns when the child is gone.
    void stop(int grace_ms = 5'000);
    /// SIGKILL at once.
    void kill();

  private:
    pid_t pid_ = -1;
    int start_error_ = 0;
};

} // namespace nephele
