// SPDX-License-Identifier: Apache-2.0
// Image data as files of one or several directories: "<name>" when whole, "<name>.part" before.
#pragma once
#include "services/glance/drivers/store.h"

#include <cstdint>

namespace nephele::glance {

struct FilesystemOptions {
    struct Directory {
        std::string path;
        int priority = 0;
    };
    /// New objects go to the directory of the highest priority that has room; among equals to the
    /// one with the most.
    std::vector<Directory> directories;
    unsigned file_mode = 0640;
    /// A directory with less free than this counts as full.
    std::uint64_t reserve_bytes = 0;
    /// Runs of zeros are not written (pieces of this size).
    bool thin = false;
    std::size_t chunk_bytes = 64 * 1024;
};

/// Makes the directories when they are missing. Throws Failure(internal) when one cannot be used.
std::unique_ptr<Store> filesystem_store(FilesystemOptions options);
inline std::unique_ptr<Store> filesystem_store(const std::string& directory) {
    FilesystemOptions options;
    options.directories.push_back({directory, 0});
    return filesystem_store(std::move(options));
}

} // namespace nephele::glance
