// SPDX-License-Identifier: Apache-2.0
#include "services/swift/s3/object_headers.h"

#include "base/strings.h"
#include "services/swift/logic/checksum.h"
#include "services/swift/logic/metadata.h"
#include "services/swift/s3/acl.h"
#include "services/swift/s3/object_lock.h"
#include "services/swift/s3/tags.h"

#include <array>

namespace nephele::swift::s3 {
namespace {

constexpr std::size_t longest_metadata = 2048;
constexpr std::string_view meta_prefix = "x-amz-meta-", kept_prefix = "X-Object-Meta-";
constexpr std::array kept_headers = {"Cache-Control", "Content-Disposition", "Content-Language",
                                     "Expires", "X-Robots-Tag"};

// Proxies may take '_' and '-' for one: upstream keeps an underscore escaped.
std::string kept_name(std::string_view name) {
    return logic::title_case(std::string(kept_prefix) + replace_all(std::string(name), "_", "=5F"));
}
std::string shown_name(std::string_view kept) {
    return std::string(meta_prefix) + replace_all(lower(kept), "=5f", "_");
}

void take_metadata(const http::RequestHead& head, ObjectInfo& info) {
    std::size_t size = 0;
    for (const auto& [name, value] : head.headers.all()) {
        if (!starts_with_icase(name, meta_prefix)) continue;
        const auto rest = std::string_view(name).substr(meta_prefix.size());
        if (rest.empty()) continue;
        size += rest.size() + value.size();
        auto& kept = info.metadata[kept_name(rest)];
        kept += (kept.empty() ? "" : ",") + value;
    }
    if (size > longest_metadata)
        throw failure(Code::MetadataTooLarge)
            .with("Size", std::to_string(size))
            .with("MaxSizeAllowed", std::to_string(longest_metadata));
}

// "aws-chunked" is about the transfer, not the object.
std::string kept_encoding(const std::string& value) {
    std::vector<std::string> kept;
    for (const auto& one : split(value, ','))
        if (!trim(one).empty() && !iequals(trim(one), "aws-chunked")) kept.emplace_back(trim(one));
    return join(kept, ", ");
}

void refuse_unknown(const http::RequestHead& head) {
    const std::string storage = head.headers.get("x-amz-storage-class");
    if (!storage.empty() && storage != "STANDARD") throw failure(Code::InvalidStorageClass);
    for (const char* name :
         {"x-amz-server-side-encryption", "x-amz-server-side-encryption-customer-algorithm",
          "x-amz-server-side-encryption-customer-key", "x-amz-website-redirect-location"})
        if (head.headers.find(name))
            throw failure(Code::NotImplemented,
                          "A header you provided implies functionality that is not implemented.")
                .with("Header", name);
}
} // namespace

ObjectInfo object_from_headers(const http::RequestHead& head) {
    refuse_unknown(head);
    check_object_acl(head);
    ObjectInfo info;
    info.content_type = head.headers.get("Content-Type");
    if (info.content_type.empty()) info.content_type = "binary/octet-stream";
    take_metadata(head, info);
    for (const char* name : kept_headers)
        if (const auto* value = head.headers.find(name); value && !value->empty())
            info.metadata[name] = *value;
    if (const auto encoding = kept_encoding(head.headers.get("Content-Encoding"));
        !encoding.empty())
        info.metadata["Content-Encoding"] = encoding;
    if (const auto* tags = head.headers.find("x-amz-tagging"))
        if (const auto read = tags_of_text(*tags); !read.empty())
            info.metadata[object_setting("Tagging")] = tags_text(read);
    return info;
}

void apply_lock(ObjectInfo& info, const Call& call, const Bucket& bucket) {
    const Request& request = call.request;
    const std::string rule = bucket.setting("Object-Lock");
    const std::string mode = request.header("x-amz-object-lock-mode"),
                      until = request.header("x-amz-object-lock-retain-until-date"),
                      hold = request.header("x-amz-object-lock-legal-hold");
    if (rule.empty()) {
        if (!mode.empty() || !until.empty() || !hold.empty())
            throw failure(Code::InvalidRequest, "Bucket is missing Object Lock Configuration");
        return;
    }
    if (mode.empty() != until.empty())
        throw failure(Code::InvalidArgument,
                      "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both "
                      "be supplied");
    if (!mode.empty()) {
        check_lock_mode(mode);
        const auto time = parse_time(until);
        if (!time || *time <= request.now)
            throw invalid_argument("x-amz-object-lock-retain-until-date", until,
                                   "The retain until date must be in the future!");
        info.metadata[lock_mode_header] = mode;
        info.metadata[lock_until_header] = iso_time(*time, 3);
    } else if (const auto set = parse_lock_rule(rule); !set.mode.empty()) {
        info.metadata[lock_mode_header] = set.mode;
        info.metadata[lock_until_header] = iso_time(set.until(request.now), 3);
    }
    if (hold.empty()) return;
    if (hold != "ON" && hold != "OFF")
        throw invalid_argument("x-amz-object-lock-legal-hold", hold,
                               "Legal Hold must be either of 'ON' or 'OFF'");
    info.metadata[legal_hold_header] = hold;
}

void show_object(http::Headers& headers, const ObjectInfo& info, bool large, const Query& query) {
    headers.set("Content-Type", info.content_type);
    headers.set("ETag", quoted(shown_etag(info, large)));
    headers.set("Last-Modified", http_date(logic::last_modified(info.timestamp)));
    headers.set("Accept-Ranges", "bytes");
    for (const auto& [name, value] : info.metadata) {
        if (name.starts_with(kept_prefix))
            headers.set(shown_name(std::string_view(name).substr(kept_prefix.size())), value);
        else if (name == "Content-Encoding")
            headers.set(name, value);
    }
    for (const char* name : kept_headers)
        if (const auto value = metadata_of(info.metadata, name); !value.empty())
            headers.set(name, value);
    if (const auto tags = metadata_of(info.metadata, object_setting("Tagging")); !tags.empty())
        headers.set("x-amz-tagging-count", std::to_string(http::parse_query(tags).size()));
    if (const auto mode = metadata_of(info.metadata, lock_mode_header); !mode.empty()) {
        headers.set("x-amz-object-lock-mode", mode);
        headers.set("x-amz-object-lock-retain-until-date",
                    metadata_of(info.metadata, lock_until_header));
    }
    if (const auto hold = metadata_of(info.metadata, legal_hold_header); !hold.empty())
        headers.set("x-amz-object-lock-legal-hold", hold);
    for (const char* name : {"content-type", "content-language", "expires", "cache-control",
                             "content-disposition", "content-encoding"})
        if (const auto* value = query.find(std::string("response-") + name))
            headers.set(name, *value);
}

std::optional<std::string> version_of(const Bucket& bucket, const ObjectName& name) {
    if (bucket.versioning == logic::Versioning::off) return std::nullopt;
    if (name.container != bucket.versions_container()) return "null";
    const auto version = logic::parse_version_name(name.object);
    return version ? version->id.text() : "null";
}

} // namespace nephele::swift::s3
