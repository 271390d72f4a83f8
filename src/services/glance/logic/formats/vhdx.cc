// SPDX-License-Identifier: Apache-2.0
// VHDX: two headers, two equal region tables, the block table and the metadata, each where the
// region table says; no parent, no log left to replay.
#include "services/glance/logic/formats/reader.h"

#include "base/crc32c.h"

#include <map>
#include <optional>

namespace nephele::glance::formats {
namespace {
using namespace std::string_view_literals;
constexpr std::uint64_t kib = 1024, mib = 1 << 20;
constexpr std::uint64_t headers_at[] = {64 * kib, 128 * kib};
constexpr std::uint64_t regions_at[] = {192 * kib, 256 * kib}, region_table_bytes = 64 * kib;
constexpr std::uint64_t header_bytes = 4 * kib, metadata_table_bytes = 64 * kib;
constexpr std::uint64_t entries_limit = 2047, entry_bytes = 32;
constexpr std::uint64_t size_limit = std::uint64_t(64) << 40;

// The identifiers as they lie in the file.
constexpr auto block_table_id =
                   "\x66\x77\xC2\x2D\x23\xF6\x00\x42\x9D\x64\x11\x5E\x9B\xFD\x4A\x08"sv,
               metadata_id = "\x06\xA2\x7C\x8B\x90\x47\x9A\x4B\xB8\xFE\x57\x5F\x05\x0F\x88\x6E"sv,
               file_parameters_id =
                   "\x37\x67\xA1\xCA\x36\xFA\x43\x4D\xB3\xB6\x33\xF0\xAA\x44\xE7\x6B"sv,
               disk_size_id = "\x24\x42\xA5\x2F\x1B\xCD\x76\x48\xB2\x11\x5D\xBE\xD8\x3B\xF4\xB8"sv,
               disk_id = "\xAB\x12\xCA\xBE\xE6\xB2\x23\x45\x93\xEF\xC3\x09\xE0\x00\xC7\x46"sv,
               sector_size_id =
                   "\x1D\xBF\x41\x81\x6F\xA9\x09\x47\xBA\x47\xF2\x33\xA8\xFA\xAB\x5F"sv,
               physical_sector_id =
                   "\xC7\x48\xA3\xCD\x5D\x44\x71\x44\x9C\xC9\xE9\x88\x52\x51\xC5\x56"sv,
               parent_id = "\x2D\x5F\xD3\xA8\x0B\xB3\x4D\x45\xAB\xF7\xD3\xD8\x48\x34\xAB\x0C"sv;

bool checksum_holds(const Bytes& bytes, std::uint64_t at, std::uint64_t length) {
    std::string copy(bytes.text(at, length));
    copy.replace(4, 4, 4, '\0');
    return bytes.little(at + 4, 4) == crc32c(copy);
}

class VhdxReader final : public Reader {
  public:
    void read_head(std::string_view head) override {
        Bytes bytes(head);
        check_headers(bytes);
        check_regions(bytes);
        refuse_if(!block_table_ || !metadata_, "its regions lack the block table or the metadata.");
        // All known metadata fits in one MiB; Hyper-V and qemu write no more.
        refuse_if(metadata_->length != mib, "its metadata region is not 1 MiB long.");
        need("block table", block_table_->end());
        tables.push_back({"metadata", *metadata_, static_cast<unsigned>(mib),
                          [this](std::string_view region) { read_metadata(Bytes(region)); }});
    }

  private:
    void check_headers(const Bytes& bytes) {
        std::optional<std::uint64_t> current, sequence;
        for (auto at : headers_at) {
            if (bytes.text(at, 4) != "head" || !checksum_holds(bytes, at, header_bytes)) continue;
            std::uint64_t number = bytes.little(at + 8, 8);
            if (sequence && number <= *sequence) continue;
            sequence = number;
            current = at;
        }
        refuse_if(!current, "it has no valid header.");
        refuse_if(bytes.little(*current + 66, 2) != 1, "its version is not 1.");
        refuse_if(!bytes.zero(*current + 48, 16),
                  "it was not closed properly: its log would have to be replayed.");
    }
    void check_regions(const Bytes& bytes) {
        std::uint64_t at = regions_at[0];
        refuse_if(bytes.text(at, 4) != "regi" || !checksum_holds(bytes, at, region_table_bytes),
                  "it has no valid region table.");
        refuse_if(bytes.text(at, region_table_bytes) !=
                      bytes.text(regions_at[1], region_table_bytes),
                  "its two region tables differ.");
        std::uint64_t count = bytes.little(at + 8, 4);
        refuse_if(count > entries_limit, "its region table has too many entries.");
        for (std::uint64_t i = 0; i < count; ++i) read_region(bytes, at + 16 + i * entry_bytes);
    }
    void read_region(const Bytes& bytes, std::uint64_t at) {
        Range range{bytes.little(at + 16, 8), bytes.little(at + 24, 4)};
        refuse_if(range.offset < mib || range.offset % mib != 0 || range.length == 0 ||
                      range.length % mib != 0 || range.offset > INT64_MAX / 2,
                  "one of its regions does not lie on whole MiB behind the headers.");
        for (auto& other : regions_)
            refuse_if(range.offset < other.end() && other.offset < range.end(),
                      "two of its regions overlap.");
        regions_.push_back(range);
        auto id = bytes.text(at, 16);
        if (id == block_table_id)
            block_table_ = range;
        else if (id == metadata_id)
            metadata_ = range;
        else
            throw Refused("it has a region that is not known here.");
    }
    void read_metadata(const Bytes& bytes) {
        refuse_if(bytes.text(0, 8) != "metadata", "it has no metadata table.");
        std::uint64_t count = bytes.little(10, 2);
        refuse_if(count > entries_limit, "its metadata has too many entries.");
        std::map<std::string, Range> items;
        for (std::uint64_t i = 0; i < count; ++i) {
            std::uint64_t at = 32 + i * entry_bytes;
            std::string id(bytes.text(at, 16));
            Range item{bytes.little(at + 16, 4), bytes.little(at + 20, 4)};
            refuse_if(id == parent_id, "it names a parent disk.");
            bool user = bytes.little(at + 24, 4) & 1;
            bool known = id == file_parameters_id || id == disk_size_id || id == disk_id ||
                         id == sector_size_id || id == physical_sector_id;
            refuse_if(!user && !known, "it has metadata that is not known here.");
            refuse_if(known && (item.offset < metadata_table_bytes || item.end() > mib),
                      "its metadata lies outside its region.");
            refuse_if(known && !items.emplace(id, item).second, "its metadata repeats itself.");
        }
        auto number = [&](std::string_view id, unsigned width) {
            auto found = items.find(std::string(id));
            refuse_if(found == items.end() || found->second.length < width,
                      "its metadata is incomplete.");
            return bytes.little(found->second.offset, width);
        };
        std::uint64_t parameters = number(file_parameters_id, 8);
        check_sizes(parameters & 0xffffffff, number(disk_size_id, 8), number(sector_size_id, 4));
        refuse_if(parameters >> 32 & 2, "it is a differencing disk: it names a parent disk.");
    }
    void check_sizes(std::uint64_t block, std::uint64_t size, std::uint64_t sector) {
        refuse_if(block < mib || block > 256 * mib || (block & (block - 1)) != 0,
                  "its block size is not valid.");
        refuse_if(sector != 512 && sector != 4096, "its sector size is not valid.");
        refuse_if(size > size_limit || size % sector != 0, "its virtual size is not valid.");
        virtual_size = size;
        std::uint64_t blocks = size / block + (size % block != 0);
        std::uint64_t ratio = (std::uint64_t(1) << 23) * sector / block;
        std::uint64_t entries = blocks == 0 ? 0 : blocks + (blocks - 1) / ratio;
        refuse_if(entries * 8 > block_table_->length,
                  "its block table is too small for its virtual size.");
    }
    std::vector<Range> regions_;
    std::optional<Range> block_table_, metadata_;
};
} // namespace

std::unique_ptr<Reader> vhdx_reader() { return std::make_unique<VhdxReader>(); }

} // namespace nephele::glance::formats
