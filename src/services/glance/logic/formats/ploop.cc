// SPDX-License-Identifier: Apache-2.0
// ploop (Parallels expanding images), version 2, closed properly and without extensions.
#include "services/glance/logic/formats/reader.h"

namespace nephele::glance::formats {
namespace {
constexpr std::uint64_t sector = 512, header_bytes = 64;
constexpr std::uint64_t in_use = 0x746F6E59, cluster_limit = 0x200000;

class PloopReader final : public Reader {
  public:
    void read_head(std::string_view head) override {
        Bytes bytes(head);
        bytes.text(0, header_bytes);
        bool extended = bytes.text(0, 16) == "WithouFreSpacExt";
        refuse_if(bytes.little(16, 4) != 2, "its version is not 2.");
        std::uint64_t cluster = bytes.little(28, 4), entries = bytes.little(32, 4),
                      sectors = bytes.little(36, 8);
        // The older kind keeps something else in the upper half.
        if (!extended) sectors &= 0xffffffff;
        refuse_if(cluster == 0 || cluster > cluster_limit, "its cluster size is not valid.");
        refuse_if(sectors / cluster + (sectors % cluster != 0) > entries,
                  "its block table is too small for its virtual size.");
        refuse_if(entries * 4 > table_limit, "its block table is over the limit.");
        refuse_if(bytes.little(44, 4) == in_use,
                  "it was not closed properly. Repair it with `qemu-img check -r all -f "
                  "parallels`.");
        refuse_if(bytes.little(56, 8) != 0, "it has a format extension.");
        refuse_if(sectors > (std::uint64_t(1) << 46), "its virtual size is not valid.");
        virtual_size = sectors * sector;
        need("block table", header_bytes + entries * 4);
        if (entries == 0) return;
        std::uint64_t unit = (extended ? cluster : 1) * sector;
        tables.push_back(
            {"block table", {header_bytes, entries * 4}, 4, [this, unit](std::string_view entry) {
                 if (auto at = Bytes(entry).little(0, 4)) points_to(at * unit);
             }});
    }
};
} // namespace

std::unique_ptr<Reader> ploop_reader() { return std::make_unique<PloopReader>(); }

} // namespace nephele::glance::formats
