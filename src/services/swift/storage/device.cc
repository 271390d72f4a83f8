// SPDX-License-Identifier: Apache-2.0
// Objects: read, written, changed, removed.
#include "services/swift/storage/device.h"

#include "base/crc32c.h"
#include "base/ids.h"
#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "platform/fault/fault.h"
#include "platform/log/log.h"

#include <algorithm>
#include <cerrno>

namespace nephele::swift {
namespace {

// How often what was looked up may be replaced before it is read: each time by a newer one.
constexpr int look_up_attempts = 100;
// An upload of unknown length asks so often whether there is room.
constexpr std::uint64_t ask_every = 32 << 20;

Outcome written(const std::optional<Entry>& old) {
    return old && !old->gone ? Outcome::updated : Outcome::created;
}

} // namespace

Key Device::key_of(std::string_view account, std::string_view container,
                   std::string_view object) const {
    std::string path = options_.hash_prefix;
    for (auto part : {account, container, object}) {
        if (!part.empty()) path.append("/").append(part);
    }
    auto digest = crypto::md5(path + options_.hash_suffix);
    Key key;
    std::memcpy(key.data(), digest.data(), key.size());
    return key;
}

Key Device::key_of(const ObjectName& name) const {
    return key_of(name.account, name.container, name.object);
}

void Device::remember(Timestamp when) {
    auto latest = latest_ticks_.load();
    while (latest < when.ticks && !latest_ticks_.compare_exchange_weak(latest, when.ticks)) {
    }
}

Timestamp Device::now() {
    auto clock = Timestamp::at(clock_.now()).ticks;
    auto latest = latest_ticks_.load();
    auto next = std::max(clock, latest + 1);
    while (!latest_ticks_.compare_exchange_weak(latest, next)) next = std::max(clock, latest + 1);
    return {next, 0};
}

void Device::damaged(const Key& key, const Place& place, const std::string& why) {
    log::error("an object is damaged", {{"volume", volumes_->path(place.volume)},
                                        {"offset", place.offset},
                                        {"key", hex_encode(view(key))},
                                        {"cause", why}});
    throw Failure(Fault::internal, "swift.object_damaged",
                  "The stored bytes of this object are damaged. Upload it again or delete it.")
        .inside(why);
}

std::optional<Device::Fetched> Device::fetch(const Key& key, const Place& place,
                                             bool with_payload) {
    auto file = volumes_->open(place.volume);
    if (!file) return std::nullopt;
    std::string bytes(place.head_bytes + (with_payload ? place.payload_bytes : 0), '\0');
    bytes.resize(
        files_.read(*file, bytes.data(), bytes.size(), place.offset, volumes_->path(place.volume)));
    auto needle = decode_head(bytes, volumes_->seed());
    if (!needle || needle->key != key) damaged(key, place, "the needle's head is damaged");
    auto record = decode_object(needle->record);
    if (!record) damaged(key, place, "the needle's record cannot be read");
    Fetched out{std::move(*needle), std::move(*record), {}};
    if (!with_payload) return out;
    bytes.erase(0, place.head_bytes);
    if (auto why = payload_problem(out.needle, bytes); !why.empty()) damaged(key, place, why);
    out.payload = std::move(bytes);
    return out;
}

std::optional<StoredObject> Device::look_up(const ObjectName& name, bool with_bytes) {
    auto key = key_of(name);
    for (int attempt = 0; attempt < look_up_attempts; ++attempt) {
        std::optional<Entry> entry;
        {
            Transaction transaction(*index_, Transaction::Kind::read);
            entry = Catalog(transaction).entry(key);
        }
        if (!entry || entry->gone || entry->type != NeedleType::data) return std::nullopt;
        if (entry->quarantined) damaged(key, entry->place, "the auditor has quarantined it");
        auto data = fetch(key, entry->place, with_bytes && entry->large == 0);
        if (!data) continue; // reclaimed meanwhile
        const auto& stored = data->record.name;
        if (stored.account != name.account || stored.container != name.container ||
            stored.object != name.object)
            return std::nullopt; // another name with the same MD5
        StoredObject out{std::move(data->record.info), std::move(data->payload), nullptr};
        out.info.data_timestamp = out.info.timestamp = entry->timestamp;
        if (entry->meta_timestamp) {
            auto meta = fetch(key, entry->meta, false);
            if (!meta) continue;
            auto& said = meta->record.info;
            out.info.timestamp = *entry->meta_timestamp;
            out.info.metadata = std::move(said.metadata);
            if (!said.content_type.empty()) out.info.content_type = said.content_type;
            if (!said.listed_etag.empty()) out.info.listed_etag = said.listed_etag;
            if (said.listed_bytes) out.info.listed_bytes = said.listed_bytes;
        }
        if (!with_bytes || entry->large == 0) return out;
        out.file = large_.open(entry->large);
        if (out.file) return out;
    }
    damaged(key, {}, "its bytes are not where the index says");
}

std::optional<ObjectInfo> Device::head(const ObjectName& name) {
    auto found = look_up(name, false);
    if (!found) return std::nullopt;
    return std::move(found->info);
}

std::optional<StoredObject> Device::open(const ObjectName& name) { return look_up(name, true); }

std::size_t Device::read(const StoredObject& object, std::uint64_t offset, char* into,
                         std::size_t size) {
    if (offset >= object.info.bytes) return 0;
    size = static_cast<std::size_t>(std::min<std::uint64_t>(size, object.info.bytes - offset));
    if (object.file) {
        auto got = files_.read(*object.file, into, size, offset, "an object");
        if (got < size)
            throw Failure(Fault::internal, "swift.object_damaged",
                          "The stored bytes of this object are damaged. Upload it again.")
                .inside("its file is too short");
        return got;
    }
    std::memcpy(into, object.bytes.data() + offset, size);
    return size;
}

Device::Upload::Upload(Device& device, ObjectName name, int policy,
                       std::optional<std::uint64_t> expected)
    : device_(device), name_(std::move(name)), policy_(policy), expected_(expected) {
    if (expected && device_.committer_->room() < *expected)
        throw_device_failure("an upload does not fit before the device's reserve", ENOSPC);
    if (expected && *expected > device_.options_.inline_bytes)
        spill();
    else if (expected)
        bytes_.reserve(static_cast<std::size_t>(*expected));
}

void Device::Upload::spill() {
    file_ =
        std::make_unique<LargeFiles::Writer>(device_.large_, system_ids().number() | 1, expected_);
    file_->write(bytes_);
    bytes_ = std::string();
}

void Device::Upload::write(std::string_view bytes) {
    written_ += bytes.size();
    if (!expected_ && written_ - asked_ > ask_every) {
        asked_ = written_;
        if (device_.committer_->room() < ask_every)
            throw_device_failure("an upload reached the device's reserve", ENOSPC);
    }
    if (!file_ && written_ > device_.options_.inline_bytes) spill();
    if (file_)
        file_->write(bytes);
    else
        bytes_.append(bytes);
}

/// A large file that is in its place before the index knows it: no orphan.
struct Device::Arriving {
    Arriving(Device& device, std::uint64_t id) : device(device), id(id) {
        std::lock_guard lock(device.large_mutex_);
        device.arriving_.insert(id);
    }
    ~Arriving() {
        std::lock_guard lock(device.large_mutex_);
        device.arriving_.erase(id);
    }
    Device& device;
    const std::uint64_t id;
};

Outcome Device::Upload::commit(ObjectInfo info) {
    info.data_timestamp = info.timestamp;
    Needle needle;
    needle.type = NeedleType::data;
    needle.large = file_ != nullptr;
    needle.key = device_.key_of(name_);
    needle.timestamp = info.data_timestamp;
    ObjectRecord record{name_, policy_, std::move(info), 0};
    record.info.bytes = written_;
    std::optional<Arriving> arriving;
    if (file_) {
        record.large = file_->id();
        arriving.emplace(device_, record.large);
        file_->finish();
    }
    needle.record = encode(record);
    needle.payload_bytes = bytes_.size();
    needle.payload_crc = crc32c(bytes_);
    auto total = needle.total_bytes();
    auto outcome = device_.committer_->commit(
        [&](Batch& batch) {
            auto container = batch.catalog().container(name_.account, name_.container);
            if (!container || !container->exists) return Outcome::absent;
            auto old = batch.catalog().entry(needle.key);
            if (old && old->timestamp >= needle.timestamp) return Outcome::stale;
            batch.need_room(total);
            batch.catalog().apply_object(needle, record, batch.append(needle, bytes_));
            return written(old);
        },
        total);
    if (outcome == Outcome::created || outcome == Outcome::updated) {
        device_.remember(needle.timestamp);
        if (file_) file_->keep();
    }
    return outcome;
}

Outcome Device::save_metadata(const ObjectName& name, const ObjectInfo& info) {
    Needle needle;
    needle.type = NeedleType::meta;
    needle.key = key_of(name);
    needle.timestamp = info.timestamp;
    ObjectRecord record{name, 0, info, 0};
    auto outcome = committer_->commit(
        [&](Batch& batch) {
            auto old = batch.catalog().entry(needle.key);
            if (!old || !old->readable()) return Outcome::absent;
            if (old->newest() >= needle.timestamp) return Outcome::stale;
            needle.record = encode(record);
            batch.need_room(needle.total_bytes());
            batch.catalog().apply_object(needle, record, batch.append(needle, {}));
            return Outcome::updated;
        },
        Needle::fixed_bytes + 1024);
    if (outcome == Outcome::updated) remember(needle.timestamp);
    return outcome;
}

Outcome Device::remove(const ObjectName& name, Timestamp when) {
    Needle needle;
    needle.type = NeedleType::tombstone;
    needle.key = key_of(name);
    needle.timestamp = when;
    ObjectRecord record{name, 0, {}, 0};
    needle.record = encode(record);
    auto outcome = committer_->commit(
        [&](Batch& batch) {
            auto old = batch.catalog().entry(needle.key);
            if (!old || old->gone || old->type != NeedleType::data) return Outcome::absent;
            // A POST that came later may have taken its expiry back.
            if (old->newest() >= when) return Outcome::stale;
            batch.catalog().apply_object(needle, record, batch.append(needle, {}));
            return Outcome::updated;
        },
        needle.total_bytes());
    if (outcome == Outcome::updated) remember(when);
    return outcome;
}

std::vector<Device::Expired> Device::expired(Time until, std::size_t limit) {
    std::vector<Expired> out;
    Transaction transaction(*index_, Transaction::Kind::read);
    Cursor cursor(transaction, Table::expiry);
    for (bool found = cursor.seek(""); found && out.size() < limit; found = cursor.next()) {
        auto seconds = from_big_endian(cursor.key());
        if (static_cast<std::int64_t>(seconds) > until.seconds()) break;
        Decoder in(cursor.value());
        ObjectName name;
        name.account = in.text();
        name.container = in.text();
        name.object = in.text();
        auto entry = Catalog(transaction).entry(key_of(name));
        out.push_back({std::move(name), seconds, entry ? entry->newest() : Timestamp()});
    }
    return out;
}

} // namespace nephele::swift
