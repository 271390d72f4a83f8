// SPDX-License-Identifier: Apache-2.0
#include "base/strings.h"
#include "platform/db/internal.h"

#include <cerrno>
#include <cstring>
#include <memory>
#include <sqlite3.h>
#include <unistd.h>

namespace nephele::db {
namespace {
using Handle = std::unique_ptr<sqlite3, int (*)(sqlite3*)>;
using Statement = std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)>;

[[noreturn]] void fail(const std::string& doing, sqlite3* handle) {
    throw DatabaseError(
        format("cannot {}: {}", doing, handle ? sqlite3_errmsg(handle) : "out of memory"));
}

Handle open(const std::string& path) {
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE, nullptr);
    Handle owner(handle, sqlite3_close);
    if (code != SQLITE_OK) fail("open the database " + path, handle);
    sqlite3_busy_timeout(handle, 10'000);
    return owner;
}

/// Every page of `from` in a new, compact file.
void copy(const std::string& from, const std::string& to) {
    if (::access(to.c_str(), F_OK) == 0)
        throw DatabaseError(format("{} is there already: choose another file.", to));
    Handle source = open(from);
    sqlite3_stmt* made = nullptr;
    const int code = sqlite3_prepare_v2(source.get(), "VACUUM INTO ?", -1, &made, nullptr);
    Statement statement(made, sqlite3_finalize);
    if (code != SQLITE_OK) fail("copy " + from, source.get());
    sqlite3_bind_text(made, 1, to.c_str(), -1, SQLITE_TRANSIENT);
    if (sqlite3_step(made) != SQLITE_DONE) fail("copy " + from + " to " + to, source.get());
}
} // namespace

void dump_sqlite(const std::string& path, const std::string& file) { copy(path, file); }
void restore_sqlite(const std::string& path, const std::string& file) { copy(file, path); }

} // namespace nephele::db
