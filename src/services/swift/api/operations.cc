// SPDX-License-Identifier: Apache-2.0
#include "services/swift/api/operations.h"

namespace nephele::swift {
namespace {

#define NEPHELE_SWIFT_FILE(name) "src/services/swift/api/" name

std::vector<api::MountedOperation> all() {
    constexpr const char *account = "/v1/{account}", *container = "/v1/{account}/{container}",
                         *object = "/v1/{account}/{container}/{object}";
    constexpr const char *accounts = NEPHELE_SWIFT_FILE("accounts.cc"),
                         *containers = NEPHELE_SWIFT_FILE("containers.cc"),
                         *objects = NEPHELE_SWIFT_FILE("objects.cc"),
                         *pages = NEPHELE_SWIFT_FILE("pages.cc");
    std::vector<api::MountedOperation> out{
        {"GET", "/info", "", pages},
        {"HEAD", "/info", "", pages},
        {"OPTIONS", "/info", "", pages},
        {"GET", "/healthcheck", "", pages},
        {"GET", "/crossdomain.xml", "", pages},
        {"GET", "/auth/v1.0", "", NEPHELE_SWIFT_FILE("login.cc")}};
    for (const char* method : {"GET", "HEAD", "POST", "PUT", "DELETE"})
        out.push_back({method, account, "", accounts});
    for (const char* method : {"GET", "HEAD", "PUT", "POST", "DELETE"})
        out.push_back({method, container, "", containers});
    for (const char* method : {"GET", "HEAD", "PUT", "POST", "DELETE"})
        out.push_back({method, object, "", objects});
    for (const char* path : {account, container, object})
        out.push_back({"OPTIONS", path, "", NEPHELE_SWIFT_FILE("cors.cc")});
    struct More {
        const char *method, *path, *query, *file;
    };
    for (auto& each : std::initializer_list<More>{
             {"COPY", object, "", NEPHELE_SWIFT_FILE("copy.cc")},
             {"POST", account, "?bulk-delete", NEPHELE_SWIFT_FILE("bulk.cc")},
             {"DELETE", account, "?bulk-delete", NEPHELE_SWIFT_FILE("bulk.cc")},
             {"PUT", container, "?extract-archive={format}", NEPHELE_SWIFT_FILE("bulk.cc")},
             {"POST", container, "?formpost", NEPHELE_SWIFT_FILE("formpost.cc")},
             {"PUT", object, "?multipart-manifest=put", NEPHELE_SWIFT_FILE("slo.cc")},
             {"GET", object, "?multipart-manifest=get", NEPHELE_SWIFT_FILE("slo.cc")},
             {"DELETE", object, "?multipart-manifest=delete", NEPHELE_SWIFT_FILE("slo.cc")},
             {"GET", container, "?versions", NEPHELE_SWIFT_FILE("object_versions.cc")},
             {"GET", object, "?version-id={id}", NEPHELE_SWIFT_FILE("object_versions.cc")},
             {"PUT", object, "?version-id={id}", NEPHELE_SWIFT_FILE("object_versions.cc")},
             {"DELETE", object, "?version-id={id}", NEPHELE_SWIFT_FILE("object_versions.cc")},
             {"GET", object, "?temp_url_sig={sig}", NEPHELE_SWIFT_FILE("tempurl.cc")}})
        out.push_back({each.method, std::string(each.path) + each.query, "", each.file});
    return out;
}

#undef NEPHELE_SWIFT_FILE

} // namespace

std::vector<api::MountedOperation> operations() {
    static const auto list = all();
    return list;
}

} // namespace nephele::swift
