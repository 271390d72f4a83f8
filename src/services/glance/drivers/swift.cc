// SPDX-License-Identifier: Apache-2.0
#include "services/glance/drivers/swift.h"

#include "base/strings.h"
#include "platform/json/json.h"
#include "services/glance/drivers/remote.h"

#include <mutex>
#include <set>

namespace nephele::glance {
namespace {
constexpr std::size_t names_a_page = 1000;

std::string host_of(const std::string& url) {
    auto from = url.find("://");
    auto host = url.substr(from == std::string::npos ? 0 : from + 3);
    return host.substr(0, host.find('/'));
}

Json parsed(const http::ClientResponse& response, const std::string& what) {
    check_status(response, what);
    try {
        return Json::parse(response.body.empty() ? "[]" : response.body);
    } catch (const JsonError& error) {
        throw StoreError(StoreError::Kind::failed, what + ": " + error.what());
    }
}

/// A token and the account it opens, renewed when it is refused.
class SwiftClient {
  public:
    explicit SwiftClient(const SwiftOptions& options) : options_(options) {}

    /// `path`: "/container/object?query".
    http::ClientResponse send(http::ClientRequest request, const std::string& path) {
        for (bool again = false;; again = true) {
            auto [url, token] = session(again);
            http::ClientRequest one = request;
            one.url = url + path;
            one.ca_file = options_.ca_file;
            if (!one.sink) one.timeout_ms = 300'000;
            one.headers.set("X-Auth-Token", token);
            auto response = exchange(one);
            if (response.status != 401 || again) return response;
        }
    }
    http::ClientResponse send(const char* method, const std::string& path,
                              const std::string& body = "") {
        http::ClientRequest request;
        request.method = method;
        request.body = body;
        return send(std::move(request), path);
    }

  private:
    struct Session {
        std::string url, token;
    };
    Session session(bool renew) {
        std::lock_guard lock(mutex_);
        if (session_.token.empty() || renew)
            session_ = options_.auth_version == 1 ? log_in_v1() : log_in_v3();
        return session_;
    }
    Session log_in_v1() const {
        http::ClientRequest request;
        request.url = options_.auth_url;
        request.ca_file = options_.ca_file;
        request.headers.set("X-Auth-User", options_.user);
        request.headers.set("X-Auth-Key", options_.key.reveal());
        auto response = exchange(request);
        check_status(response, "log in to Swift");
        return {response.headers.get("X-Storage-Url"), response.headers.get("X-Auth-Token")};
    }
    Session log_in_v3() const {
        auto named = [](const std::string& name, const std::string& domain) {
            return Json::object({{"name", name}, {"domain", Json::object({{"name", domain}})}});
        };
        Json user = named(options_.user, options_.user_domain);
        user["password"] = options_.key.reveal();
        Json identity = Json::object({{"methods", Json::array({"password"})},
                                      {"password", Json::object({{"user", std::move(user)}})}});
        Json scope = Json::object({{"project", named(options_.project, options_.project_domain)}});
        http::ClientRequest request;
        request.method = "POST";
        request.url = options_.auth_url + "/auth/tokens";
        request.ca_file = options_.ca_file;
        request.headers.set("Content-Type", "application/json");
        request.body = Json::object({{"auth", Json::object({{"identity", std::move(identity)},
                                                            {"scope", std::move(scope)}})}})
                           .dump();
        auto response = exchange(request);
        Json token = parsed(response, "log in to Keystone");
        try {
            for (auto& service : token.at("token").at("catalog").as_array()) {
                if (service.text("type") != "object-store") continue;
                for (auto& endpoint : service.at("endpoints").as_array())
                    if (endpoint.text("interface") == "public" &&
                        (options_.region.empty() || endpoint.text("region") == options_.region))
                        return {endpoint.text("url"), response.headers.get("X-Subject-Token")};
            }
        } catch (const JsonError& error) {
            throw StoreError(StoreError::Kind::failed,
                             std::string("log in to Keystone: ") + error.what());
        }
        throw StoreError(StoreError::Kind::failed, "the catalog has no object-store");
    }
    const SwiftOptions& options_;
    std::mutex mutex_;
    Session session_;
};

std::string segment_name(const std::string& name, std::size_t number) {
    std::string digits = std::to_string(number);
    return name + "/" + std::string(8 - std::min<std::size_t>(8, digits.size()), '0') + digits;
}

/// The two containers and what is in them.
class Account {
  public:
    explicit Account(const SwiftOptions& options)
        : client(options), whole("/" + percent_encode(options.container)),
          segments("/" + percent_encode(options.container + "_segments")),
          segments_name(options.container + "_segments") {}

    void ensure_containers() {
        std::lock_guard lock(mutex_);
        if (there_) return;
        for (auto& container : {whole, segments})
            check_status(client.send("PUT", container), "container " + container);
        there_ = true;
    }
    std::vector<std::string> names(const std::string& container, const std::string& prefix) {
        std::vector<std::string> out;
        for (std::string marker;;) {
            auto response = client.send(
                "GET", format("{}?format=json&limit={}&prefix={}&marker={}", container,
                              names_a_page, percent_encode(prefix), percent_encode(marker)));
            if (response.status == 404) return out;
            Json page = parsed(response, "list of " + container);
            for (auto& item : page.as_array()) out.push_back(item.text("name"));
            if (page.size() < names_a_page) return out;
            marker = out.back();
        }
    }
    void remove_segments(const std::string& name) {
        for (auto& segment : names(segments, name + "/"))
            check_status(client.send("DELETE", segments + "/" + segment), "delete of " + segment,
                         404);
    }
    SwiftClient client;
    const std::string whole, segments; ///< as paths
    const std::string segments_name;

  private:
    std::mutex mutex_;
    bool there_ = false;
};

class SwiftWriter final : public ObjectWriter {
  public:
    SwiftWriter(Account& account, std::string name, std::size_t segment_bytes)
        : account_(account), name_(std::move(name)), parts_(segment_bytes) {}
    ~SwiftWriter() override {
        if (finished_ || manifest_.size() == 0) return;
        try {
            account_.remove_segments(name_);
        } catch (const StoreError&) {
            // The sweep finds them.
        }
    }
    void write(std::string_view piece) override {
        parts_.add(piece, [&](const std::string& part) { send_segment(part); });
    }
    void finish() override {
        if (manifest_.size() == 0) {
            check_status(account_.client.send("PUT", account_.whole + "/" + name_, parts_.rest()),
                         "put of " + name_);
            finished_ = true;
            return;
        }
        if (!parts_.rest().empty()) send_segment(parts_.rest());
        check_status(account_.client.send("PUT",
                                          account_.whole + "/" + name_ + "?multipart-manifest=put",
                                          manifest_.dump()),
                     "manifest of " + name_);
        finished_ = true;
    }

  private:
    void send_segment(const std::string& part) {
        std::string segment = segment_name(name_, manifest_.size() + 1);
        // Named before it is there, so that the destructor takes it away also half written.
        manifest_.push_back(Json::object({{"path", "/" + account_.segments_name + "/" + segment}}));
        auto response = account_.client.send("PUT", account_.segments + "/" + segment, part);
        check_status(response, "segment of " + name_);
        Json& entry = manifest_.as_array().back();
        entry["etag"] = std::string(response.headers.get("ETag"));
        entry["size_bytes"] = part.size();
    }
    Account& account_;
    std::string name_;
    Parts parts_;
    Json manifest_ = Json::array();
    bool finished_ = false;
};

class SwiftStore final : public Store {
  public:
    explicit SwiftStore(SwiftOptions options) : options_(std::move(options)), account_(options_) {}

    std::string new_location(const std::string& name) override {
        if (!is_object_name(name))
            throw StoreError(StoreError::Kind::failed, "not the name of an object: " + name);
        return prefix() + name;
    }
    std::unique_ptr<ObjectWriter> create(const std::string& location) override {
        std::string name = checked(location);
        account_.ensure_containers();
        auto response = account_.client.send("HEAD", account_.whole + "/" + name);
        if (response.status != 404) {
            check_status(response, "look for " + name);
            throw StoreError(StoreError::Kind::failed, "is there already: " + location);
        }
        return std::make_unique<SwiftWriter>(account_, name, options_.segment_bytes);
    }
    OpenObject open(const std::string& location) override {
        std::string name = checked(location);
        OpenObject object;
        auto response = account_.client.send("HEAD", account_.whole + "/" + name);
        if (response.status == 404) return object;
        check_status(response, "look for " + name);
        object.size =
            static_cast<std::uint64_t>(to_int(response.headers.get("Content-Length")).value_or(0));
        object.reader = std::make_shared<RangeReader>([this, name](http::ClientRequest& request) {
            return account_.client.send(request, account_.whole + "/" + name);
        });
        return object;
    }
    // The manifest first: without its segments it would be a broken object.
    void remove(const std::string& location, bool partial) override {
        std::string name = checked(location);
        if (!partial)
            check_status(account_.client.send("DELETE", account_.whole + "/" + name),
                         "delete of " + name, 404);
        else if (account_.client.send("HEAD", account_.whole + "/" + name).status != 404)
            return;
        account_.remove_segments(name);
    }
    std::vector<StoredObject> list() override {
        std::vector<StoredObject> out;
        std::set<std::string> there, parts;
        // Segments first: a manifest that comes meanwhile is seen.
        for (auto& segment : account_.names(account_.segments, "")) {
            std::string name = segment.substr(0, segment.find('/'));
            if (is_object_name(name)) parts.insert(name);
        }
        for (auto& name : account_.names(account_.whole, ""))
            if (is_object_name(name)) there.insert(name);
        for (auto& name : there) out.push_back({prefix() + name, false, std::nullopt});
        for (auto& name : parts)
            if (!there.count(name)) out.push_back({prefix() + name, true, std::nullopt});
        return out;
    }
    bool knows(const std::string& location) const override {
        return location.rfind(prefix(), 0) == 0 && is_object_name(location.substr(prefix().size()));
    }

  private:
    std::string prefix() const {
        return "swift://" + host_of(options_.auth_url) + "/" + options_.container + "/";
    }
    std::string checked(const std::string& location) const {
        if (!knows(location))
            throw StoreError(StoreError::Kind::failed, "not a location of this store: " + location);
        return location.substr(prefix().size());
    }
    SwiftOptions options_;
    Account account_;
};
} // namespace

std::unique_ptr<Store> swift_store(SwiftOptions options) {
    while (!options.auth_url.empty() && options.auth_url.back() == '/') options.auth_url.pop_back();
    return std::make_unique<SwiftStore>(std::move(options));
}

} // namespace nephele::glance
