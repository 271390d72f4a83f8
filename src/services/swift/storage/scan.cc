// SPDX-License-Identifier: Apache-2.0
// Reading a volume from front to back: which needles count, what is damaged, where it ends.
#include "base/crc32c.h"
#include "base/strings.h"
#include "services/swift/storage/volumes.h"

#include <algorithm>

namespace nephele::swift {
namespace {

constexpr std::size_t first_read = 1024; // most heads fit
constexpr std::size_t search_bytes = 1 << 20;

class Scan {
  public:
    Scan(Files& files, const OpenFile& file, std::uint32_t id, std::uint32_t seed,
         std::uint64_t offset, const std::function<void(const Needle&, const Place&)>& visit)
        : files_(files), file_(file), id_(id), seed_(seed),
          at_(std::max(offset, Volumes::header_bytes)), end_(files.size(file)), synced_to_(at_),
          visit_(visit) {}

    Scanned run() {
        while (at_ < end_) {
            auto needle = needle_at(at_);
            if (needle)
                take(std::move(*needle));
            else
                skip_damage();
        }
        finish();
        return std::move(out_);
    }

  private:
    // A needle or a damaged stretch that is not yet known to have been durable.
    struct Pending {
        std::optional<Needle> needle;
        Place place;
        std::uint64_t from, to;
    };

    std::string read(std::uint64_t offset, std::size_t size) {
        std::string bytes(size, '\0');
        bytes.resize(files_.read(file_, bytes.data(), size, offset, "volume"));
        return bytes;
    }

    std::optional<Needle> needle_at(std::uint64_t offset) {
        auto bytes = read(offset, std::min<std::uint64_t>(first_read, end_ - offset));
        auto head = head_bytes_of(bytes);
        if (head == 0 || head > end_ - offset) return std::nullopt;
        if (head > bytes.size()) bytes = read(offset, head);
        auto needle = decode_head(bytes, seed_);
        if (!needle || needle->volume != id_ || needle->payload_bytes > end_ - offset)
            return std::nullopt;
        // The padding behind the last needle may be missing with nothing lost.
        if (offset + needle->head_bytes() + needle->payload_bytes > end_) return std::nullopt;
        return needle;
    }

    void take(Needle needle) {
        confirm(needle.synced_to);
        Place place{id_, at_, static_cast<std::uint32_t>(needle.head_bytes()),
                    needle.payload_bytes};
        auto next = at_ + needle.total_bytes();
        pending_.push_back({std::move(needle), place, at_, next});
        at_ = next;
    }

    // All before `synced_to` was durable: needles count, and what is no needle is damage.
    void confirm(std::uint64_t synced_to) {
        if (synced_to <= synced_to_) return;
        synced_to_ = synced_to;
        std::size_t count = 0;
        while (count < pending_.size() && pending_[count].from < synced_to) {
            auto& item = pending_[count++];
            if (item.needle)
                visit_(*item.needle, item.place);
            else
                out_.damaged.push_back({item.from, item.to});
        }
        pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(count));
    }

    void skip_damage() {
        auto from = at_;
        at_ = next_needle(from + Needle::alignment);
        pending_.push_back({std::nullopt, {}, from, at_});
    }

    std::uint64_t next_needle(std::uint64_t from) {
        for (auto start = from; start < end_; start += search_bytes) {
            auto bytes = read(start, std::min<std::uint64_t>(search_bytes, end_ - start));
            for (std::size_t i = 0; i + Needle::alignment <= bytes.size(); i += Needle::alignment) {
                if (head_bytes_of(std::string_view(bytes).substr(i, 16)) && needle_at(start + i))
                    return start + i;
            }
        }
        return end_;
    }

    // What is left was the last group: it counts as far as it is whole.
    void finish() {
        out_.tail = at_;
        for (auto& item : pending_) {
            auto payload = item.needle ? read(item.from + item.needle->head_bytes(),
                                              item.needle->payload_bytes)
                                       : std::string();
            if (!item.needle || !payload_problem(*item.needle, payload).empty()) {
                out_.tail = item.from;
                break;
            }
            visit_(*item.needle, item.place);
        }
        out_.torn = out_.tail < end_;
    }

    Files& files_;
    const OpenFile& file_;
    const std::uint32_t id_, seed_;
    std::uint64_t at_, end_, synced_to_;
    const std::function<void(const Needle&, const Place&)>& visit_;
    std::vector<Pending> pending_;
    Scanned out_;
};

} // namespace

Scanned scan_volume(Files& files, const OpenFile& file, std::uint32_t id, std::uint32_t seed,
                    std::uint64_t offset,
                    const std::function<void(const Needle&, const Place&)>& visit) {
    return Scan(files, file, id, seed, offset, visit).run();
}

std::string payload_problem(const Needle& needle, std::string_view payload) {
    if (payload.size() != needle.payload_bytes)
        return format("{} of {} bytes are there", payload.size(), needle.payload_bytes);
    if (crc32c(payload) != needle.payload_crc) return "its checksum is wrong";
    return "";
}

} // namespace nephele::swift
