// SPDX-License-Identifier: Apache-2.0
// Lists of objects, in S3's first and second form, and of versions.
#include "base/strings.h"
#include "services/swift/logic/listed_etag.h"
#include "services/swift/s3/handlers.h"
#include "services/swift/s3/listing.h"

#include <algorithm>

namespace nephele::swift::s3 {
namespace {

// Behind every name that begins so: names are UTF-8, where this byte is none.
constexpr const char* behind_all = "\xff";

struct Page {
    std::vector<ListedObject> rows;
    bool truncated = false;
    const std::string& last() const { return rows.back().name; }
};

Page objects_after(Call& call, const ListNames& names, std::string marker, std::uint64_t most) {
    Page page;
    if (most == 0) return page;
    // A marker that is a common prefix stands for all below it.
    if (const auto common = common_prefix(names, marker); common && *common == marker)
        marker += behind_all;
    ListQuery query;
    query.prefix = names.prefix;
    query.delimiter = names.delimiter;
    query.marker = std::move(marker);
    query.limit = most + 1;
    page.rows = call.backend.objects(call.request.account, call.request.bucket(), query);
    page.truncated = page.rows.size() > most;
    if (page.truncated) page.rows.resize(static_cast<std::size_t>(most));
    return page;
}

void write_owner(Xml& xml, const Call& call) {
    xml.open("Owner").text("ID", call.owner_id()).text("DisplayName", call.owner_id()).close();
}

std::uint64_t shown_bytes(const ListedObject& row, const logic::ListedEtag& etag) {
    return etag.target_bytes().value_or(row.bytes);
}

void write_object(Xml& xml, const Call& call, const ListNames& names, const ListedObject& row,
                  bool owner) {
    const auto etag = logic::parse_listed_etag(row.etag);
    xml.open("Contents").text("Key", names.shown(row.name));
    xml.text("LastModified", xml_time(row.timestamp)).text("ETag", quoted(etag.for_s3()));
    xml.number("Size", shown_bytes(row, etag));
    if (owner) write_owner(xml, call);
    xml.text("StorageClass", "STANDARD").close();
}

void write_rows(Xml& xml, const Call& call, const ListNames& names,
                const std::vector<ListedObject>& rows, bool owner) {
    for (const auto& row : rows)
        if (!row.subdir) write_object(xml, call, names, row, owner);
    for (const auto& row : rows)
        if (row.subdir) xml.open("CommonPrefixes").text("Prefix", names.shown(row.name)).close();
}

std::uint64_t most_keys(const Call& call) {
    return std::min(call.request.number("max-keys", call.settings.max_listed),
                    call.settings.max_listed);
}
} // namespace

http::Response list_objects(Call& call) {
    const Bucket bucket = need_bucket(call, Need::read);
    const ListNames names = read_list_names(call.request.query);
    const std::string marker = call.request.query.get("marker");
    const auto most = most_keys(call);
    const Page page = objects_after(call, names, marker, most);
    Xml xml("ListBucketResult");
    xml.text("Name", bucket.name);
    names.write(xml);
    xml.text("Marker", names.shown(marker));
    if (page.truncated && !names.delimiter.empty())
        xml.text("NextMarker", names.shown(page.last()));
    xml.number("MaxKeys", most).boolean("IsTruncated", page.truncated);
    write_rows(xml, call, names, page.rows, true);
    return xml_answer(xml.finish());
}

http::Response list_objects_2(Call& call) {
    const Bucket bucket = need_bucket(call, Need::read);
    const Query& query = call.request.query;
    const ListNames names = read_list_names(query);
    const auto* token = query.find("continuation-token");
    const std::string start = query.get("start-after");
    const auto most = most_keys(call);
    const Page page = objects_after(call, names, token ? marker_of_token(*token) : start, most);
    Xml xml("ListBucketResult");
    xml.text("Name", bucket.name);
    names.write(xml);
    if (token) xml.text("ContinuationToken", *token);
    if (page.truncated) xml.text("NextContinuationToken", continuation_token(page.last()));
    if (!start.empty()) xml.text("StartAfter", names.shown(start));
    xml.number("KeyCount", page.rows.size()).number("MaxKeys", most);
    xml.boolean("IsTruncated", page.truncated);
    write_rows(xml, call, names, page.rows, iequals(query.get("fetch-owner"), "true"));
    return xml_answer(xml.finish());
}

// ---- versions ----

namespace {

// A version, or what is in the bucket itself ("null").
struct VersionRow {
    std::string key, id;
    Timestamp when;
    ListedObject row;
    bool marker = false;
};

// Two ordered lists become one: by key, within it the newest first.
class VersionCursor {
  public:
    VersionCursor(Call& call, const Bucket& bucket, const std::string& prefix)
        : call_(call), bucket_(bucket) {
        versions_query_.prefix = plain_query_.prefix = prefix;
        versions_query_.limit = plain_query_.limit = call.settings.max_listed;
    }
    void start_after(const std::string& key) {
        plain_query_.marker = key;
        versions_query_.marker = logic::version_prefix(key) + behind_all;
    }
    /// Past everything that begins so.
    void skip(const std::string& prefix) {
        versions_.clear();
        plain_.clear();
        versions_done_ = plain_done_ = false;
        start_after(prefix + behind_all);
        versions_query_.marker = prefix + behind_all;
    }
    std::optional<VersionRow> next() {
        fill();
        if (versions_.empty() && plain_.empty()) return std::nullopt;
        const bool take_plain = versions_.empty() ||
                                (!plain_.empty() && (plain_.back().key < versions_.back().key ||
                                                     (plain_.back().key == versions_.back().key &&
                                                      plain_.back().when > versions_.back().when)));
        auto& from = take_plain ? plain_ : versions_;
        VersionRow row = std::move(from.back());
        from.pop_back();
        return row;
    }

  private:
    void fill() {
        const bool hidden = bucket_.versioning != logic::Versioning::off;
        while (hidden && versions_.empty() && !versions_done_) {
            auto rows = call_.backend.objects(call_.request.account, bucket_.versions_container(),
                                              versions_query_);
            versions_done_ = rows.empty();
            if (!rows.empty()) versions_query_.marker = rows.back().name;
            for (auto& row : rows)
                if (auto version = logic::parse_version_name(row.name))
                    versions_.push_back({version->object, version->id.text(), version->id, row,
                                         logic::is_delete_marker(row.content_type)});
            std::reverse(versions_.begin(), versions_.end());
        }
        while (plain_.empty() && !plain_done_) {
            auto rows = call_.backend.objects(call_.request.account, bucket_.name, plain_query_);
            plain_done_ = rows.empty();
            if (!rows.empty()) plain_query_.marker = rows.back().name;
            for (auto& row : rows)
                // Links stand for a version that is listed itself.
                if (logic::parse_listed_etag(row.etag).parameter("version_id").empty())
                    plain_.push_back({row.name, "null", row.timestamp, row, false});
            std::reverse(plain_.begin(), plain_.end());
        }
    }
    Call& call_;
    const Bucket& bucket_;
    ListQuery versions_query_, plain_query_;
    std::vector<VersionRow> versions_, plain_; ///< the next one last
    bool versions_done_ = false, plain_done_ = false;
};

void write_version(Xml& xml, const Call& call, const ListNames& names, const VersionRow& row,
                   bool latest) {
    xml.open(row.marker ? "DeleteMarker" : "Version").text("Key", names.shown(row.key));
    xml.text("VersionId", row.id).boolean("IsLatest", latest);
    xml.text("LastModified", xml_time(row.when));
    if (!row.marker) {
        const auto etag = logic::parse_listed_etag(row.row.etag);
        xml.text("ETag", quoted(etag.for_s3())).number("Size", shown_bytes(row.row, etag));
        xml.text("StorageClass", "STANDARD");
    }
    write_owner(xml, call);
    xml.close();
}

struct VersionPage {
    struct Row {
        VersionRow row;
        bool latest = false;
    };
    std::vector<Row> rows;
    std::vector<std::string> prefixes;
    std::string next_key, next_id; ///< when truncated
    bool truncated = false;
};

VersionPage versions_after(VersionCursor& cursor, const ListNames& names, const std::string& key,
                           const std::string& id, std::uint64_t most) {
    VersionPage page;
    std::string previous_key;
    bool passed = id.empty();
    while (auto row = cursor.next()) {
        const bool latest = row->key != previous_key;
        previous_key = row->key;
        // Of the marker's own key, only what comes behind its version.
        if (!id.empty() && row->key == key && !passed) {
            passed = row->id == id;
            continue;
        }
        if (page.rows.size() + page.prefixes.size() >= most) {
            page.truncated = most > 0;
            return page;
        }
        const auto common = common_prefix(names, row->key);
        if (common) {
            page.prefixes.push_back(*common);
            page.next_key = *common;
            page.next_id.clear();
            cursor.skip(*common);
            continue;
        }
        page.next_key = row->key;
        page.next_id = row->id;
        page.rows.push_back({std::move(*row), latest});
    }
    return page;
}
} // namespace

http::Response list_versions(Call& call) {
    const Bucket bucket = need_bucket(call, Need::read);
    const Query& query = call.request.query;
    const ListNames names = read_list_names(query);
    const std::string key = query.get("key-marker"), id = query.get("version-id-marker");
    if (key.empty() && !id.empty())
        throw invalid_argument("version-id-marker", id,
                               "A version-id marker cannot be specified without a key marker.");
    const auto most = most_keys(call);
    VersionCursor cursor(call, bucket, names.prefix);
    if (!key.empty() && id.empty()) {
        const auto common = common_prefix(names, key);
        if (common && *common == key)
            cursor.skip(key);
        else
            cursor.start_after(key);
    } else if (!key.empty()) {
        // Everything of the key itself is looked at again. A name before it: the last byte less.
        std::string before = key;
        before.back() = static_cast<char>(before.back() - 1);
        cursor.start_after(before + behind_all);
    }
    const auto page = versions_after(cursor, names, key, id, most);
    Xml xml("ListVersionsResult");
    xml.text("Name", bucket.name);
    names.write(xml);
    xml.text("KeyMarker", names.shown(key)).text("VersionIdMarker", id);
    if (page.truncated) {
        xml.text("NextKeyMarker", names.shown(page.next_key));
        xml.text("NextVersionIdMarker", page.next_id);
    }
    xml.number("MaxKeys", most).boolean("IsTruncated", page.truncated);
    for (const auto& [row, latest] : page.rows) write_version(xml, call, names, row, latest);
    for (const auto& prefix : page.prefixes)
        xml.open("CommonPrefixes").text("Prefix", names.shown(prefix)).close();
    return xml_answer(xml.finish());
}

} // namespace nephele::swift::s3
