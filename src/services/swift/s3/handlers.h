// SPDX-License-Identifier: Apache-2.0
// Private to this folder. What the table of operations (operations.cc) leads to, by file.
#pragma once
#include "services/swift/s3/call.h"

namespace nephele::swift::s3 {

// buckets.cc
http::Response list_buckets(Call& call);
http::Response create_bucket(Call& call);
http::Response head_bucket(Call& call);
http::Response delete_bucket(Call& call);

/// Makes the hidden container of a bucket; what the bucket is to keep then.
Metadata versioning_change(Call& call, const std::string& bucket, bool enabled);

// listings.cc
http::Response list_objects(Call& call);
http::Response list_objects_2(Call& call);
http::Response list_versions(Call& call);

// bucket_settings.cc
http::Response get_location(Call& call);
http::Response get_logging(Call& call);
http::Response get_bucket_acl(Call& call);
http::Response put_bucket_acl(Call& call);
http::Response get_versioning(Call& call);
http::Response put_versioning(Call& call);
http::Response get_bucket_tagging(Call& call);
http::Response put_bucket_tagging(Call& call);
http::Response delete_bucket_tagging(Call& call);
http::Response get_policy(Call& call);
http::Response put_policy(Call& call);
http::Response delete_policy(Call& call);
http::Response get_cors(Call& call);
http::Response put_cors(Call& call);
http::Response delete_cors(Call& call);
http::Response get_lifecycle(Call& call);
http::Response put_lifecycle(Call& call);
http::Response delete_lifecycle(Call& call);
http::Response get_object_lock(Call& call);
http::Response put_object_lock(Call& call);

// objects.cc
http::Response get_object(Call& call);
http::Response head_object(Call& call);
http::Response put_object(Call& call);
http::Response delete_object(Call& call);
/// The body into the writer; bytes. Throws EntityTooLarge.
std::uint64_t receive(Call& call, ObjectWriter& writer);
/// Throws MissingContentLength, EntityTooLarge.
std::uint64_t need_length(const Call& call);
/// May who asks, and do they ask, to delete what a governance lock holds.
bool bypasses_governance(const Request& request);

// object_settings.cc
http::Response get_object_acl(Call& call);
http::Response put_object_acl(Call& call);
http::Response get_object_tagging(Call& call);
http::Response put_object_tagging(Call& call);
http::Response delete_object_tagging(Call& call);
http::Response get_retention(Call& call);
http::Response put_retention(Call& call);
http::Response get_legal_hold(Call& call);
http::Response put_legal_hold(Call& call);

// copy.cc
http::Response copy_object(Call& call);
http::Response upload_part_copy(Call& call);

// delete_objects.cc
http::Response delete_objects(Call& call);

// uploads.cc, parts.cc
http::Response create_upload(Call& call);
http::Response list_uploads(Call& call);
http::Response abort_upload(Call& call);
http::Response upload_part(Call& call);
http::Response list_parts(Call& call);
http::Response complete_upload(Call& call);
/// Throws NoSuchUpload. The object that marks the upload of the request.
ObjectInfo need_upload(Call& call, const Bucket& bucket);
/// Commits a part while nobody completes or gives up the upload. Throws NoSuchUpload.
Timestamp commit_part(Call& call, const Bucket& bucket, ObjectWriter& writer);
/// Number of a part in the query. Throws InvalidArgument.
std::uint64_t part_number(const Call& call);
ObjectName part_name(const Call& call, const Bucket& bucket, std::uint64_t number);

} // namespace nephele::swift::s3
