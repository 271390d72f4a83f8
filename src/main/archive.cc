// SPDX-License-Identifier: Apache-2.0
#include "main/archive.h"

#include "base/process.h"
#include "base/strings.h"
#include "platform/fault/fault.h"

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace nephele::main {
namespace {
constexpr int archive_timeout_ms = 6 * 3'600'000;
constexpr int files_changed = 1; // tar's status for it; the running cloud added or removed them
} // namespace

Workshop::Workshop(const std::string& near) : path_(near + ".XXXXXX") {
    if (!::mkdtemp(path_.data()))
        throw Failure(Fault::internal, "NoRoom",
                      format("cannot make a folder beside {}: {}", near,
                             std::system_category().message(errno)));
}
Workshop::~Workshop() { (void)run_process({"rm", "-rf", "--", path_}); }

void run_tar(std::vector<std::string> words, const std::string& doing) {
    words.insert(words.begin(), "tar");
    ProcessOptions options;
    options.timeout_ms = archive_timeout_ms;
    auto done = run_process(words, options);
    const bool changed = done.end == ProcessResult::End::exited && done.code == files_changed;
    if (!done.ok() && !changed)
        throw Failure(Fault::internal, "ArchiveFailed",
                      format("cannot {}: {}", doing, done.describe()));
}

} // namespace nephele::main
