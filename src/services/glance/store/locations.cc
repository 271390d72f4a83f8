// SPDX-License-Identifier: Apache-2.0
#include "services/glance/store/locations.h"

#include "base/strings.h"
#include "platform/operation/operation.h"

namespace nephele::glance::store {

std::set<std::string> locations_in_use(db::Tx& tx) {
    std::set<std::string> out;
    for (auto* sql : {"SELECT location FROM glance_images WHERE location IS NOT NULL",
                      "SELECT staged FROM glance_images WHERE staged IS NOT NULL",
                      "SELECT url FROM glance_image_locations", "SELECT url FROM glance_transfers"})
        tx.each(sql, db::Params{}, [&](const db::Row& row) { out.insert(row.str(0)); });
    return out;
}

bool named_by_another(db::Tx& tx, const std::string& url, const std::string& image_id) {
    return tx.count("SELECT COUNT(*) FROM glance_image_locations WHERE url = ? AND image_id <> ?",
                    {url, image_id}) > 0;
}

void begin_transfer(db::Tx& tx, const std::string& url, const std::string& image_id,
                    const std::string& operation_id) {
    tx.exec("INSERT INTO glance_transfers (url, image_id, operation_id) VALUES (?, ?, ?) "
            "ON CONFLICT DO NOTHING",
            {url, image_id, operation_id});
}

void end_transfers(db::Tx& tx, const std::string& operation_id) {
    tx.exec("DELETE FROM glance_transfers WHERE operation_id = ?", {operation_id});
}

std::vector<std::string> transfer_errors(db::Tx& tx) {
    std::vector<std::pair<std::string, std::string>> all;
    tx.each("SELECT url, operation_id FROM glance_transfers", db::Params{},
            [&](const db::Row& row) { all.emplace_back(row.str(0), row.str(1)); });
    std::vector<std::string> out;
    for (auto& [url, operation] : all) {
        auto found = ops::find(tx, operation);
        if (!found || found->status == ops::Status::done || found->status == ops::Status::undone)
            out.push_back(
                format("{} is being written by operation {}, which has ended", url, operation));
    }
    return out;
}

} // namespace nephele::glance::store
