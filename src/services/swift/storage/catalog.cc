// SPDX-License-Identifier: Apache-2.0
// Looking, facts and counters; what a needle does stands in apply.cc.
#include "services/swift/storage/catalog.h"

namespace nephele::swift {
namespace {

constexpr TreeId accounts_tree = 0;

std::string counters_key(TreeId id, int policy) {
    return "c" + big_endian(id) + static_cast<char>(policy);
}
std::string volume_key(std::uint32_t id) { return "v" + big_endian(id); }
std::string fact_key(std::string_view name) { return std::string("f").append(name); }

// Counters pass below zero for a moment when volumes are read in another order.
std::string encode(const Counters& counters) {
    return Encoder()
        .number(static_cast<std::uint64_t>(counters.containers))
        .number(static_cast<std::uint64_t>(counters.objects))
        .number(static_cast<std::uint64_t>(counters.bytes))
        .take();
}
Counters decode_counters(std::string_view bytes) {
    Decoder in(bytes);
    Counters out;
    out.containers = static_cast<std::int64_t>(in.number());
    out.objects = static_cast<std::int64_t>(in.number());
    out.bytes = static_cast<std::int64_t>(in.number());
    return out;
}

VolumeFacts decode_volume(std::string_view bytes) {
    Decoder in(bytes);
    VolumeFacts out;
    out.bytes = in.number();
    out.dead = in.number();
    out.removed = in.number() != 0;
    return out;
}

} // namespace

std::optional<Entry> Catalog::entry(const Key& key) const {
    auto bytes = transaction_.get(Table::needles, view(key));
    if (!bytes) return std::nullopt;
    return decode_entry(*bytes);
}

std::optional<HolderRow> Catalog::account(std::string_view account) const {
    auto bytes = names_.get(accounts_tree, account);
    if (!bytes) return std::nullopt;
    return decode_holder_row(*bytes);
}

std::optional<HolderRow> Catalog::container(std::string_view account,
                                            std::string_view container) const {
    auto holder = this->account(account);
    if (!holder) return std::nullopt;
    auto bytes = names_.get(holder->id, container);
    if (!bytes) return std::nullopt;
    return decode_holder_row(*bytes);
}

std::optional<ObjectRow> Catalog::object(TreeId container, std::string_view object) const {
    auto bytes = names_.get(container, object);
    if (!bytes) return std::nullopt;
    return decode_object_row(*bytes);
}

Counters Catalog::counters(TreeId id, int policy) const {
    auto changed = counters_.find({id, policy});
    if (changed != counters_.end()) return changed->second;
    auto bytes = transaction_.get(Table::facts, counters_key(id, policy));
    return bytes ? decode_counters(*bytes) : Counters();
}

std::map<int, Counters> Catalog::counters(TreeId id) const {
    std::map<int, Counters> out;
    auto prefix = "c" + big_endian(id);
    Cursor cursor(transaction_, Table::facts);
    for (bool found = cursor.seek(prefix); found && cursor.key().starts_with(prefix);
         found = cursor.next())
        out[static_cast<unsigned char>(cursor.key().back())] = decode_counters(cursor.value());
    for (auto changed = counters_.lower_bound({id, 0});
         changed != counters_.end() && changed->first.first == id; ++changed)
        out[changed->first.second] = changed->second;
    return out;
}

void Catalog::count(TreeId id, int policy, const Counters& change) {
    auto [entry, fresh] = counters_.try_emplace({id, policy});
    if (fresh) {
        auto bytes = transaction_.get(Table::facts, counters_key(id, policy));
        if (bytes) entry->second = decode_counters(*bytes);
    }
    entry->second.containers += change.containers;
    entry->second.objects += change.objects;
    entry->second.bytes += change.bytes;
}

VolumeFacts Catalog::volume(std::uint32_t id) const {
    auto changed = volumes_.find(id);
    if (changed != volumes_.end()) return changed->second;
    auto bytes = transaction_.get(Table::facts, volume_key(id));
    return bytes ? decode_volume(*bytes) : VolumeFacts();
}

std::map<std::uint32_t, VolumeFacts> Catalog::volumes() const {
    std::map<std::uint32_t, VolumeFacts> out;
    Cursor cursor(transaction_, Table::facts);
    for (bool found = cursor.seek("v"); found && cursor.key().starts_with("v");
         found = cursor.next())
        out[static_cast<std::uint32_t>(from_big_endian(cursor.key().substr(1)))] =
            decode_volume(cursor.value());
    for (const auto& [id, facts] : volumes_) out[id] = facts;
    return out;
}

void Catalog::set_volume(std::uint32_t id, const VolumeFacts& facts) { volumes_[id] = facts; }

void Catalog::forget_volume(std::uint32_t id) {
    volumes_.erase(id);
    transaction_.erase(Table::facts, volume_key(id));
}

std::uint64_t Catalog::fact(std::string_view name) const {
    auto bytes = transaction_.get(Table::facts, fact_key(name));
    return bytes ? from_big_endian(*bytes) : 0;
}

void Catalog::set_fact(std::string_view name, std::uint64_t value) {
    transaction_.put(Table::facts, fact_key(name), big_endian(value));
}

Position Catalog::position() const {
    auto bytes = transaction_.get(Table::facts, fact_key("position"));
    if (!bytes) return {};
    return {static_cast<std::uint32_t>(from_big_endian(*bytes)), from_big_endian(bytes->substr(8))};
}

void Catalog::set_position(Position position) {
    transaction_.put(Table::facts, fact_key("position"),
                     big_endian(position.volume) + big_endian(position.offset));
    auto facts = volume(position.volume);
    facts.bytes = position.offset;
    set_volume(position.volume, facts);
}

std::optional<Key> Catalog::owner_of_large(std::uint64_t file) const {
    auto bytes = transaction_.get(Table::larges, big_endian(file));
    if (!bytes || bytes->size() != Key().size()) return std::nullopt;
    Key key;
    std::memcpy(key.data(), bytes->data(), key.size());
    return key;
}

TreeId Catalog::next_id() {
    auto id = fact("next_id") + 1; // 0 is the tree of accounts
    set_fact("next_id", id);
    return id;
}

void Catalog::save(const Key& key, const Entry& entry) {
    transaction_.put(Table::needles, view(key), encode(entry));
}

void Catalog::save_account(const std::string& account, const HolderRow& row) {
    names_.put(accounts_tree, account, encode(row), [this] { return next_id(); });
}

void Catalog::save_container(TreeId account, const std::string& container, const HolderRow& row) {
    names_.put(account, container, encode(row), [this] { return next_id(); });
}

HolderRow Catalog::ensure_account(const std::string& account) {
    if (auto row = this->account(account)) return *row;
    HolderRow row;
    row.id = next_id();
    save_account(account, row);
    return row;
}

Catalog::Holders Catalog::ensure_container(const ObjectName& name, int policy) {
    Holders out{ensure_account(name.account), {}};
    if (auto bytes = names_.get(out.account.id, name.container)) {
        out.container = decode_holder_row(*bytes);
        return out;
    }
    out.container.id = next_id();
    out.container.policy = policy;
    save_container(out.account.id, name.container, out.container);
    return out;
}

void Catalog::set_row(const ObjectName& name, int policy, const ObjectRow& row) {
    auto [account, container] = ensure_container(name, policy);
    auto old = object(container.id, name.object);
    Counters change{0, old ? 0 : 1, static_cast<std::int64_t>(row.bytes - (old ? old->bytes : 0))};
    names_.put(container.id, name.object, encode(row), [this] { return next_id(); });
    count(container.id, container.policy, change);
    count(account.id, container.policy, change);
}

void Catalog::erase_row(const ObjectName& name) {
    auto account = this->account(name.account);
    auto container = this->container(name.account, name.container);
    auto old = container ? object(container->id, name.object) : std::nullopt;
    if (!old) return;
    Counters change{0, -1, -static_cast<std::int64_t>(old->bytes)};
    names_.erase(container->id, name.object);
    count(container->id, container->policy, change);
    count(account->id, container->policy, change);
    if (container->exists || !names_.empty(container->id)) return;
    names_.erase(account->id, name.container);
    if (!account->exists && names_.empty(account->id)) names_.erase(accounts_tree, name.account);
}

void Catalog::apply_container(const HolderRecord& record) {
    ObjectName name{record.account, record.container, ""};
    auto account = this->account(record.account);
    auto old = account ? container(record.account, record.container) : std::nullopt;
    if (!record.exists && !old) return;
    auto [holder, row] = ensure_container(name, record.policy);
    bool existed = old && old->exists;
    if (row.policy != record.policy) { // it held objects before it was known
        auto moved = counters(row.id, row.policy);
        Counters away{0, -moved.objects, -moved.bytes};
        count(row.id, row.policy, away);
        count(holder.id, row.policy, away);
        moved.containers = 0;
        count(row.id, record.policy, moved);
        count(holder.id, record.policy, moved);
        if (existed) count(holder.id, row.policy, {-1, 0, 0});
        existed = false;
    }
    row.exists = record.exists;
    row.put_timestamp = record.put_timestamp;
    row.policy = record.policy;
    row.metadata = record.metadata;
    if (row.exists != existed) count(holder.id, row.policy, {row.exists ? 1 : -1, 0, 0});
    if (row.exists || !names_.empty(row.id)) {
        save_container(holder.id, record.container, row);
        return;
    }
    names_.erase(holder.id, record.container);
    if (!holder.exists && names_.empty(holder.id)) names_.erase(accounts_tree, record.account);
}

void Catalog::apply_account(const HolderRecord& record) {
    if (!record.exists && !account(record.account)) return;
    auto row = ensure_account(record.account);
    row.exists = record.exists;
    row.put_timestamp = record.put_timestamp;
    row.metadata = record.metadata;
    if (row.exists || !names_.empty(row.id))
        save_account(record.account, row);
    else
        names_.erase(accounts_tree, record.account);
}

void Catalog::flush() {
    for (const auto& [key, counters] : counters_) {
        auto name = counters_key(key.first, key.second);
        if (counters.containers == 0 && counters.objects == 0 && counters.bytes == 0)
            transaction_.erase(Table::facts, name);
        else
            transaction_.put(Table::facts, name, encode(counters));
    }
    for (const auto& [id, facts] : volumes_)
        transaction_.put(
            Table::facts, volume_key(id),
            Encoder().number(facts.bytes).number(facts.dead).number(facts.removed ? 1 : 0).bytes());
    if (latest_ > latest_ticks()) set_fact("latest", static_cast<std::uint64_t>(latest_));
}

} // namespace nephele::swift
