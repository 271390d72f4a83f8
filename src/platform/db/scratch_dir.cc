// SPDX-License-Identifier: Apache-2.0
// Names hold the process id, so that what a killed process left behind is found and removed.
#include "platform/db/scratch_dir.h"

#include "base/strings.h"
#include "platform/db/db.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <unistd.h>

namespace nephele::db {

namespace {

constexpr std::string_view prefix = "nephele-memory-";

std::string base_directory() {
    if (access("/dev/shm", W_OK | X_OK) == 0) return "/dev/shm";
    const char* configured = std::getenv("TMPDIR");
    return configured && *configured ? configured : "/tmp";
}

void remove_leftovers(const std::string& base) {
    std::error_code ignored; // Others may sweep at the same moment.
    for (const auto& entry : std::filesystem::directory_iterator(base, ignored)) {
        std::string name = entry.path().filename().string();
        if (!name.starts_with(prefix)) continue;
        auto parts = split(std::string_view(name).substr(prefix.size()), '-');
        auto pid = to_int(parts[0]);
        if (!pid || *pid <= 0) continue;
        if (kill(static_cast<pid_t>(*pid), 0) == 0 || errno != ESRCH) continue;
        std::filesystem::remove_all(entry.path(), ignored);
    }
}

} // namespace

ScratchDir::ScratchDir() {
    static const std::string base = [] {
        std::string directory = base_directory();
        remove_leftovers(directory);
        return directory;
    }();
    path_ = format("{}/{}{}-XXXXXX", base, prefix, getpid());
    if (!mkdtemp(path_.data()))
        throw Unavailable("cannot make " + path_ + ": " + std::strerror(errno));
}

ScratchDir::~ScratchDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

} // namespace nephele::db
