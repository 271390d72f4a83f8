// SPDX-License-Identifier: Apache-2.0
#include "services/swift/api/login.h"

#include "base/strings.h"
#include "platform/api/service.h"
#include "platform/crypto/crypto.h"

namespace nephele::swift {
namespace {

constexpr const char* domain_header = "X-Account-Sysmeta-Project-Domain-Id";

std::string token_of(const Request& request) {
    if (auto* token = request.headers.find("X-Auth-Token")) return std::string(trim(*token));
    return std::string(trim(request.header("X-Storage-Token")));
}

logic::Target target_of(Request& request, const std::string& acl) {
    logic::Target target{.method = request.method == "COPY" ? "PUT" : request.method,
                         .account = request.account,
                         .container = request.container,
                         .object = request.object,
                         .referrer = request.header("Referer"),
                         .acl = acl,
                         .synced = request.caller.synced};
    bool keystone = request.caller.kind == Caller::Kind::keystone && !acl.empty();
    if (!keystone && request.caller.kind != Caller::Kind::tempauth) return target;
    auto account = request.backend().account(request.account);
    if (!account) return target;
    target.account_exists = true;
    auto text = [&](const char* name) {
        auto found = account->metadata.find(name);
        return found == account->metadata.end() ? std::string() : found->second;
    };
    target.account_domain = text(domain_header);
    target.account_acl = text("X-Account-Sysmeta-Core-Access-Control");
    return target;
}

bool touches_only_its_own(const Request& request) {
    return request.account == request.caller.only_account &&
           (request.caller.only_container.empty() ||
            request.container == request.caller.only_container);
}

logic::Access access_of(Request& request, const std::string& acl) {
    const Settings& settings = request.site.settings;
    const Caller& caller = request.caller;
    switch (caller.kind) {
    case Caller::Kind::keystone:
        return logic::keystone_access(settings.keystone, *caller.principal,
                                      caller.service ? &*caller.service : nullptr,
                                      target_of(request, acl));
    case Caller::Kind::tempauth:
        return logic::tempauth_access(settings.keystone.prefix, caller.temp_user,
                                      target_of(request, acl));
    case Caller::Kind::temporary_url:
        return touches_only_its_own(request) ? logic::Access::allowed : logic::Access::denied;
    case Caller::Kind::anonymous:
        break;
    }
    return logic::anonymous_access(target_of(request, acl));
}

logic::TempUser temp_user(const Settings& settings, const std::string& name) {
    auto colon = name.find(':');
    logic::TempUser user{name.substr(0, colon), name.substr(colon + 1), {}};
    user.groups = {name, user.account};
    for (auto& group : settings.temp_users.at(name).groups)
        user.groups.push_back(group == ".admin" ? settings.keystone.prefix + user.account : group);
    return user;
}

} // namespace

void authorize(Request& request, const std::string& acl) {
    if (request.internal) {
        request.owner = true;
        return;
    }
    // Who owns the account owns it, whomever else a list lets in.
    auto access = access_of(request, "");
    if (access != logic::Access::owner && !acl.empty()) access = access_of(request, acl);
    if (access == logic::Access::denied) {
        if (request.caller.kind == Caller::Kind::keystone ||
            request.caller.kind == Caller::Kind::tempauth)
            throw Refused(403);
        throw Refused(401).with("WWW-Authenticate",
                                format("Swift realm=\"{}\"", logic::quote_path(request.account)));
    }
    request.owner = access == logic::Access::owner;
}

std::pair<std::string, TempTokens::Login>
TempTokens::give(IdSource& ids, const logic::TempUser& user, Time now, std::int64_t seconds) {
    std::lock_guard lock(mutex_);
    for (auto at = logins_.begin(); at != logins_.end();) {
        if (at->second.expires_at <= now) {
            at = logins_.erase(at);
            continue;
        }
        if (at->second.user.account == user.account && at->second.user.user == user.user &&
            at->second.user.groups == user.groups)
            return *at;
        ++at;
    }
    return *logins_.emplace("AUTH_tk" + ids.hex(), Login{user, now.plus_seconds(seconds)}).first;
}

std::optional<TempTokens::Login> TempTokens::find(const std::string& token, Time now) {
    std::lock_guard lock(mutex_);
    auto found = logins_.find(token);
    if (found == logins_.end() || found->second.expires_at <= now) return std::nullopt;
    return found->second;
}

std::optional<Answer> tempauth_page(Site& site, const http::RequestHead& head) {
    const Settings& settings = site.settings;
    bool ours = head.path == "/auth/v1.0" || head.path == "/auth/v1";
    if (!settings.tempauth || !ours) return std::nullopt;
    if (head.method != "GET") return page(405);
    std::string name = head.headers.get("X-Storage-User", head.headers.get("X-Auth-User"));
    std::string key = head.headers.get("X-Auth-Key", head.headers.get("X-Storage-Pass"));
    auto found = settings.temp_users.find(name);
    bool right =
        found != settings.temp_users.end() &&
        crypto::equal_constant_time(crypto::sha256(found->second.key), crypto::sha256(key));
    if (!right) {
        Answer refused = page(401);
        refused.headers.set("WWW-Authenticate", "Swift realm=\"unknown\"");
        return refused;
    }
    Time now = site.cloud.now();
    auto [token, login] = site.temp_tokens->give(site.cloud.ids(), temp_user(settings, name), now,
                                                 settings.temp_token_seconds);
    // The prefix of the common port stands in front of the path as the client sent it.
    auto path = head.target.substr(0, head.target.find('?'));
    std::string root = path.substr(0, path.size() - std::min(path.size(), head.path.size()));
    Answer answer;
    answer.headers.set("Content-Type", "text/html; charset=UTF-8");
    answer.headers.set("X-Auth-Token", token);
    answer.headers.set("X-Storage-Token", token);
    answer.headers.set("X-Auth-Token-Expires",
                       std::to_string(login.expires_at.seconds() - now.seconds()));
    std::string prefix = root.empty() && head.local_port != 8080 ? "/object-store" : root;
    answer.headers.set("X-Storage-Url",
                       format("{}://{}{}/v1/{}{}", head.tls ? "https" : "http",
                              head.headers.get("Host"), prefix, settings.keystone.prefix,
                              logic::quote_path(login.user.account)));
    return answer;
}

Answer read_token(Request& request, const Next& next) {
    std::string token = token_of(request);
    if (token.empty() || request.caller.kind != Caller::Kind::anonymous) return next(request);
    if (request.site.settings.tempauth) {
        if (auto login = request.site.temp_tokens->find(token, request.site.cloud.now())) {
            request.caller.kind = Caller::Kind::tempauth;
            request.caller.temp_user = std::move(login->user);
        }
        return next(request);
    }
    Cloud& cloud = request.site.cloud;
    auto who = api::principal_of(cloud, request.head, token);
    if (who && !who->may_call("object-store", request.method, request.head.path))
        throw Refused(403);
    if (who) {
        request.caller.kind = Caller::Kind::keystone;
        request.caller.principal = std::move(who);
        if (auto* service = request.headers.find("X-Service-Token"))
            request.caller.service = api::principal_of(cloud, request.head, trim(*service));
    }
    return next(request);
}

void note_domain(Request& request) {
    const auto& who = request.caller.principal;
    if (!who || request.account != request.site.settings.keystone.prefix + who->project_id) return;
    auto account = request.backend().account(request.account);
    if (account && account->metadata.count(domain_header)) return;
    request.backend().save_account(request.account, {{domain_header, who->project_domain_id}},
                                   request.backend().now());
}

} // namespace nephele::swift
