// SPDX-License-Identifier: Apache-2.0
// Frames to the child: kind, offset, length, bytes. 'H': the head; 'T': a piece of a wanted range;
// 'E': the tail, with the stream's size as offset. 'H' and 'E' are answered by a length and JSON.
#include "services/glance/ops/inspect.h"

#include "base/strings.h"
#include "platform/fault/fault.h"
#include "platform/json/json.h"
#include "services/glance/ops/sandboxed.h"

#include <algorithm>
#include <cstring>
#include <unistd.h>

namespace nephele::glance {
namespace {
// Starting a child may take its time on a busy machine; judging is bounded by its CPU limit.
constexpr std::int64_t patience_ms = 60'000;
constexpr std::uint32_t answer_limit = 64 * 1024;
// Whatever is sent at once: one piece of an upload, or the head.
constexpr std::uint32_t frame_limit = 1 << 20;

struct Frame {
    char kind;
    std::uint64_t offset;
    std::uint32_t length;
};
constexpr std::size_t frame_bytes = 1 + 8 + 4;

std::string encode(const Frame& frame) {
    std::string out(frame_bytes, '\0');
    out[0] = frame.kind;
    std::memcpy(&out[1], &frame.offset, 8);
    std::memcpy(&out[9], &frame.length, 4);
    return out;
}

Failure refused(const std::string& reason) {
    return Failure(Fault::unsupported_media_type, "InvalidImageData", reason);
}
} // namespace

// ---- the parent ----

StreamInspection::StreamInspection(const Declared& declared, const FormatRules& rules)
    : child_(inspect_command(declared, rules)) {}

void StreamInspection::died() {
    std::string why = child_.finish(monotonic_ms());
    throw refused(format("The image is refused: its inspection did not come to an end ({}).",
                         why.empty() ? "it said nothing" : why));
}

void StreamInspection::send(char kind, std::uint64_t offset, std::string_view bytes) {
    auto deadline = monotonic_ms() + patience_ms;
    Frame frame{kind, offset, static_cast<std::uint32_t>(bytes.size())};
    if (!child_.write(encode(frame), deadline) || !child_.write(bytes, deadline)) died();
}

std::string StreamInspection::answer() {
    auto deadline = monotonic_ms() + patience_ms;
    std::uint32_t length = 0;
    if (!child_.read(reinterpret_cast<char*>(&length), sizeof length, deadline)) died();
    if (length > answer_limit) died();
    std::string text(length, '\0');
    if (!child_.read(text.data(), text.size(), deadline)) died();
    return text;
}

void StreamInspection::show_head() {
    head_shown_ = true;
    send('H', 0, head_);
    Json said = Json::parse(answer());
    if (said.has("refusal")) throw refused(said.text("refusal"));
    for (auto& range : said.at("wanted").as_array()) {
        auto& pair = range.as_array();
        if (pair.size() != 2) died();
        wanted_.push_back({pair[0].as_uint(), pair[1].as_uint()});
    }
    // Bytes behind the head may be here already.
    head_.clear();
    head_.shrink_to_fit();
}

void StreamInspection::show_tables(std::uint64_t offset, std::string_view piece) {
    auto end = offset + piece.size();
    while (next_wanted_ < wanted_.size() && wanted_[next_wanted_].offset < end) {
        auto& range = wanted_[next_wanted_];
        auto from = std::max(offset, range.offset), to = std::min(end, range.end());
        for (auto at = from; at < to; at += frame_limit) {
            auto count = std::min<std::uint64_t>(frame_limit, to - at);
            send('T', at, piece.substr(at - offset, count));
        }
        if (range.end() > end) return;
        ++next_wanted_;
    }
}

void StreamInspection::feed(std::string_view piece) {
    auto offset = size_;
    size_ += piece.size();
    constexpr auto tail_bytes = Inspector::tail_bytes, head_bytes = Inspector::head_bytes;
    if (piece.size() >= tail_bytes) {
        tail_.assign(piece.substr(piece.size() - tail_bytes));
    } else {
        tail_ += piece;
        if (tail_.size() > tail_bytes) tail_.erase(0, tail_.size() - tail_bytes);
    }
    if (!head_shown_) {
        auto taken = std::min(head_bytes - head_.size(), piece.size());
        head_ += piece.substr(0, taken);
        if (head_.size() < head_bytes) return;
        show_head();
        piece.remove_prefix(taken);
        offset += taken;
    }
    if (next_wanted_ < wanted_.size()) show_tables(offset, piece);
}

Inspection StreamInspection::finish() {
    if (!head_shown_) show_head();
    send('E', size_, tail_);
    Json said = Json::parse(answer());
    child_.close_input();
    if (said.has("refusal")) throw refused(said.text("refusal"));
    return {said.text("format"), said.at("virtual_size").as_int()};
}

// ---- the child ----

namespace {
bool read_all(int input, char* into, std::size_t size) {
    while (size > 0) {
        auto count = ::read(input, into, size);
        if (count <= 0) return false;
        into += count;
        size -= static_cast<std::size_t>(count);
    }
    return true;
}

bool say(int output, const Json& json) {
    std::string text = json.dump();
    auto length = static_cast<std::uint32_t>(text.size());
    text.insert(0, reinterpret_cast<const char*>(&length), sizeof length);
    return ::write(output, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}
} // namespace

int inspect_in_sandbox(const Declared& declared, const FormatRules& rules, int input, int output) {
    Inspector inspector(declared, rules);
    std::string frame(frame_bytes, '\0'), bytes;
    while (read_all(input, frame.data(), frame.size())) {
        Frame what{frame[0], 0, 0};
        std::memcpy(&what.offset, &frame[1], 8);
        std::memcpy(&what.length, &frame[9], 4);
        bytes.resize(std::min(what.length, frame_limit));
        if (!read_all(input, bytes.data(), bytes.size())) return 1;
        Json out = Json::object();
        if (what.kind == 'H') {
            Json wanted = Json::array();
            for (auto& range : inspector.read_head(bytes))
                wanted.push_back(Json::array({range.offset, range.length}));
            out["wanted"] = wanted;
        } else if (what.kind == 'T') {
            inspector.read_table(what.offset, bytes);
            continue;
        } else if (auto found = inspector.finish(bytes, what.offset)) {
            out["format"] = found->format;
            out["virtual_size"] = found->virtual_size;
        }
        if (inspector.refusal()) out["refusal"] = *inspector.refusal();
        if (!say(output, out)) return 1;
        if (what.kind == 'E') return 0;
    }
    return 0;
}

} // namespace nephele::glance
