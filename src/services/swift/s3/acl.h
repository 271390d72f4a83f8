// SPDX-License-Identifier: Apache-2.0
// S3's access lists as far as containers can say them: canned ones and grants to everybody become
// X-Container-Read and -Write, and are shown from these. Pure.
#pragma once
#include "services/swift/model/records.h"
#include "services/swift/s3/request.h"

namespace nephele::swift::s3 {

/// What to set on the container; empty values remove. Throws InvalidArgument, NotImplemented.
Metadata acl_of_canned(const std::string& name);
/// Throws MalformedACLError, NotImplemented for grants that containers cannot express.
Metadata acl_of_xml(std::string_view document);
/// x-amz-acl or x-amz-grant-*; nothing when neither is there. Throws also InvalidRequest for both.
std::optional<Metadata> acl_of_headers(const http::RequestHead& head);
/// Canned names that objects may be given although they have no lists of their own.
void check_object_acl(const http::RequestHead& head);

std::string acl_xml(const std::string& owner, const Metadata& container);

} // namespace nephele::swift::s3
