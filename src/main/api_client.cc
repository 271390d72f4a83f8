// SPDX-License-Identifier: Apache-2.0
#include "main/api_client.h"

#include "base/strings.h"
#include "platform/fault/fault.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nephele::main {
namespace {
void refuse_errors(const http::ClientRequest& request, const http::ClientResponse& response) {
    if (response.status < 300) return;
    throw Failure(Fault::bad_gateway, "ApiRefused",
                  format("{} {} answered {}: {}", request.method, request.url, response.status,
                         response.body.substr(0, 500)));
}
} // namespace

Login login_of_environment() {
    auto value = [](const char* name, const char* fallback) -> std::string {
        const char* found = std::getenv(name);
        return found && *found ? found : fallback;
    };
    return {value("OS_AUTH_URL", "http://127.0.0.1:8181/identity/v3"),
            value("OS_USERNAME", "admin"), value("OS_PASSWORD", ""),
            value("OS_PROJECT_NAME", "admin")};
}

ApiClient::ApiClient(Login login) {
    Json domain = Json::object({{"name", "Default"}});
    Json user =
        Json::object({{"name", login.user}, {"domain", domain}, {"password", login.password}});
    Json identity = Json::object(
        {{"methods", Json::array({"password"})}, {"password", Json::object({{"user", user}})}});
    Json scope =
        Json::object({{"project", Json::object({{"name", login.project}, {"domain", domain}})}});
    http::ClientRequest request;
    request.method = "POST";
    request.url = login.auth_url + "/auth/tokens";
    request.headers.set("Content-Type", "application/json");
    request.body =
        Json::object({{"auth", Json::object({{"identity", identity}, {"scope", scope}})}}).dump();
    auto response = http::fetch(request);
    refuse_errors(request, response);
    token_ = response.headers.get("X-Subject-Token");
    Json parsed = Json::parse(response.body);
    const Json& token = parsed.at("token");
    project_id_ = token.at("project").text("id");
    for (auto& entry : token.at("catalog").as_array())
        for (auto& endpoint : entry.at("endpoints").as_array())
            if (endpoint.text("interface") == "public")
                endpoints_[entry.text("type")] = endpoint.text("url");
}

std::string ApiClient::url(const std::string& type) const {
    auto found = endpoints_.find(type);
    if (found == endpoints_.end())
        throw Failure(Fault::not_found, "NoEndpoint",
                      format("The catalog has no public endpoint of type {}.", type));
    return found->second;
}

http::Headers ApiClient::headers() const {
    http::Headers out;
    out.set("X-Auth-Token", token_);
    return out;
}

Json ApiClient::call(const std::string& type, const std::string& method, const std::string& path,
                     const Json& body) {
    http::ClientRequest request;
    request.method = method;
    request.url = url(type) + path;
    request.headers = headers();
    if (!body.is_null()) {
        request.headers.set("Content-Type", "application/json");
        request.body = body.dump();
    }
    auto response = http::fetch(request);
    refuse_errors(request, response);
    return response.body.empty() ? Json() : Json::parse(response.body);
}

Json ApiClient::named(const std::string& type, const std::string& path, const std::string& plural,
                      const std::string& name) {
    Json list = call(type, "GET", path);
    for (auto& item : list.at(plural).as_array())
        if (item.text("name") == name) return item;
    return Json();
}

void ApiClient::upload(const std::string& type, const std::string& path, const std::string& file) {
    int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat facts {};
    if (fd < 0 || fstat(fd, &facts) != 0) {
        if (fd >= 0) close(fd);
        throw Failure(Fault::not_found, "NoFile", format("{}: {}", file, strerror(errno)));
    }
    http::ClientRequest request;
    request.method = "PUT";
    request.url = url(type) + path;
    request.headers = headers();
    request.headers.set("Content-Type", "application/octet-stream");
    request.body_length = static_cast<std::uint64_t>(facts.st_size);
    request.timeout_ms = 0;
    request.body_source = [fd](char* into, std::size_t size) {
        auto got = ::read(fd, into, size);
        return got > 0 ? static_cast<std::size_t>(got) : 0;
    };
    http::ClientResponse response;
    try {
        response = http::fetch(request);
    } catch (const std::exception&) {
        close(fd);
        throw;
    }
    close(fd);
    refuse_errors(request, response);
}

} // namespace nephele::main
