// SPDX-License-Identifier: Apache-2.0
#include "services/glance/store/usage.h"

namespace nephele::glance::store {

Usage usage_of(db::Tx& tx, const std::string& owner) {
    Usage usage;
    tx.each("SELECT status, COUNT(*), COALESCE(SUM(size), 0) FROM glance_images WHERE owner = ? "
            "GROUP BY status",
            {owner}, [&](const db::Row& row) {
                std::string status = row.str(0);
                usage.images += row.integer(1);
                bool staged = status == "uploading" || status == "importing";
                if (staged || status == "saving") usage.uploading += row.integer(1);
                (staged ? usage.staged_bytes : usage.stored_bytes) += row.integer(2);
            });
    return usage;
}

} // namespace nephele::glance::store
