// SPDX-License-Identifier: Apache-2.0
#include "services/glance/logic/inspector.h"

#include "base/strings.h"

#include <algorithm>
#include <utility>

namespace nephele::glance {
using formats::Range;
using formats::Refused;
using formats::Table;
namespace {
bool one_of(const std::string& text, std::initializer_list<const char*> all) {
    return std::find(all.begin(), all.end(), text) != all.end();
}
bool is_opaque(const std::string& disk_format) {
    return one_of(disk_format, {"raw", "ami", "ari", "aki"});
}

/// What stands in a container that is no disk: its name, when the content is such a one.
bool is_archive_for(const std::string& container, std::string_view head) {
    std::string archive = formats::archive_of(head);
    if (container == "ova") {
        auto name = head.substr(0, std::min<std::size_t>(head.find('\0'), 100));
        return archive == "tar" && name.size() > 4 && iequals(name.substr(name.size() - 4), ".ovf");
    }
    if (container == "docker") return archive == "tar" || archive == "gzip";
    return one_of(archive, {"gzip", "zip", "xz"}); // compressed
}

bool is_xml(std::string_view head) {
    if (head.substr(0, 3) == "\xef\xbb\xbf") head.remove_prefix(3);
    head = trim(head.substr(0, 256));
    return head.substr(0, 5) == "<?xml" || head.substr(0, 9) == "<Envelope" ||
           head.substr(0, 13) == "<ovf:Envelope";
}

bool has_partition_table(std::string_view head) {
    return head.size() >= 512 && head.substr(510, 2) == "\x55\xaa";
}

// The part of a piece of the file that the table covers.
void show(Table& table, std::uint64_t offset, std::string_view piece) {
    auto begin = std::max(offset, table.range.offset),
         end = std::min(offset + piece.size(), table.range.end());
    if (begin >= end) return;
    piece = piece.substr(static_cast<std::size_t>(begin - offset),
                         static_cast<std::size_t>(end - begin));
    while (!piece.empty()) {
        if (table.carried.empty() && piece.size() >= table.entry_bytes) {
            table.read(piece.substr(0, table.entry_bytes));
            piece.remove_prefix(table.entry_bytes);
            continue;
        }
        auto taken = std::min(piece.size(), table.entry_bytes - table.carried.size());
        table.carried += piece.substr(0, taken);
        piece.remove_prefix(taken);
        if (table.carried.size() < table.entry_bytes) continue;
        table.read(table.carried);
        table.carried.clear();
    }
}

/// What of the tables lies behind the head, in order, without gaps or overlaps between pieces.
std::vector<Range> behind(std::uint64_t head_size, const std::vector<Table>& tables) {
    std::vector<Range> ranges;
    for (auto& table : tables) {
        auto begin = std::max(head_size, table.range.offset);
        if (begin < table.range.end()) ranges.push_back({begin, table.range.end() - begin});
    }
    std::sort(ranges.begin(), ranges.end(),
              [](const Range& a, const Range& b) { return a.offset < b.offset; });
    std::vector<Range> out;
    std::uint64_t sum = 0;
    for (auto& range : ranges) {
        if (!out.empty() && range.offset <= out.back().end())
            out.back().length = std::max(out.back().end(), range.end()) - out.back().offset;
        else
            out.push_back(range);
    }
    for (auto& range : out) sum += range.length;
    formats::refuse_if(sum > Inspector::tables_limit, "its tables are over the limit.");
    return out;
}
} // namespace

Inspector::Inspector(Declared declared, FormatRules rules)
    : declared_(std::move(declared)), rules_(rules) {}
Inspector::~Inspector() = default;

void Inspector::mismatch(const std::string& found) {
    bool loose = one_of(declared_.container_format, {"ami", "ari", "aki"}) && found == "raw";
    if (!loose && rules_.require_match) {
        refusal_ = format("The image is declared as {}, but its content is {}. Declare the format "
                          "it has, or convert it.",
                          declared_.disk_format, found);
        return;
    }
    format_ = "unknown";
    reader_ = formats::reader_of(found);
}

void Inspector::choose_reader() {
    auto& container = declared_.container_format;
    if (one_of(container, {"ova", "docker", "compressed"})) {
        if (is_archive_for(container, head_))
            format_ = container;
        else if (rules_.require_match)
            refusal_ = format("The image is declared to be in a container of format {}, but its "
                              "content is none.",
                              container);
        else
            format_ = "unknown";
        return;
    }
    if (container == "ovf" && is_xml(head_)) {
        format_ = "ovf";
        return;
    }
    found_ = formats::signatures_in(head_);
    if (found_.size() > 1) {
        refusal_ = format("The image is refused: it is {} at once, and would be read as one or the "
                          "other.",
                          join(found_, " and "));
        return;
    }
    std::string found = !found_.empty() ? found_[0] : head_.empty() ? "empty" : "raw";
    auto& declared = declared_.disk_format;
    if (is_opaque(declared)) {
        if (!found_.empty()) return mismatch(found);
        format_ = "raw";
    } else if (found == declared || (declared == "vhd" && found == "raw") ||
               (declared == "gpt" && found == "raw" && has_partition_table(head_))) {
        format_ = declared == "gpt" ? "raw" : declared;
        reader_ = formats::reader_of(declared);
    } else {
        mismatch(found);
    }
}

std::string Inspector::reading() const {
    return found_.empty() ? declared_.disk_format : found_[0];
}

std::vector<Range> Inspector::read_head(std::string_view head) {
    head_ = std::string(head);
    choose_reader();
    if (refusal_ || !reader_) return {};
    try {
        reader_->read_head(head_);
        for (auto& table : reader_->tables) show(table, 0, head_);
        return behind(head_.size(), reader_->tables);
    } catch (const Refused& refused) {
        refusal_ = format("This {} image is refused: {}", reading(), refused.what());
    }
    return {};
}

void Inspector::read_table(std::uint64_t offset, std::string_view piece) {
    if (refusal_ || !reader_) return;
    try {
        for (auto& table : reader_->tables) show(table, offset, piece);
    } catch (const Refused& refused) {
        refusal_ = format("This {} image is refused: {}", reading(), refused.what());
    }
}

// A fixed VHD shows itself only here.
void Inspector::judge_tail(std::string_view tail) {
    bool footer = formats::has_vhd_footer(tail);
    if (format_ == "vhd" && found_.empty() && !footer) {
        reader_.reset();
        mismatch(head_.empty() ? "empty" : "raw");
    } else if (footer && (format_ == "raw" || format_ == "unknown") && found_.empty()) {
        if (declared_.disk_format == "vhd") return;
        reader_.reset();
        mismatch("vhd");
    } else if (footer && !found_.empty() && found_[0] != "vhd") {
        refusal_ = format("The image is refused: it is {} and vhd at once, and would be read as "
                          "one or the other.",
                          found_[0]);
    }
}

std::optional<Inspection> Inspector::finish(std::string_view tail, std::uint64_t size) {
    if (!refusal_ && !one_of(format_, {"ova", "ovf", "docker", "compressed"})) judge_tail(tail);
    if (refusal_) return std::nullopt;
    std::uint64_t virtual_size = size;
    try {
        if (reader_) {
            reader_->finish(tail, size);
            virtual_size = reader_->virtual_size;
        }
        if (virtual_size > rules_.virtual_size_cap)
            throw Refused(format("its virtual size of {} bytes is over the limit of {}.",
                                 virtual_size, rules_.virtual_size_cap));
    } catch (const Refused& refused) {
        refusal_ = format("This {} image is refused: {}", reading(), refused.what());
        return std::nullopt;
    }
    return Inspection{format_, static_cast<std::int64_t>(virtual_size)};
}

} // namespace nephele::glance
