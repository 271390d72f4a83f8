// SPDX-License-Identifier: Apache-2.0
// The bytes of an upload, as they come and as they were meant: aws-chunked bodies taken apart,
// signatures of chunks, digests and checksums held against what arrived. Pieces are passed on at
// once; what does not fit throws at the latest when the end is read, before anything is kept.
#pragma once
#include "platform/crypto/aws_signature.h"
#include "platform/http/http.h"
#include "services/swift/logic/checksum.h"

#include <map>

namespace nephele::swift::s3 {

/// What the head promises.
struct PayloadPlan {
    bool chunked = false;                ///< aws-chunked
    bool signed_chunks = false;          ///< each chunk carries a signature
    bool trailers = false;               ///< header fields follow the last chunk
    std::optional<std::uint64_t> length; ///< of the object
    std::string sha256;                  ///< in hexadecimal; empty: not promised
    std::string md5;                     ///< in hexadecimal; empty: not promised
    std::optional<logic::ChecksumKind> checksum;
    std::string checksum_value; ///< in base64; empty: it comes as a trailer, or is only to be told
    std::string trailer;        ///< lower-case name of the announced field
};
/// Throws NotImplemented (other forms of signed bodies), InvalidDigest, InvalidRequest,
/// MissingContentLength. `payload_hash` as the signature covers it.
PayloadPlan plan_payload(const http::RequestHead& head, const std::string& payload_hash);

/// What signed chunks continue: the signature of the head.
struct ChunkSigner {
    std::string key, time, signature;
    crypto::aws::SigningScope scope;
    /// Of a chunk with this digest (in hexadecimal), and of the trailing fields.
    std::string of_chunk(const std::string& sha256) const;
    std::string of_trailer(const std::string& sha256) const;
};

class Payload final : public http::BodyReader {
  public:
    Payload(http::BodyReader& wire, PayloadPlan plan, ChunkSigner signer = {});
    /// Throws SignatureDoesNotMatch, XAmzContentSHA256Mismatch, BadDigest, IncompleteBody ...
    std::size_t read(char* into, std::size_t size) override;
    std::optional<std::uint64_t> length() const override { return plan_.length; }
    /// Once the end was read: the checksum, when the client named one.
    std::optional<std::pair<logic::ChecksumKind, std::string>> checksum() const;

  private:
    std::size_t read_wire(char* into, std::size_t size);
    std::size_t read_chunked(char* into, std::size_t size);
    std::string line(std::size_t longest);
    void begin_chunk();
    void end_chunk();
    void read_trailers();
    void finish();

    http::BodyReader& wire_;
    PayloadPlan plan_;
    ChunkSigner signer_;
    std::string buffer_; ///< read ahead while taking chunks apart
    std::size_t used_ = 0;
    std::uint64_t left_in_chunk_ = 0, received_ = 0;
    bool in_chunk_ = false, ended_ = false;
    std::string chunk_signature_;
    std::optional<crypto::Hasher> chunk_hash_, sha256_, md5_;
    std::optional<logic::Checksum> checksum_;
};

} // namespace nephele::swift::s3
