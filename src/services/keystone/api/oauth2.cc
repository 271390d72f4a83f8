// SPDX-License-Identifier: Apache-2.0
// POST /v3/OS-OAUTH2/token: client credentials (RFC 6749, 4.4) with a secret or a certificate.
// Errors have OAuth's form: {"error": .., "error_description": ..}.
#include "services/keystone/ops/oauth2.h"
#include "base/strings.h"
#include "services/keystone/api/oauth.h"
#include "services/keystone/api/support.h"
#include "services/keystone/ops/watched_login.h"

#include <algorithm>

namespace nephele::keystone {
namespace {

Reply error(FreeCall& call, int status, const char* name, const std::string& description) {
    Reply reply;
    reply.status = status;
    reply.body = Json::object({{"error", name}, {"error_description", description}});
    reply.headers.set("Cache-Control", "no-store");
    reply.headers.set("Pragma", "no-cache");
    if (status == 401)
        reply.headers.set("WWW-Authenticate", format("Keystone uri=\"{}\"", call.in.base_url));
    return reply;
}

std::string form_value(const FreeCall& call, std::string_view name) {
    for (const auto& [key, value] : http::parse_query(call.in.raw_body))
        if (key == name) return value;
    return "";
}

struct Basic {
    std::string id, secret;
};
std::optional<Basic> read_basic(std::string_view authorization) {
    if (!starts_with_icase(authorization, "basic ")) return std::nullopt;
    const auto text = base64_decode(trim(authorization.substr(6)));
    if (!text || !is_utf8(*text) || text->find('\0') != text->npos) return std::nullopt;
    const auto colon = text->find(':');
    if (colon == text->npos || colon == 0 || colon + 1 == text->size()) return std::nullopt;
    return Basic{text->substr(0, colon), text->substr(colon + 1)};
}

bool is_enabled(const FreeCall& call, const char* method) {
    const auto methods = call.cloud.config().list("keystone.oauth2_authn_methods");
    return std::find(methods.begin(), methods.end(), method) != methods.end();
}

Reply issued(FreeCall& call, const Issued& token) {
    Reply reply;
    const Claims& claims = token.facts.claims;
    reply.body =
        Json::object({{"access_token", token.token},
                      {"token_type", "Bearer"},
                      {"expires_in", claims.expires_at.seconds() - call.cloud.now().seconds()}});
    reply.headers.set("Cache-Control", "no-store");
    reply.headers.set("Pragma", "no-cache");
    return reply;
}

LoginOutcome begun(const FreeCall& call, const char* method) {
    return begun_login(call.cloud, call.in.head, call.in.request_id, {method});
}

Reply by_client(FreeCall& call) {
    const LoginSource source{&call.in.head, call.in.base_url + call.in.service_path};
    const std::string client_id = form_value(call, "client_id");
    // A certificate and a client that names itself: mutual TLS.
    const bool by_certificate = !call.in.head.client_certificate_thumbprint.empty() &&
                                !client_id.empty() && is_enabled(call, "tls_client_auth");
    const auto* authorization = call.in.head.headers.find("Authorization");
    if (!authorization && by_certificate)
        return issued(
            call, watched(call.cloud, begun(call, "oauth2_credential"), [&](LoginOutcome& outcome) {
                outcome.named.id = client_id;
                return token_for_certificate(call.cloud, source, client_id);
            }));
    if (!authorization)
        return error(call, 401, "invalid_client", "OAuth2.0 client authorization is required.");
    const auto basic = read_basic(*authorization);
    if (!basic || !is_enabled(call, "client_secret_basic"))
        return error(call, 401, "invalid_client", "OAuth2.0 client authorization is invalid.");
    return issued(
        call,
        watched(call.cloud, begun(call, "application_credential"), [&](LoginOutcome& outcome) {
            outcome.application_credential_id = basic->id;
            return token_for_client(call.cloud, source, basic->id, basic->secret);
        }));
}

Reply token(FreeCall& call) {
    const std::string grant = form_value(call, "grant_type");
    try {
        if (!is_utf8(call.in.raw_body) || grant.empty())
            return error(call, 400, "invalid_request", "The parameter grant_type is required.");
        if (grant != "client_credentials")
            return error(
                call, 400, "unsupported_grant_type",
                format("The parameter grant_type {} is not supported.", grant.substr(0, 100)));
        return by_client(call);
    } catch (const Failure& failure) {
        if (failure.kind() == Fault::unauthorized)
            return error(call, 401, "invalid_client", failure.what());
        if (failure.kind() == Fault::bad_request)
            return error(call, 400, "invalid_request", failure.what());
        if (failure.status() >= 500) throw;
        Reply reply = error(call, failure.status(), "other_error", failure.what());
        for (const auto& [name, value] : failure.headers()) reply.headers.set(name, value);
        return reply;
    }
}

} // namespace

api::Resource oauth2_routes() {
    return Resource().on("POST /v3/OS-OAUTH2/token", "", token,
                         {.open = true, .any_content_type = true});
}

} // namespace nephele::keystone
