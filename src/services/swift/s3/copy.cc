// SPDX-License-Identifier: Apache-2.0
// Copies: an object to an object, or a range of one to a part of an upload.
#include "base/strings.h"
#include "services/swift/logic/conditions.h"
#include "services/swift/logic/metadata.h"
#include "services/swift/s3/handlers.h"
#include "services/swift/s3/object_headers.h"
#include "services/swift/s3/object_lock.h"
#include "services/swift/s3/tags.h"
#include "services/swift/s3/versioned.h"

namespace nephele::swift::s3 {
namespace {

struct Source {
    std::string bucket, key;
    std::optional<std::string> version_id;
};

// "/bucket/key?versionId=x", percent-encoded.
Source read_source(const std::string& header) {
    const auto bad = [&] {
        return invalid_argument("x-amz-copy-source", header,
                                "Copy Source must mention the source bucket and key: "
                                "sourcebucket/sourcekey");
    };
    std::string path = header;
    Source source;
    if (const auto mark = header.rfind("?versionId="); mark != header.npos) {
        path = header.substr(0, mark);
        source.version_id = header.substr(mark + 11);
    }
    auto decoded = percent_decode(path, false);
    if (!decoded || !is_utf8(*decoded) || decoded->find('\0') != decoded->npos) throw bad();
    std::string_view rest = *decoded;
    if (rest.starts_with('/')) rest.remove_prefix(1);
    const auto slash = rest.find('/');
    if (slash == rest.npos || slash == 0 || slash + 1 == rest.size()) throw bad();
    source.bucket = rest.substr(0, slash);
    source.key = rest.substr(slash + 1);
    return source;
}

struct Opened {
    OpenedObject object;
    std::optional<std::string> version;
};

Opened open_source(Call& call, const Source& source) {
    const Bucket bucket = need_bucket(call, source.bucket, Need::read, "GetObject", source.key);
    ObjectName name{call.request.account, source.bucket, source.key};
    if (source.version_id) name = version_object(bucket, name, *source.version_id);
    Opened opened{open_followed(call.backend, name), std::nullopt};
    const auto& reader = opened.object.reader;
    if (!reader || logic::is_expired(reader->info().metadata, call.request.now))
        throw source.version_id ? failure(Code::NoSuchVersion).with("Key", source.key)
                                : no_such_key(source.key);
    if (logic::is_delete_marker(reader->info().content_type))
        throw failure(Code::InvalidRequest,
                      "The source of a copy request may not specifically refer to a delete marker "
                      "by version id.");
    opened.version = version_of(bucket, opened.object.name);
    return opened;
}

void check_conditions(const Request& request, const OpenedObject& source) {
    logic::Conditions asked{request.header("x-amz-copy-source-if-match"),
                            request.header("x-amz-copy-source-if-none-match"),
                            request.header("x-amz-copy-source-if-modified-since"),
                            request.header("x-amz-copy-source-if-unmodified-since")};
    if (!asked.if_match.empty()) asked.if_unmodified_since.clear();
    if (!asked.if_none_match.empty()) asked.if_modified_since.clear();
    const auto& info = source.reader->info();
    if (logic::check_conditions(asked, shown_etag(info, source.large),
                                logic::last_modified(info.timestamp)) != 200)
        throw failure(Code::PreconditionFailed);
}

void copy_bytes(ObjectReader& from, std::uint64_t first, std::uint64_t length, ObjectWriter& to) {
    std::string buffer(256 * 1024, '\0');
    for (std::uint64_t done = 0; done < length;) {
        const auto want =
            static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), length - done));
        const std::size_t count = from.read(first + done, buffer.data(), want);
        if (count == 0) throw failure(Code::InternalError);
        to.write({buffer.data(), count});
        done += count;
    }
}

// "COPY" (or nothing) and "REPLACE".
bool replaces(const Request& request, const char* header) {
    const std::string directive = request.header(header);
    if (directive.empty() || directive == "COPY") return false;
    if (directive == "REPLACE") return true;
    throw invalid_argument(header, directive, "Unknown directive.");
}

// What belongs to the source as an object of its own does not come along.
bool is_own(const std::string& name) {
    return name.starts_with("X-Object-Sysmeta-Slo-") || name.starts_with("X-Static-") ||
           name == object_setting("Etag") || name == object_setting("Upload-Id") ||
           name == lock_mode_header || name == lock_until_header || name == legal_hold_header ||
           name == "X-Delete-At";
}

ObjectInfo copied_info(const Call& call, const ObjectInfo& source) {
    const Request& request = call.request;
    ObjectInfo fresh = object_from_headers(request.head);
    ObjectInfo info;
    if (replaces(request, "x-amz-metadata-directive")) {
        info = fresh;
        info.metadata.erase(object_setting("Tagging"));
    } else {
        info.content_type = source.content_type;
        for (const auto& [name, value] : source.metadata)
            if (!is_own(name)) info.metadata[name] = value;
    }
    const std::string tagging = object_setting("Tagging");
    const Metadata& tags_from =
        replaces(request, "x-amz-tagging-directive") ? fresh.metadata : source.metadata;
    info.metadata.erase(tagging);
    if (auto tags = metadata_of(tags_from, tagging); !tags.empty()) info.metadata[tagging] = tags;
    return info;
}

std::string copy_result(const char* root, const std::string& etag, Timestamp when) {
    Xml xml(root);
    xml.text("LastModified", xml_time(when)).text("ETag", quoted(etag));
    return xml.finish();
}

void show_source(http::Response& response, const Opened& source) {
    if (source.version) response.headers.set("x-amz-copy-source-version-id", *source.version);
}
} // namespace

http::Response copy_object(Call& call) {
    const Request& request = call.request;
    const Bucket bucket = need_bucket(call, Need::write);
    const Source named = read_source(request.header("x-amz-copy-source"));
    if (request.has_header("Range")) throw invalid_argument("Range", request.header("Range"));
    Opened source = open_source(call, named);
    check_conditions(request, source.object);
    const bool onto_itself = named.bucket == request.bucket() && named.key == request.key();
    if (onto_itself && !named.version_id && !replaces(request, "x-amz-metadata-directive") &&
        !replaces(request, "x-amz-tagging-directive"))
        throw failure(Code::InvalidRequest,
                      "This copy request is illegal because it is trying to copy an object to "
                      "itself without changing the object's metadata, storage class, website "
                      "redirect location or encryption attributes.");
    const ObjectInfo& from = source.object.reader->info();
    if (from.bytes > call.settings.max_object)
        throw failure(Code::InvalidRequest, "The specified copy source is larger than the maximum "
                                            "allowable size for a copy source: 5368709120");
    ObjectInfo info = copied_info(call, from);
    apply_lock(info, call, bucket);
    check_quota(call, bucket, from.bytes);
    NewObject object(call, bucket, request.key(), from.bytes);
    copy_bytes(*source.object.reader, 0, from.bytes, object.writer());
    const std::string etag = object.writer().etag();
    const auto stored = object.commit(std::move(info));
    auto response = xml_answer(copy_result("CopyObjectResult", etag, stored.when));
    if (stored.version) response.headers.set("x-amz-version-id", *stored.version);
    show_source(response, source);
    return response;
}

http::Response upload_part_copy(Call& call) {
    const Request& request = call.request;
    const Bucket bucket = need_bucket(call, Need::write);
    need_upload(call, bucket);
    const auto name = part_name(call, bucket, part_number(call));
    Opened source = open_source(call, read_source(request.header("x-amz-copy-source")));
    check_conditions(request, source.object);
    const ObjectInfo& from = source.object.reader->info();
    std::uint64_t first = 0, length = from.bytes;
    if (request.has_header("x-amz-copy-source-range")) {
        const std::string range = request.header("x-amz-copy-source-range");
        const auto ranges = logic::ranges_of(range, from.bytes);
        const auto last = range.rfind('-') == range.npos
                              ? std::nullopt
                              : to_int(range.substr(range.rfind('-') + 1));
        if (!ranges || ranges->size() != 1 || !last ||
            static_cast<std::uint64_t>(*last) != ranges->front().last)
            throw invalid_argument("x-amz-copy-source-range", range,
                                   "The x-amz-copy-source-range value must be of the form "
                                   "bytes=first-last where first and last are the zero-based "
                                   "offsets of the first and last bytes to copy");
        first = ranges->front().first;
        length = ranges->front().length();
    }
    if (length > call.settings.max_object) throw failure(Code::EntityTooLarge);
    check_quota(call, bucket, length);
    auto writer = call.backend.put(name, 0, length);
    copy_bytes(*source.object.reader, first, length, *writer);
    const std::string etag = writer->etag();
    const Timestamp when = commit_part(call, bucket, *writer);
    auto response = xml_answer(copy_result("CopyPartResult", etag, when));
    show_source(response, source);
    return response;
}

} // namespace nephele::swift::s3
