// SPDX-License-Identifier: Apache-2.0
// VirtualBox disks: dynamic and fixed, version 1.1, without parent.
#include "services/glance/logic/formats/reader.h"

namespace nephele::glance::formats {
namespace {
constexpr std::uint64_t sector = 512, block = 1 << 20, header_bytes = 512;
constexpr std::uint64_t dynamic = 1, fixed = 2;
constexpr std::uint64_t discarded = 0xfffffffe; // and one more: never allocated

class VdiReader final : public Reader {
  public:
    void read_head(std::string_view head) override {
        Bytes bytes(head);
        bytes.text(0, header_bytes);
        refuse_if(bytes.little(68, 4) != 0x00010001, "its version is not 1.1.");
        refuse_if(bytes.little(72, 4) < 0x180, "its header is too short.");
        std::uint64_t type = bytes.little(76, 4);
        refuse_if(type != dynamic && type != fixed,
                  "it is an undo or differencing disk: it depends on another one.");
        refuse_if(!bytes.zero(424, 16) || !bytes.zero(440, 16), "it names a parent disk.");
        refuse_if(bytes.little(360, 4) != sector, "its sector size is not 512.");
        refuse_if(bytes.little(376, 4) != block || bytes.little(380, 4) != 0,
                  "its block size is not 1 MiB.");
        std::uint64_t map = bytes.little(340, 4), data = bytes.little(344, 4),
                      blocks = bytes.little(384, 4), allocated = bytes.little(388, 4);
        virtual_size = bytes.little(368, 8);
        refuse_if(virtual_size / block + (virtual_size % block != 0) > blocks,
                  "its block map is too small for its virtual size.");
        refuse_if(allocated > blocks, "it has more blocks than its map.");
        refuse_if(blocks * 4 > table_limit, "its block map is over the limit.");
        refuse_if(map < header_bytes || map % sector != 0, "its block map lies in its header.");
        refuse_if(data < map + blocks * 4 || data % sector != 0,
                  "its data begins inside its block map.");
        need("block map", map + blocks * 4);
        if (allocated > 0) need("data", data + (allocated - 1) * block + 1);
        if (blocks == 0) return;
        tables.push_back({"block map", {map, blocks * 4}, 4, [allocated](std::string_view entry) {
                              auto number = Bytes(entry).little(0, 4);
                              refuse_if(number < discarded && number >= allocated,
                                        "its block map points outside the file.");
                          }});
    }
};
} // namespace

std::unique_ptr<Reader> vdi_reader() { return std::make_unique<VdiReader>(); }

} // namespace nephele::glance::formats
