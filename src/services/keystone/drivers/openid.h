// SPDX-License-Identifier: Apache-2.0
// Talks to one OpenID Connect provider: discovery, keys, and its endpoints. What they answer is
// judged elsewhere.
#pragma once
#include "base/secret.h"
#include "base/time.h"
#include "platform/crypto/jose.h"
#include "platform/json/json.h"

#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nephele::keystone {

struct OpenidSettings {
    std::string issuer;
    std::string client_id;
    Secret<std::string> client_secret;
    std::vector<std::string> scopes;
    /// Clients whose access tokens log in here; our own when empty.
    std::vector<std::string> accepted_clients;
    std::string redirect_url; ///< where browsers come back to; empty: as they reached us
    std::string ca_file;
};

class OpenidProvider {
  public:
    explicit OpenidProvider(OpenidSettings settings) : settings_(std::move(settings)) {}
    const OpenidSettings& settings() const { return settings_; }

    // All throw Failure(bad_gateway) when the provider does not answer, or not as it should.

    /// The provider's description of itself; kept for ten minutes. Its issuer is the configured
    /// one.
    Json metadata(Time now);
    /// An endpoint of it; empty when it has none.
    std::string endpoint(const char* name, Time now) { return metadata(now).text(name); }
    /// Kept as long; fetched again when none is called `key_id`, but not more often than every ten
    /// seconds.
    std::vector<crypto::jose::Key> keys(const std::string& key_id, Time now);

    using Form = std::vector<std::pair<std::string, std::string>>;
    /// As our client. Nothing when the provider refuses (400 to 403).
    std::optional<Json> post(const std::string& url, Form form, Time now);
    /// By an access token. Nothing when the provider refuses.
    std::optional<Json> get(const std::string& url, const std::string& access_token);

  private:
    Json fetch_json(const std::string& url);

    OpenidSettings settings_;
    std::mutex mutex_;
    Json metadata_;
    Time metadata_at_;
    std::vector<crypto::jose::Key> keys_;
    Time keys_at_;
};

} // namespace nephele::keystone
