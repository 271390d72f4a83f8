// SPDX-License-Identifier: Apache-2.0
#include "platform/journal/journal.h"

namespace nephele::journal {

const std::vector<db::Migration>& migrations() {
    static const std::vector<db::Migration> all{
        {"journal.001_journal",
         {"CREATE TABLE journal (seq BIGINT PRIMARY KEY AUTO, at BIGINT NOT NULL, actor TEXT NOT "
          "NULL, "
          "request_id TEXT NOT NULL, service TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, "
          "project_id TEXT NOT NULL, change TEXT NOT NULL, image TEXT NOT NULL)",
          "CREATE INDEX journal_at ON journal (at)"}}};
    return all;
}

void append(db::Tx& tx, const Entry& e) {
    tx.exec(
        "INSERT INTO journal (at, actor, request_id, service, kind, id, project_id, change, image) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        db::Params{e.at.us, e.actor, e.request_id, e.service, e.kind, e.id, e.project_id, e.change,
                   e.image.dump()});
}

} // namespace nephele::journal
