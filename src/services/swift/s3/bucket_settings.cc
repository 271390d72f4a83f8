// SPDX-License-Identifier: Apache-2.0
// What is set on a bucket: kept in its container's system metadata.
#include "base/strings.h"
#include "platform/xml/xml.h"
#include "services/swift/s3/acl.h"
#include "services/swift/s3/cors.h"
#include "services/swift/s3/handlers.h"
#include "services/swift/s3/lifecycle.h"
#include "services/swift/s3/object_lock.h"
#include "services/swift/s3/policy.h"
#include "services/swift/s3/tags.h"

namespace nephele::swift::s3 {
namespace {

constexpr std::size_t longest_setting = 256 * 1024, longest_policy = 20 * 1024;

// Body and headers of containers are kept as one record: longer ones have no place.
void save_setting(Call& call, const std::string& name, const std::string& value) {
    save_bucket(call, {{setting_header(name), value}});
}

std::string need_setting(const Bucket& bucket, const std::string& name, Code missing) {
    auto value = bucket.setting(name);
    if (value.empty()) throw failure(missing).with("BucketName", bucket.name);
    return value;
}
} // namespace

http::Response get_location(Call& call) {
    need_bucket(call, Need::read);
    Xml xml("LocationConstraint");
    std::string document = xml.finish();
    // The oldest region has no name; others are the text of the root.
    if (call.settings.region != "us-east-1") {
        const auto at = document.rfind("</");
        document.insert(at, xml::escaped(call.settings.region));
    }
    return xml_answer(std::move(document));
}

http::Response get_logging(Call& call) {
    need_bucket(call, Need::owner);
    return xml_answer(Xml("BucketLoggingStatus").finish());
}

http::Response get_bucket_acl(Call& call) {
    const Bucket bucket = need_bucket(call, Need::owner);
    return xml_answer(acl_xml(call.owner_id(), bucket.info.metadata));
}

http::Response put_bucket_acl(Call& call) {
    need_bucket(call, Need::owner);
    const std::string body = read_body(call, longest_setting);
    const auto by_header = acl_of_headers(call.request.head);
    if (by_header && !body.empty()) throw failure(Code::UnexpectedContent);
    if (!by_header && body.empty())
        throw failure(Code::MissingSecurityHeader).with("MissingHeaderName", "x-amz-acl");
    save_bucket(call, by_header ? *by_header : acl_of_xml(body));
    return empty_answer();
}

http::Response get_versioning(Call& call) {
    const Bucket bucket = need_bucket(call, Need::owner);
    Xml xml("VersioningConfiguration");
    if (bucket.versioning != logic::Versioning::off)
        xml.text("Status",
                 bucket.versioning == logic::Versioning::enabled ? "Enabled" : "Suspended");
    return xml_answer(xml.finish());
}

http::Response put_versioning(Call& call) {
    const Bucket bucket = need_bucket(call, Need::owner);
    const auto root = xml::parse(read_body(call, longest_setting));
    if (!root || root->name != "VersioningConfiguration") throw failure(Code::MalformedXML);
    if (const auto* mfa = root->child("MfaDelete"); mfa && mfa->text == "Enabled")
        throw failure(Code::NotImplemented, "MFA delete is not implemented.");
    const auto* status = root->child("Status");
    if (!status || (status->text != "Enabled" && status->text != "Suspended"))
        throw failure(Code::IllegalVersioningConfigurationException);
    const bool enabled = status->text == "Enabled";
    if (!enabled && bucket.versioning == logic::Versioning::off) {
        // As S3: suspended from the start is a state of its own, with a null version only.
        save_bucket(call, versioning_change(call, bucket.name, false));
        return empty_answer();
    }
    if (!enabled && !bucket.setting("Object-Lock").empty())
        throw failure(Code::InvalidBucketState,
                      "An Object Lock configuration is present on this bucket, so the versioning "
                      "state cannot be changed.");
    save_bucket(call, versioning_change(call, bucket.name, enabled));
    return empty_answer();
}

http::Response get_bucket_tagging(Call& call) {
    const Bucket bucket = need_bucket(call, Need::owner);
    return xml_answer(
        tags_xml(http::parse_query(need_setting(bucket, "Tagging", Code::NoSuchTagSet))));
}

http::Response put_bucket_tagging(Call& call) {
    need_bucket(call, Need::owner);
    const auto tags = tags_of_xml(read_body(call, longest_setting), most_bucket_tags);
    save_setting(call, "Tagging", tags_text(tags));
    return empty_answer(204);
}

http::Response delete_bucket_tagging(Call& call) {
    need_bucket(call, Need::owner);
    save_setting(call, "Tagging", "");
    return empty_answer(204);
}

http::Response get_policy(Call& call) {
    const Bucket bucket = need_bucket(call, Need::owner);
    http::Response response;
    response.headers.set("Content-Type", "application/json");
    response.body = need_setting(bucket, "Policy", Code::NoSuchBucketPolicy);
    return response;
}

http::Response put_policy(Call& call) {
    const Bucket bucket = need_bucket(call, Need::owner);
    const std::string document = read_body(call, longest_policy);
    check_policy(document, bucket.name);
    save_setting(call, "Policy", document);
    return empty_answer(204);
}

http::Response delete_policy(Call& call) {
    need_bucket(call, Need::owner);
    save_setting(call, "Policy", "");
    return empty_answer(204);
}

http::Response get_cors(Call& call) {
    const Bucket bucket = need_bucket(call, Need::owner);
    return xml_answer(
        cors_xml(parse_cors(need_setting(bucket, "Cors", Code::NoSuchCORSConfiguration))));
}

http::Response put_cors(Call& call) {
    need_bucket(call, Need::owner);
    save_setting(call, "Cors", cors_text(cors_of_xml(read_body(call, longest_setting))));
    return empty_answer();
}

http::Response delete_cors(Call& call) {
    need_bucket(call, Need::owner);
    save_setting(call, "Cors", "");
    return empty_answer(204);
}

http::Response get_lifecycle(Call& call) {
    const Bucket bucket = need_bucket(call, Need::owner);
    return xml_answer(lifecycle_xml(
        parse_lifecycle(need_setting(bucket, "Lifecycle", Code::NoSuchLifecycleConfiguration))));
}

http::Response put_lifecycle(Call& call) {
    const Bucket bucket = need_bucket(call, Need::owner);
    const auto rules = lifecycle_of_xml(read_body(call, longest_setting));
    // First where the task looks: a bucket it finds without rules is forgotten again.
    register_lifecycle(call.backend, call.request.account, bucket.name);
    save_setting(call, "Lifecycle", lifecycle_text(rules));
    return empty_answer();
}

http::Response delete_lifecycle(Call& call) {
    need_bucket(call, Need::owner);
    save_setting(call, "Lifecycle", "");
    return empty_answer(204);
}

http::Response get_object_lock(Call& call) {
    const Bucket bucket = need_bucket(call, Need::owner);
    return xml_answer(lock_rule_xml(parse_lock_rule(
        need_setting(bucket, "Object-Lock", Code::ObjectLockConfigurationNotFoundError))));
}

http::Response put_object_lock(Call& call) {
    const Bucket bucket = need_bucket(call, Need::owner);
    const auto rule = lock_rule_of_xml(read_body(call, longest_setting));
    if (bucket.versioning != logic::Versioning::enabled)
        throw failure(Code::InvalidBucketState,
                      "Versioning must be 'Enabled' on the bucket to apply a Object Lock "
                      "configuration");
    save_setting(call, "Object-Lock", lock_rule_text(rule));
    return empty_answer();
}

} // namespace nephele::swift::s3
