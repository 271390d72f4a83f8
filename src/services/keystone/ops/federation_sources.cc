// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/ops/federation_sources.h"

#include "base/strings.h"
#include "platform/fault/fault.h"
#include "platform/yaml/yaml.h"

#include <fstream>
#include <iterator>

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

  private:
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
    for (const Json& one : document.at("providers").as_array()) {
        read.only(one, "a provider", {"identity_provider", "protocol", "openid"});
        const std::pair key(read.text(one, "identity_provider"), read.text(one, "protocol"));
        const bool added =
            sources.openid_
                .emplace(key, std::make_shared<OpenidProvider>(read.openid(one.get("openid"))))
                .second;
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

std::vector<std::string> FederationSources::providers_of(const std::string& protocol) const {
    std::vector<std::string> all;
    for (const auto& [key, provider] : openid_)
        if (key.second == protocol) all.push_back(key.first);
    return all;
}

} // namespace nephele::keystone
