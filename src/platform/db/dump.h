// SPDX-License-Identifier: Apache-2.0
// A whole database as one file, taken while it is in use, and brought back.
#pragma once
#include <string>

namespace nephele::db {

/// A consistent copy: SQLite's own format, or pg_dump's custom one (needs postgresql-client).
/// `file` must not be there. Throws DatabaseError with the cause.
void dump(const std::string& url, const std::string& file);
/// Into a database that is empty or (SQLite) not there; throws DatabaseError, also when it holds
/// tables.
void restore(const std::string& url, const std::string& file);

} // namespace nephele::db
