// SPDX-License-Identifier: Apache-2.0
// Many objects deleted by one request.
#include "base/strings.h"
#include "platform/xml/xml.h"
#include "services/swift/s3/handlers.h"
#include "services/swift/s3/versioned.h"

namespace nephele::swift::s3 {
namespace {

struct Wanted {
    std::string key;
    std::optional<std::string> version_id;
};
struct Order {
    std::vector<Wanted> objects;
    bool quiet = false;
};

constexpr std::size_t longest_order = 2 << 20;

Order read_order(std::string_view document, std::uint64_t most) {
    const auto root = xml::parse(document, longest_order);
    if (!root || root->name != "Delete") throw failure(Code::MalformedXML);
    Order order;
    if (const auto* quiet = root->child("Quiet")) order.quiet = iequals(trim(quiet->text), "true");
    for (const auto* object : root->all("Object")) {
        const auto* key = object->child("Key");
        if (!key || key->text.empty()) throw failure(Code::MalformedXML);
        Wanted wanted{key->text, std::nullopt};
        if (const auto* version = object->child("VersionId")) wanted.version_id = version->text;
        order.objects.push_back(std::move(wanted));
    }
    if (order.objects.empty() || order.objects.size() > most) throw failure(Code::MalformedXML);
    return order;
}

void write_deleted(Xml& xml, const Wanted& wanted, const Removed& removed) {
    xml.open("Deleted").text("Key", wanted.key);
    if (wanted.version_id) xml.text("VersionId", *wanted.version_id);
    if (removed.marker) {
        xml.boolean("DeleteMarker", true);
        if (removed.version) xml.text("DeleteMarkerVersionId", *removed.version);
    }
    xml.close();
}

void write_error(Xml& xml, const Wanted& wanted, const Failure& failure) {
    xml.open("Error").text("Key", wanted.key);
    if (wanted.version_id) xml.text("VersionId", *wanted.version_id);
    xml.text("Code", failure.code()).text("Message", failure.what()).close();
}
} // namespace

http::Response delete_objects(Call& call) {
    const Bucket bucket = need_bucket(call, Need::write);
    const Order order = read_order(read_body(call, longest_order), call.settings.max_deleted);
    const bool bypass = bypasses_governance(call.request);
    Xml xml("DeleteResult");
    for (const auto& wanted : order.objects) {
        try {
            // A policy may say another thing of each key.
            need_bucket(call, bucket.name, Need::write, "DeleteObject", wanted.key);
            const auto removed =
                remove_object(call, bucket, wanted.key,
                              wanted.version_id ? &*wanted.version_id : nullptr, bypass);
            if (!order.quiet) write_deleted(xml, wanted, removed);
        } catch (const Failure& failure) {
            if (failure.status() >= 500) throw;
            write_error(xml, wanted, failure);
        }
    }
    return xml_answer(xml.finish());
}

} // namespace nephele::swift::s3
