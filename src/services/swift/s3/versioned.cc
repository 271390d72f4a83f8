// SPDX-License-Identifier: Apache-2.0
#include "services/swift/s3/versioned.h"

#include "base/strings.h"
#include "services/swift/logic/conditions.h"
#include "services/swift/logic/large_object.h"
#include "services/swift/s3/object_lock.h"

#include <algorithm>

namespace nephele::swift::s3 {
namespace {
using logic::Versioning;

ObjectName hidden(const Bucket& bucket, const ObjectName& visible, Timestamp id) {
    return {visible.account, bucket.versions_container(), logic::version_name(visible.object, id)};
}

// Bytes and what is known of them, under another name: a manifest stays a manifest.
void copy_as_it_is(Backend& backend, ObjectReader& from, const ObjectName& to, Timestamp when) {
    const ObjectInfo& info = from.info();
    auto writer = backend.put(to, 0, info.bytes);
    std::string buffer(256 * 1024, '\0');
    for (std::uint64_t at = 0; at < info.bytes;) {
        const std::size_t count = from.read(at, buffer.data(), buffer.size());
        if (count == 0) throw failure(Code::InternalError);
        writer->write({buffer.data(), count});
        at += count;
    }
    ObjectInfo copy = info;
    copy.data_timestamp = copy.timestamp = when;
    writer->commit(std::move(copy));
}

// What was there before versioning becomes a version of its own before it is covered.
void keep_null_version(Call& call, const Bucket& bucket, const ObjectName& visible) {
    const auto current = call.backend.open(visible);
    if (!current || logic::is_version_link(current->info())) return;
    const Timestamp id{current->info().data_timestamp.ticks, 0};
    copy_as_it_is(call.backend, *current, hidden(bucket, visible, id), id);
}

void put_link(Call& call, const Bucket& bucket, const ObjectName& visible,
              const ObjectInfo& version, Timestamp id, Timestamp when) {
    ObjectInfo link = logic::version_link(version, id);
    link.data_timestamp = link.timestamp = when;
    auto writer = call.backend.put(visible, bucket.info.policy, 0);
    if (writer->commit(std::move(link)) == Outcome::absent)
        throw failure(Code::NoSuchBucket).with("BucketName", bucket.name);
}

void drop_segments_of(Call& call, const Bucket& bucket, const std::string& key,
                      const ObjectInfo& info) {
    const auto upload = metadata_of(info.metadata, object_setting("Upload-Id"));
    if (!upload.empty() && logic::is_static_large_object(info))
        drop_parts(call, bucket, key, upload);
}

struct NewestVersion {
    Timestamp id;
    ListedObject row;
};
std::optional<NewestVersion> newest_version(Call& call, const Bucket& bucket,
                                            const std::string& key) {
    ListQuery query;
    query.prefix = logic::version_prefix(key);
    query.limit = 1;
    const auto rows =
        call.backend.objects(call.request.account, bucket.versions_container(), query);
    if (rows.empty()) return std::nullopt;
    const auto version = logic::parse_version_name(rows[0].name);
    if (!version) return std::nullopt;
    return NewestVersion{version->id, rows[0]};
}

// After a version went: what clients see is the newest that is left.
void show_newest(Call& call, const Bucket& bucket, const ObjectName& visible) {
    const auto current = call.backend.head(visible);
    if (current && !logic::is_version_link(*current))
        return; // the null version is newer than all others
    const auto newest = newest_version(call, bucket, visible.object);
    if (newest && !logic::is_delete_marker(newest->row.content_type)) {
        const auto info = call.backend.head(hidden(bucket, visible, newest->id));
        if (info) {
            put_link(call, bucket, visible, *info, newest->id, call.backend.now());
            return;
        }
    }
    if (current) call.backend.remove(visible, call.backend.now());
}

Removed make_marker(Call& call, const Bucket& bucket, const ObjectName& visible) {
    if (bucket.versioning == Versioning::enabled) keep_null_version(call, bucket, visible);
    const Timestamp id = new_version_id(call.backend);
    ObjectInfo marker;
    marker.content_type = logic::delete_marker_type;
    marker.data_timestamp = marker.timestamp = id;
    call.backend.put(hidden(bucket, visible, id), 0, 0)->commit(std::move(marker));
    const auto current = call.backend.head(visible);
    call.backend.remove(visible, call.backend.now());
    // In a suspended bucket the null version goes for good.
    if (current && bucket.versioning == Versioning::suspended)
        drop_segments_of(call, bucket, visible.object, *current);
    return {id.text(), true};
}

void check_lock(Call& call, const ObjectInfo& info, bool bypass) {
    if (is_locked(info.metadata, call.request.now, bypass))
        throw failure(Code::AccessDenied, "Access Denied because object protected by object lock.");
}

Removed remove_version(Call& call, const Bucket& bucket, const ObjectName& visible,
                       const std::string& version_id, bool bypass) {
    const auto name = version_object(bucket, visible, version_id);
    const auto info = call.backend.head(name);
    Removed removed{version_id, false};
    if (!info) return removed;
    if (name.container == visible.container && logic::is_version_link(*info)) return removed;
    check_lock(call, *info, bypass);
    removed.marker = logic::is_delete_marker(info->content_type);
    call.backend.remove(name, call.backend.now());
    drop_segments_of(call, bucket, visible.object, *info);
    if (bucket.versioning != Versioning::off) show_newest(call, bucket, visible);
    return removed;
}
} // namespace

Timestamp new_version_id(Backend& backend) {
    // Names of versions hold no offset: wait for the next tick, 10 microseconds at most.
    Timestamp id = backend.now();
    while (id.offset != 0) id = backend.now();
    return id;
}

NewObject::NewObject(Call& call, const Bucket& bucket, const std::string& key,
                     std::optional<std::uint64_t> expected)
    : call_(call), bucket_(bucket), visible_{call.request.account, bucket.name, key} {
    if (bucket.versioning == Versioning::enabled) version_ = new_version_id(call.backend);
    writer_ = call.backend.put(version_ ? hidden(bucket, visible_, *version_) : visible_,
                               bucket.info.policy, expected);
}

void NewObject::check_conditions() const {
    const Request& request = call_.request;
    const std::string match = request.header("If-Match"), none = request.header("If-None-Match");
    if (match.empty() && none.empty()) return;
    const auto found = head_followed(call_.backend, visible_);
    if (!match.empty() && !found) throw no_such_key(visible_.object);
    const std::string etag = found ? shown_etag(found->info, found->large) : "";
    if ((!match.empty() && !logic::names_etag(match, etag)) ||
        (!none.empty() && found && logic::names_etag(none, etag)))
        throw failure(Code::PreconditionFailed)
            .with("Condition", match.empty() ? "If-None-Match" : "If-Match");
}

NewObject::Stored NewObject::commit(ObjectInfo info) {
    const auto lock = call_.locks.hold(visible_);
    check_conditions();
    const auto no_bucket = [&](Outcome outcome) {
        if (outcome == Outcome::absent)
            throw failure(Code::NoSuchBucket).with("BucketName", bucket_.name);
    };
    if (!version_) {
        const auto replaced = call_.backend.head(visible_);
        info.data_timestamp = info.timestamp = call_.backend.now();
        Stored stored{std::nullopt, info.timestamp};
        if (bucket_.versioning == Versioning::suspended) stored.version = "null";
        no_bucket(writer_->commit(std::move(info)));
        if (replaced) drop_segments_of(call_, bucket_, visible_.object, *replaced);
        return stored;
    }
    keep_null_version(call_, bucket_, visible_);
    info.data_timestamp = info.timestamp = *version_;
    info.bytes = writer_->bytes();
    info.etag = writer_->etag();
    const ObjectInfo version = info;
    no_bucket(writer_->commit(std::move(info)));
    put_link(call_, bucket_, visible_, version, *version_, *version_);
    return {version_->text(), *version_};
}

ObjectName version_object(const Bucket& bucket, const ObjectName& visible,
                          const std::string& version_id) {
    if (version_id == "null") return visible;
    const auto id = Timestamp::parse(version_id);
    if (!id || id->offset != 0 || id->text() != version_id)
        throw invalid_argument("versionId", version_id, "Invalid version id specified");
    return hidden(bucket, visible, *id);
}

Removed remove_object(Call& call, const Bucket& bucket, const std::string& key,
                      const std::string* version_id, bool bypass) {
    const ObjectName visible{call.request.account, bucket.name, key};
    const auto lock = call.locks.hold(visible);
    if (version_id) return remove_version(call, bucket, visible, *version_id, bypass);
    if (bucket.versioning != Versioning::off) return make_marker(call, bucket, visible);
    const auto info = call.backend.head(visible);
    if (!info) return {};
    call.backend.remove(visible, call.backend.now());
    drop_segments_of(call, bucket, key, *info);
    return {};
}

std::optional<Timestamp> newest_delete_marker(Call& call, const Bucket& bucket,
                                              const std::string& key) {
    if (bucket.versioning == Versioning::off) return std::nullopt;
    const auto newest = newest_version(call, bucket, key);
    if (!newest || !logic::is_delete_marker(newest->row.content_type)) return std::nullopt;
    return newest->id;
}

void drop_parts(Call& call, const Bucket& bucket, const std::string& key,
                const std::string& upload_id, const std::vector<std::string>& kept) {
    const std::string& account = call.request.account;
    ListQuery query;
    query.prefix = key + "/" + upload_id + "/";
    for (;;) {
        const auto rows = call.backend.objects(account, bucket.segments_container(), query);
        if (rows.empty()) return;
        for (const auto& row : rows) {
            const std::string number = row.name.substr(query.prefix.size());
            if (std::find(kept.begin(), kept.end(), number) == kept.end())
                call.backend.remove({account, bucket.segments_container(), row.name},
                                    call.backend.now());
        }
        query.marker = rows.back().name;
    }
}

} // namespace nephele::swift::s3
