// SPDX-License-Identifier: Apache-2.0
#include "services/glance/logic/inspector.h"

#include "base/strings.h"
#include "services/glance/logic/qcow2.h"

#include <algorithm>
#include <utility>

namespace nephele::glance {
namespace {
using namespace std::string_view_literals;

struct Signature {
    const char* format;
    std::size_t offset;
    std::string_view bytes;
};
// What qemu (and other hypervisors) would take for a format of its own.
const Signature signatures[] = {
    {"qcow2", 0, "QFI\xfb"sv},
    {"qed", 0, "QED\0"sv},
    {"vmdk", 0, "KDMV"sv},
    {"vmdk", 0, "COWD"sv},
    {"vhd", 0, "conectix"sv},
    {"vhdx", 0, "vhdxfile"sv},
    {"vdi", 64, "\xbe\xda\x10\x7f"sv},
    {"luks", 0, "LUKS\xba\xbe"sv},
    {"ploop", 0, "WithoutFreeSpace"sv},
    {"ploop", 0, "WithouFreSpacExt"sv},
    {"bochs", 0, "Bochs Virtual HD Image"sv},
    {"cloop", 0, "#!/bin/sh\n#V2.0 Format\nmodprobe cloop"sv},
};
// The volume descriptors of ISO 9660 and UDF stand from here on, one in each 2 KiB.
constexpr std::size_t descriptors_offset = 32 * 1024, descriptor_bytes = 2048;
constexpr int descriptors_read = 16;

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

std::string signature_of(std::string_view head) {
    for (auto& signature : signatures)
        if (stands_at(head, signature.offset, signature.bytes)) return signature.format;
    if (is_vmdk_descriptor(head)) return "vmdk";
    return is_optical(head) ? "iso" : "";
}

Inspector::Inspector(std::string declared) : declared_(std::move(declared)) {
    if (declared_ != "raw" && declared_ != "qcow2")
        refusal_ = format("Images of disk format {} are not accepted here, only raw and qcow2. "
                          "Convert it with `qemu-img convert` and declare the new format.",
                          declared_);
}

void Inspector::feed(std::string_view piece) {
    size_ += piece.size();
    if (judged_ || refusal_) return;
    head_.append(piece.substr(0, head_bytes - std::min(head_bytes, head_.size())));
    if (head_.size() >= head_bytes) judge(false);
}

void Inspector::judge(bool complete) {
    judged_ = true;
    std::string found = signature_of(head_);
    if (declared_ == "raw") {
        if (!found.empty())
            refusal_ = format("The image is declared as raw, but its content is {}. Declare the "
                              "format it has, or convert it.",
                              found);
    } else if (found != "qcow2") {
        refusal_ = format("The image is declared as qcow2, but its content is {}.",
                          found.empty() ? (complete && size_ == 0 ? "empty" : "raw") : found);
    } else {
        Qcow2 header = read_qcow2(head_);
        if (header.refusal)
            refusal_ = "This qcow2 image is refused: " + *header.refusal;
        else if (header.cluster_size > descriptors_offset && is_optical(head_))
            refusal_ =
                "This qcow2 image is refused: its header also holds the volume descriptor of "
                "an ISO image.";
        virtual_size_ = header.virtual_size;
        needed_ = header.needed_bytes;
    }
    head_ = {};
}

std::optional<Inspection> Inspector::finish() {
    if (!judged_ && !refusal_) judge(true);
    if (!refusal_ && declared_ == "qcow2" && size_ < needed_)
        refusal_ =
            format("This qcow2 image is refused: it is cut off. Its header needs at least {} "
                   "bytes, there are {}.",
                   needed_, size_);
    if (refusal_) return std::nullopt;
    if (declared_ == "qcow2") return Inspection{"qcow2", static_cast<std::int64_t>(virtual_size_)};
    return Inspection{"raw", static_cast<std::int64_t>(size_)};
}

} // namespace nephele::glance
