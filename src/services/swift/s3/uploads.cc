// SPDX-License-Identifier: Apache-2.0
// Multipart uploads: begun, listed, given up. As upstream lays them out: in "<bucket>+segments",
// an object "<key>/<upload id>" marks the upload and "<key>/<upload id>/<n>" are its parts.
#include "base/strings.h"
#include "services/swift/s3/handlers.h"
#include "services/swift/s3/listing.h"
#include "services/swift/s3/object_headers.h"
#include "services/swift/s3/versioned.h"

namespace nephele::swift::s3 {
namespace {

ObjectName marker_name(const Call& call, const Bucket& bucket, const std::string& upload_id) {
    return {call.request.account, bucket.segments_container(),
            call.request.key() + "/" + upload_id};
}

bool is_upload_id(std::string_view text) {
    return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

struct Upload {
    std::string key, id;
    Timestamp begun;
};

// The upload a row marks; nothing for parts.
std::optional<Upload> upload_of(const ListedObject& row) {
    const auto slash = row.name.rfind('/');
    if (slash == row.name.npos || slash == 0) return std::nullopt;
    const std::string id = row.name.substr(slash + 1);
    if (!is_upload_id(id)) return std::nullopt;
    return Upload{row.name.substr(0, slash), id, row.timestamp};
}

// Every upload whose key begins so, until `enough` says stop. Parts are jumped over.
template <class Take>
void each_upload(Call& call, const Bucket& bucket, const std::string& prefix, Take&& take) {
    ListQuery query;
    query.prefix = prefix;
    for (;;) {
        const auto rows =
            call.backend.objects(call.request.account, bucket.segments_container(), query);
        if (rows.empty()) return;
        std::string last_marker;
        for (const auto& row : rows) {
            query.marker = row.name;
            if (auto upload = upload_of(row)) {
                last_marker = row.name;
                if (upload->key.starts_with(prefix) && !take(*upload)) return;
            } else if (!last_marker.empty() && row.name.starts_with(last_marker + "/")) {
                // Behind all names with this beginning.
                query.marker = last_marker + "/\xff";
                break;
            }
        }
    }
}

void write_owner(Xml& xml, const char* element, const std::string& id) {
    xml.open(element).text("ID", id).text("DisplayName", id).close();
}
} // namespace

ObjectInfo need_upload(Call& call, const Bucket& bucket) {
    const std::string id = call.request.query.get("uploadId");
    auto info = is_upload_id(id) ? call.backend.head(marker_name(call, bucket, id)) : std::nullopt;
    if (!info) throw failure(Code::NoSuchUpload).with("UploadId", id);
    return std::move(*info);
}

http::Response create_upload(Call& call) {
    const Bucket bucket = need_bucket(call, Need::write);
    ObjectInfo info = object_from_headers(call.request.head);
    apply_lock(info, call, bucket);
    call.backend.save_container(call.request.account, bucket.segments_container(), {}, std::nullopt,
                                true, call.backend.now());
    // Upstream keeps the type apart: that of the marker need not be the object's.
    info.metadata[object_setting("Has-Content-Type")] =
        call.request.has_header("Content-Type") ? "yes" : "no";
    info.metadata[object_setting("Content-Type")] = info.content_type;
    info.data_timestamp = info.timestamp = call.backend.now();
    const std::string id = call.ids.hex();
    auto writer = call.backend.put(marker_name(call, bucket, id), 0, 0);
    writer->commit(std::move(info));
    Xml xml("InitiateMultipartUploadResult");
    xml.text("Bucket", bucket.name).text("Key", call.request.key()).text("UploadId", id);
    return xml_answer(xml.finish());
}

http::Response abort_upload(Call& call) {
    const Bucket bucket = need_bucket(call, Need::write);
    need_upload(call, bucket);
    const std::string id = call.request.query.get("uploadId");
    const auto marker = marker_name(call, bucket, id);
    const auto lock = call.locks.hold(marker);
    // The mark goes first: no part is taken any more.
    call.backend.remove(marker, call.backend.now());
    drop_parts(call, bucket, call.request.key(), id);
    return empty_answer(204);
}

http::Response list_uploads(Call& call) {
    const Bucket bucket = need_bucket(call, Need::read);
    const Request& request = call.request;
    const ListNames names = read_list_names(request.query);
    const std::string key_marker = request.query.get("key-marker"),
                      id_marker = request.query.get("upload-id-marker");
    const auto most =
        std::min(request.number("max-uploads", call.settings.max_listed), call.settings.max_listed);
    std::vector<Upload> uploads;
    std::vector<std::string> prefixes;
    bool truncated = false;
    each_upload(call, bucket, names.prefix, [&](const Upload& upload) {
        if (upload.key < key_marker ||
            (upload.key == key_marker && (id_marker.empty() || upload.id <= id_marker)))
            return true;
        const auto common = common_prefix(names, upload.key);
        if (common && ((!prefixes.empty() && prefixes.back() == *common) || *common <= key_marker))
            return true;
        if (uploads.size() + prefixes.size() >= most) {
            truncated = most > 0;
            return false;
        }
        if (common)
            prefixes.push_back(*common);
        else
            uploads.push_back(upload);
        return true;
    });
    Xml xml("ListMultipartUploadsResult");
    xml.text("Bucket", bucket.name).text("KeyMarker", names.shown(key_marker));
    xml.text("UploadIdMarker", id_marker);
    if (truncated) {
        const bool by_prefix =
            uploads.empty() || (!prefixes.empty() && prefixes.back() > uploads.back().key);
        xml.text("NextKeyMarker", names.shown(by_prefix ? prefixes.back() : uploads.back().key));
        xml.text("NextUploadIdMarker", by_prefix ? "" : uploads.back().id);
    }
    names.write(xml);
    xml.number("MaxUploads", most).boolean("IsTruncated", truncated);
    for (const auto& upload : uploads) {
        xml.open("Upload").text("Key", names.shown(upload.key)).text("UploadId", upload.id);
        write_owner(xml, "Initiator", call.owner_id());
        write_owner(xml, "Owner", call.owner_id());
        xml.text("StorageClass", "STANDARD").text("Initiated", xml_time(upload.begun)).close();
    }
    for (const auto& prefix : prefixes)
        xml.open("CommonPrefixes").text("Prefix", names.shown(prefix)).close();
    return xml_answer(xml.finish());
}

} // namespace nephele::swift::s3
