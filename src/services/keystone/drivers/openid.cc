// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/drivers/openid.h"

#include "base/strings.h"
#include "platform/fault/fault.h"
#include "platform/http/http.h"

#include <algorithm>

namespace nephele::keystone {
namespace {

constexpr std::int64_t kept_seconds = 600, keys_again_seconds = 10;
constexpr std::uint64_t longest_answer = 1 << 20;

[[noreturn]] void unreachable(const std::string& url, const std::string& why) {
    throw Failure(Fault::bad_gateway, "IdentityProviderError",
                  "The identity provider does not answer as it should. Try again later.")
        .inside(url + ": " + why);
}

// The operator names the provider; its answers name further addresses, which must not be less
// protected than the first.
http::ClientResponse exchange(http::ClientRequest request, const OpenidSettings& settings) {
    if (settings.issuer.starts_with("https://") && !request.url.starts_with("https://"))
        unreachable(request.url, "not https, although the issuer is");
    request.ca_file = settings.ca_file;
    request.timeout_ms = 10'000;
    request.max_body = longest_answer;
    request.headers.set("Accept", "application/json");
    try {
        return http::fetch(request);
    } catch (const EngineFailure& failure) {
        unreachable(request.url, failure.what());
    }
}

Json json_of(const std::string& url, const http::ClientResponse& response) {
    try {
        Json value = Json::parse(response.body);
        if (value.is_object()) return value;
        unreachable(url, "answers something else than an object");
    } catch (const JsonError& error) {
        unreachable(url, error.what());
    }
}

std::optional<Json> answer_of(const std::string& url, const http::ClientResponse& response) {
    if (response.status == 200) return json_of(url, response);
    if (response.status >= 400 && response.status <= 403) return std::nullopt;
    unreachable(url, format("status {}", response.status));
}

std::string without_slash(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    return url;
}

bool lists(const Json& list, const char* value) {
    if (!list.is_array()) return false;
    return std::any_of(list.as_array().begin(), list.as_array().end(),
                       [&](const Json& one) { return one == Json(value); });
}

} // namespace

Json OpenidProvider::fetch_json(const std::string& url) {
    http::ClientRequest request;
    request.url = url;
    const auto response = exchange(std::move(request), settings_);
    if (response.status != 200) unreachable(url, format("status {}", response.status));
    return json_of(url, response);
}

Json OpenidProvider::metadata(Time now) {
    {
        std::lock_guard lock(mutex_);
        if (!metadata_.is_null() && now < metadata_at_.plus_seconds(kept_seconds)) return metadata_;
    }
    const std::string url = without_slash(settings_.issuer) + "/.well-known/openid-configuration";
    Json fresh = fetch_json(url);
    if (without_slash(fresh.text("issuer")) != without_slash(settings_.issuer))
        unreachable(url, "calls itself " + fresh.text("issuer"));
    std::lock_guard lock(mutex_);
    metadata_ = fresh;
    metadata_at_ = now;
    return fresh;
}

std::vector<crypto::jose::Key> OpenidProvider::keys(const std::string& key_id, Time now) {
    {
        std::lock_guard lock(mutex_);
        const bool known = std::any_of(keys_.begin(), keys_.end(), [&](const auto& key) {
            return key_id.empty() || key.id() == key_id;
        });
        if (now < keys_at_.plus_seconds(known ? kept_seconds : keys_again_seconds)) return keys_;
    }
    auto fresh = crypto::jose::keys_of(fetch_json(endpoint("jwks_uri", now)));
    std::lock_guard lock(mutex_);
    keys_ = fresh;
    keys_at_ = now;
    return fresh;
}

std::optional<Json> OpenidProvider::post(const std::string& url, Form form, Time now) {
    http::ClientRequest request;
    request.method = "POST";
    request.url = url;
    request.headers.set("Content-Type", "application/x-www-form-urlencoded");
    const Json methods = metadata(now).get("token_endpoint_auth_methods_supported");
    const bool in_form =
        !lists(methods, "client_secret_basic") && lists(methods, "client_secret_post");
    const std::string& secret = settings_.client_secret.reveal();
    if (secret.empty() || in_form) {
        form.emplace_back("client_id", settings_.client_id);
        if (!secret.empty()) form.emplace_back("client_secret", secret);
    } else {
        request.headers.set("Authorization",
                            "Basic " + base64_encode(percent_encode(settings_.client_id) + ":" +
                                                     percent_encode(secret)));
    }
    for (const auto& [name, value] : form)
        request.body +=
            (request.body.empty() ? "" : "&") + percent_encode(name) + "=" + percent_encode(value);
    return answer_of(url, exchange(std::move(request), settings_));
}

std::optional<Json> OpenidProvider::get(const std::string& url, const std::string& access_token) {
    http::ClientRequest request;
    request.url = url;
    request.headers.set("Authorization", "Bearer " + access_token);
    const auto response = exchange(std::move(request), settings_);
    // A signed answer (application/jwt) is an option we do not ask for.
    return answer_of(url, response);
}

} // namespace nephele::keystone
