// SPDX-License-Identifier: Apache-2.0
// S3's errors: every code with its status and words, and how one is written. They are thrown as
// Failure; its details become elements of the answer.
#pragma once
#include "platform/fault/fault.h"

namespace nephele::swift::s3 {

/// Named exactly as clients see them.
enum class Code {
    AccessDenied,
    AuthorizationHeaderMalformed,
    AuthorizationQueryParametersError,
    BadDigest,
    BucketAlreadyExists,
    BucketAlreadyOwnedByYou,
    BucketNotEmpty,
    EntityTooLarge,
    EntityTooSmall,
    IllegalVersioningConfigurationException,
    IncompleteBody,
    InternalError,
    InvalidAccessKeyId,
    InvalidArgument,
    InvalidBucketName,
    InvalidBucketState,
    InvalidDigest,
    InvalidLocationConstraint,
    InvalidPart,
    InvalidPartNumber,
    InvalidPartOrder,
    InvalidRange,
    InvalidRequest,
    InvalidStorageClass,
    InvalidTag,
    InvalidURI,
    KeyTooLongError,
    MalformedACLError,
    MalformedPolicy,
    MalformedTrailerError,
    MalformedXML,
    MaxMessageLengthExceeded,
    MetadataTooLarge,
    MethodNotAllowed,
    MissingContentLength,
    MissingSecurityHeader,
    NoSuchBucket,
    NoSuchBucketPolicy,
    NoSuchCORSConfiguration,
    NoSuchKey,
    NoSuchLifecycleConfiguration,
    NoSuchObjectLockConfiguration,
    NoSuchTagSet,
    NoSuchUpload,
    NoSuchVersion,
    NotImplemented,
    ObjectLockConfigurationNotFoundError,
    PreconditionFailed,
    QuotaExceeded,
    RequestTimeTooSkewed,
    RequestTimeout,
    ServiceUnavailable,
    SignatureDoesNotMatch,
    UnexpectedContent,
    XAmzContentSHA256Mismatch,
};

/// Without a message, the code's own words.
Failure failure(Code code, const std::string& message = "");
bool is(const Failure& failure, Code code);
Failure invalid_argument(const std::string& name, const std::string& value,
                         const std::string& message = "");

/// The XML body. A failure that is no S3 error (of a device, say) is told by the S3 code that fits.
std::string error_xml(const Failure& failure, const std::string& resource,
                      const std::string& request_id);
/// Its status, likewise.
int error_status(const Failure& failure);

} // namespace nephele::swift::s3
