// SPDX-License-Identifier: Apache-2.0
// What the runner reads of the journal: kind and id of new entries, nothing else.
#pragma once
#include "platform/db/db.h"

#include <functional>
#include <string_view>

namespace nephele::ops {

/// Where the journal hints at new entries (db::Tx::hint).
inline constexpr const char* journal_channel = "journal";

/// The position of the last entry.
std::int64_t journal_head(db::Tx& tx);
/// Entries after `position`, oldest first, a bounded number at a time; returns the new position.
std::int64_t read_journal(db::Tx& tx, std::int64_t position,
                          const std::function<void(std::string_view kind, std::string_view id)>& f);

} // namespace nephele::ops
