// SPDX-License-Identifier: Apache-2.0
// Accounts and containers: shown, changed, removed, listed.
#include "services/swift/storage/device.h"
#include "services/swift/storage/listing.h"

namespace nephele::swift {
namespace {

constexpr std::uint64_t holder_bytes = 4096; // about what one writes

std::uint64_t shown(std::int64_t counter) {
    return counter > 0 ? static_cast<std::uint64_t>(counter) : 0;
}

// Something newer was said of it already: it was deleted after `when`.
bool deleted_later(const std::optional<Entry>& entry, Timestamp when) {
    return entry && entry->gone && entry->timestamp >= when;
}

HolderRecord record_of(const std::string& account, const std::string& container,
                       const HolderRow& row) {
    return {account, container, row.exists, row.put_timestamp, row.policy, row.metadata};
}

} // namespace

// Writes the whole state. Changes may come out of order (`when` goes back): each state is later
// than the one before it all the same.
Outcome Device::change_holder(Batch& batch, HolderRecord record, Timestamp when) {
    Needle needle;
    needle.type = record.container.empty() ? NeedleType::account : NeedleType::container;
    needle.key = key_of(record.account, record.container);
    needle.timestamp = when;
    auto old = batch.catalog().entry(needle.key);
    if (old && old->timestamp >= when)
        needle.timestamp = {old->timestamp.ticks, old->timestamp.offset + 1};
    needle.record = encode(record);
    batch.catalog().apply_holder(needle, record, batch.append(needle, {}));
    remember(when);
    return Outcome::updated;
}

std::optional<AccountInfo> Device::account(const std::string& account) {
    Transaction transaction(*index_, Transaction::Kind::read);
    Catalog catalog(transaction);
    auto row = catalog.account(account);
    if (!row || !row->exists) return std::nullopt;
    AccountInfo out;
    out.put_timestamp = row->put_timestamp;
    out.metadata = current(row->metadata);
    for (const auto& [policy, counters] : catalog.counters(row->id)) {
        AccountInfo::OfPolicy one{shown(counters.containers), shown(counters.objects),
                                  shown(counters.bytes)};
        out.containers += one.containers;
        out.objects += one.objects;
        out.bytes += one.bytes;
        out.policies[policy] = one;
    }
    return out;
}

Outcome Device::save_account(const std::string& account, const Metadata& change, Timestamp when) {
    return committer_->commit(
        [&](Batch& batch) {
            auto& catalog = batch.catalog();
            auto row = catalog.account(account);
            bool exists = row && row->exists;
            if (!exists && deleted_later(catalog.entry(key_of(account)), when))
                return Outcome::stale;
            batch.need_room(holder_bytes);
            auto record = exists ? record_of(account, "", *row)
                                 : HolderRecord{account, "", true, when, 0, {}};
            merge(record.metadata, change, when,
                  {when.ticks - options_.reclaim_age_seconds * 100'000, 0});
            change_holder(batch, std::move(record), when);
            return exists ? Outcome::updated : Outcome::created;
        },
        holder_bytes);
}

Outcome Device::delete_account(const std::string& account, Timestamp when) {
    return committer_->commit(
        [&](Batch& batch) {
            auto row = batch.catalog().account(account);
            if (!row || !row->exists) return Outcome::absent;
            for (const auto& [policy, counters] : batch.catalog().counters(row->id)) {
                if (counters.containers > 0) return Outcome::not_empty;
            }
            if (row->put_timestamp > when) return Outcome::stale;
            return change_holder(batch, {account, "", false, {}, 0, {}}, when);
        },
        holder_bytes);
}

std::optional<ContainerInfo> Device::container(const std::string& account,
                                               const std::string& container) {
    Transaction transaction(*index_, Transaction::Kind::read);
    Catalog catalog(transaction);
    auto row = catalog.container(account, container);
    if (!row || !row->exists) return std::nullopt;
    auto counters = catalog.counters(row->id, row->policy);
    return ContainerInfo{row->put_timestamp, shown(counters.objects), shown(counters.bytes),
                         row->policy, current(row->metadata)};
}

Outcome Device::save_container(const std::string& account, const std::string& container,
                               const Metadata& change, std::optional<int> policy, bool create,
                               Timestamp when) {
    return committer_->commit(
        [&](Batch& batch) {
            auto& catalog = batch.catalog();
            auto holder = catalog.account(account);
            auto row = catalog.container(account, container);
            bool exists = row && row->exists;
            if (!exists && !create) return Outcome::absent;
            if (exists && policy && *policy != row->policy) return Outcome::conflict;
            if (!exists && deleted_later(catalog.entry(key_of(account, container)), when))
                return Outcome::stale;
            batch.need_room(2 * holder_bytes);
            if (!holder || !holder->exists)
                change_holder(batch, {account, "", true, when, 0, {}}, when);
            auto record =
                exists ? record_of(account, container, *row)
                       : HolderRecord{account, container, true, when, policy.value_or(0), {}};
            merge(record.metadata, change, when,
                  {when.ticks - options_.reclaim_age_seconds * 100'000, 0});
            change_holder(batch, std::move(record), when);
            return exists ? Outcome::updated : Outcome::created;
        },
        2 * holder_bytes);
}

Outcome Device::delete_container(const std::string& account, const std::string& container,
                                 Timestamp when) {
    return committer_->commit(
        [&](Batch& batch) {
            auto row = batch.catalog().container(account, container);
            if (!row || !row->exists) return Outcome::absent;
            if (batch.catalog().counters(row->id, row->policy).objects > 0)
                return Outcome::not_empty;
            if (row->put_timestamp > when) return Outcome::stale;
            return change_holder(batch, {account, container, false, {}, row->policy, {}}, when);
        },
        holder_bytes);
}

std::vector<ListedContainer> Device::containers(const std::string& account,
                                                const ListQuery& query) {
    std::vector<ListedContainer> out;
    Transaction transaction(*index_, Transaction::Kind::read);
    Catalog catalog(transaction);
    auto holder = catalog.account(account);
    if (!holder || !holder->exists) return out;
    NameCursor cursor(transaction, holder->id);
    list_names(cursor, query, [&](std::string_view name, bool subdir, std::string_view value) {
        ListedContainer listed;
        listed.name = name;
        listed.subdir = subdir;
        if (!subdir) {
            auto row = decode_holder_row(value);
            if (!row.exists) return false;
            auto counters = catalog.counters(row.id, row.policy);
            listed.timestamp = row.put_timestamp;
            listed.objects = shown(counters.objects);
            listed.bytes = shown(counters.bytes);
        }
        out.push_back(std::move(listed));
        return true;
    });
    return out;
}

std::vector<ListedObject> Device::objects(const std::string& account, const std::string& container,
                                          const ListQuery& query) {
    std::vector<ListedObject> out;
    Transaction transaction(*index_, Transaction::Kind::read);
    auto row = Catalog(transaction).container(account, container);
    if (!row || !row->exists) return out;
    NameCursor cursor(transaction, row->id);
    list_names(cursor, query, [&](std::string_view name, bool subdir, std::string_view value) {
        auto& listed = out.emplace_back();
        listed.name = name;
        listed.subdir = subdir;
        if (subdir) return true;
        auto object = decode_object_row(value);
        listed.timestamp = object.timestamp;
        listed.bytes = object.bytes;
        listed.etag = std::move(object.etag);
        listed.content_type = std::move(object.content_type);
        return true;
    });
    return out;
}

} // namespace nephele::swift
