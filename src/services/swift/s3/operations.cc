// SPDX-License-Identifier: Apache-2.0
#include "services/swift/s3/operations.h"

#include "base/strings.h"
#include "services/swift/s3/handlers.h"

#include <algorithm>
#include <array>

namespace nephele::swift::s3 {
namespace {

// The more specific first: the first that fits is taken.
const std::vector<Operation>& table() {
    static const std::vector<Operation> all = {
        {"GET", "/", "ListBuckets", list_buckets},

        {"GET", "/{bucket}?location", "GetBucketLocation", get_location},
        {"GET", "/{bucket}?logging", "GetBucketLogging", get_logging},
        {"GET", "/{bucket}?acl", "GetBucketAcl", get_bucket_acl},
        {"PUT", "/{bucket}?acl", "PutBucketAcl", put_bucket_acl},
        {"GET", "/{bucket}?versioning", "GetBucketVersioning", get_versioning},
        {"PUT", "/{bucket}?versioning", "PutBucketVersioning", put_versioning},
        {"GET", "/{bucket}?tagging", "GetBucketTagging", get_bucket_tagging},
        {"PUT", "/{bucket}?tagging", "PutBucketTagging", put_bucket_tagging},
        {"DELETE", "/{bucket}?tagging", "DeleteBucketTagging", delete_bucket_tagging},
        {"GET", "/{bucket}?policy", "GetBucketPolicy", get_policy},
        {"PUT", "/{bucket}?policy", "PutBucketPolicy", put_policy},
        {"DELETE", "/{bucket}?policy", "DeleteBucketPolicy", delete_policy},
        {"GET", "/{bucket}?cors", "GetBucketCors", get_cors},
        {"PUT", "/{bucket}?cors", "PutBucketCors", put_cors},
        {"DELETE", "/{bucket}?cors", "DeleteBucketCors", delete_cors},
        {"GET", "/{bucket}?lifecycle", "GetBucketLifecycleConfiguration", get_lifecycle},
        {"PUT", "/{bucket}?lifecycle", "PutBucketLifecycleConfiguration", put_lifecycle},
        {"DELETE", "/{bucket}?lifecycle", "DeleteBucketLifecycle", delete_lifecycle},
        {"GET", "/{bucket}?object-lock", "GetObjectLockConfiguration", get_object_lock},
        {"PUT", "/{bucket}?object-lock", "PutObjectLockConfiguration", put_object_lock},
        {"GET", "/{bucket}?uploads", "ListMultipartUploads", list_uploads},
        {"GET", "/{bucket}?versions", "ListObjectVersions", list_versions},
        {"GET", "/{bucket}?list-type=2", "ListObjectsV2", list_objects_2},
        {"POST", "/{bucket}?delete", "DeleteObjects", delete_objects},
        {"GET", "/{bucket}", "ListObjects", list_objects},
        {"HEAD", "/{bucket}", "HeadBucket", head_bucket},
        {"PUT", "/{bucket}", "CreateBucket", create_bucket},
        {"DELETE", "/{bucket}", "DeleteBucket", delete_bucket},

        {"GET", "/{bucket}/{key}?acl", "GetObjectAcl", get_object_acl},
        {"PUT", "/{bucket}/{key}?acl", "PutObjectAcl", put_object_acl},
        {"GET", "/{bucket}/{key}?tagging", "GetObjectTagging", get_object_tagging},
        {"PUT", "/{bucket}/{key}?tagging", "PutObjectTagging", put_object_tagging},
        {"DELETE", "/{bucket}/{key}?tagging", "DeleteObjectTagging", delete_object_tagging},
        {"GET", "/{bucket}/{key}?retention", "GetObjectRetention", get_retention},
        {"PUT", "/{bucket}/{key}?retention", "PutObjectRetention", put_retention},
        {"GET", "/{bucket}/{key}?legal-hold", "GetObjectLegalHold", get_legal_hold},
        {"PUT", "/{bucket}/{key}?legal-hold", "PutObjectLegalHold", put_legal_hold},
        {"POST", "/{bucket}/{key}?uploads", "CreateMultipartUpload", create_upload},
        {"PUT", "/{bucket}/{key}?partNumber={n}&uploadId={id}", "UploadPartCopy", upload_part_copy,
         "x-amz-copy-source"},
        {"PUT", "/{bucket}/{key}?partNumber={n}&uploadId={id}", "UploadPart", upload_part},
        {"GET", "/{bucket}/{key}?uploadId={id}", "ListParts", list_parts},
        {"POST", "/{bucket}/{key}?uploadId={id}", "CompleteMultipartUpload", complete_upload},
        {"DELETE", "/{bucket}/{key}?uploadId={id}", "AbortMultipartUpload", abort_upload},
        {"PUT", "/{bucket}/{key}", "CopyObject", copy_object, "x-amz-copy-source"},
        {"GET", "/{bucket}/{key}?partNumber={part}", "GetObject", get_object},
        {"GET", "/{bucket}/{key}?versionId={version_id}", "GetObject", get_object},
        {"GET", "/{bucket}/{key}", "GetObject", get_object},
        {"HEAD", "/{bucket}/{key}", "HeadObject", head_object},
        {"PUT", "/{bucket}/{key}", "PutObject", put_object},
        {"DELETE", "/{bucket}/{key}?versionId={version_id}", "DeleteObject", delete_object},
        {"DELETE", "/{bucket}/{key}", "DeleteObject", delete_object},
    };
    return all;
}

// Known to upstream's inventory as what answers 501.
const std::vector<api::MountedOperation>& refused_operations() {
    static const std::vector<api::MountedOperation> all = {
        {"PUT", "/{bucket}?logging", "PutBucketLogging", __FILE__},
        {"GET", "/{bucket}?publicAccessBlock", "GetPublicAccessBlock", __FILE__},
        {"GET", "/{bucket}?notification", "GetBucketNotification", __FILE__},
        {"GET", "/{bucket}?requestPayment", "GetBucketRequestPayment", __FILE__},
        {"GET", "/{bucket}?website", "GetBucketWebsite", __FILE__},
        {"GET", "/{bucket}/{key}?torrent", "GetObjectTorrent", __FILE__},
        {"POST", "/{bucket}/{key}?restore", "RestoreObject", __FILE__},
        {"POST", "/{bucket}", "PostObject", __FILE__},
    };
    return all;
}

// Parameters that name another operation than the plain one of their path.
constexpr std::array subresources = {"accelerate",
                                     "acl",
                                     "analytics",
                                     "attributes",
                                     "cors",
                                     "delete",
                                     "encryption",
                                     "intelligent-tiering",
                                     "inventory",
                                     "legal-hold",
                                     "lifecycle",
                                     "location",
                                     "logging",
                                     "metrics",
                                     "notification",
                                     "object-lock",
                                     "ownershipControls",
                                     "policy",
                                     "policyStatus",
                                     "publicAccessBlock",
                                     "replication",
                                     "requestPayment",
                                     "restore",
                                     "retention",
                                     "select",
                                     "session",
                                     "tagging",
                                     "torrent",
                                     "uploadId",
                                     "uploads",
                                     "versioning",
                                     "versions",
                                     "website",
                                     "append",
                                     "rename",
                                     "renameObject"};

int level_of(std::string_view path) {
    if (path == "/") return 0;
    return path.find("{key}") == path.npos ? 1 : 2;
}
int level_of(const Target& target) {
    if (target.bucket.empty()) return 0;
    return target.key.empty() ? 1 : 2;
}

struct Parameter {
    std::string name, value; ///< "{...}": any
};
std::vector<Parameter> parameters_of(std::string_view path) {
    std::vector<Parameter> out;
    const auto mark = path.find('?');
    if (mark == path.npos) return out;
    for (const auto& piece : split(path.substr(mark + 1), '&')) {
        const auto equals = piece.find('=');
        out.push_back(
            {piece.substr(0, equals), equals == piece.npos ? "{}" : piece.substr(equals + 1)});
    }
    return out;
}

bool fits(const Operation& operation, const Request& request) {
    if (request.head.method != operation.method ||
        level_of(operation.path) != level_of(request.target))
        return false;
    if (operation.header && !request.has_header(operation.header)) return false;
    for (const auto& parameter : parameters_of(operation.path)) {
        const auto* value = request.query.find(parameter.name);
        if (!value || (!parameter.value.starts_with('{') && *value != parameter.value))
            return false;
    }
    return true;
}

bool names_subresource(const Operation& operation, std::string_view name) {
    for (const auto& parameter : parameters_of(operation.path))
        if (parameter.name == name) return true;
    return false;
}
} // namespace

const Operation& find_operation(const Request& request) {
    for (const Operation& operation : table()) {
        if (!fits(operation, request)) continue;
        // "?website" is no listing: what is asked for is another operation than the plain one.
        for (const auto& [name, value] : request.query.all()) {
            const bool known =
                std::find(subresources.begin(), subresources.end(), name) != subresources.end();
            if (known && !names_subresource(operation, name) &&
                parameters_of(operation.path).empty())
                throw failure(Code::NotImplemented,
                              "A parameter you provided implies functionality that is not "
                              "implemented: " +
                                  name);
        }
        return operation;
    }
    const std::string& method = request.head.method;
    if (method == "POST" && level_of(request.target) > 0) throw failure(Code::NotImplemented);
    throw failure(Code::MethodNotAllowed).with("Method", method);
}

std::vector<api::MountedOperation> mounted_operations() {
    std::vector<api::MountedOperation> out;
    for (const Operation& operation : table())
        out.push_back({operation.method, operation.path, operation.action, __FILE__});
    out.insert(out.end(), refused_operations().begin(), refused_operations().end());
    return out;
}

} // namespace nephele::swift::s3
