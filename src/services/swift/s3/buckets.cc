// SPDX-License-Identifier: Apache-2.0
// Buckets: listed, made, looked for, removed.
#include "base/strings.h"
#include "platform/xml/xml.h"
#include "services/swift/s3/acl.h"
#include "services/swift/s3/handlers.h"
#include "services/swift/s3/object_lock.h"
#include "services/swift/s3/versioned.h"

namespace nephele::swift::s3 {
namespace {

// The region asked for in the body, if there is one.
void check_location(Call& call) {
    const std::string body = read_body(call, 64 * 1024);
    if (trim(body).empty()) return;
    const auto root = xml::parse(body);
    if (!root || root->name != "CreateBucketConfiguration") throw failure(Code::MalformedXML);
    const auto* location = root->child("LocationConstraint");
    if (location && !location->text.empty() && !iequals(location->text, call.settings.region))
        throw failure(Code::InvalidLocationConstraint).with("LocationConstraint", location->text);
}

bool has_objects(Call& call, const std::string& container) {
    ListQuery query;
    query.limit = 1;
    return !call.backend.objects(call.request.account, container, query).empty();
}

void empty_and_remove(Call& call, const std::string& container) {
    const std::string& account = call.request.account;
    if (!call.backend.container(account, container)) return;
    ListQuery query;
    for (;;) {
        const auto rows = call.backend.objects(account, container, query);
        if (rows.empty()) break;
        for (const auto& row : rows)
            call.backend.remove({account, container, row.name}, call.backend.now());
        query.marker = rows.back().name;
    }
    call.backend.delete_container(account, container, call.backend.now());
}

// Only who owns an account makes and lists buckets in it.
void need_owner(const Call& call) {
    if (!call.request.owner) throw failure(Code::AccessDenied);
}
} // namespace

Metadata versioning_change(Call& call, const std::string& bucket, bool enabled) {
    call.backend.save_container(call.request.account, logic::versions_container_name(bucket), {},
                                std::nullopt, true, call.backend.now());
    return {{logic::versions_enabled_header, enabled ? "True" : "False"}};
}

http::Response list_buckets(Call& call) {
    need_owner(call);
    Xml xml("ListAllMyBucketsResult");
    xml.open("Owner").text("ID", call.owner_id()).text("DisplayName", call.owner_id()).close();
    xml.open("Buckets");
    ListQuery query;
    query.prefix = call.request.query.get("prefix");
    for (;;) {
        const auto rows = call.backend.containers(call.request.account, query);
        if (rows.empty()) break;
        for (const auto& row : rows)
            if (is_bucket_name(row.name))
                xml.open("Bucket")
                    .text("Name", row.name)
                    .text("CreationDate", xml_time(row.timestamp))
                    .close();
        query.marker = rows.back().name;
    }
    return xml_answer(xml.finish());
}

http::Response create_bucket(Call& call) {
    need_owner(call);
    const Request& request = call.request;
    if (!is_new_bucket_name(request.bucket()))
        throw failure(Code::InvalidBucketName).with("BucketName", request.bucket());
    check_location(call);
    Metadata metadata = acl_of_headers(request.head).value_or(Metadata{});
    const auto lock = call.locks.hold({request.account, request.bucket(), ""});
    if (call.backend.container(request.account, request.bucket()))
        throw failure(Code::BucketAlreadyOwnedByYou).with("BucketName", request.bucket());
    if (iequals(request.header("x-amz-bucket-object-lock-enabled"), "true")) {
        metadata.merge(versioning_change(call, request.bucket(), true));
        metadata[setting_header("Object-Lock")] = lock_rule_text({});
    }
    std::erase_if(metadata, [](const auto& one) { return one.second.empty(); });
    call.backend.save_container(request.account, request.bucket(), metadata, std::nullopt, true,
                                call.backend.now());
    http::Response response = empty_answer();
    response.headers.set("Location", "/" + request.bucket());
    return response;
}

http::Response head_bucket(Call& call) {
    const Bucket bucket = need_bucket(call, Need::read);
    http::Response response = empty_answer();
    response.headers.set("x-amz-bucket-region", call.settings.region);
    response.headers.set("Content-Type", "application/xml");
    return response;
}

http::Response delete_bucket(Call& call) {
    const Bucket bucket = need_bucket(call, Need::owner);
    const std::string& account = call.request.account;
    const auto lock = call.locks.hold({account, bucket.name, ""});
    if (has_objects(call, bucket.name)) throw failure(Code::BucketNotEmpty);
    if (bucket.versioning != logic::Versioning::off &&
        has_objects(call, bucket.versions_container()))
        throw failure(Code::BucketNotEmpty, "The bucket you tried to delete is not empty. You "
                                            "must delete all versions in the bucket.");
    const auto outcome = call.backend.delete_container(account, bucket.name, call.backend.now());
    if (outcome == Outcome::not_empty) throw failure(Code::BucketNotEmpty);
    // What is left belongs to nobody: uploads never completed.
    empty_and_remove(call, bucket.segments_container());
    if (bucket.versioning != logic::Versioning::off)
        call.backend.delete_container(account, bucket.versions_container(), call.backend.now());
    return empty_answer(204);
}

} // namespace nephele::swift::s3
