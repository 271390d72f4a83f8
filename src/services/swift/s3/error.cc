// SPDX-License-Identifier: Apache-2.0
#include "services/swift/s3/error.h"

#include "services/swift/s3/xml_writer.h"

#include <algorithm>
#include <iterator>

namespace nephele::swift::s3 {
namespace {

struct Row {
    Code code;
    const char* name;
    Fault fault;
    const char* message;
};

#define NEPHELE_S3_ERROR(code, fault, message)                                                     \
    { Code::code, #code, Fault::fault, message }
// In the order of the enumeration.
constexpr Row rows[] = {
    NEPHELE_S3_ERROR(AccessDenied, forbidden, "Access Denied."),
    NEPHELE_S3_ERROR(AuthorizationHeaderMalformed, bad_request,
                     "The authorization header is malformed; the authorization header requires "
                     "three components: Credential, SignedHeaders, and Signature."),
    NEPHELE_S3_ERROR(AuthorizationQueryParametersError, bad_request,
                     "Error parsing the authorization query parameters."),
    NEPHELE_S3_ERROR(BadDigest, bad_request,
                     "The digest you specified did not match what we received."),
    NEPHELE_S3_ERROR(BucketAlreadyExists, conflict,
                     "The requested bucket name is not available. Please select a different name "
                     "and try again."),
    NEPHELE_S3_ERROR(BucketAlreadyOwnedByYou, conflict,
                     "Your previous request to create the named bucket succeeded and you already "
                     "own it."),
    NEPHELE_S3_ERROR(BucketNotEmpty, conflict, "The bucket you tried to delete is not empty"),
    NEPHELE_S3_ERROR(EntityTooLarge, bad_request,
                     "Your proposed upload exceeds the maximum allowed object size."),
    NEPHELE_S3_ERROR(EntityTooSmall, bad_request,
                     "Your proposed upload is smaller than the minimum allowed object size."),
    NEPHELE_S3_ERROR(IllegalVersioningConfigurationException, bad_request,
                     "The Versioning configuration specified in the request is invalid."),
    NEPHELE_S3_ERROR(IncompleteBody, bad_request,
                     "You did not provide the number of bytes specified by the Content-Length "
                     "HTTP header."),
    NEPHELE_S3_ERROR(InternalError, internal,
                     "We encountered an internal error. Please try again."),
    NEPHELE_S3_ERROR(InvalidAccessKeyId, forbidden,
                     "The AWS Access Key Id you provided does not exist in our records."),
    NEPHELE_S3_ERROR(InvalidArgument, bad_request, "Invalid Argument."),
    NEPHELE_S3_ERROR(InvalidBucketName, bad_request, "The specified bucket is not valid."),
    NEPHELE_S3_ERROR(InvalidBucketState, conflict,
                     "The request is not valid with the current state of the bucket."),
    NEPHELE_S3_ERROR(InvalidDigest, bad_request, "The Content-MD5 you specified was invalid."),
    NEPHELE_S3_ERROR(InvalidLocationConstraint, bad_request,
                     "The specified location constraint is not valid."),
    NEPHELE_S3_ERROR(InvalidPart, bad_request,
                     "One or more of the specified parts could not be found. The part might not "
                     "have been uploaded, or the specified entity tag might not have matched the "
                     "part's entity tag."),
    NEPHELE_S3_ERROR(InvalidPartNumber, range_not_satisfiable,
                     "The requested partnumber is not satisfiable"),
    NEPHELE_S3_ERROR(InvalidPartOrder, bad_request,
                     "The list of parts was not in ascending order. Parts list must be specified "
                     "in order by part number."),
    NEPHELE_S3_ERROR(InvalidRange, range_not_satisfiable,
                     "The requested range cannot be satisfied."),
    NEPHELE_S3_ERROR(InvalidRequest, bad_request, "Invalid Request."),
    NEPHELE_S3_ERROR(InvalidStorageClass, bad_request,
                     "The storage class you specified is not valid."),
    NEPHELE_S3_ERROR(InvalidTag, bad_request, "The tag provided was not a valid tag."),
    NEPHELE_S3_ERROR(InvalidURI, bad_request, "Could not parse the specified URI"),
    NEPHELE_S3_ERROR(KeyTooLongError, bad_request, "Your key is too long."),
    NEPHELE_S3_ERROR(MalformedACLError, bad_request,
                     "The XML you provided was not well-formed or did not validate against our "
                     "published schema."),
    NEPHELE_S3_ERROR(MalformedPolicy, bad_request, "Policies must be valid JSON of a known form."),
    NEPHELE_S3_ERROR(MalformedTrailerError, bad_request,
                     "The request contained trailing data that was not well-formed or did not "
                     "conform to our published schema."),
    NEPHELE_S3_ERROR(MalformedXML, bad_request,
                     "The XML you provided was not well-formed or did not validate against our "
                     "published schema."),
    NEPHELE_S3_ERROR(MaxMessageLengthExceeded, bad_request, "Your request was too big."),
    NEPHELE_S3_ERROR(MetadataTooLarge, bad_request,
                     "Your metadata headers exceed the maximum allowed metadata size."),
    NEPHELE_S3_ERROR(MethodNotAllowed, method_not_allowed,
                     "The specified method is not allowed against this resource."),
    NEPHELE_S3_ERROR(MissingContentLength, length_required,
                     "You must provide the Content-Length HTTP header."),
    NEPHELE_S3_ERROR(MissingSecurityHeader, bad_request,
                     "Your request was missing a required header."),
    NEPHELE_S3_ERROR(NoSuchBucket, not_found, "The specified bucket does not exist."),
    NEPHELE_S3_ERROR(NoSuchBucketPolicy, not_found, "The bucket policy does not exist"),
    NEPHELE_S3_ERROR(NoSuchCORSConfiguration, not_found, "The CORS configuration does not exist"),
    NEPHELE_S3_ERROR(NoSuchKey, not_found, "The specified key does not exist."),
    NEPHELE_S3_ERROR(NoSuchLifecycleConfiguration, not_found,
                     "The lifecycle configuration does not exist."),
    NEPHELE_S3_ERROR(NoSuchObjectLockConfiguration, not_found,
                     "The specified object does not have an object lock configuration."),
    NEPHELE_S3_ERROR(NoSuchTagSet, not_found, "The TagSet does not exist"),
    NEPHELE_S3_ERROR(NoSuchUpload, not_found,
                     "The specified multipart upload does not exist. The upload ID might be "
                     "invalid, or the multipart upload might have been aborted or completed."),
    NEPHELE_S3_ERROR(NoSuchVersion, not_found, "The specified version does not exist."),
    NEPHELE_S3_ERROR(NotImplemented, not_implemented,
                     "The functionality you requested is not implemented."),
    NEPHELE_S3_ERROR(ObjectLockConfigurationNotFoundError, not_found,
                     "Object Lock configuration does not exist for this bucket"),
    NEPHELE_S3_ERROR(PreconditionFailed, precondition_failed,
                     "At least one of the preconditions you specified did not hold."),
    NEPHELE_S3_ERROR(QuotaExceeded, too_large, "The quota does not allow this."),
    NEPHELE_S3_ERROR(RequestTimeTooSkewed, forbidden,
                     "The difference between the request time and the current time is too large."),
    NEPHELE_S3_ERROR(RequestTimeout, bad_request,
                     "Your socket connection to the server was not read from or written to within "
                     "the timeout period."),
    NEPHELE_S3_ERROR(ServiceUnavailable, unavailable, "Please reduce your request rate."),
    NEPHELE_S3_ERROR(SignatureDoesNotMatch, forbidden,
                     "The request signature we calculated does not match the signature you "
                     "provided. Check your key and signing method."),
    NEPHELE_S3_ERROR(UnexpectedContent, bad_request, "This request does not support content."),
    NEPHELE_S3_ERROR(XAmzContentSHA256Mismatch, bad_request,
                     "The provided 'x-amz-content-sha256' header does not match what was "
                     "computed."),
};
#undef NEPHELE_S3_ERROR

constexpr bool in_order() {
    for (std::size_t i = 0; i < std::size(rows); ++i)
        if (static_cast<std::size_t>(rows[i].code) != i) return false;
    return rows[std::size(rows) - 1].code == Code::XAmzContentSHA256Mismatch;
}
static_assert(in_order());

const Row& row(Code code) { return rows[static_cast<std::size_t>(code)]; }

const Row& row_of(const Failure& failure) {
    for (const Row& one : rows)
        if (failure.code() == one.name) return one;
    switch (failure.kind()) {
    case Fault::unavailable:
    case Fault::insufficient_storage:
    case Fault::too_many:
        return row(Code::ServiceUnavailable);
    case Fault::not_implemented:
        return row(Code::NotImplemented);
    default:
        return row(failure.status() < 500 ? Code::InvalidRequest : Code::InternalError);
    }
}
} // namespace

Failure failure(Code code, const std::string& message) {
    const Row& one = row(code);
    return {one.fault, one.name, message.empty() ? one.message : message};
}

bool is(const Failure& failure, Code code) { return failure.code() == row(code).name; }

Failure invalid_argument(const std::string& name, const std::string& value,
                         const std::string& message) {
    return failure(Code::InvalidArgument, message)
        .with("ArgumentName", name)
        .with("ArgumentValue", value);
}

int error_status(const Failure& failure) { return static_cast<int>(row_of(failure).fault); }

std::string error_xml(const Failure& failure, const std::string& resource,
                      const std::string& request_id) {
    const Row& one = row_of(failure);
    const bool own = failure.code() == one.name;
    Xml xml("Error", Xml::Space::none);
    xml.text("Code", one.name);
    xml.text("Message", own || error_status(failure) < 500 ? failure.what() : one.message);
    if (own && failure.details().is_object())
        for (const auto& [name, value] : failure.details().as_object())
            xml.text(name, value.is_string() ? value.as_string() : value.dump());
    if (!resource.empty()) xml.text("Resource", resource);
    xml.text("RequestId", request_id);
    return xml.finish();
}

} // namespace nephele::swift::s3
