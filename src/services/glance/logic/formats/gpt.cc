// SPDX-License-Identifier: Apache-2.0
// A raw disk declared as having a GUID partition table: the table must be there, and its MBR must
// be the protective one, so that no reader sees other partitions than the others do.
#include "services/glance/logic/formats/reader.h"

namespace nephele::glance::formats {
namespace {
constexpr std::uint64_t entries_at = 446, entry_bytes = 16;
constexpr std::uint64_t protective = 0xee;

std::uint32_t crc32(std::string_view bytes) {
    std::uint32_t crc = 0xffffffff;
    for (char c : bytes) {
        crc ^= static_cast<unsigned char>(c);
        for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

class GptReader final : public Reader {
  public:
    void read_head(std::string_view head) override {
        Bytes bytes(head);
        refuse_if(bytes.big(510, 2) != 0x55aa, "it has no partition table.");
        std::uint64_t sector = head.substr(512, 8) == "EFI PART" ? 512 : 4096;
        refuse_if(head.size() < sector + 512 || bytes.text(sector, 8) != "EFI PART",
                  "it has an MBR, but no GUID partition table. Declare it as raw.");
        check_mbr(bytes);
        std::uint64_t length = bytes.little(sector + 12, 4);
        refuse_if(bytes.little(sector + 8, 4) != 0x00010000, "its GPT version is not known.");
        refuse_if(length < 92 || length > 512, "its GPT header has no valid length.");
        std::string header(bytes.text(sector, length));
        header.replace(16, 4, 4, '\0');
        refuse_if(bytes.little(sector + 16, 4) != crc32(header),
                  "its GPT header's checksum is wrong.");
        refuse_if(bytes.little(sector + 24, 8) != 1, "its GPT header lies elsewhere.");
        std::uint64_t first = bytes.little(sector + 72, 8), count = bytes.little(sector + 80, 4),
                      size = bytes.little(sector + 84, 4), last = bytes.little(sector + 48, 8);
        refuse_if(size < 128 || size % 128 != 0 || count > 16384 || count * size > (1 << 20),
                  "its GPT entries have no valid size.");
        refuse_if(first < 2 || first > (std::uint64_t(1) << 48), "its GPT entries lie elsewhere.");
        need("GPT", first * sector + count * size);
        refuse_if(last > (std::uint64_t(1) << 48), "its GPT ends nowhere.");
        need("last usable sector", (last + 1) * sector);
    }
    void finish(std::string_view tail, std::uint64_t size) override {
        virtual_size = size;
        Reader::finish(tail, size);
    }

  private:
    static void check_mbr(const Bytes& bytes) {
        int protects = 0, others = 0;
        for (std::uint64_t i = 0; i < 4; ++i) {
            std::uint64_t at = entries_at + i * entry_bytes, type = bytes.little(at + 4, 1);
            if (type == protective && bytes.little(at + 8, 4) == 1)
                ++protects;
            else if (type != 0)
                ++others;
        }
        refuse_if(protects != 1 || others != 0,
                  "its MBR is not the protective one: readers of the MBR see other partitions than "
                  "readers of the GPT. Declare it as raw.");
    }
};
} // namespace

std::unique_ptr<Reader> gpt_reader() { return std::make_unique<GptReader>(); }

} // namespace nephele::glance::formats
