// SPDX-License-Identifier: Apache-2.0
#include "platform/agent/local_copy.h"

#include "base/files.h"
#include "base/strings.h"
#include "platform/agent/records.h"
#include "platform/log/log.h"

#include <cerrno>
#include <dirent.h>
#include <system_error>
#include <unistd.h>

namespace nephele::agent {
namespace {

constexpr const char* suffix = ".json";

[[noreturn]] void failed(const std::string& what, const std::string& path) {
    throw EngineFailure(EngineFailure::Kind::transient,
                        format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

} // namespace

LocalCopy::LocalCopy(std::string directory) : directory_(std::move(directory)) {
    if (directory_.empty()) return;
    try {
        files::make_folders(directory_);
    } catch (const std::system_error& error) {
        throw EngineFailure(EngineFailure::Kind::permanent, error.what());
    }
}

std::string LocalCopy::path_of(const std::string& kind, const std::string& id) const {
    // Percent-encoding leaves no plus sign and no slash in either part.
    return directory_ + "/" + percent_encode(kind) + "+" + percent_encode(id) + suffix;
}

std::vector<Desired> LocalCopy::load() const {
    std::vector<Desired> out;
    if (directory_.empty()) return out;
    std::unique_ptr<DIR, int (*)(DIR*)> listing(opendir(directory_.c_str()), closedir);
    if (!listing) failed("list", directory_);
    while (auto* item = readdir(listing.get())) {
        std::string name = item->d_name;
        if (!name.ends_with(suffix)) continue;
        try {
            out.push_back(desired_of(
                Json::parse(files::read(directory_ + "/" + name, SIZE_MAX).value_or(""))));
        } catch (const JsonError& e) {
            log::error("a desired record on disk cannot be read",
                       {{"file", directory_ + "/" + name}, {"error", e.what()}});
        }
    }
    return out;
}

void LocalCopy::write_one(const Desired& record) {
    files::replace(path_of(record.kind, record.id), to_json(record).dump());
}

void LocalCopy::write(const std::vector<Desired>& records) {
    if (directory_.empty() || records.empty()) return;
    try {
        for (auto& record : records) write_one(record);
        files::sync_folder(directory_);
    } catch (const std::system_error& error) {
        throw EngineFailure(EngineFailure::Kind::transient, error.what());
    }
}

void LocalCopy::remove(const std::string& kind, const std::string& id) {
    if (directory_.empty()) return;
    // Not synced: a file that comes back after a crash is dropped by the next full pull.
    if (unlink(path_of(kind, id).c_str()) != 0 && errno != ENOENT)
        failed("remove", path_of(kind, id));
}

} // namespace nephele::agent
