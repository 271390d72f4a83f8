// SPDX-License-Identifier: Apache-2.0
// What the strict readers of all formats have in common: numbers in bytes, tables behind the head,
// and how to refuse.
#pragma once
#include "base/strings.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace nephele::glance::formats {

/// The image may not be stored; what() says why, to follow "This vmdk image is refused: ".
struct Refused : std::runtime_error {
    using std::runtime_error::runtime_error;
};
inline void refuse_if(bool condition, const char* why) {
    if (condition) throw Refused(why);
}

struct Range {
    std::uint64_t offset = 0, length = 0;
    std::uint64_t end() const { return offset + length; }
};

/// Numbers in bytes. Reading behind the end refuses the image as cut off.
class Bytes {
  public:
    explicit Bytes(std::string_view bytes) : bytes_(bytes) {}
    std::uint64_t little(std::uint64_t at, unsigned width) const;
    std::uint64_t big(std::uint64_t at, unsigned width) const;
    std::string_view text(std::uint64_t at, std::uint64_t length) const;
    bool zero(std::uint64_t at, std::uint64_t length) const;

  private:
    std::string_view bytes_;
};

/// A range of the file some reader wants to see: whole at once, or entry by entry.
struct Table {
    const char* name;
    Range range;
    unsigned entry_bytes = 8;
    /// Each entry's bytes in turn. For a range wanted whole, entry_bytes is its length.
    std::function<void(std::string_view entry)> read;
    std::string carried; ///< the begun entry
};

/// Reads one format. Every function throws Refused.
class Reader {
  public:
    virtual ~Reader() = default;
    /// The file's first bytes: all of it or Inspector::head_bytes.
    virtual void read_head(std::string_view head) = 0;
    /// Called after all tables; `tail`: the last bytes of a file of `size`.
    virtual void finish(std::string_view tail, std::uint64_t size);

    std::uint64_t virtual_size = 0;
    /// What read_head wants to see besides.
    std::vector<Table> tables;

  protected:
    /// The file must reach this far, because `what` does.
    void need(const char* what, std::uint64_t end);
    /// Something refers to this byte of the file.
    void points_to(std::uint64_t offset) { farthest_ = std::max(farthest_, offset + 1); }

  private:
    std::uint64_t needed_ = 0, farthest_ = 0;
    const char* needed_for_ = "";
};

/// Tables longer than this are refused by the readers.
inline constexpr std::uint64_t table_limit = 32 << 20;

/// "qcow2", "vmdk", "vhd", "vhdx", "vdi", "iso", "ploop", "gpt"; null for others.
std::unique_ptr<Reader> reader_of(const std::string& format);

std::unique_ptr<Reader> qcow2_reader();
std::unique_ptr<Reader> vmdk_reader();
std::unique_ptr<Reader> vhd_reader();
std::unique_ptr<Reader> vhdx_reader();
std::unique_ptr<Reader> vdi_reader();
std::unique_ptr<Reader> iso_reader();
std::unique_ptr<Reader> ploop_reader();
std::unique_ptr<Reader> gpt_reader();

/// Names of the formats whose signatures the first bytes carry, each once. Partition tables and
/// LUKS are no formats here: raw disks have them.
std::vector<std::string> signatures_in(std::string_view head);
/// A fixed VHD has its only signature in the last sector.
bool has_vhd_footer(std::string_view tail);
/// The kind of archive ("gzip", "zip", "xz", "tar"); empty for none.
std::string archive_of(std::string_view head);

} // namespace nephele::glance::formats
