// SPDX-License-Identifier: Apache-2.0
#include "services/swift/s3/payload.h"

#include "base/strings.h"
#include "services/swift/s3/error.h"

#include <algorithm>
#include <charconv>

namespace nephele::swift::s3 {
namespace {
namespace aws = crypto::aws;

constexpr const char* empty_sha256 =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::size_t longest_chunk_line = 1024, longest_trailer = 4096, read_ahead = 64 * 1024;

std::optional<std::uint64_t> unsigned_number(std::string_view text) {
    const auto value = to_int(text);
    if (!value || *value < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*value);
}

bool is_sha256(std::string_view text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

void plan_chunks(const http::RequestHead& head, const std::string& hash, PayloadPlan& plan) {
    plan.chunked = true;
    plan.trailers = hash.ends_with("-TRAILER");
    plan.signed_chunks = hash.starts_with("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    if (!plan.signed_chunks && hash != "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
        throw failure(Code::NotImplemented,
                      "Bodies of the form " + hash.substr(0, 80) + " are not known.");
    const auto* length = head.headers.find("x-amz-decoded-content-length");
    if (!length) throw failure(Code::MissingContentLength);
    plan.length = unsigned_number(*length);
    if (!plan.length) throw invalid_argument("x-amz-decoded-content-length", *length);
    if (!plan.trailers) return;
    plan.trailer = lower(trim(head.headers.get("x-amz-trailer")));
    if (plan.trailer.empty()) return;
    constexpr std::string_view prefix = "x-amz-checksum-";
    if (plan.trailer.starts_with(prefix))
        plan.checksum = logic::checksum_named(plan.trailer.substr(prefix.size()));
    if (!plan.checksum)
        throw failure(Code::InvalidRequest,
                      "The value specified in the x-amz-trailer header is not supported");
}

void plan_checksum(const http::RequestHead& head, PayloadPlan& plan) {
    for (auto kind : logic::checksum_kinds) {
        const auto* value =
            head.headers.find(std::string("x-amz-checksum-") + logic::name_of(kind));
        if (!value) continue;
        if (plan.checksum)
            throw failure(Code::InvalidRequest, "Expecting a single x-amz-checksum- header. "
                                                "Multiple checksum Types are not allowed.");
        const auto bytes = base64_decode(*value);
        if (!bytes || bytes->size() != base64_decode(logic::Checksum(kind).base64())->size())
            throw failure(Code::InvalidRequest, std::string("Value for x-amz-checksum-") +
                                                    logic::name_of(kind) + " header is invalid.");
        plan.checksum = kind;
        plan.checksum_value = *value;
    }
    if (plan.checksum) return;
    if (const auto* named = head.headers.find("x-amz-sdk-checksum-algorithm"))
        plan.checksum = logic::checksum_named(*named);
}
} // namespace

PayloadPlan plan_payload(const http::RequestHead& head, const std::string& payload_hash) {
    PayloadPlan plan;
    if (const auto* length = head.headers.find("Content-Length"))
        plan.length = unsigned_number(*length);
    if (payload_hash.starts_with("STREAMING-")) {
        plan_chunks(head, payload_hash, plan);
    } else if (payload_hash != "UNSIGNED-PAYLOAD") {
        if (!is_sha256(payload_hash))
            throw failure(Code::InvalidRequest,
                          "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "
                          "STREAMING-AWS4-HMAC-SHA256-PAYLOAD or a valid sha256 value.");
        plan.sha256 = payload_hash;
    }
    if (const auto* text = head.headers.find("Content-MD5")) {
        const auto bytes = base64_decode(trim(*text));
        if (!bytes || bytes->size() != 16) throw failure(Code::InvalidDigest);
        plan.md5 = hex_encode(*bytes);
    }
    plan_checksum(head, plan);
    return plan;
}

std::string ChunkSigner::of_chunk(const std::string& sha256) const {
    return aws::signature_4(key, "AWS4-HMAC-SHA256-PAYLOAD\n" + time + "\n" + scope.text() + "\n" +
                                     signature + "\n" + empty_sha256 + "\n" + sha256);
}

std::string ChunkSigner::of_trailer(const std::string& sha256) const {
    return aws::signature_4(key, "AWS4-HMAC-SHA256-TRAILER\n" + time + "\n" + scope.text() + "\n" +
                                     signature + "\n" + sha256);
}

Payload::Payload(http::BodyReader& wire, PayloadPlan plan, ChunkSigner signer)
    : wire_(wire), plan_(std::move(plan)), signer_(std::move(signer)) {
    if (!plan_.sha256.empty()) sha256_.emplace(crypto::Digest::sha256);
    if (!plan_.md5.empty()) md5_.emplace(crypto::Digest::md5);
    if (plan_.checksum) checksum_.emplace(*plan_.checksum);
}

std::optional<std::pair<logic::ChecksumKind, std::string>> Payload::checksum() const {
    if (!checksum_) return std::nullopt;
    return std::pair{checksum_->kind(), checksum_->base64()};
}

std::size_t Payload::read(char* into, std::size_t size) {
    if (ended_ || size == 0) return 0;
    const std::size_t count = plan_.chunked ? read_chunked(into, size) : wire_.read(into, size);
    if (count == 0) {
        finish();
        return 0;
    }
    const std::string_view piece(into, count);
    received_ += count;
    if (plan_.length && received_ > *plan_.length) throw failure(Code::IncompleteBody);
    if (sha256_) sha256_->update(piece);
    if (md5_) md5_->update(piece);
    if (checksum_) checksum_->update(piece);
    return count;
}

void Payload::finish() {
    ended_ = true;
    if (plan_.length && received_ != *plan_.length) throw failure(Code::IncompleteBody);
    if (sha256_ && sha256_->hex() != plan_.sha256)
        throw failure(Code::XAmzContentSHA256Mismatch)
            .with("ClientComputedContentSHA256", plan_.sha256)
            .with("S3ComputedContentSHA256", sha256_->hex());
    if (md5_ && md5_->hex() != plan_.md5)
        throw failure(Code::BadDigest,
                      "The Content-MD5 you specified did not match what we received.");
    if (checksum_ && !plan_.checksum_value.empty() && checksum_->base64() != plan_.checksum_value)
        throw failure(Code::BadDigest, format("The {} you specified did not match the calculated "
                                              "checksum.",
                                              logic::name_of(checksum_->kind())));
}

// ---- aws-chunked ----

std::size_t Payload::read_wire(char* into, std::size_t size) {
    if (used_ < buffer_.size()) {
        const std::size_t count = std::min(size, buffer_.size() - used_);
        std::copy_n(buffer_.data() + used_, count, into);
        used_ += count;
        return count;
    }
    return wire_.read(into, size);
}

// Up to CRLF, which is taken and left out.
std::string Payload::line(std::size_t longest) {
    for (;;) {
        const auto end = buffer_.find("\r\n", used_);
        if (end != buffer_.npos) {
            std::string out = buffer_.substr(used_, end - used_);
            used_ = end + 2;
            if (out.size() > longest) break;
            return out;
        }
        if (buffer_.size() - used_ > longest + 1) break; // one for a CR whose LF is to come
        buffer_.erase(0, used_);
        used_ = 0;
        const std::size_t had = buffer_.size();
        buffer_.resize(had + read_ahead);
        const std::size_t count = wire_.read(buffer_.data() + had, read_ahead);
        buffer_.resize(had + count);
        if (count == 0) throw failure(Code::IncompleteBody);
    }
    throw failure(Code::InvalidRequest, "The line before a chunk is too long.");
}

// "1000;chunk-signature=ad80..."
void Payload::begin_chunk() {
    const std::string head = line(longest_chunk_line);
    const auto semicolon = head.find(';');
    const std::string digits = head.substr(0, semicolon);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), left_in_chunk_, 16);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() ||
        left_in_chunk_ > std::uint64_t{5} << 30)
        throw failure(Code::InvalidRequest, "The size of a chunk is no hexadecimal number.");
    chunk_signature_.clear();
    constexpr std::string_view name = "chunk-signature=";
    if (semicolon != head.npos) {
        const auto extension = trim(std::string_view(head).substr(semicolon + 1));
        if (extension.starts_with(name)) chunk_signature_ = extension.substr(name.size());
    }
    if (plan_.signed_chunks) {
        if (chunk_signature_.empty()) throw failure(Code::SignatureDoesNotMatch);
        chunk_hash_.emplace(crypto::Digest::sha256);
    }
    in_chunk_ = true;
}

void Payload::end_chunk() {
    in_chunk_ = false;
    if (!plan_.signed_chunks) return;
    signer_.signature = signer_.of_chunk(chunk_hash_->hex());
    if (!crypto::equal_constant_time(signer_.signature, chunk_signature_))
        throw failure(Code::SignatureDoesNotMatch);
}

std::size_t Payload::read_chunked(char* into, std::size_t size) {
    if (!in_chunk_) {
        begin_chunk();
        if (left_in_chunk_ == 0) {
            end_chunk();
            read_trailers();
            return 0;
        }
    }
    const std::size_t count =
        read_wire(into, static_cast<std::size_t>(std::min<std::uint64_t>(size, left_in_chunk_)));
    if (count == 0) throw failure(Code::IncompleteBody);
    left_in_chunk_ -= count;
    if (chunk_hash_) chunk_hash_->update({into, count});
    if (left_in_chunk_ == 0) {
        end_chunk();
        if (!line(0).empty()) throw failure(Code::InvalidRequest, "A chunk is too long.");
    }
    return count;
}

// After the last chunk: fields, their signature, an empty line. Some clients leave the latter out.
void Payload::read_trailers() {
    std::map<std::string, std::string> fields;
    std::string signature, signed_text;
    const auto more = [&] {
        if (used_ < buffer_.size()) return true;
        buffer_.resize(read_ahead);
        used_ = 0;
        buffer_.resize(wire_.read(buffer_.data(), read_ahead));
        return !buffer_.empty();
    };
    while (more()) {
        const std::string field = line(longest_trailer);
        if (field.empty()) break;
        const auto colon = field.find(':');
        if (colon == field.npos || fields.size() > 16) throw failure(Code::MalformedTrailerError);
        const std::string name = lower(trim(field.substr(0, colon)));
        const std::string value(trim(field.substr(colon + 1)));
        if (name == "x-amz-trailer-signature") {
            signature = value;
            continue;
        }
        fields[name] = value;
        signed_text += name + ":" + value + "\n";
    }
    // Nothing may follow.
    if (more()) throw failure(Code::IncompleteBody);
    if (!plan_.trailers) return;
    if (plan_.signed_chunks &&
        !crypto::equal_constant_time(signer_.of_trailer(hex_encode(crypto::sha256(signed_text))),
                                     signature))
        throw failure(Code::SignatureDoesNotMatch);
    if (plan_.trailer.empty()) return;
    const auto found = fields.find(plan_.trailer);
    if (found == fields.end()) throw failure(Code::MalformedTrailerError);
    plan_.checksum_value = found->second;
}

} // namespace nephele::swift::s3
