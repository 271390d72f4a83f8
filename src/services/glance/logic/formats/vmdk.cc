// SPDX-License-Identifier: Apache-2.0
// VMDK as one file: monolithicSparse and streamOptimized. The embedded descriptor is a text that
// may name other files of the host; what it may say is listed here, and everything else refused.
#include "services/glance/logic/formats/reader.h"

#include <algorithm>

namespace nephele::glance::formats {
namespace {
constexpr std::uint64_t sector = 512, descriptor_sectors_limit = 128;
constexpr std::uint64_t capacity_limit = std::uint64_t(1) << 46; // sectors: no overflow below
constexpr std::uint64_t grain_limit = 0x200000;
constexpr std::uint64_t at_end = ~std::uint64_t(0);
constexpr std::uint64_t marker_footer = 3;
// Marker, header, end-of-stream marker: the last three sectors of a stream.
constexpr std::uint64_t footer_bytes = 3 * sector;

struct Header {
    std::uint64_t version, flags, capacity, grain, descriptor, descriptor_size, table_entries,
        redundant_directory, directory, compression;
};

Header header_of(const Bytes& b, std::uint64_t at) {
    return {b.little(at + 4, 4),  b.little(at + 8, 4),  b.little(at + 12, 8), b.little(at + 20, 8),
            b.little(at + 28, 8), b.little(at + 36, 8), b.little(at + 44, 4), b.little(at + 48, 8),
            b.little(at + 56, 8), b.little(at + 77, 2)};
}

std::string unquoted(std::string_view text) {
    text = trim(text);
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
    return std::string(text);
}

/// The descriptor's lines, one after the other.
class Descriptor {
  public:
    void line(std::string_view text) {
        if (text.empty() || text.front() == '#') return;
        for (auto access : {"RW ", "RDONLY ", "NOACCESS "})
            if (starts_with_icase(text, access)) return extent(text);
        auto equals = text.find('=');
        refuse_if(equals == std::string_view::npos,
                  "its descriptor has a line that is neither a setting nor an extent.");
        setting(lower(trim(text.substr(0, equals))), unquoted(text.substr(equals + 1)));
    }
    void check_complete(std::uint64_t capacity) const {
        if (extents_ != 1)
            throw Refused(format("its descriptor names {} extents; only one, the file itself, is "
                                 "accepted.",
                                 extents_));
        refuse_if(type_.empty(), "its descriptor names no createType.");
        refuse_if(extent_sectors_ != static_cast<std::int64_t>(capacity),
                  "its descriptor's extent has another size than its header says.");
    }
    bool stream() const { return type_ == "streamoptimized"; }

  private:
    void setting(const std::string& name, const std::string& value) {
        if (name == "createtype") {
            refuse_if(!type_.empty(), "its descriptor names its createType twice.");
            type_ = lower(value);
            if (type_ != "monolithicsparse" && type_ != "streamoptimized")
                throw Refused(format("its type {} consists of other files; only monolithicSparse "
                                     "and streamOptimized are accepted.",
                                     value.substr(0, 60)));
        } else if (name == "parentcid") {
            refuse_if(lower(value) != "ffffffff", "it names a parent disk.");
        } else if (name.rfind("parentfilename", 0) == 0) {
            throw Refused("it names a parent disk's file.");
        } else if (name == "changetrackpath") {
            throw Refused("it names a change tracking file.");
        } else if (name != "version" && name != "encoding" && name != "cid" &&
                   name != "isnativesnapshot" && name.rfind("ddb.", 0) != 0) {
            throw Refused(format("its descriptor has the unknown setting {}.", name.substr(0, 60)));
        }
    }
    // RW 2097152 SPARSE "name.vmdk"
    void extent(std::string_view text) {
        ++extents_;
        std::vector<std::string> words;
        auto quote = std::min(text.find('"'), text.size());
        for (auto& word : split(text.substr(0, quote), ' '))
            if (!trim(word).empty()) words.emplace_back(trim(word));
        refuse_if(words.size() != 3, "its descriptor has a malformed extent.");
        if (!iequals(words[2], "SPARSE"))
            throw Refused(format("its descriptor names an extent of type {}; only SPARSE, inside "
                                 "the file itself, is accepted.",
                                 words[2].substr(0, 30)));
        extent_sectors_ = to_int(words[1]).value_or(-1);
        auto name = trim(text.substr(quote));
        refuse_if(name.size() < 3 || name.back() != '"' || name.find('"', 1) != name.size() - 1,
                  "its descriptor has a malformed extent.");
        refuse_if(name.find_first_of("/\\:") != std::string_view::npos,
                  "its descriptor names a path of the host.");
    }
    std::string type_;
    int extents_ = 0;
    std::int64_t extent_sectors_ = 0;
};

Descriptor read_descriptor(std::string_view text) {
    Descriptor descriptor;
    auto end = std::min(text.find('\0'), text.size());
    refuse_if(text.find_first_not_of('\0', end) != std::string_view::npos,
              "its descriptor goes on behind its end.");
    refuse_if(!starts_with_icase(text, "# Disk DescriptorFile"), "it has no descriptor.");
    for (auto& line : split(text.substr(0, end), '\n')) {
        auto words = trim(line);
        refuse_if(words.find_first_of("\r\v\f") != std::string_view::npos,
                  "its descriptor holds control characters.");
        descriptor.line(words);
    }
    return descriptor;
}

class VmdkReader final : public Reader {
  public:
    void read_head(std::string_view head) override {
        Bytes bytes(head);
        refuse_if(bytes.text(0, 4) == "COWD", "ESX sparse extents (COWD) are not accepted.");
        refuse_if(bytes.text(0, 4) != "KDMV",
                  "it is a descriptor, a text that names other files, without a disk. Convert it "
                  "with `qemu-img convert -O vmdk -o subformat=streamOptimized`.");
        header_ = header_of(bytes, 0);
        check_header(bytes);
        std::uint64_t at = header_.descriptor * sector, length = header_.descriptor_size * sector;
        need("descriptor", at + length);
        Descriptor descriptor = read_descriptor(bytes.text(at, length));
        descriptor.check_complete(header_.capacity);
        refuse_if((header_.directory == at_end) != descriptor.stream() &&
                      header_.directory == at_end,
                  "only the type streamOptimized keeps its directory at the end.");
        if (header_.directory != at_end) add_directory();
        virtual_size = header_.capacity * sector;
    }

    void finish(std::string_view tail, std::uint64_t size) override {
        if (header_.directory == at_end) check_footer(tail, size);
        Reader::finish(tail, size);
    }

  private:
    void check_header(const Bytes& bytes) const {
        if (header_.version < 1 || header_.version > 3)
            throw Refused(format("its version {} is not known.", header_.version));
        refuse_if(bytes.text(73, 4) != "\n \r\n", "its line ends were changed on the way.");
        // Without a capacity readers take the descriptor for all there is, and open what it names.
        refuse_if(header_.capacity == 0 || header_.capacity > capacity_limit,
                  "its capacity is not valid.");
        refuse_if(header_.grain < 8 || header_.grain > grain_limit ||
                      (header_.grain & (header_.grain - 1)) != 0,
                  "its grain size is not valid.");
        refuse_if(header_.table_entries == 0 || header_.table_entries > 512,
                  "its grain tables have no valid size.");
        refuse_if(header_.compression > 1, "its compression is not known.");
        refuse_if(header_.descriptor == 0 || header_.descriptor > grain_limit,
                  "it has no descriptor.");
        if (header_.descriptor_size == 0 || header_.descriptor_size > descriptor_sectors_limit)
            throw Refused(format("its descriptor of {} sectors is over the limit of {}.",
                                 header_.descriptor_size, descriptor_sectors_limit));
    }
    std::uint64_t directory_entries() const {
        std::uint64_t covered = header_.grain * header_.table_entries;
        return header_.capacity / covered + (header_.capacity % covered != 0);
    }
    void add_directory() {
        std::uint64_t length = directory_entries() * 4;
        refuse_if(length > table_limit, "its grain directory is over the limit.");
        refuse_if(header_.directory == 0 || header_.directory > capacity_limit,
                  "its grain directory lies nowhere.");
        need("grain directory", header_.directory * sector + length);
        tables.push_back({"grain directory",
                          {header_.directory * sector, length},
                          4,
                          [this](std::string_view entry) {
                              if (auto at = Bytes(entry).little(0, 4)) points_to(at * sector);
                          }});
    }
    // Readers take the header in the footer for the true one: it must be the same.
    void check_footer(std::string_view tail, std::uint64_t size) {
        refuse_if(size % sector != 0 || tail.size() < footer_bytes || size < 2 * footer_bytes,
                  "it is cut off: its footer is missing.");
        Bytes b(tail.substr(tail.size() - footer_bytes));
        refuse_if(b.little(8, 4) != 0 || b.little(12, 4) != marker_footer ||
                      b.text(sector, 4) != "KDMV" || !b.zero(2 * sector, 16),
                  "it is cut off: its footer is missing.");
        Header footer = header_of(b, sector);
        refuse_if(footer.version != header_.version || footer.flags != header_.flags ||
                      footer.capacity != header_.capacity || footer.grain != header_.grain ||
                      footer.descriptor != header_.descriptor ||
                      footer.descriptor_size != header_.descriptor_size ||
                      footer.table_entries != header_.table_entries ||
                      footer.compression != header_.compression,
                  "its footer says something else than its header.");
        refuse_if(footer.directory == 0 || footer.directory > capacity_limit,
                  "its grain directory lies nowhere.");
        need("grain directory", footer.directory * sector + directory_entries() * 4);
    }
    Header header_{};
};
} // namespace

std::unique_ptr<Reader> vmdk_reader() { return std::make_unique<VmdkReader>(); }

} // namespace nephele::glance::formats
