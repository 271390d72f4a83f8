// SPDX-License-Identifier: Apache-2.0
#include "services/swift/storage/record.h"

#include "base/strings.h"

namespace nephele::swift {
namespace {

// An MD5 in hexadecimal takes half; other etags (large objects, encryption) stay as they are.
void put_etag(Encoder& out, const std::string& etag) {
    auto raw = etag.size() == 32 ? hex_decode(etag) : std::nullopt;
    if (raw && hex_encode(*raw) == etag)
        out.number(1).raw(*raw);
    else
        out.number(0).text(etag);
}
std::string get_etag(Decoder& in) {
    return in.number() == 1 ? hex_encode(in.raw(16)) : std::string(in.text());
}

void put_items(Encoder& out, const MetaItems& items) {
    out.number(items.size());
    for (const auto& [name, item] : items) out.text(name).text(item.value).timestamp(item.when);
}
MetaItems get_items(Decoder& in) {
    MetaItems items;
    for (auto count = in.number(); count > 0 && in.ok(); --count) {
        std::string name(in.text());
        std::string value(in.text());
        items[name] = {value, in.timestamp()};
    }
    return items;
}

void put_place(Encoder& out, const Place& place) {
    out.number(place.volume)
        .number(place.offset)
        .number(place.head_bytes)
        .number(place.payload_bytes);
}
Place get_place(Decoder& in) {
    Place place;
    place.volume = static_cast<std::uint32_t>(in.number());
    place.offset = in.number();
    place.head_bytes = static_cast<std::uint32_t>(in.number());
    place.payload_bytes = in.number();
    return place;
}

enum EntryFlag : std::uint64_t { gone = 1, quarantined = 2, has_meta = 4 };

} // namespace

std::string encode(const ObjectRecord& record) {
    Encoder out;
    const auto& info = record.info;
    out.text(record.name.account).text(record.name.container).text(record.name.object);
    out.number(static_cast<std::uint64_t>(record.policy)).number(record.large).number(info.bytes);
    put_etag(out, info.etag);
    out.text(info.content_type).text(info.listed_etag);
    out.number(info.listed_bytes ? 1 : 0).number(info.listed_bytes.value_or(0));
    out.number(info.metadata.size());
    for (const auto& [name, value] : info.metadata) out.text(name).text(value);
    return out.take();
}

std::optional<ObjectRecord> decode_object(std::string_view bytes) {
    Decoder in(bytes);
    ObjectRecord out;
    out.name.account = in.text();
    out.name.container = in.text();
    out.name.object = in.text();
    out.policy = static_cast<int>(in.number());
    out.large = in.number();
    out.info.bytes = in.number();
    out.info.etag = get_etag(in);
    out.info.content_type = in.text();
    out.info.listed_etag = in.text();
    bool listed = in.number() != 0;
    auto listed_bytes = in.number();
    if (listed) out.info.listed_bytes = listed_bytes;
    for (auto count = in.number(); count > 0 && in.ok(); --count) {
        std::string name(in.text());
        out.info.metadata[name] = in.text();
    }
    if (!in.ok()) return std::nullopt;
    return out;
}

void merge(MetaItems& items, const Metadata& change, Timestamp when, Timestamp forget) {
    for (const auto& [name, value] : change) {
        auto [item, made] = items.try_emplace(name, MetaItem{value, when});
        if (!made && item->second.when <= when) item->second = {value, when};
    }
    std::erase_if(items, [&](const auto& item) {
        return item.second.value.empty() && item.second.when < forget;
    });
}

Metadata current(const MetaItems& items) {
    Metadata out;
    for (const auto& [name, item] : items) {
        if (!item.value.empty()) out.emplace_hint(out.end(), name, item.value);
    }
    return out;
}

std::string encode(const HolderRecord& record) {
    Encoder out;
    out.text(record.account).text(record.container).number(record.exists ? 1 : 0);
    out.timestamp(record.put_timestamp).number(static_cast<std::uint64_t>(record.policy));
    put_items(out, record.metadata);
    return out.take();
}

std::optional<HolderRecord> decode_holder(std::string_view bytes) {
    Decoder in(bytes);
    HolderRecord out;
    out.account = in.text();
    out.container = in.text();
    out.exists = in.number() != 0;
    out.put_timestamp = in.timestamp();
    out.policy = static_cast<int>(in.number());
    out.metadata = get_items(in);
    if (!in.ok()) return std::nullopt;
    return out;
}

std::string encode(const Entry& entry) {
    Encoder out;
    out.number(static_cast<std::uint64_t>(entry.type));
    std::uint64_t flags = 0;
    if (entry.gone) flags |= EntryFlag::gone;
    if (entry.quarantined) flags |= EntryFlag::quarantined;
    if (entry.meta_timestamp) flags |= EntryFlag::has_meta;
    out.number(flags);
    out.timestamp(entry.timestamp);
    put_place(out, entry.place);
    out.number(entry.bytes).number(entry.large).number(entry.delete_at);
    if (entry.meta_timestamp) {
        out.timestamp(*entry.meta_timestamp);
        put_place(out, entry.meta);
    }
    out.number(entry.dead_in.size());
    for (auto volume : entry.dead_in) out.number(volume);
    return out.take();
}

Entry decode_entry(std::string_view bytes) {
    Decoder in(bytes);
    Entry out;
    out.type = static_cast<NeedleType>(in.number());
    auto flags = in.number();
    out.gone = flags & EntryFlag::gone;
    out.quarantined = flags & EntryFlag::quarantined;
    out.timestamp = in.timestamp();
    out.place = get_place(in);
    out.bytes = in.number();
    out.large = in.number();
    out.delete_at = in.number();
    if (flags & EntryFlag::has_meta) {
        out.meta_timestamp = in.timestamp();
        out.meta = get_place(in);
    }
    for (auto count = in.number(); count > 0 && in.ok(); --count)
        out.dead_in.push_back(static_cast<std::uint32_t>(in.number()));
    return out;
}

std::string encode(const HolderRow& row) {
    Encoder out;
    out.number(row.id).number(row.exists ? 1 : 0).timestamp(row.put_timestamp);
    out.number(static_cast<std::uint64_t>(row.policy));
    put_items(out, row.metadata);
    return out.take();
}

HolderRow decode_holder_row(std::string_view bytes) {
    Decoder in(bytes);
    HolderRow out;
    out.id = in.number();
    out.exists = in.number() != 0;
    out.put_timestamp = in.timestamp();
    out.policy = static_cast<int>(in.number());
    out.metadata = get_items(in);
    return out;
}

std::string encode(const ObjectRow& row) {
    Encoder out;
    out.timestamp(row.timestamp).number(row.bytes);
    put_etag(out, row.etag);
    out.text(row.content_type);
    return out.take();
}

ObjectRow decode_object_row(std::string_view bytes) {
    Decoder in(bytes);
    ObjectRow out;
    out.timestamp = in.timestamp();
    out.bytes = in.number();
    out.etag = get_etag(in);
    out.content_type = in.text();
    return out;
}

} // namespace nephele::swift
