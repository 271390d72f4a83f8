// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/logic/auth_request.h"

#include "base/strings.h"
#include "platform/fault/fault.h"

#include <algorithm>

namespace nephele::keystone::logic {
namespace {

Failure missing(const std::string& attribute, const std::string& target) {
    return bad_request(
        "ValidationError",
        format("Expecting to find {} in {}. The server could not comply with the request since it "
               "is either malformed or otherwise incorrect. The client is assumed to be in error.",
               attribute, target));
}
Failure wrong(const std::string& where, const Json& value, const std::string& kind) {
    return bad_request("ValidationError",
                       format("Invalid input for field '{}': {} is not of type '{}'", where,
                              value.kind_name(), kind));
}

const Json& member(const Json& object, const char* name, const std::string& where) {
    if (!object.is_object()) throw wrong(where, object, "object");
    const Json* found = object.find(name);
    if (!found) throw missing(name, where);
    return *found;
}

std::string text_member(const Json& object, const char* name, const std::string& where) {
    const Json* found = object.find(name);
    if (!found || found->is_null()) return "";
    if (!found->is_string()) throw wrong(where + "." + name, *found, "string");
    return found->as_string();
}

ScopeWish read_scope(const Json& scope) {
    ScopeWish wish;
    if (scope.is_string()) {
        if (scope.as_string() != "unscoped")
            throw bad_request("ValidationError", "The scope must be an object or \"unscoped\".");
        wish.kind = ScopeWish::Kind::unscoped;
        return wish;
    }
    if (!scope.is_object()) throw wrong("scope", scope, "object");
    if (scope.size() == 0) return wish;
    if (scope.size() != 1)
        throw bad_request("ValidationError",
                          "Scoping to both domain, project and system is not allowed; name one.");
    const auto& [kind, value] = scope.as_object().front();
    if (kind == "project") {
        wish.kind = ScopeWish::Kind::project;
        wish.named = read_named(value, "scope.project");
    } else if (kind == "domain") {
        wish.kind = ScopeWish::Kind::domain;
        wish.named = read_named(value, "scope.domain", true);
    } else if (kind == "system") {
        if (!value.is_object() || !value.boolean("all"))
            throw bad_request("ValidationError", "The system scope must be {\"all\": true}.");
        wish.kind = ScopeWish::Kind::system;
    } else if (kind == "OS-TRUST:trust") {
        wish.kind = ScopeWish::Kind::trust;
        wish.trust_id = member(value, "id", "OS-TRUST:trust").is_string()
                            ? value.text("id")
                            : throw wrong("OS-TRUST:trust.id", value.at("id"), "string");
    } else if (kind == "unscoped") {
        wish.kind = ScopeWish::Kind::unscoped;
    } else {
        throw bad_request("ValidationError",
                          "The scope must be a project, a domain, the system or a trust.");
    }
    return wish;
}

} // namespace

Named read_named(const Json& value, const std::string& where, bool domain_itself) {
    if (!value.is_object()) throw wrong(where, value, "object");
    Named named{text_member(value, "id", where), text_member(value, "name", where), "", ""};
    if (const Json* domain = value.find("domain"); domain && !domain_itself) {
        if (!domain->is_object()) throw wrong(where + ".domain", *domain, "object");
        named.domain_id = text_member(*domain, "id", where + ".domain");
        named.domain_name = text_member(*domain, "name", where + ".domain");
    }
    if (named.id.empty() && named.name.empty()) throw missing("id or name", where);
    if (named.id.empty() && !domain_itself && named.domain_id.empty() && named.domain_name.empty())
        throw missing("domain", where);
    return named;
}

AuthRequest read_auth_request(const Json& body) {
    const Json& auth = member(body, "auth", "request body");
    const Json& identity = member(auth, "identity", "auth");
    const Json& methods = member(identity, "methods", "identity");
    if (!methods.is_array()) throw wrong("identity.methods", methods, "array");
    AuthRequest request;
    for (const Json& method : methods.as_array()) {
        if (!method.is_string()) throw wrong("identity.methods", method, "string");
        const std::string& name = method.as_string();
        const bool known = std::any_of(request.methods.begin(), request.methods.end(),
                                       [&](const auto& one) { return one.first == name; });
        if (known) continue;
        const Json* part = identity.find(name);
        // Methods decided outside of the body (a proxy's) have no part.
        if (!part && name != "external" && name != "kerberos") throw missing(name, "identity");
        request.methods.emplace_back(name, part ? *part : Json::object());
    }
    if (request.methods.empty()) throw missing("a method", "identity.methods");
    if (const Json* scope = auth.find("scope"); scope && !scope->is_null())
        request.scope = read_scope(*scope);
    return request;
}

PasswordLogin read_password_login(const Json& part) {
    const Json& user = member(part, "user", "password");
    PasswordLogin login;
    login.user = read_named(user, "password.user");
    const Json& password = member(user, "password", "password.user");
    if (!password.is_string()) throw wrong("password.user.password", password, "string");
    login.password = Secret<std::string>(password.as_string());
    return login;
}

TotpLogin read_totp_login(const Json& part) {
    const Json& user = member(part, "user", "totp");
    TotpLogin login;
    login.user = read_named(user, "totp.user");
    const Json& passcode = member(user, "passcode", "totp.user");
    if (!passcode.is_string()) throw wrong("totp.user.passcode", passcode, "string");
    login.passcode = Secret<std::string>(passcode.as_string());
    return login;
}

} // namespace nephele::keystone::logic
