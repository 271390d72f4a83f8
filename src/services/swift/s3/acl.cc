// SPDX-License-Identifier: Apache-2.0
#include "services/swift/s3/acl.h"

#include "base/strings.h"
#include "platform/xml/xml.h"
#include "services/swift/logic/acl.h"
#include "services/swift/s3/error.h"
#include "services/swift/s3/xml_writer.h"

#include <array>

namespace nephele::swift::s3 {
namespace {
constexpr const char *read_header = "X-Container-Read", *write_header = "X-Container-Write";
constexpr const char *everybody_reads = ".r:*,.rlistings", *everybody_writes = ".r:*";
constexpr const char* all_users = "http://acs.amazonaws.com/groups/global/AllUsers";
constexpr const char* instance_space = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
constexpr std::array grant_headers = {"x-amz-grant-read", "x-amz-grant-write",
                                      "x-amz-grant-read-acp", "x-amz-grant-write-acp",
                                      "x-amz-grant-full-control"};

struct Public {
    bool read = false, write = false;
    Metadata headers() const {
        return {{read_header, read ? everybody_reads : ""},
                {write_header, write ? everybody_writes : ""}};
    }
};

Failure not_expressible() {
    return failure(Code::NotImplemented,
                   "Containers can be opened to everybody or to nobody; use Swift's access lists "
                   "for other grants.");
}

void grant_to_everybody(Public& to, std::string_view permission) {
    if (permission == "READ")
        to.read = true;
    else if (permission == "WRITE")
        to.write = true;
    else
        throw not_expressible();
}

void write_grant(Xml& xml, const char* type, const std::string& id, const char* permission) {
    xml.open("Grant").open("Grantee", std::string(instance_space) + " xsi:type=\"" + type + "\"");
    if (std::string_view(type) == "Group")
        xml.text("URI", all_users);
    else
        xml.text("ID", id).text("DisplayName", id);
    xml.close().text("Permission", permission).close();
}

bool open_to_everybody(const Metadata& container, const char* header) {
    const auto found = container.find(header);
    return found != container.end() &&
           logic::referrer_allowed("unknown", logic::parse_acl(found->second).referrers);
}
} // namespace

Metadata acl_of_canned(const std::string& name) {
    if (name == "private" || name == "bucket-owner-full-control" || name == "bucket-owner-read")
        return Public{}.headers();
    if (name == "public-read") return Public{true, false}.headers();
    if (name == "public-read-write") return Public{true, true}.headers();
    if (name == "authenticated-read" || name == "log-delivery-write" || name == "aws-exec-read")
        throw not_expressible();
    throw invalid_argument("x-amz-acl", name);
}

Metadata acl_of_xml(std::string_view document) {
    const auto root = xml::parse(document);
    if (!root || root->name != "AccessControlPolicy") throw failure(Code::MalformedACLError);
    const auto* list = root->child("AccessControlList");
    if (!list) throw failure(Code::MalformedACLError);
    Public granted;
    for (const auto* grant : list->all("Grant")) {
        const auto* grantee = grant->child("Grantee");
        const auto* permission = grant->child("Permission");
        if (!grantee || !permission) throw failure(Code::MalformedACLError);
        const std::string type = grantee->attribute("type");
        if (type == "CanonicalUser") {
            // The owner keeps all there is; there is nobody else to grant to.
            if (permission->text != "FULL_CONTROL") throw not_expressible();
        } else if (type == "Group") {
            const auto* uri = grantee->child("URI");
            if (!uri || uri->text != all_users) throw not_expressible();
            grant_to_everybody(granted, permission->text);
        } else {
            throw not_expressible();
        }
    }
    return granted.headers();
}

std::optional<Metadata> acl_of_headers(const http::RequestHead& head) {
    const auto* canned = head.headers.find("x-amz-acl");
    Public granted;
    bool grants = false;
    for (const char* name : grant_headers) {
        const auto* value = head.headers.find(name);
        if (!value) continue;
        grants = true;
        for (const auto& piece : split(*value, ',')) {
            if (trim(piece) != "uri=\"" + std::string(all_users) + "\"" &&
                trim(piece) != "uri=" + std::string(all_users))
                throw not_expressible();
            grant_to_everybody(granted, std::string_view(name) == "x-amz-grant-read"    ? "READ"
                                        : std::string_view(name) == "x-amz-grant-write" ? "WRITE"
                                                                                        : "other");
        }
    }
    if (canned && grants)
        throw failure(Code::InvalidRequest,
                      "Specifying both Canned ACLs and Header Grants is not allowed");
    if (canned) return acl_of_canned(*canned);
    if (grants) return granted.headers();
    return std::nullopt;
}

void check_object_acl(const http::RequestHead& head) {
    // Accepted, as upstream does: what is public is decided by the bucket.
    if (const auto* canned = head.headers.find("x-amz-acl")) acl_of_canned(*canned);
}

std::string acl_xml(const std::string& owner, const Metadata& container) {
    Xml xml("AccessControlPolicy");
    xml.open("Owner").text("ID", owner).text("DisplayName", owner).close();
    xml.open("AccessControlList");
    write_grant(xml, "CanonicalUser", owner, "FULL_CONTROL");
    if (open_to_everybody(container, read_header)) write_grant(xml, "Group", "", "READ");
    if (open_to_everybody(container, write_header)) write_grant(xml, "Group", "", "WRITE");
    return xml.finish();
}

} // namespace nephele::swift::s3
