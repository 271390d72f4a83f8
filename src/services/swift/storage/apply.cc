// SPDX-License-Identifier: Apache-2.0
// What a needle does to the index: Catalog's changing half. The newest needle of a name counts;
// those it replaces are dead bytes of their volumes.
#include "services/swift/storage/catalog.h"

#include "base/strings.h"

#include <algorithm>

namespace nephele::swift {
namespace {

std::uint64_t delete_at(const Metadata& metadata) {
    auto found = metadata.find("X-Delete-At");
    auto seconds = found == metadata.end() ? std::nullopt : to_int(found->second);
    return seconds && *seconds > 0 ? static_cast<std::uint64_t>(*seconds) : 0;
}

std::string expiry_key(std::uint64_t seconds, const Key& key) {
    return big_endian(seconds).append(view(key));
}

} // namespace

void Catalog::note_dead(const Place& place, Entry& entry) {
    auto facts = volume(place.volume);
    facts.dead += place.total_bytes();
    set_volume(place.volume, facts);
    auto& list = entry.dead_in;
    if (std::find(list.begin(), list.end(), place.volume) != list.end()) return;
    std::erase_if(list, [&](auto id) {
        return volume(id).bytes == 0; // gone with what was dead in it
    });
    list.push_back(place.volume);
}

bool Catalog::superseded(const Needle& needle, const std::optional<Entry>& old,
                         const Place& place) {
    if (!old || old->timestamp < needle.timestamp) return false;
    auto entry = *old;
    if (old->timestamp == needle.timestamp && old->type == needle.type) {
        if (old->place == place) return true; // read again
        note_dead(old->place, entry);         // moved by reclaim
        entry.place = place;
    } else {
        note_dead(place, entry);
    }
    save(needle.key, entry);
    return true;
}

void Catalog::inherit(Entry& next, const std::optional<Entry>& old) {
    if (!old) return;
    next.dead_in = old->dead_in;
    note_dead(old->place, next);
    if (old->meta_timestamp) note_dead(old->meta, next);
    if (old->large == 0) return;
    transaction_.erase(Table::larges, big_endian(old->large));
    superfluous_.push_back(old->large);
}

void Catalog::set_expiry(const Key& key, Entry& entry, std::uint64_t delete_at,
                         const ObjectName& name) {
    if (entry.delete_at == delete_at) return;
    if (entry.delete_at) transaction_.erase(Table::expiry, expiry_key(entry.delete_at, key));
    entry.delete_at = delete_at;
    if (delete_at)
        transaction_.put(
            Table::expiry, expiry_key(delete_at, key),
            Encoder().text(name.account).text(name.container).text(name.object).bytes());
}

void Catalog::apply_object(const Needle& needle, const ObjectRecord& record, const Place& place) {
    latest_ = std::max(latest_, needle.timestamp.ticks);
    if (needle.type == NeedleType::meta) return apply_meta(needle, record, place);
    auto old = entry(needle.key);
    if (superseded(needle, old, place)) {
        if (record.large && old->large != record.large) superfluous_.push_back(record.large);
        return;
    }
    Entry next;
    next.type = needle.type;
    next.gone = needle.type == NeedleType::tombstone;
    next.timestamp = needle.timestamp;
    next.place = place;
    next.bytes = record.info.bytes;
    next.large = record.large;
    inherit(next, old);
    next.delete_at = old ? old->delete_at : 0;
    set_expiry(needle.key, next, next.gone ? 0 : delete_at(record.info.metadata), record.name);
    if (next.large) transaction_.put(Table::larges, big_endian(next.large), view(needle.key));
    save(needle.key, next);
    if (next.gone) return erase_row(record.name);
    const auto& info = record.info;
    set_row(record.name, record.policy,
            {needle.timestamp, info.listed_bytes.value_or(info.bytes),
             info.listed_etag.empty() ? info.etag : info.listed_etag, info.content_type});
}

void Catalog::apply_meta(const Needle& needle, const ObjectRecord& record, const Place& place) {
    auto found = entry(needle.key);
    if (!found) {
        auto facts = volume(place.volume);
        facts.dead += place.total_bytes();
        return set_volume(place.volume, facts);
    }
    auto entry = *found;
    bool same = entry.meta_timestamp == needle.timestamp;
    if (same && entry.meta == place) return;
    if (!entry.readable() || needle.timestamp <= entry.timestamp ||
        needle.timestamp < entry.meta_timestamp.value_or(entry.timestamp)) {
        note_dead(place, entry);
        return save(needle.key, entry);
    }
    if (entry.meta_timestamp) note_dead(entry.meta, entry);
    entry.meta_timestamp = needle.timestamp;
    entry.meta = place;
    set_expiry(needle.key, entry, delete_at(record.info.metadata), record.name);
    save(needle.key, entry);
    auto [account, container] = ensure_container(record.name, record.policy);
    auto row = object(container.id, record.name.object);
    if (!row) return;
    row->timestamp = needle.timestamp;
    if (!record.info.content_type.empty()) row->content_type = record.info.content_type;
    if (!record.info.listed_etag.empty()) row->etag = record.info.listed_etag;
    if (record.info.listed_bytes) row->bytes = *record.info.listed_bytes;
    set_row(record.name, record.policy, *row);
}

void Catalog::apply_holder(const Needle& needle, const HolderRecord& record, const Place& place) {
    latest_ = std::max(latest_, needle.timestamp.ticks);
    auto old = entry(needle.key);
    if (superseded(needle, old, place)) return;
    Entry next;
    next.type = needle.type;
    next.gone = !record.exists;
    next.timestamp = needle.timestamp;
    next.place = place;
    inherit(next, old);
    save(needle.key, next);
    if (record.container.empty())
        apply_account(record);
    else
        apply_container(record);
}

bool Catalog::apply(const Needle& needle, const Place& place) {
    if (needle.type == NeedleType::container || needle.type == NeedleType::account) {
        auto record = decode_holder(needle.record);
        if (record) apply_holder(needle, *record, place);
        return record.has_value();
    }
    auto record = decode_object(needle.record);
    if (record) apply_object(needle, *record, place);
    return record.has_value();
}

bool Catalog::move(const Key& key, const Place& from, const Place& to) {
    auto found = entry(key);
    if (!found) return false;
    if (found->place == from)
        found->place = to;
    else if (found->meta_timestamp && found->meta == from)
        found->meta = to;
    else
        return false;
    note_dead(from, *found);
    save(key, *found);
    return true;
}

bool Catalog::quarantine(const Key& key, const Place& place) {
    auto found = entry(key);
    if (!found || found->quarantined || !(found->place == place)) return false;
    found->quarantined = true;
    save(key, *found);
    return true;
}

void Catalog::drop(const Key& key, const Entry& entry) {
    auto facts = volume(entry.place.volume);
    facts.dead += entry.place.total_bytes();
    set_volume(entry.place.volume, facts);
    transaction_.erase(Table::needles, view(key));
}

} // namespace nephele::swift
