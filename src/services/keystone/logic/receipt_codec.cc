// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/receipt_codec.h"

#include "services/keystone/logic/payload.h"

namespace nephele::keystone::logic {

std::string encode_receipt(const Receipt& receipt) {
    msgpack::Writer out;
    out.array(4);
    payload::write_id(out, receipt.user_id);
    out.integer(payload::bits_of(receipt.methods));
    payload::write_time(out, receipt.expires_at);
    out.integer(receipt.issued_at.us % 1'000'000);
    return out.data();
}

std::optional<Receipt> decode_receipt(std::string_view bytes, Time created) {
    try {
        msgpack::Reader in(bytes);
        const std::size_t size = in.array();
        if (size != 3 && size != 4) return std::nullopt;
        Receipt receipt;
        receipt.user_id = payload::read_id(in);
        receipt.methods = payload::methods_of(in.integer());
        receipt.expires_at = payload::read_time(in);
        receipt.issued_at = created;
        if (size == 4) {
            const std::int64_t fraction = in.integer();
            if (fraction < 0 || fraction > 999'999) return std::nullopt;
            receipt.issued_at.us += fraction;
        }
        return receipt;
    } catch (const msgpack::FormatError&) {
        return std::nullopt;
    }
}

} // namespace nephele::keystone::logic
