// SPDX-License-Identifier: Apache-2.0
// ISO 9660, also with a partition table in front (hybrid images that boot from USB sticks).
#include "services/glance/logic/formats/reader.h"

namespace nephele::glance::formats {
namespace {
constexpr std::uint64_t first_descriptor = 32 * 1024, descriptor_bytes = 2048;
constexpr int descriptors_read = 16;
constexpr std::uint64_t primary = 1, terminator = 255;

class IsoReader final : public Reader {
  public:
    void read_head(std::string_view head) override {
        Bytes bytes(head);
        bool found = false;
        for (int i = 0; i < descriptors_read; ++i) {
            std::uint64_t at = first_descriptor + static_cast<std::uint64_t>(i) * descriptor_bytes;
            if (at + descriptor_bytes > head.size()) break;
            if (bytes.text(at + 1, 5) != "CD001") break;
            std::uint64_t type = bytes.little(at, 1);
            if (type == terminator) break;
            if (type != primary) continue;
            refuse_if(bytes.little(at + 128, 2) != 2048 || bytes.big(at + 130, 2) != 2048,
                      "its block size is not 2048.");
            refuse_if(bytes.little(at + 80, 4) != bytes.big(at + 84, 4),
                      "its volume descriptor contradicts itself.");
            found = true;
        }
        refuse_if(!found, "it has no primary volume descriptor.");
    }
    void finish(std::string_view tail, std::uint64_t size) override {
        virtual_size = size;
        Reader::finish(tail, size);
    }
};
} // namespace

std::unique_ptr<Reader> iso_reader() { return std::make_unique<IsoReader>(); }

} // namespace nephele::glance::formats
