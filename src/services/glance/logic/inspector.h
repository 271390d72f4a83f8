// SPDX-License-Identifier: Apache-2.0
// Decides once, at upload, what an image's bytes are, and refuses everything that is not plainly
// what was declared. Pure and incremental: it sees the stream in pieces and keeps only its head.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nephele::glance {

/// What the bytes turned out to be.
struct Inspection {
    std::string format; ///< "raw" or "qcow2"
    std::int64_t virtual_size = 0;
};

class Inspector {
  public:
    /// `declared`: the image's disk_format.
    explicit Inspector(std::string declared);

    /// The next bytes of the stream.
    void feed(std::string_view piece);
    /// Why the content is refused, as soon as that is certain.
    const std::optional<std::string>& refusal() const { return refusal_; }
    /// After the last piece. When refused, refusal() says why and nothing is returned.
    std::optional<Inspection> finish();

    /// Bytes kept at most, whatever the content.
    static constexpr std::size_t head_bytes = 128 * 1024;

  private:
    void judge(bool complete);

    std::string declared_;
    std::string head_;
    std::uint64_t size_ = 0;
    bool judged_ = false;
    std::optional<std::string> refusal_;
    std::uint64_t virtual_size_ = 0; ///< of qcow2
    std::uint64_t needed_ = 0;       ///< bytes the metadata of qcow2 refers to
};

/// Name of the format whose signature the first bytes carry ("qcow2", "vmdk", "iso" ...); empty
/// when none of the known ones. Partition tables are no format: raw disks have them.
std::string signature_of(std::string_view head);

} // namespace nephele::glance
