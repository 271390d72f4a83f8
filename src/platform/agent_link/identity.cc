// SPDX-License-Identifier: Apache-2.0
#include "platform/agent_link/identity.h"

#include "base/files.h"
#include "base/strings.h"
#include "platform/crypto/authority.h"
#include "platform/crypto/certificate.h"
#include "platform/fault/fault.h"
#include "platform/http/http.h"
#include "platform/json/json.h"

#include <system_error>

namespace nephele::agent {
namespace {

Json read_join_text(std::string_view text) {
    try {
        if (auto decoded = base64url_decode(trim(text))) return Json::parse(*decoded, 4);
    } catch (const JsonError&) {
        // Told below.
    }
    throw bad_request("BadToken", "The token is not a text that `nephele agent token` printed. "
                                  "Copy all of it.");
}

/// Key and certificate are one file: they can only be replaced together.
void keep_credentials(const Identity& identity, std::string_view certificate,
                      std::string_view key) {
    files::replace_durably(identity.key_file(), std::string(key) + std::string(certificate));
    files::replace_durably(identity.certificate_file(), certificate, 0644);
}

std::string next_key_file(const Identity& identity) { return identity.directory + "/next.key"; }

http::ClientResponse ask(const Identity& identity, const std::string& body) {
    std::string reasons;
    for (const auto& url : identity.urls) {
        http::ClientRequest request;
        request.method = "POST";
        request.url = url + "/v1/join";
        request.headers.set("Content-Type", "application/json");
        request.body = body;
        request.ca_file = identity.authority_file();
        try {
            return http::fetch(request);
        } catch (const EngineFailure& error) {
            reasons += std::string(reasons.empty() ? "" : "; ") + error.what();
        }
    }
    throw EngineFailure(EngineFailure::Kind::transient, reasons);
}

std::string certificate_of(const http::ClientResponse& answer) {
    try {
        const Json said = Json::parse(answer.body, 8);
        if (answer.status == 200) return said.at("certificate").as_string();
        throw Failure(Fault::forbidden, "NotAdmitted", said.at("error").text("message"));
    } catch (const JsonError&) {
        throw Failure(Fault::bad_gateway, "NotAControlNode",
                      format("What answers there ({}) is no port for agents of a control node. "
                             "Give the URL with the port of agents.port.",
                             answer.status));
    }
}
} // namespace

Identity join_cloud(const std::vector<std::string>& urls, std::string_view text,
                    const std::string& host, const std::string& directory) {
    const Json token = read_join_text(text);
    Identity identity{host, urls, directory};
    const auto key = crypto::make_certificate_key();
    try {
        files::make_folders(directory);
        files::replace_durably(identity.authority_file(), token.text("authority"), 0644);
        const auto certificate =
            certificate_of(ask(identity, Json::object({{"token", token.text("token")},
                                                       {"secret", token.text("secret")},
                                                       {"host", host},
                                                       {"public_key", key.public_pem}})
                                             .dump()));
        keep_credentials(identity, certificate, key.private_pem.reveal());
        Json known = Json::array();
        for (const auto& url : urls) known.push_back(url);
        files::replace_durably(directory + "/agent.json",
                               Json::object({{"host", host}, {"urls", known}}).dump());
    } catch (const std::system_error& error) {
        throw Failure(Fault::internal, "CannotKeepIdentity", error.what());
    }
    return identity;
}

Identity load_identity(const std::string& directory) {
    try {
        auto text = files::read(directory + "/agent.json");
        if (!text)
            throw not_found("NotJoined",
                            format("This host has not joined a cloud ({}/agent.json is missing). "
                                   "Join with: nephele agent join URL TOKEN",
                                   directory));
        const Json known = Json::parse(*text, 4);
        Identity identity{known.at("host").as_string(), {}, directory};
        for (auto& url : known.at("urls").as_array()) identity.urls.push_back(url.as_string());
        return identity;
    } catch (const std::system_error& error) {
        throw Failure(Fault::internal, "CannotReadIdentity", error.what());
    } catch (const JsonError& error) {
        throw Failure(Fault::internal, "CannotReadIdentity",
                      format("{}/agent.json: {}. Join again.", directory, error.what()));
    }
}

Time renewal_due(const Identity& identity) {
    auto certificate =
        crypto::Certificate::from_pem(files::read(identity.certificate_file()).value_or(""));
    if (!certificate) return {};
    const std::int64_t from = certificate->valid_from(), until = certificate->valid_until();
    return Time{(from + (until - from) / 3 * 2) * 1'000'000};
}

std::string begin_renewal(const Identity& identity) {
    const auto key = crypto::make_certificate_key();
    files::replace_durably(next_key_file(identity), key.private_pem.reveal());
    return key.public_pem;
}

void adopt_certificate(const Identity& identity, std::string_view certificate_pem) {
    const auto key = files::read(next_key_file(identity));
    if (key) keep_credentials(identity, certificate_pem, *key);
}

} // namespace nephele::agent
