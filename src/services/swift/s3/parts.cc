// SPDX-License-Identifier: Apache-2.0
// Parts of a multipart upload: stored, listed, made one object. The object is a static large
// object as Swift's own API has them.
#include "base/strings.h"
#include "platform/xml/xml.h"
#include "services/swift/logic/large_object.h"
#include "services/swift/logic/listed_etag.h"
#include "services/swift/s3/handlers.h"
#include "services/swift/s3/versioned.h"

#include <algorithm>

namespace nephele::swift::s3 {
namespace {

constexpr std::size_t longest_completion = 4 << 20;

struct StoredPart {
    std::uint64_t number = 0;
    ListedObject row;
};

// By number.
std::vector<StoredPart> stored_parts(Call& call, const Bucket& bucket) {
    std::vector<StoredPart> parts;
    ListQuery query;
    query.prefix = call.request.key() + "/" + call.request.query.get("uploadId") + "/";
    for (;;) {
        auto rows = call.backend.objects(call.request.account, bucket.segments_container(), query);
        if (rows.empty()) break;
        query.marker = rows.back().name;
        for (auto& row : rows)
            if (const auto number = to_int(row.name.substr(query.prefix.size()));
                number && *number > 0)
                parts.push_back({static_cast<std::uint64_t>(*number), std::move(row)});
    }
    std::sort(parts.begin(), parts.end(),
              [](const auto& a, const auto& b) { return a.number < b.number; });
    return parts;
}

struct NamedPart {
    std::uint64_t number = 0;
    std::string etag;
};

std::string bare_etag(std::string_view text) {
    text = trim(text);
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
    return lower(text);
}

std::vector<NamedPart> read_completion(Call& call) {
    const auto root = xml::parse(read_body(call, longest_completion), longest_completion);
    if (!root || root->name != "CompleteMultipartUpload") throw failure(Code::MalformedXML);
    std::vector<NamedPart> parts;
    for (const auto* part : root->all("Part")) {
        const auto *number = part->child("PartNumber"), *etag = part->child("ETag");
        const auto value = number ? to_int(trim(number->text)) : std::nullopt;
        if (!value || !etag || *value < 1) throw failure(Code::MalformedXML);
        if (!parts.empty() && static_cast<std::uint64_t>(*value) <= parts.back().number)
            throw failure(Code::InvalidPartOrder)
                .with("UploadId", call.request.query.get("uploadId"));
        parts.push_back({static_cast<std::uint64_t>(*value), bare_etag(etag->text)});
    }
    if (parts.empty() || parts.size() > call.settings.max_parts) throw failure(Code::MalformedXML);
    return parts;
}

std::string s3_etag(const std::vector<NamedPart>& parts) {
    std::string digests;
    for (const auto& part : parts) digests += hex_decode(part.etag).value_or("");
    return format("{}-{}", hex_encode(crypto::md5(digests)), parts.size());
}

std::vector<logic::Segment> segments_of(Call& call, const Bucket& bucket,
                                        const std::vector<NamedPart>& wanted) {
    const auto stored = stored_parts(call, bucket);
    std::vector<logic::Segment> segments;
    for (const auto& part : wanted) {
        const auto found = std::lower_bound(
            stored.begin(), stored.end(), part.number,
            [](const StoredPart& one, std::uint64_t number) { return one.number < number; });
        const bool there = found != stored.end() && found->number == part.number &&
                           logic::parse_listed_etag(found->row.etag).etag == part.etag;
        if (!there)
            throw failure(Code::InvalidPart)
                .with("UploadId", call.request.query.get("uploadId"))
                .with("PartNumber", std::to_string(part.number))
                .with("ETag", part.etag);
        if (found->row.bytes < call.settings.min_part && &part != &wanted.back())
            throw failure(Code::EntityTooSmall)
                .with("PartNumber", std::to_string(part.number))
                .with("ProposedSize", std::to_string(found->row.bytes))
                .with("MinSizeAllowed", std::to_string(call.settings.min_part));
        logic::Segment segment;
        segment.container = bucket.segments_container();
        segment.object = found->row.name;
        segment.etag = part.etag;
        segment.size = segment.length = found->row.bytes;
        segment.content_type = found->row.content_type;
        segment.last_modified = found->row.timestamp.iso();
        segments.push_back(std::move(segment));
    }
    return segments;
}

// The object's own headers were given when the upload began.
ObjectInfo completed_info(ObjectInfo marker, const std::string& upload_id,
                          const std::string& etag) {
    ObjectInfo info;
    info.content_type = metadata_of(marker.metadata, object_setting("Content-Type"));
    info.metadata = std::move(marker.metadata);
    info.metadata.erase(object_setting("Content-Type"));
    info.metadata.erase(object_setting("Has-Content-Type"));
    info.metadata[object_setting("Upload-Id")] = upload_id;
    info.metadata[object_setting("Etag")] = etag;
    logic::ListedEtag listed;
    listed.parameters["s3_etag"] = etag;
    info.listed_etag = listed.text();
    return info;
}

http::Response completed(Call& call, const std::string& etag,
                         const std::optional<std::string>& version) {
    const Request& request = call.request;
    Xml xml("CompleteMultipartUploadResult");
    xml.text("Location", std::string(request.head.tls ? "https://" : "http://") +
                             request.header("Host") + request.head.path);
    xml.text("Bucket", request.bucket()).text("Key", request.key()).text("ETag", quoted(etag));
    auto response = xml_answer(xml.finish());
    if (version) response.headers.set("x-amz-version-id", *version);
    return response;
}

// A completion whose answer got lost is asked for again.
std::optional<http::Response> completed_before(Call& call, const std::string& etag) {
    const auto found = head_followed(call.backend, call.object());
    if (!found ||
        metadata_of(found->info.metadata, object_setting("Upload-Id")) !=
            call.request.query.get("uploadId") ||
        metadata_of(found->info.metadata, object_setting("Etag")) != etag)
        return std::nullopt;
    return completed(call, etag, std::nullopt);
}
} // namespace

std::uint64_t part_number(const Call& call) {
    const std::string text = call.request.query.get("partNumber");
    const auto number = to_int(text);
    if (!number || *number < 1 || static_cast<std::uint64_t>(*number) > call.settings.max_parts)
        throw invalid_argument("partNumber", text,
                               "Part number must be an integer between 1 and " +
                                   std::to_string(call.settings.max_parts) + ", inclusive");
    return static_cast<std::uint64_t>(*number);
}

ObjectName part_name(const Call& call, const Bucket& bucket, std::uint64_t number) {
    return {call.request.account, bucket.segments_container(),
            format("{}/{}/{}", call.request.key(), call.request.query.get("uploadId"), number)};
}

Timestamp commit_part(Call& call, const Bucket& bucket, ObjectWriter& writer) {
    const auto lock =
        call.locks.share({call.request.account, bucket.segments_container(),
                          call.request.key() + "/" + call.request.query.get("uploadId")});
    need_upload(call, bucket);
    ObjectInfo info;
    info.content_type = "application/octet-stream";
    info.data_timestamp = info.timestamp = call.backend.now();
    const Timestamp when = info.timestamp;
    if (writer.commit(std::move(info)) == Outcome::absent) throw failure(Code::NoSuchUpload);
    return when;
}

http::Response upload_part(Call& call) {
    const Bucket bucket = need_bucket(call, Need::write);
    const auto name = part_name(call, bucket, part_number(call));
    need_upload(call, bucket);
    const std::uint64_t length = need_length(call);
    check_quota(call, bucket, length);
    auto writer = call.backend.put(name, 0, length);
    receive(call, *writer);
    const std::string etag = writer->etag();
    commit_part(call, bucket, *writer);
    http::Response response = empty_answer();
    response.headers.set("ETag", quoted(etag));
    if (const auto checksum = call.body.checksum())
        response.headers.set(std::string("x-amz-checksum-") + logic::name_of(checksum->first),
                             checksum->second);
    return response;
}

http::Response list_parts(Call& call) {
    const Bucket bucket = need_bucket(call, Need::read);
    need_upload(call, bucket);
    const Request& request = call.request;
    const auto after = request.number("part-number-marker", 0);
    const auto most =
        std::min(request.number("max-parts", call.settings.max_listed), call.settings.max_listed);
    auto parts = stored_parts(call, bucket);
    std::erase_if(parts, [&](const StoredPart& part) { return part.number <= after; });
    const bool truncated = parts.size() > most;
    if (truncated) parts.resize(static_cast<std::size_t>(most));
    Xml xml("ListPartsResult");
    xml.text("Bucket", bucket.name);
    const bool encoded = request.query.get("encoding-type") == "url";
    xml.text("Key", encoded ? crypto::aws::encoded_path(request.key()) : request.key());
    xml.text("UploadId", request.query.get("uploadId"));
    for (const char* who : {"Initiator", "Owner"})
        xml.open(who).text("ID", call.owner_id()).text("DisplayName", call.owner_id()).close();
    xml.text("StorageClass", "STANDARD").number("PartNumberMarker", after);
    xml.number("NextPartNumberMarker", parts.empty() ? 0 : parts.back().number);
    xml.number("MaxParts", most);
    if (encoded) xml.text("EncodingType", "url");
    xml.boolean("IsTruncated", truncated);
    for (const auto& part : parts) {
        xml.open("Part").number("PartNumber", part.number);
        xml.text("LastModified", xml_time(part.row.timestamp));
        xml.text("ETag", quoted(part.row.etag)).number("Size", part.row.bytes).close();
    }
    return xml_answer(xml.finish());
}

http::Response complete_upload(Call& call) {
    const Bucket bucket = need_bucket(call, Need::write);
    const std::string id = call.request.query.get("uploadId");
    const auto wanted = read_completion(call);
    const std::string etag = s3_etag(wanted);
    const ObjectName marker_name{call.request.account, bucket.segments_container(),
                                 call.request.key() + "/" + id};
    std::optional<std::string> version;
    {
        const auto lock = call.locks.hold(marker_name);
        auto marker = call.backend.head(marker_name);
        if (!marker) {
            if (auto before = completed_before(call, etag)) return std::move(*before);
            throw failure(Code::NoSuchUpload).with("UploadId", id);
        }
        const auto segments = segments_of(call, bucket, wanted);
        const std::string manifest = logic::write_manifest(segments);
        ObjectInfo info = completed_info(std::move(*marker), id, etag);
        logic::describe_large_object(info, segments, manifest);
        NewObject object(call, bucket, call.request.key(), manifest.size());
        object.writer().write(manifest);
        version = object.commit(std::move(info)).version;
        call.backend.remove(marker_name, call.backend.now());
    }
    // Parts that were uploaded and not named are nobody's.
    std::vector<std::string> kept;
    for (const auto& part : wanted) kept.push_back(std::to_string(part.number));
    drop_parts(call, bucket, call.request.key(), id, kept);
    return completed(call, etag, version);
}

} // namespace nephele::swift::s3
