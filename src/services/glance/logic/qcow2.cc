// SPDX-License-Identifier: Apache-2.0
#include "services/glance/logic/qcow2.h"

#include "base/strings.h"

#include <algorithm>

namespace nephele::glance {
namespace {
constexpr std::uint64_t version_2_length = 72, version_3_length = 104;
constexpr std::uint64_t virtual_size_limit = std::uint64_t(1) << 50; // 1 PiB
// qemu's own limits: tables above these are not opened.
constexpr std::uint64_t l1_entries_limit = 4 << 20, refcount_table_limit = 8 << 20,
                        snapshots_limit = 65536;
constexpr std::uint64_t extensions_limit = 64 * 1024;

enum Incompatible : std::uint64_t {
    dirty = 1,
    corrupt = 2,
    data_file = 4,
    compression = 8,
    wide = 16
};
constexpr std::uint64_t known_incompatible = dirty | corrupt | data_file | compression | wide;
constexpr std::uint64_t autoclear_raw_data = 2;

enum Extension : std::uint32_t {
    end_of_extensions = 0,
    backing_format = 0xE2792ACA,
    feature_names = 0x6803F857,
    bitmaps = 0x23852875,
    encryption_header = 0x0537BE77,
    data_file_name = 0x44415441,
};

/// Big-endian numbers of the header. Callers check the length first.
class Numbers {
  public:
    explicit Numbers(std::string_view bytes) : bytes_(bytes) {}
    std::uint32_t u32(std::uint64_t at) const { return static_cast<std::uint32_t>(read(at, 4)); }
    std::uint64_t u64(std::uint64_t at) const { return read(at, 8); }
    std::uint8_t u8(std::uint64_t at) const { return static_cast<std::uint8_t>(read(at, 1)); }

  private:
    std::uint64_t read(std::uint64_t at, int count) const {
        std::uint64_t value = 0;
        for (int i = 0; i < count; ++i)
            value = value << 8 |
                    static_cast<unsigned char>(
                        bytes_[static_cast<std::size_t>(at) + static_cast<std::size_t>(i)]);
        return value;
    }
    std::string_view bytes_;
};

struct Header {
    std::uint32_t version, backing_size, cluster_bits, crypt_method, l1_size,
        refcount_table_clusters, snapshots;
    std::uint64_t backing_offset, size, l1_offset, refcount_table_offset, snapshots_offset;
    std::uint64_t incompatible = 0, autoclear = 0;
    std::uint32_t refcount_order = 4, length = version_2_length;
    std::uint8_t compression_type = 0;
};

Header read_header(std::string_view head) {
    Numbers n(head);
    Header h{};
    h.version = n.u32(4);
    h.backing_offset = n.u64(8);
    h.backing_size = n.u32(16);
    h.cluster_bits = n.u32(20);
    h.size = n.u64(24);
    h.crypt_method = n.u32(32);
    h.l1_size = n.u32(36);
    h.l1_offset = n.u64(40);
    h.refcount_table_offset = n.u64(48);
    h.refcount_table_clusters = n.u32(56);
    h.snapshots = n.u32(60);
    h.snapshots_offset = n.u64(64);
    h.refcount_order = 4;
    h.length = version_2_length;
    if (h.version < 3 || head.size() < version_3_length) return h;
    h.incompatible = n.u64(72);
    h.autoclear = n.u64(88);
    h.refcount_order = n.u32(96);
    h.length = n.u32(100);
    if (h.length > version_3_length && head.size() > version_3_length)
        h.compression_type = n.u8(version_3_length);
    return h;
}

using Refusal = std::optional<std::string>;

Refusal check_references(const Header& h) {
    if (h.backing_offset != 0 || h.backing_size != 0)
        return "it names a backing file: its content would come from another file. Flatten it with "
               "`qemu-img convert -O qcow2`.";
    if (h.incompatible & data_file)
        return "its data lies in an external data file. Make it one file with `qemu-img convert -O "
               "qcow2`.";
    if (h.crypt_method != 0) return "it is encrypted; encrypted qcow2 images are not supported.";
    if (h.autoclear & autoclear_raw_data) return "it is marked as having a raw external data file.";
    return {};
}

Refusal check_features(const Header& h) {
    if (auto unknown = h.incompatible & ~known_incompatible)
        return format("it needs features that are not known here (incompatible feature bits {}).",
                      unknown);
    if (h.incompatible & corrupt)
        return "it is marked corrupt. Repair it with `qemu-img check -r all`.";
    if (h.incompatible & dirty)
        return "it was not closed properly (dirty). Repair it with `qemu-img check -r all`.";
    if (!(h.incompatible & compression) && h.compression_type != 0)
        return "its header names a compression type without the feature bit for it.";
    if (h.compression_type > 1)
        return format("its compression type {} is not known.", int(h.compression_type));
    if (h.refcount_order > 6) return format("its refcount order {} is over 6.", h.refcount_order);
    return {};
}

Refusal check_sizes(const Header& h, std::uint64_t cluster) {
    if (h.version == 3 && (h.length < version_3_length || h.length % 8 != 0 || h.length > cluster))
        return format("its header length {} is not valid.", h.length);
    if (h.size > virtual_size_limit)
        return format("its virtual size of {} bytes is absurd; the limit is {}.", h.size,
                      virtual_size_limit);
    if (h.l1_size > l1_entries_limit)
        return format("its L1 table of {} entries is over the limit of {}.", h.l1_size,
                      l1_entries_limit);
    // One L1 entry covers an L2 table: a cluster of 8-byte (wide: 16-byte) entries.
    std::uint64_t covered = cluster / (h.incompatible & wide ? 16 : 8) * cluster;
    if (h.size > covered * h.l1_size) return "its L1 table is too small for its virtual size.";
    if (h.refcount_table_clusters == 0 ||
        h.refcount_table_clusters * cluster > std::max(refcount_table_limit, cluster))
        return format("its refcount table of {} clusters is not valid.", h.refcount_table_clusters);
    if (h.snapshots > snapshots_limit)
        return format("its {} internal snapshots are over the limit of {}.", h.snapshots,
                      snapshots_limit);
    return {};
}

// Every table starts at a cluster of its own behind the header.
Refusal check_table(const char* name, std::uint64_t offset, std::uint64_t bytes,
                    std::uint64_t cluster, std::uint64_t& needed) {
    if (bytes == 0) return {};
    if (offset < cluster || offset % cluster != 0 || offset > INT64_MAX - bytes)
        return format("its {} table lies at offset {}, which is no cluster behind the header.",
                      name, offset);
    needed = std::max(needed, offset + bytes);
    return {};
}

Refusal check_extension(std::uint32_t type, std::uint32_t length) {
    switch (type) {
    case backing_format:
        return "it names the format of a backing file.";
    case data_file_name:
        return "it names an external data file.";
    case encryption_header:
        return "it carries an encryption header.";
    case feature_names:
        if (length % 48 != 0) return "its table of feature names is malformed.";
        return {};
    case bitmaps:
        if (length != 24) return "its bitmaps extension is malformed.";
        return {};
    default:
        return {}; // Optional by definition: readers skip what they do not know.
    }
}

Refusal check_extensions(std::string_view head, const Header& h, std::uint64_t cluster) {
    Numbers n(head);
    std::uint64_t at = h.length, end = std::min({cluster, h.length + extensions_limit});
    // Version 2 headers may end with the file's first 72 bytes' cluster all zero: type 0 ends it.
    while (at + 8 <= end) {
        if (at + 8 > head.size()) return "it ends inside its header extensions.";
        std::uint32_t type = n.u32(at), length = n.u32(at + 4);
        if (type == end_of_extensions) return {};
        if (auto refused = check_extension(type, length)) return refused;
        at += 8 + (std::uint64_t(length) + 7) / 8 * 8;
        if (at > end) return "a header extension is longer than the space for it.";
    }
    return {};
}
} // namespace

Qcow2 read_qcow2(std::string_view head) {
    Qcow2 out;
    auto refuse = [&](std::string why) {
        out.refusal = std::move(why);
        return out;
    };
    if (head.size() < version_2_length) return refuse("it ends inside its header.");
    Header h = read_header(head);
    if (h.version != 2 && h.version != 3)
        return refuse(format("qcow version {} is not supported, only qcow2 (2 and 3).", h.version));
    if (h.version == 3 && head.size() < version_3_length)
        return refuse("it ends inside its header.");
    if (auto refused = check_references(h)) return refuse(*refused);
    if (h.cluster_bits < 9 || h.cluster_bits > 21)
        return refuse(format("its cluster size of 2^{} bytes is not valid.", h.cluster_bits));
    std::uint64_t cluster = std::uint64_t(1) << h.cluster_bits;
    if (auto refused = check_features(h)) return refuse(*refused);
    if (auto refused = check_sizes(h, cluster)) return refuse(*refused);
    out.needed_bytes = h.length;
    for (auto& refused :
         {check_table("L1", h.l1_offset, std::uint64_t(h.l1_size) * 8, cluster, out.needed_bytes),
          check_table("refcount", h.refcount_table_offset, h.refcount_table_clusters * cluster,
                      cluster, out.needed_bytes),
          check_table("snapshot", h.snapshots_offset, std::uint64_t(h.snapshots) * 40, cluster,
                      out.needed_bytes)})
        if (refused) return refuse(*refused);
    if (auto refused = check_extensions(head, h, cluster)) return refuse(*refused);
    out.virtual_size = h.size;
    out.cluster_size = cluster;
    return out;
}

} // namespace nephele::glance
