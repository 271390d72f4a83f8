// SPDX-License-Identifier: Apache-2.0
#include "platform/agent_link/door.h"

#include "base/strings.h"
#include "platform/agent/control.h"
#include "platform/agent_link/messages.h"
#include "platform/agent_link/session.h"
#include "platform/fault/fault.h"
#include "platform/json/json.h"
#include "platform/log/log.h"

#include <atomic>
#include <map>
#include <mutex>

namespace nephele::agent {
namespace {
constexpr std::uint64_t most_body_bytes = 16 * 1024;

http::Response json_answer(int status, const Json& body) {
    http::Response response;
    response.status = status;
    response.headers.set("Content-Type", "application/json");
    response.body = body.dump();
    return response;
}

} // namespace

struct Door::Impl {
    Impl(Cloud& c, crypto::Authority a, std::vector<DoorPage> p)
        : cloud(c), authority(std::move(a)), pages(std::move(p)) {}

    http::Response answer(const http::RequestHead& head, const std::string& body) {
        if (head.method == "POST" && head.path == "/v1/join") return admit(body);
        if (head.method != "GET")
            throw Failure(Fault::method_not_allowed, "MethodNotAllowed", "Nothing to do so here.");
        if (head.path == "/v1/link") return open_session(head);
        for (auto& page : pages)
            if (head.path.rfind(page.path + "/", 0) == 0)
                return page.answer(cloud, head, member(head).host,
                                   head.path.substr(page.path.size() + 1));
        throw not_found("NotFound", "Nothing is served under this path.");
    }

    Member member(const http::RequestHead& head) {
        auto found = cloud.db().read(
            [&](db::Tx& tx) { return member_with(tx, head.client_certificate_thumbprint); });
        if (!found)
            throw forbidden("NotAMember", "The certificate is of no member of this cloud (any "
                                          "more). Join again: nephele agent join URL TOKEN");
        return *found;
    }

    http::Response admit(const std::string& body) {
        Json asked;
        std::string token, secret, host, key;
        try {
            asked = Json::parse(body, 8);
            token = asked.at("token").as_string();
            secret = asked.at("secret").as_string();
            host = asked.at("host").as_string();
            key = asked.at("public_key").as_string();
        } catch (const JsonError& error) {
            throw bad_request("InvalidInput", format("The body is an object with token, secret, "
                                                     "host and public_key, all texts: {}",
                                                     error.what()));
        }
        auto issued = write_as_cloud(cloud, "", [&](Context& context) {
            return join(context, authority, token, secret, host, key);
        });
        log::info("agent: a host joined", {{"host", host}});
        return json_answer(200, Json::object({{"host", host}, {"certificate", issued.pem}}));
    }

    http::Response open_session(const http::RequestHead& head) {
        const std::string host = member(head).host;
        const std::string thumbprint = head.client_certificate_thumbprint;
        http::Response response;
        response.upgrade = [this, host, thumbprint](http::WebSocket& socket) {
            auto over = begin(host);
            const Time heard = serve_agent({cloud, authority, over}, host, thumbprint, socket);
            end(host, over, heard);
        };
        return response;
    }

    using Over = std::shared_ptr<std::atomic<bool>>;

    /// A host has one session: an older one is of a connection that broke without our noticing.
    Over begin(const std::string& host) {
        auto over = std::make_shared<std::atomic<bool>>(false);
        std::lock_guard lock(mutex);
        auto& current = sessions[host];
        if (current) *current = true;
        current = over;
        if (stopping) *over = true;
        return over;
    }

    void end(const std::string& host, const Over& over, Time heard) {
        {
            std::lock_guard lock(mutex);
            auto found = sessions.find(host);
            if (found == sessions.end() || found->second != over) return;
            sessions.erase(found);
            if (stopping) return; // It finds another node at once.
        }
        try {
            write_as_cloud(cloud, "",
                           [&](Context& context) { control::save_goodbye(context, host, heard); });
        } catch (const std::exception& error) { // Silence will tell.
            log::warning("agent: goodbye not kept", {{"host", host}, {"error", error.what()}});
        }
    }

    Cloud& cloud;
    const crypto::Authority authority;
    const std::vector<DoorPage> pages;
    std::mutex mutex;
    bool stopping = false;
    std::map<std::string, Over> sessions;
};

Door::Door(Cloud& cloud, crypto::Authority authority, std::vector<DoorPage> pages)
    : impl_(std::make_unique<Impl>(cloud, std::move(authority), std::move(pages))) {}
Door::~Door() = default;

const crypto::Authority& Door::authority() const { return impl_->authority; }

void Door::stop() {
    std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    for (auto& [host, over] : impl_->sessions) *over = true;
}

http::BodyPlan Door::plan(const http::RequestHead&) {
    return {http::BodyPlan::Kind::buffered, most_body_bytes};
}

http::Response Door::handle(const http::RequestHead& head, std::string body) {
    try {
        return impl_->answer(head, body);
    } catch (const std::exception& error) {
        const Json told = error_json(error);
        return json_answer(static_cast<int>(told.integer("status")),
                           Json::object({{"error", told}}));
    }
}

http::Response Door::handle_stream(const http::RequestHead& head, http::BodyReader&) {
    return refuse(head, 400, "no body is read here");
}

http::Response Door::refuse(const http::RequestHead&, int status, const std::string& reason) {
    return json_answer(status, Json::object({{"error", Json::object({{"code", "Refused"},
                                                                     {"message", reason},
                                                                     {"status", status}})}}));
}

std::string join_text(const JoinToken& token, const crypto::Authority& authority) {
    return base64url_encode(Json::object({{"token", token.id},
                                          {"secret", token.secret},
                                          {"authority", authority.certificate_pem()}})
                                .dump(),
                            false);
}

} // namespace nephele::agent
