// SPDX-License-Identifier: Apache-2.0
#include "services/swift/proxy/open_object.h"

#include "base/strings.h"
#include "platform/fault/fault.h"
#include "services/swift/logic/large_object.h"
#include "services/swift/logic/versions.h"

#include <algorithm>

namespace nephele::swift {
namespace {

constexpr int most_links = 2, deepest_manifest = 10;
constexpr std::uint64_t longest_manifest = 8 << 20;

Failure damaged(const std::string& what) {
    return {Fault::conflict, "BrokenLargeObject",
            "A segment of the large object is missing or changed: " + what};
}

// False when it does not lead on.
bool follow(const ObjectInfo& info, ObjectName& name) {
    if (const auto version = logic::linked_version(info)) {
        name.object = logic::version_name(name.object, *version);
        name.container = logic::versions_container_name(name.container);
        return true;
    }
    const auto target = logic::symlink_target(info);
    if (!target) return false;
    const auto account = info.metadata.find(logic::symlink_account_header);
    if (account != info.metadata.end() && !account->second.empty()) name.account = account->second;
    name.container = target->first;
    name.object = target->second;
    return true;
}

void show_whole(ObjectInfo& info) {
    const auto of = [&](const char* name) {
        const auto found = info.metadata.find(name);
        return found == info.metadata.end() ? std::string() : found->second;
    };
    info.etag = of(logic::slo_etag_header);
    info.bytes = logic::large_object_bytes(info);
}

std::string all_of(ObjectReader& reader) {
    if (reader.info().bytes > longest_manifest) return "";
    std::string bytes(static_cast<std::size_t>(reader.info().bytes), '\0');
    std::size_t at = 0;
    while (at < bytes.size()) {
        const std::size_t count = reader.read(at, bytes.data() + at, bytes.size() - at);
        if (count == 0) break;
        at += count;
    }
    bytes.resize(at);
    return bytes;
}

// What the name stands for in the end, be it a manifest; `name` becomes where that is.
std::unique_ptr<ObjectReader> open_linked(Backend& backend, ObjectName& name) {
    for (int links = 0; links <= most_links; ++links) {
        auto reader = backend.open(name);
        if (!reader || !follow(reader->info(), name)) return reader;
    }
    return nullptr;
}

/// One part of a large object: so many bytes from there.
struct Piece {
    ObjectName name;
    std::string etag, data; ///< data: the bytes themselves, instead of an object
    std::uint64_t from = 0, length = 0, at = 0; ///< in the segment; its place in the whole
};

class LargeObjectReader final : public ObjectReader {
  public:
    LargeObjectReader(Backend& backend, ObjectInfo info, std::vector<Piece> pieces)
        : backend_(backend), info_(std::move(info)), pieces_(std::move(pieces)) {}
    const ObjectInfo& info() const override { return info_; }

    std::size_t read(std::uint64_t offset, char* into, std::size_t size) override {
        const Piece* piece = piece_at(offset);
        if (!piece) return 0;
        const std::uint64_t within = offset - piece->at;
        if (!piece->data.empty())
            return piece->data.copy(into, size, static_cast<std::size_t>(piece->from + within));
        ObjectReader& reader = open(*piece);
        const std::size_t count = reader.read(
            piece->from + within, into,
            static_cast<std::size_t>(std::min<std::uint64_t>(size, piece->length - within)));
        if (count == 0) throw damaged(piece->name.object);
        return count;
    }

    std::optional<http::FileBody> file(std::uint64_t offset, std::uint64_t length) override {
        const Piece* piece = piece_at(offset);
        if (!piece || !piece->data.empty() || offset + length > piece->at + piece->length)
            return std::nullopt;
        return open(*piece).file(piece->from + offset - piece->at, length);
    }

  private:
    const Piece* piece_at(std::uint64_t offset) const {
        auto after = std::upper_bound(
            pieces_.begin(), pieces_.end(), offset,
            [](std::uint64_t value, const Piece& piece) { return value < piece.at; });
        if (after == pieces_.begin()) return nullptr;
        const Piece& piece = *std::prev(after);
        return offset < piece.at + piece.length ? &piece : nullptr;
    }
    // One segment is open at a time.
    ObjectReader& open(const Piece& piece) {
        if (open_ != &piece) {
            ObjectName name = piece.name;
            reader_ = open_linked(backend_, name);
            if (!reader_ || reader_->info().etag != piece.etag) throw damaged(piece.name.object);
            open_ = &piece;
        }
        return *reader_;
    }
    Backend& backend_;
    ObjectInfo info_;
    std::vector<Piece> pieces_;
    const Piece* open_ = nullptr;
    std::unique_ptr<ObjectReader> reader_;
};

// Lays out `from`..`from + length` of a segment list; manifests within are read when met.
void lay_out(Backend& backend, const std::string& account,
             const std::vector<logic::Segment>& segments, std::uint64_t from, std::uint64_t length,
             int depth, std::vector<Piece>& out) {
    if (depth > deepest_manifest) throw damaged("manifests are nested too deep");
    for (const auto& one : segments) {
        if (length == 0) return;
        if (from >= one.length) {
            from -= one.length;
            continue;
        }
        const std::uint64_t take = std::min(length, one.length - from), inside = from + one.first;
        ObjectName name{account, one.container, one.object};
        if (one.is_manifest) {
            auto reader = open_linked(backend, name);
            const auto nested = reader ? logic::read_manifest(all_of(*reader)) : std::nullopt;
            if (!nested) throw damaged(one.object);
            lay_out(backend, account, *nested, inside, take, depth + 1, out);
        } else {
            const std::uint64_t at = out.empty() ? 0 : out.back().at + out.back().length;
            out.push_back({std::move(name), one.etag, one.data, inside, take, at});
        }
        length -= take;
        from = 0;
    }
}
} // namespace

OpenedObject open_followed(Backend& backend, ObjectName name) {
    OpenedObject opened;
    auto reader = open_linked(backend, name);
    if (!reader) return opened;
    opened.name = std::move(name);
    if (!logic::is_static_large_object(reader->info())) {
        opened.reader = std::move(reader);
        return opened;
    }
    const auto segments = logic::read_manifest(all_of(*reader));
    if (!segments) throw damaged(opened.name.object);
    ObjectInfo info = reader->info();
    show_whole(info);
    std::vector<Piece> pieces;
    lay_out(backend, opened.name.account, *segments, 0, info.bytes, 0, pieces);
    opened.large = true;
    for (const auto& one : *segments) opened.parts.push_back(one.length);
    opened.reader =
        std::make_unique<LargeObjectReader>(backend, std::move(info), std::move(pieces));
    return opened;
}

std::optional<FoundObject> head_followed(Backend& backend, ObjectName name) {
    for (int links = 0; links <= most_links; ++links) {
        auto info = backend.head(name);
        if (!info) return std::nullopt;
        if (follow(*info, name)) continue;
        FoundObject found{std::move(*info), std::move(name), false};
        found.large = logic::is_static_large_object(found.info);
        if (found.large) show_whole(found.info);
        return found;
    }
    return std::nullopt;
}

} // namespace nephele::swift
