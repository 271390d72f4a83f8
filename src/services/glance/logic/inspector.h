// SPDX-License-Identifier: Apache-2.0
// Decides once, at upload, what an image's bytes are, and refuses everything that is not plainly
// what was declared. Pure: it is shown the head of the stream, says which ranges behind it matter,
// and is shown those and the end. Whoever runs it does so in a sandboxed child (ops/inspect.h).
#pragma once
#include "services/glance/logic/formats/reader.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nephele::glance {

struct Declared {
    std::string disk_format, container_format = "bare";
};

/// The site's choices.
struct FormatRules {
    /// Content that is not what was declared is refused. When off it is stored as "unknown", which
    /// no service opens; what is dangerous in the format it claims is refused all the same.
    bool require_match = true;
    std::uint64_t virtual_size_cap = std::uint64_t(64) << 40;
};

/// What the bytes turned out to be.
struct Inspection {
    /// A disk format ("raw" for all opaque bytes), or what no service opens as a disk: "ova",
    /// "ovf", "docker", "compressed", "unknown".
    std::string format;
    std::int64_t virtual_size = 0;
};

class Inspector {
  public:
    Inspector(Declared declared, FormatRules rules);
    ~Inspector();

    /// Bytes shown first (fewer when the stream is shorter) and last.
    static constexpr std::size_t head_bytes = 320 * 1024, tail_bytes = 2048;
    /// What all ranges behind the head may add up to.
    static constexpr std::uint64_t tables_limit = 128 << 20;

    /// First. Ranges behind the head that are to be shown, in order and apart from each other.
    std::vector<formats::Range> read_head(std::string_view head);
    /// The wanted ranges' bytes in order, in pieces of any size.
    void read_table(std::uint64_t offset, std::string_view piece);
    /// After the last byte: the stream's size and its last bytes (tail_bytes, or all there are).
    /// When refused, refusal() says why and nothing is returned.
    std::optional<Inspection> finish(std::string_view tail, std::uint64_t size);

    /// Why the content is refused, as soon as that is certain.
    const std::optional<std::string>& refusal() const { return refusal_; }

  private:
    void choose_reader();
    void mismatch(const std::string& found);
    void judge_tail(std::string_view tail);
    std::string reading() const; ///< for messages: the format being read

    Declared declared_;
    FormatRules rules_;
    std::string head_;
    std::vector<std::string> found_; ///< formats whose signature the head carries
    std::unique_ptr<formats::Reader> reader_;
    std::string format_;
    std::optional<std::string> refusal_;
};

} // namespace nephele::glance
