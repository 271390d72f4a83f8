// SPDX-License-Identifier: Apache-2.0
#include "platform/node/readiness.h"

#include "base/strings.h"

#include <sys/statvfs.h>

namespace nephele {
namespace {
constexpr std::uint64_t least_free_bytes = 64 << 20;

std::string database_trouble(Cloud& cloud) {
    try {
        cloud.db().read([](db::Tx& tx) { tx.count("SELECT 1", db::Params{}); });
        return "";
    } catch (const std::exception& error) {
        return format("The database does not answer: {}. See that it runs and that database.url "
                      "leads to it.",
                      error.what());
    }
}

std::string room_trouble(Cloud& cloud) {
    const std::string directory = cloud.config().text("data.directory");
    struct statvfs facts {};
    if (::statvfs(directory.c_str(), &facts) != 0) return ""; // Nothing is kept there.
    const std::uint64_t free_bytes = static_cast<std::uint64_t>(facts.f_bavail) * facts.f_frsize;
    if (free_bytes >= least_free_bytes) return "";
    return format("Only {} MiB are free in {}: changes and uploads will fail. Free some.",
                  free_bytes >> 20, directory);
}
} // namespace

std::vector<Readiness::Part> own_readiness() {
    return {{"database", database_trouble}, {"room", room_trouble}};
}

} // namespace nephele
