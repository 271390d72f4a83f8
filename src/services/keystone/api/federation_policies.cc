// SPDX-License-Identifier: Apache-2.0
// Upstream's rules of federation with its defaults.
#include "services/keystone/api/federation.h"

namespace nephele::keystone {
namespace {

struct Kind {
    const char* one;  ///< "mapping"
    const char* many; ///< "mappings"
    const char* path;
};
constexpr Kind kinds[] = {
    {"identity_provider", "identity_providers", "/v3/OS-FEDERATION/identity_providers"},
    {"protocol", "protocols", "/v3/OS-FEDERATION/identity_providers/{idp_id}/protocols"},
    {"mapping", "mappings", "/v3/OS-FEDERATION/mappings"},
    {"service_provider", "service_providers", "/v3/OS-FEDERATION/service_providers"},
};

} // namespace

std::vector<policy::Rule> federation_policies() {
    const std::string admin = "rule:admin_required",
                      reader = admin + " or (role:reader and system_scope:all)";
    const std::vector<std::string> scopes{"system", "project"};
    std::vector<policy::Rule> rules;
    for (const Kind& kind : kinds) {
        const std::string all = kind.path, one = all + "/{id}", name = kind.one;
        const auto add = [&](const std::string& verb, const std::string& noun,
                             const std::string& check, const char* method,
                             const std::string& path) {
            rules.push_back({"identity:" + verb + "_" + noun,
                             check,
                             verb + " " + noun,
                             {{method, path}},
                             scopes});
        };
        add("list", kind.many, reader, "GET", all);
        add("get", name, reader, "GET", one);
        add("create", name, admin, "PUT", one);
        add("update", name, admin, "PATCH", one);
        add("delete", name, admin, "DELETE", one);
    }
    return rules;
}

} // namespace nephele::keystone
