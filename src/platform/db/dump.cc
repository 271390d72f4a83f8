// SPDX-License-Identifier: Apache-2.0
#include "platform/db/dump.h"

#include "base/process.h"
#include "base/strings.h"
#include "platform/db/internal.h"

namespace nephele::db {
namespace {
constexpr std::string_view sqlite_scheme = "sqlite:";
constexpr int program_timeout_ms = 3'600'000;

std::string sqlite_path(const std::string& url) { return url.substr(sqlite_scheme.size()); }

void run(std::vector<std::string> arguments, const std::string& doing) {
    ProcessOptions options;
    options.timeout_ms = program_timeout_ms;
    auto done = run_process(arguments, options);
    if (done.end == ProcessResult::End::not_started)
        throw DatabaseError(format("cannot {}: {} is not there. Install postgresql-client.", doing,
                                   arguments.front()));
    if (!done.ok()) throw DatabaseError(format("cannot {}: {}", doing, done.describe()));
}

bool has_tables(const std::string& url) {
    Options options;
    options.url = url;
    options.readers = 1;
    return Database::open(options)->read([](Tx& tx) {
        return tx.count("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = "
                        "'public'",
                        Params{}) > 0;
    });
}
} // namespace

void dump(const std::string& url, const std::string& file) {
    if (url.starts_with(sqlite_scheme)) return dump_sqlite(sqlite_path(url), file);
    run({"pg_dump", "--format=custom", "--no-owner", "--file=" + file, "--dbname=" + url},
        "copy the database");
}

void restore(const std::string& url, const std::string& file) {
    if (url.starts_with(sqlite_scheme)) return restore_sqlite(sqlite_path(url), file);
    if (has_tables(url))
        throw DatabaseError("the database holds tables already: restore into an empty one.");
    run({"pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", "--dbname=" + url,
         file},
        "bring the database back");
}

} // namespace nephele::db
