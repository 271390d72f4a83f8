// SPDX-License-Identifier: Apache-2.0
// A small client of the cloud's own OpenStack APIs, for the starter content and the tools of this
// program.
#pragma once
#include "platform/http/http.h"
#include "platform/json/json.h"

#include <map>
#include <string>

namespace nephele::main {

struct Login {
    std::string auth_url; ///< ".../identity/v3"
    std::string user, password, project;
};

/// Of OS_AUTH_URL, OS_USERNAME, OS_PASSWORD and OS_PROJECT_NAME, as all OpenStack clients.
Login login_of_environment();

class ApiClient {
  public:
    /// Asks for a token and reads the catalog. Throws Failure naming the URL and the answer.
    explicit ApiClient(Login login);

    /// `path` from the endpoint of the catalog type: ("network", "GET", "/v2.0/networks"). Throws
    /// Failure (with the service's own message) for statuses over 299.
    Json call(const std::string& type, const std::string& method, const std::string& path,
              const Json& body = Json());
    /// The first of a list whose "name" is this, or null.
    Json named(const std::string& type, const std::string& path, const std::string& plural,
               const std::string& name);
    void upload(const std::string& type, const std::string& path, const std::string& file);
    const std::string& project_id() const { return project_id_; }
    std::string url(const std::string& type) const;

  private:
    http::Headers headers() const;
    std::string token_, project_id_;
    std::map<std::string, std::string> endpoints_;
};

} // namespace nephele::main
