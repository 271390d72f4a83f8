// SPDX-License-Identifier: Apache-2.0
// qcow2, versions 2 and 3. One file that stands for itself: no backing file, no data file, however
// said; no second set of tables (snapshots, bitmaps); every table inside the file.
#include "services/glance/logic/formats/reader.h"

#include <algorithm>

namespace nephele::glance::formats {
namespace {
constexpr std::uint64_t version_2_length = 72, version_3_length = 104;
// qemu's own limits: tables above these are not opened.
constexpr std::uint64_t l1_entries_limit = 4 << 20, refcount_table_limit = 8 << 20;
constexpr std::uint64_t extensions_limit = 64 * 1024;
constexpr std::uint64_t offset_bits = 0x00fffffffffffe00, l1_reserved_bits = 0x7f000000000001ff,
                        refcount_reserved_bits = 0x1ff;

enum Incompatible : std::uint64_t {
    dirty = 1,
    corrupt = 2,
    data_file = 4,
    compression = 8,
    wide = 16
};
constexpr std::uint64_t known_incompatible = dirty | corrupt | data_file | compression | wide;
constexpr std::uint64_t autoclear_bitmaps = 1, autoclear_raw_data = 2;

enum Extension : std::uint64_t {
    end_of_extensions = 0,
    backing_format = 0xE2792ACA,
    feature_names = 0x6803F857,
    bitmaps = 0x23852875,
    encryption_header = 0x0537BE77,
    data_file_name = 0x44415441,
};

struct Header {
    std::uint64_t version, backing_offset, backing_size, cluster_bits, size, crypt_method, l1_size,
        l1_offset, refcount_table_offset, refcount_table_clusters, snapshots;
    std::uint64_t incompatible = 0, autoclear = 0;
    std::uint64_t refcount_order = 4, length = version_2_length, compression_type = 0;
};

Header header_of(const Bytes& bytes) {
    Header h{};
    h.version = bytes.big(4, 4);
    if (h.version != 2 && h.version != 3)
        throw Refused(format("qcow version {} is not supported, only qcow2 (2 and 3).", h.version));
    h.backing_offset = bytes.big(8, 8);
    h.backing_size = bytes.big(16, 4);
    h.cluster_bits = bytes.big(20, 4);
    h.size = bytes.big(24, 8);
    h.crypt_method = bytes.big(32, 4);
    h.l1_size = bytes.big(36, 4);
    h.l1_offset = bytes.big(40, 8);
    h.refcount_table_offset = bytes.big(48, 8);
    h.refcount_table_clusters = bytes.big(56, 4);
    h.snapshots = bytes.big(60, 4);
    bytes.text(64, 8);
    h.refcount_order = 4;
    h.length = version_2_length;
    if (h.version == 2) return h;
    h.incompatible = bytes.big(72, 8);
    h.autoclear = bytes.big(88, 8);
    h.refcount_order = bytes.big(96, 4);
    h.length = bytes.big(100, 4);
    if (h.length > version_3_length) h.compression_type = bytes.big(version_3_length, 1);
    return h;
}

void check_references(const Header& h) {
    refuse_if(h.backing_offset != 0 || h.backing_size != 0,
              "it names a backing file: its content would come from another file. Flatten it with "
              "`qemu-img convert -O qcow2`.");
    refuse_if(h.incompatible & data_file,
              "its data lies in an external data file. Make it one file with `qemu-img convert -O "
              "qcow2`.");
    refuse_if(h.crypt_method != 0, "it is encrypted; encrypted qcow2 images are not supported.");
    refuse_if(h.autoclear & autoclear_raw_data, "it is marked as having a raw external data file.");
    refuse_if(h.snapshots != 0, "it holds internal snapshots. Make it a single state with "
                                "`qemu-img convert -O qcow2`.");
    refuse_if(h.autoclear & autoclear_bitmaps,
              "it holds persistent bitmaps. Drop them with `qemu-img convert -O qcow2`.");
}

void check_features(const Header& h) {
    if (auto unknown = h.incompatible & ~known_incompatible)
        throw Refused(format(
            "it needs features that are not known here (incompatible feature bits {}).", unknown));
    refuse_if(h.incompatible & corrupt,
              "it is marked corrupt. Repair it with `qemu-img check -r all`.");
    refuse_if(h.incompatible & dirty,
              "it was not closed properly (dirty). Repair it with `qemu-img check -r all`.");
    refuse_if(!(h.incompatible & compression) && h.compression_type != 0,
              "its header names a compression type without the feature bit for it.");
    if (h.compression_type > 1)
        throw Refused(format("its compression type {} is not known.", h.compression_type));
    if (h.refcount_order > 6)
        throw Refused(format("its refcount order {} is over 6.", h.refcount_order));
}

void check_sizes(const Header& h, std::uint64_t cluster) {
    if (h.version == 3 && (h.length < version_3_length || h.length % 8 != 0 || h.length > cluster))
        throw Refused(format("its header length {} is not valid.", h.length));
    if (h.l1_size > l1_entries_limit)
        throw Refused(format("its L1 table of {} entries is over the limit of {}.", h.l1_size,
                             l1_entries_limit));
    // One L1 entry covers an L2 table: a cluster of 8-byte (wide: 16-byte) entries.
    std::uint64_t covered = cluster / (h.incompatible & wide ? 16 : 8) * cluster;
    refuse_if(h.size / covered + (h.size % covered != 0) > h.l1_size,
              "its L1 table is too small for its virtual size.");
    if (h.refcount_table_clusters == 0 ||
        h.refcount_table_clusters * cluster > std::max(refcount_table_limit, cluster))
        throw Refused(
            format("its refcount table of {} clusters is not valid.", h.refcount_table_clusters));
}

void check_extension(std::uint64_t type, std::uint64_t length) {
    switch (type) {
    case backing_format:
        throw Refused("it names the format of a backing file.");
    case data_file_name:
        throw Refused("it names an external data file.");
    case encryption_header:
        throw Refused("it carries an encryption header.");
    case bitmaps:
        throw Refused("it holds persistent bitmaps. Drop them with `qemu-img convert -O qcow2`.");
    case feature_names:
        refuse_if(length % 48 != 0, "its table of feature names is malformed.");
        return;
    default:
        return; // Optional by definition: readers skip what they do not know.
    }
}

void check_extensions(const Bytes& bytes, const Header& h, std::uint64_t cluster) {
    std::uint64_t at = h.length, end = std::min(cluster, h.length + extensions_limit);
    while (at + 8 <= end) {
        std::uint64_t type = bytes.big(at, 4), length = bytes.big(at + 4, 4);
        if (type == end_of_extensions) return;
        check_extension(type, length);
        if (length > end - at - 8)
            throw Refused(
                format("its header extension {} is longer than the header's cluster.", type));
        at += 8 + (length + 7) / 8 * 8;
    }
}

class Qcow2Reader final : public Reader {
  public:
    void read_head(std::string_view head) override {
        Bytes bytes(head);
        Header h = header_of(bytes);
        check_references(h);
        if (h.cluster_bits < 9 || h.cluster_bits > 21)
            throw Refused(format("its cluster size of 2^{} bytes is not valid.", h.cluster_bits));
        cluster_ = std::uint64_t(1) << h.cluster_bits;
        check_features(h);
        check_sizes(h, cluster_);
        need("header", h.length);
        add("L1 table", h.l1_offset, h.l1_size * 8, l1_reserved_bits);
        add("refcount table", h.refcount_table_offset, h.refcount_table_clusters * cluster_,
            refcount_reserved_bits);
        check_extensions(bytes, h, cluster_);
        virtual_size = h.size;
    }

  private:
    // Every table starts at a cluster of its own behind the header; its entries name clusters.
    void add(const char* name, std::uint64_t offset, std::uint64_t bytes, std::uint64_t reserved) {
        if (bytes == 0) return;
        if (offset < cluster_ || offset % cluster_ != 0 || offset > INT64_MAX - bytes)
            throw Refused(format("its {} lies at offset {}, which is no cluster behind the header.",
                                 name, offset));
        need(name, offset + bytes);
        tables.push_back({name, {offset, bytes}, 8, [this, name, reserved](std::string_view entry) {
                              check_entry(name, Bytes(entry).big(0, 8), reserved);
                          }});
    }
    void check_entry(const char* name, std::uint64_t entry, std::uint64_t reserved) {
        std::uint64_t offset = entry & offset_bits;
        if (entry & reserved || offset % cluster_ != 0)
            throw Refused(format("its {} has an entry that names no cluster.", name));
        if (offset != 0) points_to(offset);
    }
    std::uint64_t cluster_ = 0;
};
} // namespace

std::unique_ptr<Reader> qcow2_reader() { return std::make_unique<Qcow2Reader>(); }

} // namespace nephele::glance::formats
