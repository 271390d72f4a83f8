// SPDX-License-Identifier: Apache-2.0
#include "services/swift/s3/policy.h"

#include "base/strings.h"
#include "platform/json/json.h"
#include "services/swift/s3/error.h"

#include <map>
#include <vector>

namespace nephele::swift::s3 {
namespace {

Failure malformed(const std::string& why) { return failure(Code::MalformedPolicy, why); }

std::vector<std::string> texts_of(const Json& value, const char* field) {
    std::vector<std::string> out;
    if (value.is_string()) return {value.as_string()};
    if (!value.is_array() || value.as_array().empty())
        throw malformed(std::string("Missing or malformed field ") + field);
    for (const Json& one : value.as_array()) {
        if (!one.is_string()) throw malformed(std::string("Malformed field ") + field);
        out.push_back(one.as_string());
    }
    return out;
}

std::vector<std::string> principals_of(const Json& value) {
    if (value.is_string() && value.as_string() == "*") return {"*"};
    if (!value.is_object()) throw malformed("Invalid principal in policy");
    for (const auto& [kind, names] : value.as_object())
        if (kind != "AWS")
            throw failure(Code::NotImplemented, "Only principals of the kind AWS are known.");
    return texts_of(value.get("AWS"), "Principal");
}

// '*' for any text, '?' for one character.
bool fits(std::string_view pattern, std::string_view text) {
    std::size_t p = 0, t = 0, star = pattern.npos, back = 0;
    while (t < text.size()) {
        if (p < pattern.size() && (pattern[p] == text[t] || pattern[p] == '?') &&
            pattern[p] != '*') {
            ++p;
            ++t;
        } else if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            back = t;
        } else if (star != pattern.npos) {
            p = star + 1;
            t = ++back;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

// "arn:aws:iam::<project>:user/<user>", "arn:aws:iam::<project>:root", a user's id, everybody.
bool names_caller(const std::string& principal, const PolicyQuestion& question) {
    if (principal == "*" || principal == question.user_id) return true;
    const std::string prefix = "arn:aws:iam::" + question.project_id + ":";
    return principal == prefix + "root" || principal == prefix + "user/" + question.user_id;
}

constexpr std::string_view resource_prefix = "arn:aws:s3:::";

Verdict judge_statement(const Json& statement, const PolicyQuestion& question) {
    bool names = false, acts = false, reaches = false;
    for (const auto& one : principals_of(statement.get("Principal")))
        names = names || names_caller(one, question);
    for (const auto& one : texts_of(statement.get("Action"), "Action"))
        acts = acts || fits(lower(one), lower(question.action));
    const std::string resource = std::string(resource_prefix) + question.bucket +
                                 (question.key.empty() ? "" : "/" + question.key);
    for (const auto& one : texts_of(statement.get("Resource"), "Resource"))
        reaches = reaches || fits(one, resource);
    if (!names || !acts || !reaches) return Verdict::silent;
    return statement.text("Effect") == "Deny" ? Verdict::deny : Verdict::allow;
}

std::vector<const Json*> statements_of(const Json& policy) {
    const Json& list = policy.get("Statement");
    std::vector<const Json*> out;
    if (list.is_object()) out.push_back(&list);
    if (list.is_array())
        for (const Json& one : list.as_array()) out.push_back(&one);
    if (out.empty()) throw malformed("Missing required field Statement");
    return out;
}

void check_statement(const Json& statement, const std::string& bucket) {
    if (!statement.is_object()) throw malformed("A statement must be an object");
    for (const auto& [field, value] : statement.as_object()) {
        if (field == "Condition" || field.starts_with("Not"))
            throw failure(Code::NotImplemented, "Policies with " + field + " are not known here.");
        if (field != "Sid" && field != "Effect" && field != "Principal" && field != "Action" &&
            field != "Resource")
            throw malformed("Unknown field " + field);
    }
    const std::string effect = statement.text("Effect");
    if (effect != "Allow" && effect != "Deny") throw malformed("Invalid effect: " + effect);
    principals_of(statement.get("Principal"));
    for (const auto& action : texts_of(statement.get("Action"), "Action"))
        if (action != "*" && !starts_with_icase(action, "s3:"))
            throw malformed("Policy has invalid action " + action);
    const std::string own = std::string(resource_prefix) + bucket;
    for (const auto& resource : texts_of(statement.get("Resource"), "Resource"))
        if (resource != own && !resource.starts_with(own + "/"))
            throw malformed("Policy has invalid resource " + resource);
}
} // namespace

void check_policy(std::string_view document, const std::string& bucket) {
    Json policy;
    try {
        policy = Json::parse(document, 16);
    } catch (const JsonError& error) {
        throw malformed(std::string("Policies must be valid JSON: ") + error.what());
    }
    if (!policy.is_object()) throw malformed("Policies must be valid JSON objects");
    const std::string version = policy.text("Version");
    if (!version.empty() && version != "2012-10-17" && version != "2008-10-17")
        throw malformed("The policy must contain a valid version string");
    for (const Json* statement : statements_of(policy)) check_statement(*statement, bucket);
}

Verdict judge(const std::string& document, const PolicyQuestion& question) {
    const Json policy = Json::parse(document, 16);
    auto verdict = Verdict::silent;
    for (const Json* statement : statements_of(policy)) {
        const auto one = judge_statement(*statement, question);
        if (one == Verdict::deny) return one;
        if (one == Verdict::allow) verdict = one;
    }
    return verdict;
}

std::string policy_action(const std::string& operation) {
    static const std::map<std::string, std::string> others = {
        {"HeadObject", "GetObject"},
        {"CopyObject", "PutObject"},
        {"UploadPart", "PutObject"},
        {"UploadPartCopy", "PutObject"},
        {"CreateMultipartUpload", "PutObject"},
        {"CompleteMultipartUpload", "PutObject"},
        {"ListParts", "ListMultipartUploadParts"},
        {"ListMultipartUploads", "ListBucketMultipartUploads"},
        {"HeadBucket", "ListBucket"},
        {"ListObjects", "ListBucket"},
        {"ListObjectsV2", "ListBucket"},
        {"ListObjectVersions", "ListBucketVersions"},
        {"DeleteObjects", "DeleteObject"},
        {"GetBucketLifecycleConfiguration", "GetLifecycleConfiguration"},
        {"PutBucketLifecycleConfiguration", "PutLifecycleConfiguration"},
        {"DeleteBucketLifecycle", "PutLifecycleConfiguration"},
        {"DeleteBucketTagging", "PutBucketTagging"},
        {"DeleteBucketCors", "PutBucketCORS"},
        {"GetBucketCors", "GetBucketCORS"},
        {"PutBucketCors", "PutBucketCORS"},
        {"GetObjectLockConfiguration", "GetBucketObjectLockConfiguration"},
        {"PutObjectLockConfiguration", "PutBucketObjectLockConfiguration"}};
    const auto found = others.find(operation);
    return "s3:" + (found == others.end() ? operation : found->second);
}

} // namespace nephele::swift::s3
