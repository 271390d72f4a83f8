// SPDX-License-Identifier: Apache-2.0
// What is set on one version of an object: tags, retention, legal hold; its access list is that of
// the bucket.
#include "base/strings.h"
#include "services/swift/logic/large_object.h"
#include "services/swift/logic/metadata.h"
#include "services/swift/s3/acl.h"
#include "services/swift/s3/handlers.h"
#include "services/swift/s3/object_headers.h"
#include "services/swift/s3/object_lock.h"
#include "services/swift/s3/tags.h"
#include "services/swift/s3/versioned.h"

namespace nephele::swift::s3 {
namespace {

constexpr std::size_t longest_setting = 128 * 1024;

struct Stored {
    Bucket bucket;
    ObjectName name; ///< of the version itself
    ObjectInfo info; ///< as it is kept
};

// The version asked for, or the newest.
Stored need_object(Call& call, Need need) {
    Stored stored{need_bucket(call, need), call.object(), {}};
    const auto* version = call.request.query.find("versionId");
    if (version) stored.name = version_object(stored.bucket, stored.name, *version);
    const auto found = head_followed(call.backend, stored.name);
    const bool expired = found && logic::is_expired(found->info.metadata, call.request.now);
    if (!found || expired || logic::is_delete_marker(found->info.content_type))
        throw version ? failure(Code::NoSuchVersion).with("Key", call.request.key())
                      : no_such_key(call.request.key());
    stored.name = found->name;
    if (auto kept = call.backend.head(stored.name)) stored.info = std::move(*kept);
    return stored;
}

http::Response save(Call& call, Stored& stored, const Metadata& change, int status) {
    for (const auto& [name, value] : change) {
        if (value.empty())
            stored.info.metadata.erase(name);
        else
            stored.info.metadata[name] = value;
    }
    stored.info.timestamp = call.backend.now();
    if (call.backend.save_metadata(stored.name, stored.info) == Outcome::absent)
        throw no_such_key(call.request.key());
    http::Response response = empty_answer(status);
    if (const auto version = version_of(stored.bucket, stored.name))
        response.headers.set("x-amz-version-id", *version);
    return response;
}

void need_locking(const Bucket& bucket) {
    if (bucket.setting("Object-Lock").empty())
        throw failure(Code::InvalidRequest, "Bucket is missing Object Lock Configuration");
}
} // namespace

http::Response get_object_acl(Call& call) {
    const auto stored = need_object(call, Need::owner);
    return xml_answer(acl_xml(call.owner_id(), stored.bucket.info.metadata));
}

http::Response put_object_acl(Call& call) {
    const auto stored = need_object(call, Need::owner);
    const std::string body = read_body(call, longest_setting);
    const auto wanted = acl_of_headers(call.request.head);
    if (!wanted && body.empty())
        throw failure(Code::MissingSecurityHeader).with("MissingHeaderName", "x-amz-acl");
    // Good as long as it says what the bucket's list says anyway.
    const Metadata asked = wanted ? *wanted : acl_of_xml(body);
    for (const auto& [name, value] : asked)
        if (stored.bucket.get(name) != value)
            throw failure(Code::NotImplemented,
                          "Objects have no access lists of their own: set that of the bucket.");
    return empty_answer();
}

http::Response get_object_tagging(Call& call) {
    const auto stored = need_object(call, Need::read);
    auto response = xml_answer(
        tags_xml(http::parse_query(metadata_of(stored.info.metadata, object_setting("Tagging")))));
    if (const auto version = version_of(stored.bucket, stored.name))
        response.headers.set("x-amz-version-id", *version);
    return response;
}

http::Response put_object_tagging(Call& call) {
    auto stored = need_object(call, Need::write);
    const auto tags = tags_of_xml(read_body(call, longest_setting), most_object_tags);
    return save(call, stored, {{object_setting("Tagging"), tags_text(tags)}}, 200);
}

http::Response delete_object_tagging(Call& call) {
    auto stored = need_object(call, Need::write);
    return save(call, stored, {{object_setting("Tagging"), ""}}, 204);
}

http::Response get_retention(Call& call) {
    const auto stored = need_object(call, Need::read);
    need_locking(stored.bucket);
    const auto retention = retention_of(stored.info.metadata);
    if (retention.mode.empty()) throw failure(Code::NoSuchObjectLockConfiguration);
    return xml_answer(retention_xml(retention));
}

http::Response put_retention(Call& call) {
    auto stored = need_object(call, Need::write);
    need_locking(stored.bucket);
    const auto wanted = retention_of_xml(read_body(call, longest_setting), call.request.now);
    if (!may_become(retention_of(stored.info.metadata), wanted, call.request.now,
                    bypasses_governance(call.request)))
        throw failure(Code::AccessDenied, "Access Denied because object protected by object lock.");
    return save(call, stored,
                {{lock_mode_header, wanted.mode},
                 {lock_until_header, wanted.until ? iso_time(*wanted.until, 3) : ""}},
                200);
}

http::Response get_legal_hold(Call& call) {
    const auto stored = need_object(call, Need::read);
    need_locking(stored.bucket);
    const auto hold = metadata_of(stored.info.metadata, legal_hold_header);
    if (hold.empty()) throw failure(Code::NoSuchObjectLockConfiguration);
    Xml xml("LegalHold");
    xml.text("Status", hold);
    return xml_answer(xml.finish());
}

http::Response put_legal_hold(Call& call) {
    auto stored = need_object(call, Need::write);
    need_locking(stored.bucket);
    const bool on = legal_hold_of_xml(read_body(call, longest_setting));
    return save(call, stored, {{legal_hold_header, on ? "ON" : "OFF"}}, 200);
}

} // namespace nephele::swift::s3
