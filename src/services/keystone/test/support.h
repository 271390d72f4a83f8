// SPDX-License-Identifier: Apache-2.0
// A private cloud with the identity service alone and cheap password hashes.
#pragma once
#include "services/keystone/client.h"
#include "services/keystone/service.h"
#include "tests/support/test_cloud.h"

namespace nephele::keystone::test {
using nephele::test::Answer;

class Identity : public nephele::test::TestCloud {
  public:
    explicit Identity(std::vector<std::string> settings = {}, const Clock* clock = nullptr)
        : TestCloud({service()}, with_basics(std::move(settings)), false, client::bootstrap_node,
                    clock) {}

    /// The body of a password login; `scope` null for none.
    static Json login(const std::string& user, const std::string& password,
                      const Json& scope = Json());
    static Json project_scope(const std::string& name);
    static Json system_scope();
    static Json domain_scope(const std::string& id = "default");
    Answer log_in(const std::string& user, const std::string& password, const Json& scope = Json());
    /// Token of admin on project admin.
    std::string admin();
    /// The next admin() logs in again.
    void forget_admin() { admin_.clear(); }
    /// A token; fails the test when there is none.
    std::string token(const std::string& user, const std::string& password, const Json& scope);

    /// Makes a user in the default domain and returns its id.
    std::string add_user(const std::string& name, const std::string& password = "pw");
    std::string add_project(const std::string& name, const Json& more = Json::object());
    std::string role_id(const std::string& name);
    void grant(const std::string& project_id, const std::string& user_id, const std::string& role);
    std::string project_id(const std::string& name);

  private:
    static std::vector<std::string> with_basics(std::vector<std::string> settings);
    std::string admin_;
};

} // namespace nephele::keystone::test
