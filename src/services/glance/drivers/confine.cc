// SPDX-License-Identifier: Apache-2.0
// The child's side of the sandbox: limits, no privileges, Landlock for files, seccomp for system
// calls. Whatever fails, the process must not go on.
#include "services/glance/drivers/sandbox.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace nephele::glance {
namespace {
constexpr uid_t nobody = 65534;

// The sanitizers reserve terabytes, and try through a pipe whether memory can be read.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif
constexpr std::uint64_t descriptors = sanitized ? 16 : 3;

bool limit(int resource, std::uint64_t value) {
    rlimit bounds{value, value};
    return ::setrlimit(static_cast<__rlimit_resource_t>(resource), &bounds) == 0;
}

bool set_limits(Confinement confinement, const SandboxLimits& limits) {
    auto seconds = static_cast<std::uint64_t>(std::max(1, limits.cpu_seconds));
    bool set = limit(RLIMIT_CPU, seconds) && limit(RLIMIT_CORE, 0) &&
               limit(RLIMIT_FSIZE, limits.file_bytes);
    if (confinement == Confinement::pipes) set = set && limit(RLIMIT_NOFILE, descriptors);
    if (!sanitized) set = set && limit(RLIMIT_DATA, limits.memory_bytes);
    return set;
}

bool drop_capabilities() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct none[2] = {};
    return ::syscall(SYS_capset, &header, none) == 0;
}

// With pipes only, root is of no use at all. A program keeps its user, whose files it may open, but
// none of root's powers: without new privileges not even exec gives them back.
bool drop_privileges(Confinement confinement) {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
    if (::geteuid() == 0 && confinement == Confinement::pipes &&
        (::setgroups(0, nullptr) != 0 || ::setresgid(nobody, nobody, nobody) != 0 ||
         ::setresuid(nobody, nobody, nobody) != 0))
        return false;
    return drop_capabilities() && ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0;
}

// ---- files ----

constexpr std::uint64_t read_access = LANDLOCK_ACCESS_FS_READ_FILE,
                        folder_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
                                        LANDLOCK_ACCESS_FS_EXECUTE;
constexpr std::uint64_t truncate_access = 1
                                          << 14; // Of the third version; Debian's header is older.
constexpr std::uint64_t first_version_access = (1 << 13) - 1, refer_access = 1 << 13;

/// Files that are not there need no rule.
bool allow(int rules, const std::string& path, std::uint64_t access) {
    int descriptor = ::open(path.c_str(), O_PATH | O_CLOEXEC);
    if (descriptor < 0) return errno == ENOENT;
    landlock_path_beneath_attr rule{};
    struct stat facts {};
    bool known = ::fstat(descriptor, &facts) == 0;
    if (known && !S_ISDIR(facts.st_mode)) access &= ~LANDLOCK_ACCESS_FS_READ_DIR;
    rule.allowed_access = access;
    rule.parent_fd = descriptor;
    bool added =
        known && ::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    ::close(descriptor);
    return added;
}

bool restrict_files(const AllowedFiles& files) {
    auto version =
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1) return false;
    landlock_ruleset_attr attributes{};
    attributes.handled_access_fs = first_version_access | (version >= 2 ? refer_access : 0) |
                                   (version >= 3 ? truncate_access : 0);
    int rules = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes,
                                           sizeof attributes.handled_access_fs, 0));
    if (rules < 0) return false;
    std::uint64_t write_access =
        read_access | LANDLOCK_ACCESS_FS_WRITE_FILE | (version >= 3 ? truncate_access : 0);
    bool allowed = true;
    for (auto folder : {"/usr", "/lib", "/lib64", "/etc/ld.so.cache"})
        allowed = allowed && allow(rules, folder, folder_access);
    for (auto device : {"/dev/null", "/dev/urandom"})
        allowed = allowed && allow(rules, device, read_access | LANDLOCK_ACCESS_FS_WRITE_FILE);
    for (auto& path : files.readable) allowed = allowed && allow(rules, path, read_access);
    for (auto& path : files.writable) allowed = allowed && allow(rules, path, write_access);
    allowed = allowed && ::syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    ::close(rules);
    return allowed;
}

// ---- system calls ----

const int for_pipes[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(sched_yield),
    SCMP_SYS(restart_syscall),
};
// What qemu-img and the loader need besides: files (Landlock says which) and threads. No sockets,
// no keys, no tracing, no mounts, no modules, no namespaces.
const int for_programs[] = {
    SCMP_SYS(execve),
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),
    SCMP_SYS(preadv),
    SCMP_SYS(pwritev),
    SCMP_SYS(lseek),
    SCMP_SYS(stat),
    SCMP_SYS(fstat),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(dup),
    SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    SCMP_SYS(fcntl),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(fdatasync),
    SCMP_SYS(fsync),
    SCMP_SYS(sync_file_range),
    SCMP_SYS(fadvise64),
    SCMP_SYS(copy_file_range),
    SCMP_SYS(clone),
    SCMP_SYS(clone3),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_setaffinity),
    SCMP_SYS(prlimit64),
    SCMP_SYS(getrlimit),
    SCMP_SYS(getrandom),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(rt_sigpending),
    SCMP_SYS(tgkill),
    SCMP_SYS(eventfd2),
    SCMP_SYS(signalfd4),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(pipe2),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_getres),
    SCMP_SYS(nanosleep),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getppid),
    SCMP_SYS(arch_prctl),
    SCMP_SYS(prctl),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
    SCMP_SYS(ioctl),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    SCMP_SYS(getdents64),
    SCMP_SYS(statfs),
    SCMP_SYS(fstatfs),
    SCMP_SYS(membarrier),
    SCMP_SYS(umask),
    SCMP_SYS(mprotect),
    SCMP_SYS(mmap),
    SCMP_SYS(getrusage),
};

bool restrict_calls(Confinement confinement) {
    bool pipes = confinement == Confinement::pipes;
    // A program is told "not permitted", which it may handle; ourselves we know.
    scmp_filter_ctx filter = ::seccomp_init(pipes ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM));
    if (!filter) return false;
    int error = 0;
    for (int call : for_pipes)
        if (error == 0) error = ::seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
    if (pipes) {
        if (sanitized && error == 0)
            error = ::seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(pipe2), 0);
        // Memory, but no code.
        for (int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)})
            if (error == 0)
                error = ::seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
                                           SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    } else {
        for (int call : for_programs)
            if (error == 0) error = ::seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
    }
    if (error == 0) error = ::seccomp_load(filter);
    ::seccomp_release(filter);
    if (error != 0) errno = -error;
    return error == 0;
}
} // namespace

bool confine(Confinement confinement, const SandboxLimits& limits, const AllowedFiles& files) {
    bool program = confinement == Confinement::program;
    return set_limits(confinement, limits) && drop_privileges(confinement) &&
           (!program || restrict_files(files)) && restrict_calls(confinement);
}

} // namespace nephele::glance
