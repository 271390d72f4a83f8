// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/federation_sources.h"

#include "base/strings.h"
#include "platform/crypto/jose.h"
#include "platform/fault/fault.h"
#include "platform/yaml/yaml.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

namespace nephele::keystone {
namespace {

class Reader {
  public:
    explicit Reader(std::string file_name) : file_name_(std::move(file_name)) {}

    [[noreturn]] void fail(const std::string& what) const {
        throw bad_request("BadConfig", file_name_ + ": " + what);
    }
    std::string text(const Json& object, const char* name, const char* fallback = nullptr) const {
        const Json& value = object.get(name);
        if (value.is_string() && !value.as_string().empty()) return value.as_string();
        if (fallback && value.is_null()) return fallback;
        fail(format("'{}' must be a text", name));
    }
    std::vector<std::string> texts(const Json& object, const char* name) const {
        const Json& value = object.get(name);
        std::vector<std::string> all;
        if (value.is_null()) return all;
        if (!value.is_array()) fail(format("'{}' must be a list", name));
        for (const Json& one : value.as_array()) {
            if (!one.is_string()) fail(format("'{}' must be a list of texts", name));
            all.push_back(one.as_string());
        }
        return all;
    }
    void only(const Json& object, const char* what, std::vector<std::string> known) const {
        if (!object.is_object()) fail(format("{} must be a mapping", what));
        for (const auto& [name, value] : object.as_object())
            if (std::find(known.begin(), known.end(), name) == known.end())
                fail(format("{} has no '{}'", what, name));
    }

    OpenidSettings openid(const Json& value) const {
        only(value, "openid",
             {"issuer", "client_id", "client_secret", "scopes", "accepted_clients", "redirect_url",
              "ca_file"});
        OpenidSettings settings;
        settings.issuer = text(value, "issuer");
        if (!settings.issuer.starts_with("https://") && !settings.issuer.starts_with("http://"))
            fail("'issuer' must be an http address");
        settings.client_id = text(value, "client_id");
        settings.client_secret = Secret<std::string>(text(value, "client_secret", ""));
        settings.scopes = texts(value, "scopes");
        if (settings.scopes.empty()) settings.scopes = {"openid", "email", "profile"};
        settings.accepted_clients = texts(value, "accepted_clients");
        if (settings.accepted_clients.empty()) settings.accepted_clients = {settings.client_id};
        settings.redirect_url = text(value, "redirect_url", "");
        settings.ca_file = text(value, "ca_file", "");
        return settings;
    }

    logic::SamlPeer saml(const Json& value) const {
        only(value, "saml",
             {"entity_id", "acs_url", "metadata_file", "issuer", "sso_url", "certificate_files",
              "key_file", "certificate_file", "unsolicited", "clock_skew"});
        logic::SamlPeer peer;
        peer.entity_id = text(value, "entity_id");
        peer.acs_url = text(value, "acs_url", "");
        if (const std::string path = text(value, "metadata_file", ""); !path.empty()) {
            const auto metadata = logic::read_provider_metadata(content(path));
            if (!metadata) fail(path + " is no metadata of a SAML identity provider");
            peer.issuer = metadata->issuer;
            peer.sso_url = metadata->sso_url;
            peer.certificates = metadata->certificates;
        }
        peer.issuer = text(value, "issuer", peer.issuer.c_str());
        peer.sso_url = text(value, "sso_url", peer.sso_url.c_str());
        for (const auto& path : texts(value, "certificate_files"))
            peer.certificates.push_back(content(path));
        if (const std::string path = text(value, "key_file", ""); !path.empty()) {
            peer.key = Secret<std::string>(content(path));
            peer.certificate = content(text(value, "certificate_file"));
        }
        peer.unsolicited = boolean(value, "unsolicited");
        peer.clock_skew = seconds(value, "clock_skew", peer.clock_skew);
        check(peer);
        return peer;
    }

  private:
    std::string content(const std::string& path) const {
        std::ifstream file(path, std::ios::binary);
        if (!file) fail(path + " cannot be read");
        return {std::istreambuf_iterator<char>(file), {}};
    }
    bool boolean(const Json& object, const char* name) const {
        const Json& value = object.get(name);
        if (!value.is_null() && !value.is_bool()) fail(format("'{}' must be true or false", name));
        return object.boolean(name);
    }
    std::int64_t seconds(const Json& object, const char* name, std::int64_t fallback) const {
        const Json& value = object.get(name);
        if (value.is_null()) return fallback;
        const std::int64_t given = value.is_integer() ? object.integer(name) : -1;
        if (given < 0 || given > 600) fail(format("'{}' must be 0 to 600 seconds", name));
        return given;
    }
    void check(const logic::SamlPeer& peer) const {
        if (peer.issuer.empty()) fail("'issuer' or 'metadata_file' must name the provider");
        if (peer.certificates.empty())
            fail("'certificate_files' or 'metadata_file' must have the provider's certificate");
        for (const auto& certificate : peer.certificates)
            if (!crypto::jose::Key::from_pem(certificate))
                fail("a certificate of the provider does not load");
        if (!peer.sso_url.empty() && !peer.sso_url.starts_with("https://") &&
            !peer.sso_url.starts_with("http://"))
            fail("'sso_url' must be an http address");
        const auto key = crypto::jose::Key::from_pem(peer.key.reveal());
        if (!peer.key.reveal().empty() &&
            !(key && key->is_private() && key->fits(crypto::jose::Algorithm::rs256)))
            fail("'key_file' must hold an RSA key");
        // Who names no audience means us by our address alone, which then must not be what the
        // client calls us.
        if (peer.unsolicited && peer.acs_url.empty())
            fail("'acs_url' must be given where answers may be unsolicited");
    }

    std::string file_name_;
};

} // namespace

FederationSources FederationSources::parse(const std::string& yaml, const std::string& file_name) {
    const Reader read(file_name);
    Json document;
    try {
        document = yaml::parse(yaml, file_name).value;
    } catch (const yaml::YamlError& error) {
        throw bad_request("BadConfig", error.what());
    }
    FederationSources sources;
    if (document.is_null()) return sources;
    read.only(document, "the file", {"providers"});
    if (!document.get("providers").is_array()) read.fail("'providers' must be a list");
    std::set<std::pair<std::string, std::string>> known;
    for (const Json& one : document.at("providers").as_array()) {
        read.only(one, "a provider", {"identity_provider", "protocol", "openid", "saml"});
        const std::pair key(read.text(one, "identity_provider"), read.text(one, "protocol"));
        if (one.has("openid") == one.has("saml"))
            read.fail("a provider has either 'openid' or 'saml'");
        if (one.has("saml"))
            sources.saml_.emplace(key, read.saml(one.get("saml")));
        else
            sources.openid_.emplace(
                key, std::make_shared<OpenidProvider>(read.openid(one.get("openid"))));
        const bool added = known.insert(key).second;
        if (!added) read.fail(format("{} of {} is there twice", key.second, key.first));
    }
    return sources;
}

FederationSources FederationSources::load(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw bad_request("BadConfig", path + ": cannot be read");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return parse(text, path);
}

OpenidProvider* FederationSources::openid(const std::string& identity_provider,
                                          const std::string& protocol) const {
    const auto found = openid_.find({identity_provider, protocol});
    return found == openid_.end() ? nullptr : found->second.get();
}

const logic::SamlPeer* FederationSources::saml(const std::string& identity_provider,
                                               const std::string& protocol) const {
    const auto found = saml_.find({identity_provider, protocol});
    return found == saml_.end() ? nullptr : &found->second;
}

std::vector<std::string> FederationSources::providers_of(const std::string& protocol) const {
    std::vector<std::string> all;
    for (const auto& [key, provider] : openid_)
        if (key.second == protocol) all.push_back(key.first);
    for (const auto& [key, peer] : saml_)
        if (key.second == protocol) all.push_back(key.first);
    return all;
}

} // namespace nephele::keystone
