// SPDX-License-Identifier: Apache-2.0
// VHD (Virtual PC): fixed, whose only header is its last sector, and dynamic, which has a copy of
// it in front. No differencing disks.
#include "services/glance/logic/formats/reader.h"

namespace nephele::glance::formats {
namespace {
constexpr std::uint64_t sector = 512, header_bytes = 1024;
constexpr std::uint64_t fixed = 2, dynamic = 3, differencing = 4;
constexpr std::uint64_t nowhere = 0xffffffff;

std::uint32_t checksum(const Bytes& bytes, std::uint64_t at, std::uint64_t length,
                       std::uint64_t own) {
    std::uint32_t sum = 0;
    for (std::uint64_t i = 0; i < length; ++i)
        if (i < own || i >= own + 4) sum += static_cast<std::uint32_t>(bytes.big(at + i, 1));
    return ~sum;
}

std::uint64_t check_footer(const Bytes& bytes, std::uint64_t at) {
    refuse_if(bytes.text(at, 8) != "conectix", "it has no footer.");
    refuse_if(bytes.big(at + 64, 4) != checksum(bytes, at, sector, 64),
              "its footer's checksum is wrong.");
    refuse_if(bytes.big(at + 12, 4) != 0x00010000, "its version is not known.");
    std::uint64_t type = bytes.big(at + 60, 4);
    refuse_if(type == differencing, "it is a differencing disk: it names a parent disk.");
    refuse_if(type != fixed && type != dynamic, "its disk type is not known.");
    return type;
}

class VhdReader final : public Reader {
  public:
    void read_head(std::string_view head) override {
        if (head.substr(0, 8) != "conectix") return; // A fixed disk: finish() looks at the footer.
        Bytes bytes(head);
        refuse_if(check_footer(bytes, 0) != dynamic,
                  "a fixed disk has its header in the last sector only.");
        dynamic_ = true;
        copy_ = std::string(bytes.text(0, sector));
        virtual_size = bytes.big(48, 8);
        std::uint64_t at = bytes.big(16, 8);
        refuse_if(at < sector || at % sector != 0 || at > head.size(),
                  "its dynamic header does not follow its footer's copy.");
        check_dynamic(bytes, at);
    }

    void finish(std::string_view tail, std::uint64_t size) override {
        refuse_if(size < sector || size % sector != 0 || tail.size() < sector,
                  "it is cut off: its footer is missing.");
        Bytes bytes(tail.substr(tail.size() - sector));
        std::uint64_t type = check_footer(bytes, 0);
        if (dynamic_) {
            refuse_if(bytes.text(0, sector) != copy_,
                      "its footer says something else than the copy in front.");
        } else {
            refuse_if(type != fixed, "it has only a footer, but is no fixed disk.");
            virtual_size = bytes.big(48, 8);
            refuse_if(virtual_size != size - sector, "its size is another than its footer says.");
        }
        Reader::finish(tail, size);
    }

  private:
    void check_dynamic(const Bytes& bytes, std::uint64_t at) {
        refuse_if(bytes.text(at, 8) != "cxsparse", "it has no dynamic header.");
        refuse_if(bytes.big(at + 36, 4) != checksum(bytes, at, header_bytes, 36),
                  "its dynamic header's checksum is wrong.");
        refuse_if(!bytes.zero(at + 40, 16) || !bytes.zero(at + 64, 512) ||
                      !bytes.zero(at + 576, 192),
                  "it names a parent disk.");
        std::uint64_t table = bytes.big(at + 16, 8), entries = bytes.big(at + 28, 4),
                      block = bytes.big(at + 32, 4);
        refuse_if(block < sector || (block & (block - 1)) != 0 || block > (256 << 20),
                  "its block size is not valid.");
        refuse_if(virtual_size / block + (virtual_size % block != 0) > entries,
                  "its block table is too small for its virtual size.");
        refuse_if(entries * 4 > table_limit, "its block table is over the limit.");
        refuse_if(table < at + header_bytes || table % sector != 0 || table > INT64_MAX / 2,
                  "its block table lies inside its headers.");
        need("block table", table + entries * 4);
        if (entries == 0) return;
        tables.push_back({"block table", {table, entries * 4}, 4, [this](std::string_view entry) {
                              auto at = Bytes(entry).big(0, 4);
                              if (at != nowhere) points_to(at * sector);
                          }});
    }
    bool dynamic_ = false;
    std::string copy_;
};
} // namespace

std::unique_ptr<Reader> vhd_reader() { return std::make_unique<VhdReader>(); }

} // namespace nephele::glance::formats
