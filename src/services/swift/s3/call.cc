// SPDX-License-Identifier: Apache-2.0
#include "services/swift/s3/call.h"

#include "base/strings.h"
#include "services/swift/logic/listed_etag.h"
#include "services/swift/s3/policy.h"

#include <functional>

namespace nephele::swift::s3 {
namespace {

std::uint64_t quota_of(const Metadata& metadata, const char* name) {
    const auto limit = to_int(metadata_of(metadata, name));
    return limit && *limit >= 0 ? static_cast<std::uint64_t>(*limit) : ~0ull;
}

logic::Access access_by_lists(const Call& call, const ContainerInfo& info, Need need,
                              const std::string& bucket, const std::string& key) {
    logic::Target target;
    target.method = need == Need::read ? "GET" : "PUT";
    target.account = call.request.account;
    target.container = bucket;
    target.object = key;
    target.referrer = call.request.header("Referer");
    target.acl =
        metadata_of(info.metadata, need == Need::read ? "X-Container-Read" : "X-Container-Write");
    target.account_exists = true;
    const auto access =
        logic::keystone_access(call.settings.rules, call.request.who, nullptr, target);
    if (need == Need::owner && access != logic::Access::owner) return logic::Access::denied;
    return access;
}

void check_access(const Call& call, const Bucket& bucket, Need need, const std::string& action,
                  const std::string& key) {
    const auto access = access_by_lists(call, bucket.info, need, bucket.name, key);
    auto verdict = Verdict::silent;
    if (const auto policy = bucket.setting("Policy"); !policy.empty())
        verdict = judge(policy, {call.request.who.user_id, call.request.who.project_id,
                                 policy_action(action), bucket.name, key});
    // Who owns the bucket can always take a policy back.
    const bool about_policy = action.find("BucketPolicy") != action.npos;
    if (verdict == Verdict::deny && !(about_policy && access == logic::Access::owner))
        throw failure(Code::AccessDenied);
    if (access == logic::Access::denied && verdict != Verdict::allow)
        throw failure(Code::AccessDenied);
}
} // namespace

std::shared_mutex& Locks::stripe(const ObjectName& name) {
    const std::size_t hash =
        std::hash<std::string>{}(name.account + "/" + name.container + "/" + name.object);
    return stripes_[hash % stripes_.size()];
}
std::unique_lock<std::shared_mutex> Locks::hold(const ObjectName& name) {
    return std::unique_lock(stripe(name));
}
std::shared_lock<std::shared_mutex> Locks::share(const ObjectName& name) {
    return std::shared_lock(stripe(name));
}

std::string metadata_of(const Metadata& metadata, const std::string& name) {
    const auto found = metadata.find(name);
    return found == metadata.end() ? "" : found->second;
}

std::string Bucket::get(const std::string& header) const {
    return metadata_of(info.metadata, header);
}
std::string setting_header(const std::string& name) { return "X-Container-Sysmeta-S3api-" + name; }
std::string Bucket::setting(const std::string& name) const { return get(setting_header(name)); }
std::string object_setting(const std::string& name) { return "X-Object-Sysmeta-S3api-" + name; }

Bucket need_bucket(Call& call, const std::string& name, Need need, const std::string& action,
                   const std::string& key) {
    if (name.size() > 255 || name.find('/') != name.npos || name.find('\0') != name.npos)
        throw failure(Code::InvalidBucketName).with("BucketName", name);
    auto info = call.backend.container(call.request.account, name);
    if (!info) {
        // Only who may see the account's buckets learns that one is missing.
        const auto access = access_by_lists(call, {}, need, name, key);
        if (access == logic::Access::denied) throw failure(Code::AccessDenied);
        throw failure(Code::NoSuchBucket).with("BucketName", name);
    }
    Bucket bucket{name, std::move(*info), logic::Versioning::off};
    bucket.versioning = logic::versioning_of(bucket.info.metadata);
    check_access(call, bucket, need, action, key);
    return bucket;
}

Bucket need_bucket(Call& call, Need need) {
    return need_bucket(call, call.request.bucket(), need, call.action, call.request.key());
}

void save_bucket(Call& call, const Metadata& change) {
    const auto outcome =
        call.backend.save_container(call.request.account, call.request.bucket(), change,
                                    std::nullopt, false, call.backend.now());
    if (outcome == Outcome::absent)
        throw failure(Code::NoSuchBucket).with("BucketName", call.request.bucket());
}

void check_quota(Call& call, const Bucket& bucket, std::uint64_t bytes) {
    const auto& info = bucket.info;
    if (info.bytes + bytes > quota_of(info.metadata, "X-Container-Meta-Quota-Bytes") ||
        info.objects + 1 > quota_of(info.metadata, "X-Container-Meta-Quota-Count"))
        throw failure(Code::QuotaExceeded, "The quota of the bucket does not allow this.");
    const auto account = call.backend.account(call.request.account);
    if (account &&
        account->bytes + bytes > quota_of(account->metadata, "X-Account-Meta-Quota-Bytes"))
        throw failure(Code::QuotaExceeded, "The quota of the project does not allow this.");
}

std::string read_body(Call& call, std::size_t limit) {
    std::string text;
    for (;;) {
        const std::size_t had = text.size();
        text.resize(had + 16 * 1024);
        const std::size_t count = call.body.read(text.data() + had, text.size() - had);
        text.resize(had + count);
        if (count == 0) return text;
        if (text.size() > limit)
            throw failure(Code::MaxMessageLengthExceeded)
                .with("MaxMessageLengthBytes", std::to_string(limit));
    }
}

http::Response xml_answer(std::string document, int status) {
    http::Response response;
    response.status = status;
    response.headers.set("Content-Type", "application/xml");
    response.body = std::move(document);
    return response;
}

http::Response empty_answer(int status) {
    http::Response response;
    response.status = status;
    return response;
}

Failure no_such_key(const std::string& key) { return failure(Code::NoSuchKey).with("Key", key); }

std::string xml_time(Timestamp timestamp) { return iso_time(timestamp.time(), 3); }
std::string quoted(const std::string& etag) { return "\"" + etag + "\""; }

std::string shown_etag(const ObjectInfo& info, bool large) {
    if (auto own = metadata_of(info.metadata, object_setting("Etag")); !own.empty()) return own;
    return large ? info.etag + "-N" : info.etag;
}

} // namespace nephele::swift::s3
