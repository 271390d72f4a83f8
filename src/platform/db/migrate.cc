// SPDX-License-Identifier: Apache-2.0
// The schema's history: which migrations a database has seen, and the rest of them applied. A
// landed migration is never edited; the checksum of its text finds the one that was.
#include "base/strings.h"
#include "base/time.h"
#include "platform/db/internal.h"

#include <set>

namespace nephele::db {

namespace {

constexpr const char* create_table = "CREATE TABLE IF NOT EXISTS schema_migrations ("
                                     "name TEXT PRIMARY KEY, applied_at BIGINT NOT NULL, "
                                     "checksum TEXT NOT NULL)";

void mix(std::uint64_t& hash, std::string_view text) {
    constexpr std::uint64_t fnv_prime = 1099511628211ull;
    for (unsigned char c : text) hash = (hash ^ c) * fnv_prime;
    hash = (hash ^ 0xff) * fnv_prime; // No text holds this byte: "ab","c" differs from "a","bc".
}

std::string checksum_of(const Migration& migration) {
    std::uint64_t hash = 14695981039346656037ull;
    for (const auto* list : {&migration.statements, &migration.sqlite, &migration.postgresql}) {
        mix(hash, "list");
        for (const std::string& statement : *list) mix(hash, statement);
    }
    std::string bytes;
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(hash >> shift);
    return hex_encode(bytes);
}

void apply(Tx& tx, Dialect dialect, const Migration& migration) {
    std::string checksum = checksum_of(migration);
    std::string landed;
    bool applied = tx.first("SELECT checksum FROM schema_migrations WHERE name = ?",
                            {migration.name}, [&](const Row& row) { landed = row.str(0); });
    if (applied) {
        if (landed == checksum) return;
        throw DatabaseError("migration " + migration.name +
                            " was changed after it had been applied (" + landed + " then, " +
                            checksum + " now): restore its text and append a new migration");
    }
    for (const std::string& statement : migration.statements) tx.exec(statement);
    const auto& own = dialect == Dialect::sqlite ? migration.sqlite : migration.postgresql;
    for (const std::string& statement : own) tx.exec(statement);
    tx.exec("INSERT INTO schema_migrations (name, applied_at, checksum) VALUES (?, ?, ?)",
            Params{migration.name, system_clock().now().us, checksum});
}

} // namespace

void apply_migrations(Dialect dialect, const std::vector<Migration>& migrations,
                      const std::function<void(const std::vector<Body>&)>& each_in_order) {
    std::set<std::string_view> names;
    std::vector<Body> bodies;
    bodies.push_back([](Tx& tx) { tx.exec(create_table); });
    for (const Migration& migration : migrations) {
        if (!names.insert(migration.name).second)
            throw DatabaseError("two migrations are named " + migration.name);
        bodies.push_back([&, dialect](Tx& tx) { apply(tx, dialect, migration); });
    }
    each_in_order(bodies);
}

} // namespace nephele::db
