// SPDX-License-Identifier: Apache-2.0
// Children that look at tenants' bytes: this program started again, or one other, with no network,
// no files but its standard streams (and what it is explicitly given), an empty environment and
// limits on time and memory. Works with and without root.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace nephele::glance {

struct SandboxLimits {
    int cpu_seconds = 10;
    std::uint64_t memory_bytes = 256 << 20; ///< private memory
    std::uint64_t file_bytes = 0;           ///< of any file it writes
};

// ---- in the parent ----

/// A confined child and the pipe to it. Killed, when it still runs, and waited for with its owner.
class SandboxedChild {
  public:
    /// Starts this program again with `arguments`, `input` and `output` as its standard streams
    /// (-1: pipes to and from us). Throws EngineFailure when that is impossible.
    explicit SandboxedChild(const std::vector<std::string>& arguments, int input = -1,
                            int output = -1);
    ~SandboxedChild();
    SandboxedChild(const SandboxedChild&) = delete;

    /// False when the child does not take it: it has died or its time is over.
    bool write(std::string_view bytes, std::int64_t deadline_ms);
    bool read(char* into, std::size_t size, std::int64_t deadline_ms);
    void close_input();
    /// Waits; kills it at the deadline. "" when it ended with status 0, else why it did not.
    std::string finish(std::int64_t deadline_ms);
    pid_t pid() const { return pid_; }

  private:
    void kill();
    void join();
    pid_t pid_ = -1;
    int to_ = -1; ///< both ways
    std::string end_;
    struct Here;
    std::unique_ptr<Here> here_; ///< instead of a process
};

/// For sweeps of hundreds of runs, which sanitizers make slow: until the handle is dropped children
/// with pipes to and from us are `run` on a thread, unconfined. Never outside tests.
using RunHere = int (*)(const std::vector<std::string>& arguments, int descriptor);
std::shared_ptr<void> run_children_here(RunHere run);

/// For deadlines: now on the monotonic clock.
std::int64_t monotonic_ms();

// ---- in the child, before it looks at anything ----

/// What the rest of the process may do.
enum class Confinement {
    pipes,  ///< read and write descriptors it has, allocate, exit
    program ///< also threads, open what `files` allows, and start one other program
};
struct AllowedFiles {
    std::vector<std::string> readable, writable; ///< files or folders
};
/// Takes everything else away from this process, for good. False with errno when the system cannot:
/// the child must then end.
bool confine(Confinement confinement, const SandboxLimits& limits, const AllowedFiles& files = {});

} // namespace nephele::glance
