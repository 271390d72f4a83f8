// SPDX-License-Identifier: Apache-2.0
#include "services/glance/ops/receive.h"

#include "base/strings.h"
#include "platform/fault/fault.h"
#include "services/glance/ops/digests.h"

namespace nephele::glance {
namespace {
// Whole pieces make for few and large writes.
std::size_t fill(http::BodyReader& body, std::string& piece) {
    std::size_t filled = 0;
    while (filled < piece.size()) {
        auto count = body.read(piece.data() + filled, piece.size() - filled);
        if (count == 0) break;
        filled += count;
    }
    return filled;
}

void check_hash(const char* name, const std::string& expected, const std::string& found) {
    if (!expected.empty() && !iequals(expected, found))
        throw Failure(Fault::unprocessable, "CorruptData",
                      format("The {} of the data is {}, not {}.", name, found, expected));
}
} // namespace

Received receive(http::BodyReader& body, Store& store, const std::string& location,
                 const Expected& expected) {
    return receive(body, *store.create(location), expected);
}

Received receive(http::BodyReader& body, ObjectWriter& writer, const Expected& expected) {
    StreamInspection inspection(expected.declared, expected.rules);
    std::vector<crypto::Digest> algorithms{crypto::Digest::md5, crypto::Digest::sha512};
    if (expected.signature) algorithms.push_back(expected.signature->algorithm);
    Digests digests(algorithms);
    Received out;
    for (;;) {
        std::string& piece = digests.next_piece();
        std::size_t size = fill(body, piece);
        if (size == 0) break;
        out.size += static_cast<std::int64_t>(size);
        if (out.size > expected.limit)
            throw Failure(
                Fault::too_large, "ImageSizeLimitExceeded",
                format("The provided image is too large: {} bytes may be stored.", expected.limit));
        std::string_view bytes(piece.data(), size);
        digests.add(size);
        inspection.feed(bytes);
        writer.write(bytes);
        if (size < piece.size()) break;
    }
    out.inspection = inspection.finish();
    auto hashes = digests.finish();
    if (expected.signature && !expected.signature->verify(hex_decode(hashes[2]).value_or("")))
        throw bad_request("SignatureVerificationError",
                          "Signature verification for the image failed: the data is not what was "
                          "signed. Nothing of it was kept.");
    check_hash("checksum", expected.checksum, hashes[0]);
    check_hash("os_hash_value", expected.os_hash_value, hashes[1]);
    writer.finish();
    out.checksum = hashes[0];
    out.os_hash_value = hashes[1];
    return out;
}

} // namespace nephele::glance
