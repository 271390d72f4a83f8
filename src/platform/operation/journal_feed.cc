// SPDX-License-Identifier: Apache-2.0
#include "platform/operation/journal_feed.h"

namespace nephele::ops {

std::int64_t journal_head(db::Tx& tx) { return tx.count("SELECT MAX(seq) FROM journal"); }

std::int64_t
read_journal(db::Tx& tx, std::int64_t position,
             const std::function<void(std::string_view kind, std::string_view id)>& f) {
    tx.each("SELECT seq, kind, id FROM journal WHERE seq > ? ORDER BY seq LIMIT 10000",
            db::Params{position}, [&](const db::Row& row) {
                position = row.integer(0);
                f(row.text(1), row.text(2));
            });
    return position;
}

} // namespace nephele::ops
