// SPDX-License-Identifier: Apache-2.0
// A private cloud for HTTP tests: real edge on a port of its own, real routing, policy and
// transactions on a private database, and requests as chosen principals.
#pragma once
#include "platform/http/http.h"
#include "platform/node/node.h"
#include "tests/support/temp_dir.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace nephele::test {

/// Accepts the tokens a test made up; others go to the identity service when it is listed.
class FakeAuthenticator : public Authenticator {
  public:
    Authenticator* next = nullptr;
    std::optional<Principal> authenticate(std::string_view token) override;
    /// Returns the token.
    std::string add(Principal who);

  private:
    std::mutex mutex_;
    std::map<std::string, Principal, std::less<>> tokens_;
};

struct Answer {
    int status = 0;
    http::Headers headers;
    std::string text;
    Json json; ///< parsed when the answer is JSON
};

class TestCloud {
  public:
    /// `settings` as --set takes them, e.g. "neutron.driver=\"fake\"".
    explicit TestCloud(
        std::vector<api::Service> services, std::vector<std::string> settings = {},
        bool background = false,
        std::function<void(Cloud&, const std::vector<api::Service>&)> bootstrap = {},
        const Clock* clock = nullptr);

    /// Made-up tokens although an identity service is listed.
    void use_made_up_tokens() { cloud().authenticator = &authenticator_; }

    Cloud& cloud() { return node_->cloud(); }
    Node& node() { return *node_; }
    std::string url() const;

    /// A token of a made-up user in a project (id = name) with these roles; implied roles are added
    /// as upstream implies them (admin > manager > member > reader).
    std::string token(const std::string& project, std::vector<std::string> roles = {"member"},
                      const std::string& user = "");
    std::string admin() { return token("admin-project", {"admin"}); }

    Answer request(const std::string& method, const std::string& path, const std::string& token,
                   const Json& body = Json(), const http::Headers& headers = {});
    Answer raw(const std::string& method, const std::string& path, const std::string& token,
               const std::string& body, const http::Headers& headers);
    Answer get(const std::string& path, const std::string& token) {
        return request("GET", path, token);
    }
    Answer post(const std::string& path, const std::string& token, const Json& body) {
        return request("POST", path, token, body);
    }
    Answer put(const std::string& path, const std::string& token, const Json& body) {
        return request("PUT", path, token, body);
    }
    Answer patch(const std::string& path, const std::string& token, const Json& body) {
        return request("PATCH", path, token, body);
    }
    Answer del(const std::string& path, const std::string& token) {
        return request("DELETE", path, token);
    }
    /// Runs operations that are ready, in this thread (background = false).
    void settle() { node_->runner().run_ready(); }

  private:
    TempDir directory_{"cloud"}; ///< data.directory
    FakeAuthenticator authenticator_;
    std::unique_ptr<Node> node_;
};

/// Every table of these services agrees with its migrations; one line a difference.
std::vector<std::string> schema_problems(TestCloud& cloud);

} // namespace nephele::test
