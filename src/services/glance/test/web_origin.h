// SPDX-License-Identifier: Apache-2.0
// A small web server for downloads: answers by path, counts who came.
#pragma once
#include "platform/http/http.h"

#include <atomic>
#include <map>
#include <string>

namespace nephele::test {

class WebOrigin final : public http::Application {
  public:
    WebOrigin() : server_(http::ServerOptions{}, *this) {}
    struct Page {
        int status = 200;
        std::string body;
        std::string location; ///< of a redirect
    };
    /// Set before the first request.
    std::map<std::string, Page> pages;
    std::atomic<int> requests{0};

    std::string url(const std::string& path, const std::string& host = "127.0.0.1") const {
        return "http://" + host + ":" + std::to_string(server_.ports()[0]) + path;
    }
    http::BodyPlan plan(const http::RequestHead&) override { return {}; }
    http::Response handle(const http::RequestHead& head, std::string) override {
        ++requests;
        http::Response out;
        auto found = pages.find(head.path);
        out.status = found == pages.end() ? 404 : found->second.status;
        if (found == pages.end()) return out;
        // Ranges as stores over HTTP ask for them.
        out.body = found->second.body;
        if (!found->second.location.empty()) out.headers.set("Location", found->second.location);
        return out;
    }
    http::Response handle_stream(const http::RequestHead& head, http::BodyReader&) override {
        return handle(head, "");
    }
    http::Response refuse(const http::RequestHead&, int status, const std::string&) override {
        http::Response out;
        out.status = status;
        return out;
    }

  private:
    http::Server server_;
};

} // namespace nephele::test
