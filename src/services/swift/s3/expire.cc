// SPDX-License-Identifier: Apache-2.0
// Carries out lifecycle rules. The buckets that have some are listed as objects of a hidden
// account, as upstream keeps what it has to expire.
#include "base/strings.h"
#include "services/swift/s3/face.h"
#include "services/swift/s3/lifecycle.h"
#include "services/swift/s3/tags.h"
#include "services/swift/s3/versioned.h"

#include <algorithm>

namespace nephele::swift::s3 {
namespace {

constexpr const char *registry_account = ".s3_lifecycle", *registry_container = "buckets";

class Nothing final : public http::BodyReader {
  public:
    std::size_t read(char*, std::size_t) override { return 0; }
    std::optional<std::uint64_t> length() const override { return 0; }
};

// Calls `take` for every row; the list may change meanwhile.
template <class Take>
void each_object(Backend& backend, const std::string& account, const std::string& container,
                 const std::string& prefix, Take&& take) {
    ListQuery query;
    query.prefix = prefix;
    query.limit = 1000;
    for (;;) {
        const auto rows = backend.objects(account, container, query);
        if (rows.empty()) return;
        query.marker = rows.back().name;
        for (const auto& row : rows) take(row);
    }
}

bool tags_fit(const LifecycleRule& rule, const ObjectInfo& info) {
    const Tags tags = http::parse_query(metadata_of(info.metadata, object_setting("Tagging")));
    return std::all_of(rule.tags.begin(), rule.tags.end(), [&](const auto& tag) {
        return std::find(tags.begin(), tags.end(), tag) != tags.end();
    });
}

bool size_fits(const LifecycleRule& rule, std::uint64_t bytes) {
    const auto size = static_cast<std::int64_t>(bytes);
    return (rule.larger_than < 0 || size > rule.larger_than) &&
           (rule.smaller_than < 0 || size < rule.smaller_than);
}

void expire_objects(Call& call, const Bucket& bucket, const LifecycleRule& rule) {
    const std::string& account = call.request.account;
    each_object(call.backend, account, bucket.name, rule.prefix, [&](const ListedObject& row) {
        if (!expires(rule, row.name, row.timestamp.time(), call.request.now)) return;
        const auto found = head_followed(call.backend, {account, bucket.name, row.name});
        if (!found || !tags_fit(rule, found->info) || !size_fits(rule, found->info.bytes) ||
            !expires(rule, row.name, found->info.data_timestamp.time(), call.request.now))
            return;
        remove_object(call, bucket, row.name, nullptr, false);
    });
}

// Versions come newest first: one is covered since the one before it was made.
void expire_versions(Call& call, const Bucket& bucket, const LifecycleRule& rule) {
    if (bucket.versioning == logic::Versioning::off) return;
    const std::string& account = call.request.account;
    std::string key;
    Time covered_since{};
    std::vector<logic::Version> gone, lonely;
    each_object(call.backend, account, bucket.versions_container(), rule.prefix,
                [&](const ListedObject& row) {
                    const auto version = logic::parse_version_name(row.name);
                    if (!version) return;
                    const bool newest = version->object != key;
                    if (!newest)
                        lonely.erase(std::remove_if(lonely.begin(), lonely.end(),
                                                    [&](const logic::Version& one) {
                                                        return one.object == key;
                                                    }),
                                     lonely.end());
                    if (newest && logic::is_delete_marker(row.content_type))
                        lonely.push_back(*version);
                    if (!newest && rule.noncurrent_days > 0 &&
                        due(covered_since, rule.noncurrent_days) <= call.request.now)
                        gone.push_back(*version);
                    key = version->object;
                    covered_since = version->id.time();
                });
    if (rule.lonely_markers) gone.insert(gone.end(), lonely.begin(), lonely.end());
    for (const auto& version : gone) {
        const std::string id = version.id.text();
        const auto name = version_object(bucket, {account, bucket.name, version.object}, id);
        const auto info = call.backend.head(name);
        if (!info || !tags_fit(rule, *info)) continue;
        try {
            remove_object(call, bucket, version.object, &id, false);
        } catch (const Failure& failure) {
            if (!is(failure, Code::AccessDenied)) throw; // locked: stays until it is not
        }
    }
}

void expire_uploads(Call& call, const Bucket& bucket, const LifecycleRule& rule) {
    if (rule.incomplete_days == 0) return;
    const std::string& account = call.request.account;
    each_object(call.backend, account, bucket.segments_container(), rule.prefix,
                [&](const ListedObject& row) {
                    const auto slash = row.name.rfind('/');
                    if (slash == row.name.npos || row.name.size() - slash != 33) return;
                    if (due(row.timestamp.time(), rule.incomplete_days) > call.request.now) return;
                    call.backend.remove({account, bucket.segments_container(), row.name},
                                        call.backend.now());
                    drop_parts(call, bucket, row.name.substr(0, slash), row.name.substr(slash + 1));
                });
}

void run_bucket(Call& call, const std::string& name, bool& wanted) {
    auto info = call.backend.container(call.request.account, name);
    if (!info) return;
    Bucket bucket{name, std::move(*info), logic::Versioning::off};
    bucket.versioning = logic::versioning_of(bucket.info.metadata);
    const std::string text = bucket.setting("Lifecycle");
    if (text.empty()) return;
    wanted = true;
    for (const auto& rule : parse_lifecycle(text)) {
        if (!rule.enabled) continue;
        expire_objects(call, bucket, rule);
        if (rule.noncurrent_days > 0 || rule.lonely_markers) expire_versions(call, bucket, rule);
        expire_uploads(call, bucket, rule);
    }
}
} // namespace

void register_lifecycle(Backend& backend, const std::string& account, const std::string& bucket) {
    backend.save_container(registry_account, registry_container, {}, std::nullopt, true,
                           backend.now());
    ObjectInfo info;
    info.content_type = "text/plain";
    info.data_timestamp = info.timestamp = backend.now();
    backend.put({registry_account, registry_container, account + "/" + bucket}, 0, 0)
        ->commit(std::move(info));
}

void run_lifecycles(Backend& backend, const Settings& settings, IdSource& ids, Time now) {
    if (!backend.container(registry_account, registry_container)) return;
    Locks locks;
    Nothing nothing;
    const http::RequestHead head;
    each_object(backend, registry_account, registry_container, "", [&](const ListedObject& row) {
        const auto slash = row.name.find('/');
        if (slash == row.name.npos) return;
        Request request{head,
                        {},
                        {row.name.substr(slash + 1), "", false},
                        "lifecycle",
                        now,
                        "",
                        {},
                        row.name.substr(0, slash),
                        false};
        Payload payload(nothing, {});
        Call call{backend, settings, ids, locks, request, payload, "Lifecycle"};
        bool wanted = false;
        run_bucket(call, row.name.substr(slash + 1), wanted);
        if (!wanted)
            backend.remove({registry_account, registry_container, row.name}, backend.now());
    });
}

} // namespace nephele::swift::s3
