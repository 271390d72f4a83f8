// SPDX-License-Identifier: Apache-2.0
// Objects: put, get, head, delete.
#include "base/strings.h"
#include "services/swift/logic/conditions.h"
#include "services/swift/logic/metadata.h"
#include "services/swift/s3/handlers.h"
#include "services/swift/s3/object_headers.h"
#include "services/swift/s3/versioned.h"

namespace nephele::swift::s3 {
namespace {

constexpr std::uint64_t sent_at_once = 64 * 1024;
constexpr std::size_t piece_bytes = 256 * 1024;

// What a GET or HEAD is about.
struct Found {
    std::shared_ptr<ObjectReader> reader;
    ObjectInfo info;
    bool large = false;
    std::vector<std::uint64_t> parts;
    std::optional<std::string> version;
};

[[noreturn]] void throw_marker(Timestamp id, Code code, const std::string& key) {
    throw failure(code)
        .with("Key", key)
        .header("x-amz-delete-marker", "true")
        .header("x-amz-version-id", id.text());
}

// The bytes of one version, with the bucket it is in.
Found find(Call& call, const Bucket& bucket) {
    const Request& request = call.request;
    ObjectName name = call.object();
    const auto* version = request.query.find("versionId");
    if (version) name = version_object(bucket, name, *version);
    auto opened = open_followed(call.backend, name);
    const bool covered =
        version && *version == "null" && opened.reader && opened.name.container != request.bucket();
    if (!opened.reader || covered ||
        logic::is_expired(opened.reader->info().metadata, request.now)) {
        if (version)
            throw failure(Code::NoSuchVersion)
                .with("Key", request.key())
                .with("VersionId", *version);
        if (const auto marker = newest_delete_marker(call, bucket, request.key()))
            throw_marker(*marker, Code::NoSuchKey, request.key());
        throw no_such_key(request.key());
    }
    Found found{std::move(opened.reader),
                {},
                opened.large,
                std::move(opened.parts),
                version_of(bucket, opened.name)};
    found.info = found.reader->info();
    if (logic::is_delete_marker(found.info.content_type)) {
        const auto id = logic::parse_version_name(opened.name.object);
        throw_marker(id ? id->id : found.info.timestamp, Code::MethodNotAllowed, request.key());
    }
    return found;
}

// Nothing: go on. 304 has no body and no error.
std::optional<http::Response> unmodified(const Request& request, const Found& found) {
    logic::Conditions asked{request.header("If-Match"), request.header("If-None-Match"),
                            request.header("If-Modified-Since"),
                            request.header("If-Unmodified-Since")};
    // S3 lets the entity tag decide where both are given.
    if (!asked.if_match.empty()) asked.if_unmodified_since.clear();
    if (!asked.if_none_match.empty()) asked.if_modified_since.clear();
    const std::string etag = shown_etag(found.info, found.large);
    const int status =
        logic::check_conditions(asked, etag, logic::last_modified(found.info.timestamp));
    if (status == 412)
        throw failure(Code::PreconditionFailed)
            .with("Condition", asked.if_match.empty() ? "If-Unmodified-Since" : "If-Match");
    if (status == 200) return std::nullopt;
    http::Response response = empty_answer(304);
    response.headers.set("ETag", quoted(etag));
    response.headers.set("Last-Modified", http_date(logic::last_modified(found.info.timestamp)));
    return response;
}

struct Span {
    std::uint64_t first = 0, length = 0;
    bool partial = false;
};

Span part_span(const Request& request, const Found& found, http::Headers& headers) {
    const auto number = to_int(request.query.get("partNumber"));
    if (!number || *number < 1 || *number > 10000)
        throw invalid_argument("partNumber", request.query.get("partNumber"),
                               "Part number must be an integer between 1 and 10000, inclusive");
    if (request.has_header("Range"))
        throw failure(Code::InvalidRequest,
                      "Cannot specify both Range header and partNumber query parameter");
    if (!found.large) {
        if (*number != 1) throw failure(Code::InvalidPartNumber);
        return {0, found.info.bytes, true};
    }
    if (static_cast<std::uint64_t>(*number) > found.parts.size())
        throw failure(Code::InvalidPartNumber);
    Span span{0, found.parts[static_cast<std::size_t>(*number) - 1], true};
    for (std::int64_t i = 0; i + 1 < *number; ++i)
        span.first += found.parts[static_cast<std::size_t>(i)];
    headers.set("x-amz-mp-parts-count", std::to_string(found.parts.size()));
    return span;
}

Span span_of(const Request& request, const Found& found, http::Headers& headers) {
    if (request.query.has("partNumber")) return part_span(request, found, headers);
    const auto ranges = logic::ranges_of(request.header("Range"), found.info.bytes);
    // Several ranges at once are answered with everything.
    if (!ranges || ranges->size() > 1) return {0, found.info.bytes, false};
    if (ranges->empty())
        throw failure(Code::InvalidRange)
            .with("ActualObjectSize", std::to_string(found.info.bytes))
            .with("RangeRequested", request.header("Range"));
    return {ranges->front().first, ranges->front().length(), true};
}

void read_whole(ObjectReader& reader, Span span, std::string& into) {
    into.resize(static_cast<std::size_t>(span.length));
    for (std::size_t at = 0; at < into.size();) {
        const std::size_t count = reader.read(span.first + at, into.data() + at, into.size() - at);
        if (count == 0) throw failure(Code::InternalError);
        at += count;
    }
}

void send(const std::shared_ptr<ObjectReader>& reader, Span span, http::Response& response) {
    if (span.length <= sent_at_once) {
        read_whole(*reader, span, response.body);
        return;
    }
    response.file = reader->file(span.first, span.length);
    if (response.file) return;
    response.headers.set("Content-Length", std::to_string(span.length));
    response.stream = [reader, span](http::BodyWriter& out) {
        std::string buffer(piece_bytes, '\0');
        for (std::uint64_t sent = 0; sent < span.length;) {
            const auto want = static_cast<std::size_t>(
                std::min<std::uint64_t>(buffer.size(), span.length - sent));
            const std::size_t count = reader->read(span.first + sent, buffer.data(), want);
            if (count == 0) throw http::TransferError("the object ended early");
            out.write({buffer.data(), count});
            sent += count;
        }
    };
}

http::Response read_object(Call& call, bool with_body) {
    const Bucket bucket = need_bucket(call, Need::read);
    const Found found = find(call, bucket);
    http::Response response;
    if (auto unchanged = unmodified(call.request, found)) {
        response = std::move(*unchanged);
    } else {
        const Span span = span_of(call.request, found, response.headers);
        show_object(response.headers, found.info, found.large, call.request.query);
        if (span.partial) {
            response.status = 206;
            response.headers.set("Content-Range",
                                 format("bytes {}-{}/{}", span.first,
                                        span.length ? span.first + span.length - 1 : 0,
                                        found.info.bytes));
        }
        if (!span.partial && iequals(call.request.header("x-amz-checksum-mode"), "ENABLED"))
            for (auto kind : logic::checksum_kinds) {
                const std::string name = std::string("Checksum-") + logic::name_of(kind);
                if (auto value =
                        metadata_of(found.info.metadata, logic::title_case(object_setting(name)));
                    !value.empty())
                    response.headers.set("x-amz-" + lower(name), value);
            }
        if (with_body)
            send(found.reader, span, response);
        else
            response.headers.set("Content-Length", std::to_string(span.length));
    }
    if (found.version) response.headers.set("x-amz-version-id", *found.version);
    return response;
}
} // namespace

http::Response get_object(Call& call) { return read_object(call, true); }
http::Response head_object(Call& call) { return read_object(call, false); }

std::uint64_t receive(Call& call, ObjectWriter& writer) {
    std::string buffer(piece_bytes, '\0');
    std::uint64_t bytes = 0;
    while (const std::size_t count = call.body.read(buffer.data(), buffer.size())) {
        bytes += count;
        if (bytes > call.settings.max_object) throw failure(Code::EntityTooLarge);
        writer.write({buffer.data(), count});
    }
    return bytes;
}

std::uint64_t need_length(const Call& call) {
    const auto length = call.body.length();
    if (!length) throw failure(Code::MissingContentLength);
    if (*length > call.settings.max_object)
        throw failure(Code::EntityTooLarge)
            .with("ProposedSize", std::to_string(*length))
            .with("MaxSizeAllowed", std::to_string(call.settings.max_object));
    return *length;
}

http::Response put_object(Call& call) {
    const Bucket bucket = need_bucket(call, Need::write);
    ObjectInfo info = object_from_headers(call.request.head);
    apply_lock(info, call, bucket);
    const std::uint64_t length = need_length(call);
    check_quota(call, bucket, length);
    NewObject object(call, bucket, call.request.key(), length);
    receive(call, object.writer());
    http::Response response;
    if (const auto checksum = call.body.checksum()) {
        const std::string name = std::string("Checksum-") + logic::name_of(checksum->first);
        info.metadata[logic::title_case(object_setting(name))] = checksum->second;
        response.headers.set("x-amz-" + lower(name), checksum->second);
    }
    const std::string etag = object.writer().etag();
    const auto stored = object.commit(std::move(info));
    response.headers.set("ETag", quoted(etag));
    if (stored.version) response.headers.set("x-amz-version-id", *stored.version);
    return response;
}

bool bypasses_governance(const Request& request) {
    return request.owner && iequals(request.header("x-amz-bypass-governance-retention"), "true");
}

http::Response delete_object(Call& call) {
    const Bucket bucket = need_bucket(call, Need::write);
    const auto removed =
        remove_object(call, bucket, call.request.key(), call.request.query.find("versionId"),
                      bypasses_governance(call.request));
    http::Response response = empty_answer(204);
    if (removed.version) response.headers.set("x-amz-version-id", *removed.version);
    if (removed.marker) response.headers.set("x-amz-delete-marker", "true");
    return response;
}

} // namespace nephele::swift::s3
