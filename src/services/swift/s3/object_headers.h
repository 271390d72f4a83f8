// SPDX-License-Identifier: Apache-2.0
// Headers of S3's objects: what a request gives an object to keep, what an answer shows of it.
#pragma once
#include "services/swift/s3/call.h"

namespace nephele::swift::s3 {

/// Content type, user metadata, kept headers, tags, lock. Throws MetadataTooLarge,
/// InvalidStorageClass, NotImplemented (encryption with keys of the client, redirects),
/// InvalidTag.
ObjectInfo object_from_headers(const http::RequestHead& head);
/// The request's own lock headers, else the bucket's rule. Throws InvalidRequest, InvalidArgument.
void apply_lock(ObjectInfo& info, const Call& call, const Bucket& bucket);

/// All of an object's headers but the length.
void show_object(http::Headers& headers, const ObjectInfo& info, bool large, const Query& query);
/// The version as clients know it: nothing in a bucket without versioning.
std::optional<std::string> version_of(const Bucket& bucket, const ObjectName& name);

} // namespace nephele::swift::s3
