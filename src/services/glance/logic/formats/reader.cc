// SPDX-License-Identifier: Apache-2.0
#include "services/glance/logic/formats/reader.h"

#include <algorithm>

namespace nephele::glance::formats {

std::string_view Bytes::text(std::uint64_t at, std::uint64_t length) const {
    if (at > bytes_.size() || length > bytes_.size() - at)
        throw Refused("it ends inside its header.");
    return bytes_.substr(static_cast<std::size_t>(at), static_cast<std::size_t>(length));
}

std::uint64_t Bytes::little(std::uint64_t at, unsigned width) const {
    std::uint64_t value = 0;
    auto bytes = text(at, width);
    for (unsigned i = width; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
}

std::uint64_t Bytes::big(std::uint64_t at, unsigned width) const {
    std::uint64_t value = 0;
    for (char c : text(at, width)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
}

bool Bytes::zero(std::uint64_t at, std::uint64_t length) const {
    return text(at, length).find_first_not_of('\0') == std::string_view::npos;
}

void Reader::need(const char* what, std::uint64_t end) {
    if (end <= needed_) return;
    needed_ = end;
    needed_for_ = what;
}

void Reader::finish(std::string_view, std::uint64_t size) {
    for (auto& table : tables) need(table.name, table.range.end());
    if (size < needed_)
        throw Refused(format("it is cut off: its {} needs at least {} bytes, there are {}.",
                             needed_for_, needed_, size));
    if (size < farthest_)
        throw Refused(format("one of its tables points outside the file, to byte {} of {}.",
                             farthest_ - 1, size));
}

std::unique_ptr<Reader> reader_of(const std::string& format) {
    if (format == "qcow2") return qcow2_reader();
    if (format == "vmdk") return vmdk_reader();
    if (format == "vhd") return vhd_reader();
    if (format == "vhdx") return vhdx_reader();
    if (format == "vdi") return vdi_reader();
    if (format == "iso") return iso_reader();
    if (format == "ploop") return ploop_reader();
    if (format == "gpt") return gpt_reader();
    return nullptr;
}

} // namespace nephele::glance::formats
