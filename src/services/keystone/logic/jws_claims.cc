// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/jws_claims.h"

namespace nephele::keystone::logic {
namespace {

struct TextMember {
    const char* name;
    std::string Claims::*member;
};
constexpr TextMember texts[] = {
    {"openstack_project_id", &Claims::project_id},
    {"openstack_domain_id", &Claims::domain_id},
    {"openstack_trust_id", &Claims::trust_id},
    {"openstack_idp_id", &Claims::identity_provider_id},
    {"openstack_protocol_id", &Claims::protocol_id},
    {"openstack_access_token_id", &Claims::access_token_id},
    {"openstack_app_cred_id", &Claims::application_credential_id},
    {"openstack_thumbprint", &Claims::certificate_thumbprint},
};

bool read_list(const Json& json, std::vector<std::string>& into, const char* member = nullptr) {
    if (json.is_null()) return true;
    if (!json.is_array()) return false;
    for (const Json& one : json.as_array()) {
        const Json& value = member ? one.get(member) : one;
        if (!value.is_string()) return false;
        into.push_back(value.as_string());
    }
    return true;
}

} // namespace

Json to_jws_claims(const Claims& claims) {
    Json out = Json::object({{"sub", claims.user_id},
                             {"iat", claims.issued_at.seconds()},
                             {"exp", claims.expires_at.seconds()},
                             {"openstack_methods", Json(claims.methods)},
                             {"openstack_audit_ids", Json(claims.audit_ids)},
                             {"nephele_iat_us", claims.issued_at.us % 1'000'000}});
    for (const auto& [name, member] : texts)
        if (!(claims.*member).empty()) out[name] = claims.*member;
    if (claims.system) out["openstack_system"] = "all";
    if (!claims.group_ids.empty()) {
        Json groups = Json::array();
        for (const auto& id : claims.group_ids) groups.push_back(Json::object({{"id", id}}));
        out["openstack_group_ids"] = std::move(groups);
    }
    return out;
}

std::optional<Claims> from_jws_claims(const Json& json) {
    const Json &issued = json.get("iat"), &expires = json.get("exp"), &user = json.get("sub");
    constexpr double last_second = 253'402'300'799.0;
    for (const Json* time : {&issued, &expires})
        if (!time->is_integer() || time->as_double() < 0 || time->as_double() > last_second)
            return std::nullopt;
    if (!user.is_string() || user.as_string().empty()) return std::nullopt;
    Claims claims;
    claims.user_id = user.as_string();
    claims.issued_at = {issued.as_int() * 1'000'000};
    claims.expires_at = {expires.as_int() * 1'000'000};
    if (const Json& fraction = json.get("nephele_iat_us"); fraction.is_integer()) {
        if (fraction.as_double() < 0 || fraction.as_double() > 999'999) return std::nullopt;
        claims.issued_at.us += fraction.as_int();
    }
    for (const auto& [name, member] : texts) {
        const Json& value = json.get(name);
        if (!value.is_null() && !value.is_string()) return std::nullopt;
        if (value.is_string()) claims.*member = value.as_string();
    }
    claims.system = json.get("openstack_system").is_string();
    if (!read_list(json.get("openstack_methods"), claims.methods) ||
        !read_list(json.get("openstack_audit_ids"), claims.audit_ids) ||
        !read_list(json.get("openstack_group_ids"), claims.group_ids, "id") ||
        claims.audit_ids.empty() || claims.audit_ids.size() > 2)
        return std::nullopt;
    return claims;
}

} // namespace nephele::keystone::logic
