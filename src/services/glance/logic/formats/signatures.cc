// SPDX-License-Identifier: Apache-2.0
// What qemu and other hypervisors would take for a format of its own, looked for wherever they
// look.
#include "services/glance/logic/formats/reader.h"

#include <algorithm>

namespace nephele::glance::formats {
namespace {
using namespace std::string_view_literals;

struct Signature {
    const char* format;
    std::size_t offset;
    std::string_view bytes;
};
const Signature signatures[] = {
    {"qcow", 0, "QFI\xfb\0\0\0\1"sv},
    {"qcow2", 0, "QFI\xfb"sv},
    {"qed", 0, "QED\0"sv},
    {"vmdk", 0, "KDMV"sv},
    {"vmdk", 0, "COWD"sv},
    {"vhd", 0, "conectix"sv},
    {"vhdx", 0, "vhdxfile"sv},
    {"vdi", 64, "\x7f\x10\xda\xbe"sv},
    {"ploop", 0, "WithoutFreeSpace"sv},
    {"ploop", 0, "WithouFreSpacExt"sv},
    {"bochs", 0, "Bochs Virtual HD Image"sv},
    {"cloop", 0, "#!/bin/sh\n#V2.0 Format\nmodprobe cloop"sv},
};
// The volume descriptors of ISO 9660 and UDF stand from here on, one in each 2 KiB.
constexpr std::size_t descriptors_offset = 32 * 1024, descriptor_bytes = 2048;
constexpr int descriptors_read = 16;
constexpr std::size_t vhd_footer_bytes = 512;

bool stands_at(std::string_view head, std::size_t offset, std::string_view bytes) {
    return head.size() >= offset + bytes.size() && head.substr(offset, bytes.size()) == bytes;
}

bool is_optical(std::string_view head) {
    for (std::size_t i = 0; i < descriptors_read; ++i) {
        std::size_t at = descriptors_offset + i * descriptor_bytes + 1;
        for (auto& name : {"CD001"sv, "BEA01"sv, "NSR02"sv, "NSR03"sv})
            if (stands_at(head, at, name)) return true;
    }
    return false;
}

// A text that names the files a VMDK consists of: comments and blank lines, then "version=".
bool is_vmdk_descriptor(std::string_view head) {
    head = head.substr(0, std::min<std::size_t>(head.size(), 2048));
    if (starts_with_icase(trim(head), "# Disk DescriptorFile")) return true;
    while (!head.empty()) {
        auto end = head.find('\n');
        auto line = trim(head.substr(0, end));
        if (starts_with_icase(line, "version=") && line.size() > 8 && line[8] >= '1' &&
            line[8] <= '3')
            return true;
        if (!line.empty() && line.front() != '#') return false;
        if (end == std::string_view::npos) return false;
        head.remove_prefix(end + 1);
    }
    return false;
}
} // namespace

std::vector<std::string> signatures_in(std::string_view head) {
    std::vector<std::string> out;
    auto add = [&](const char* format) {
        if (std::find(out.begin(), out.end(), format) == out.end()) out.push_back(format);
    };
    for (auto& signature : signatures)
        if (stands_at(head, signature.offset, signature.bytes)) {
            add(signature.format);
            if (signature.format == "qcow"sv) break; // Else the next line names it qcow2.
        }
    if (is_vmdk_descriptor(head)) add("vmdk");
    if (is_optical(head)) add("iso");
    return out;
}

bool has_vhd_footer(std::string_view tail) {
    if (tail.size() < vhd_footer_bytes) return false;
    Bytes footer(tail.substr(tail.size() - vhd_footer_bytes));
    if (footer.text(0, 8) != "conectix") return false;
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < vhd_footer_bytes; ++i)
        if (i < 64 || i >= 68) sum += static_cast<std::uint32_t>(footer.big(i, 1));
    return footer.big(64, 4) == static_cast<std::uint32_t>(~sum);
}

std::string archive_of(std::string_view head) {
    if (stands_at(head, 0, "\x1f\x8b\x08"sv)) return "gzip";
    if (stands_at(head, 0, "PK\x03\x04"sv)) return "zip";
    if (stands_at(head, 0,
                  "\xfd"
                  "7zXZ\0"sv))
        return "xz";
    if (stands_at(head, 257, "ustar"sv)) return "tar";
    return "";
}

} // namespace nephele::glance::formats
