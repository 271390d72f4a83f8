// SPDX-License-Identifier: Apache-2.0
#include "tests/support/test_cloud.h"

#include "base/strings.h"
#include "tests/support/postgres.h"

#include <cstdlib>

namespace nephele::test {

std::optional<Principal> FakeAuthenticator::authenticate(std::string_view token) {
    {
        std::lock_guard lock(mutex_);
        auto found = tokens_.find(token);
        if (found != tokens_.end()) return found->second;
    }
    return next ? next->authenticate(token) : std::nullopt;
}

std::string FakeAuthenticator::add(Principal who) {
    std::lock_guard lock(mutex_);
    std::string token = "token-" + std::to_string(tokens_.size() + 1);
    tokens_[token] = std::move(who);
    return token;
}

namespace {
// NEPHELE_TEST_DATABASE=postgresql runs the same tests on a private PostgreSQL.
std::string database_url(const std::vector<api::Service>& services) {
    const char* wanted = std::getenv("NEPHELE_TEST_DATABASE");
    if (!wanted || std::string_view(wanted) != "postgresql") return "sqlite::memory:";
    std::string names;
    for (auto& service : services) names += service.name + " ";
    return PostgresServer::shared().copy_of(names, [&](const std::string& url) {
        db::Database::open({url, 1})->migrate(all_migrations(services));
    });
}
} // namespace

TestCloud::TestCloud(std::vector<api::Service> services, std::vector<std::string> settings,
                     bool background,
                     std::function<void(Cloud&, const std::vector<api::Service>&)> bootstrap,
                     const Clock* clock) {
    NodeOptions options;
    options.services = std::move(services);
    options.settings = {"http.port=0", "database.url=\"" + database_url(options.services) + "\"",
                        "log.level=\"warning\"", "data.directory=\"" + directory_.path() + "\""};
    options.settings.insert(options.settings.end(), settings.begin(), settings.end());
    options.background = background;
    options.bootstrap = std::move(bootstrap);
    options.clock = clock;
    node_ = std::make_unique<Node>(std::move(options));
    authenticator_.next = cloud().authenticator;
    cloud().authenticator = &authenticator_;
}

std::string TestCloud::url() const { return "http://127.0.0.1:" + std::to_string(node_->port()); }

std::string TestCloud::token(const std::string& project, std::vector<std::string> roles,
                             const std::string& user) {
    static const std::vector<std::string> chain{"admin", "manager", "member", "reader"};
    Principal who;
    who.user_id = user.empty() ? "user-of-" + project : user;
    who.user_name = who.user_id;
    who.user_domain_id = "default";
    who.project_id = project;
    who.project_name = project;
    who.project_domain_id = "default";
    bool implied = false;
    for (auto& role : chain) {
        bool given = std::find(roles.begin(), roles.end(), role) != roles.end();
        if (implied && !given) roles.push_back(role);
        implied = implied || given;
    }
    who.roles = std::move(roles);
    who.expires_at = cloud().now().plus_seconds(3600);
    return authenticator_.add(std::move(who));
}

Answer TestCloud::request(const std::string& method, const std::string& path,
                          const std::string& token, const Json& body,
                          const http::Headers& headers) {
    http::Headers all = headers;
    if (!body.is_null() && !all.find("Content-Type")) all.set("Content-Type", "application/json");
    return raw(method, path, token, body.is_null() ? "" : body.dump(), all);
}

Answer TestCloud::raw(const std::string& method, const std::string& path, const std::string& token,
                      const std::string& body, const http::Headers& headers) {
    http::ClientRequest request;
    request.method = method;
    request.url = url() + path;
    request.headers = headers;
    if (!token.empty()) request.headers.set("X-Auth-Token", token);
    request.body = body;
    auto response = http::fetch(request);
    Answer answer{response.status, response.headers, response.body, Json()};
    if (response.headers.get("Content-Type").find("json") != std::string::npos &&
        !answer.text.empty())
        answer.json = Json::parse(answer.text);
    return answer;
}

std::vector<std::string> schema_problems(TestCloud& cloud) {
    std::vector<std::string> problems;
    cloud.cloud().db().read([&](db::Tx& tx) {
        for (auto& service : cloud.node().services())
            for (auto* table : service.tables)
                for (auto& problem : shape::schema_differences(tx, *table))
                    problems.push_back(problem);
    });
    return problems;
}

} // namespace nephele::test
