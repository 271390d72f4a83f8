// SPDX-License-Identifier: Apache-2.0
// The HTTP application: which service, which version, which route, who, may they, run, answer.
#include "base/ids.h"
#include "base/strings.h"
#include "platform/api/answer.h"
#include "platform/api/key_claim.h"
#include "platform/api/query.h"
#include "platform/api/router.h"
#include "platform/auth/certificate_authenticator.h"
#include "platform/context/readiness.h"
#include "platform/log/log.h"
#include "platform/metrics/metrics.h"

#include <map>
#include <set>

namespace nephele::api {
namespace {

struct Mounted {
    const Service* service;
    Router router;
    std::shared_ptr<http::Application> application; // of a service whose API is no set of resources
};

// Where a request goes, decided from its head alone.
struct Routed {
    const Mounted* mounted = nullptr;
    std::string path; // without the service's prefix
    Router::Match match;
    bool legacy = false; // reached by the root that knows no versions
};

bool mutating(const std::string& method) {
    return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

Version negotiate(const Service& service, const http::RequestHead& head) {
    const Versions& versions = service.manners.versions;
    if (!versions.negotiated) return versions.max;
    std::string asked;
    if (auto* header = head.headers.find("OpenStack-API-Version")) {
        for (auto& part : split(*header, ',')) {
            auto words = split(std::string(trim(part)), ' ');
            if (words.size() == 2 && words[0] == versions.service_type) asked = words[1];
        }
    }
    if (asked.empty() && !versions.legacy_header.empty())
        asked = std::string(trim(head.headers.get(versions.legacy_header)));
    if (asked.empty()) return versions.min;
    if (asked == "latest") return versions.max;
    auto version = Version::parse(asked);
    if (!version)
        throw bad_request("InvalidAPIVersionString",
                          nephele::format("API Version String {} is of invalid format. Must be of "
                                          "format MajorNum.MinorNum.",
                                          asked.substr(0, 50)));
    if (*version < versions.min || *version > versions.max)
        throw Failure(Fault::not_acceptable, "InvalidGlobalAPIVersion",
                      nephele::format("Version {} is not supported by the API. Minimum is {} and "
                                      "maximum is {}.",
                                      version->text(), versions.min.text(), versions.max.text()));
    return *version;
}

std::string host_of(const http::RequestHead& head) {
    std::string host = head.headers.get("Host");
    for (unsigned char c : host)
        if (!std::isalnum(c) && c != '.' && c != ':' && c != '-' && c != '[' && c != ']' &&
            c != '_')
            return "localhost:" + std::to_string(head.local_port);
    return host.empty() ? "localhost:" + std::to_string(head.local_port) : host;
}

// A NUL in text, which no database takes.
bool escapes_nul(const std::string& body) {
    for (auto at = body.find("\\u0000"); at != std::string::npos;
         at = body.find("\\u0000", at + 1)) {
        std::size_t slashes = 1;
        while (slashes <= at && body[at - slashes] == '\\') ++slashes;
        if (slashes % 2) return true;
    }
    return false;
}

Json parse_body(const Route& route, const http::RequestHead& head, const std::string& body) {
    if (route.options.any_content_type) {
        if (head.headers.get("Content-Type").find("json") == std::string::npos) return Json();
    }
    if (body.empty()) return Json();
    std::string type = lower(head.headers.get("Content-Type"));
    if (!type.empty() && type.find("json") == std::string::npos)
        throw Failure(
            Fault::unsupported_media_type, "UnsupportedMediaType",
            nephele::format("Content-Type {} is not supported here: send application/json.",
                            is_utf8(type) ? type.substr(0, 100) : "(text)"));
    if (escapes_nul(body))
        throw bad_request("MalformedRequestBody", "Text in the body may not hold NUL characters.");
    try {
        return Json::parse(body, 32);
    } catch (const JsonError& error) {
        throw bad_request("MalformedRequestBody",
                          nephele::format("The body is not valid JSON: {}", error.what()));
    }
}

// No database takes bytes that are no text, and no name or id holds them.
std::vector<std::pair<std::string, std::string>> checked_query(const http::RequestHead& head) {
    auto query = http::parse_query(head.query);
    for (auto& [key, value] : query)
        if (!is_utf8(key) || !is_utf8(value) || (key + value).find('\0') != std::string::npos)
            throw bad_request("InvalidInput",
                              "The query string is not valid UTF-8 or holds a NUL character.");
    return query;
}

// Among the routes of one path and method: the action named by the body, in the request's version.
const Route& choose(const Router::Match& match, const Version& version, const Json& body,
                    const Json*& action_body) {
    bool actions = !match.routes.front()->action.empty();
    std::string wanted;
    if (actions) {
        if (!body.is_object() || body.size() != 1)
            throw bad_request(
                "InvalidInput",
                "The body must be a JSON object with exactly one member, the action.");
        wanted = body.as_object().front().first;
        action_body = &body.as_object().front().second;
    }
    bool known = false;
    for (auto* route : match.routes) {
        if (route->action != wanted) continue;
        known = true;
        if (version >= route->options.since && version <= route->options.until) return *route;
    }
    if (actions && !known)
        throw bad_request("InvalidInput",
                          nephele::format("There is no such action: {}",
                                          is_utf8(wanted) ? wanted.substr(0, 100) : "?"));
    throw not_found("NotFound", nephele::format("The resource could not be found in version {}.",
                                                version.text()));
}
} // namespace

std::optional<Principal> principal_of(const Cloud& cloud, const http::RequestHead& head,
                                      std::string_view token) {
    if (!cloud.authenticator) return std::nullopt;
    auto who = cloud.authenticator->authenticate(token);
    // A token bound to a certificate is worth nothing to who only overheard it.
    if (who && !who->certificate_thumbprint.empty() &&
        who->certificate_thumbprint != head.client_certificate_thumbprint)
        who.reset();
    return who;
}

struct Api::Impl {
    Impl(Cloud& cloud, const std::vector<Service>& services) : cloud(cloud) {
        for (auto& service : services)
            mounted.push_back(
                {&service, Router(service), service.mount ? service.mount(cloud) : nullptr});
    }
    Cloud& cloud;
    std::vector<Mounted> mounted;
    std::map<std::uint16_t, const Mounted*> by_port;

    // The service of a request and the length of the prefix that led there.
    std::pair<const Mounted*, std::size_t> find(const http::RequestHead& head) const {
        if (auto found = by_port.find(head.local_port); found != by_port.end())
            return {found->second, 0};
        const Mounted* best = nullptr;
        for (auto& candidate : mounted) {
            for (auto& path : candidate.service->root_paths)
                if (head.path == path) return {&candidate, 0};
            const std::string& prefix = candidate.service->prefix;
            bool here = head.path.rfind(prefix, 0) == 0 &&
                        (head.path.size() == prefix.size() || head.path[prefix.size()] == '/');
            if (here && (!best || best->service->prefix.size() <= prefix.size())) best = &candidate;
        }
        return {best, best ? best->service->prefix.size() : 0};
    }

    // Hands a request of a mounted application on; nothing when it belongs to another service.
    template <class F>
    std::optional<http::Response> forward(const http::RequestHead& head, F&& ask) const {
        auto [target, cut] = find(head);
        if (!target || !target->application) return std::nullopt;
        std::int64_t began = cloud.clock().monotonic_ns();
        try {
            http::Response response;
            if (cut == 0) {
                response = ask(*target->application, head);
            } else {
                http::RequestHead inner = head;
                inner.path.erase(0, cut);
                if (inner.path.empty()) inner.path = "/";
                response = ask(*target->application, inner);
            }
            count(head, target->service, response.status, began);
            return response;
        } catch (const http::TransferError&) {
            count(head, target->service, 499, began);
            throw; // The edge knows how it was broken.
        }
    }

    Routed route(const http::RequestHead& head) const {
        Routed out;
        auto [found, cut] = find(head);
        if (!found) return out;
        out.mounted = found;
        out.path = head.path.substr(cut);
        if (out.path.empty()) out.path = "/";
        if (out.path.size() > 1 && out.path.back() == '/' &&
            out.mounted->service->manners.trailing_slash_is_absent)
            return out;
        const std::string& root = out.mounted->service->project_prefix;
        const std::string& legacy = out.mounted->service->legacy_root;
        if (!legacy.empty() && (out.path == legacy || out.path.rfind(legacy + "/", 0) == 0)) {
            out.path = root + out.path.substr(legacy.size());
            out.legacy = true;
        }
        out.match = out.mounted->router.match(head.method, out.path);
        if (!out.match.path_known && !root.empty() && out.path.rfind(root + "/", 0) == 0) {
            auto next = out.path.find('/', root.size() + 1);
            bool last = next == std::string::npos;
            std::string rest = last ? std::string() : out.path.substr(next);
            // Alone behind the root only what looks like a project id is one: anything else is a
            // resource that is not served.
            if (!last || is_uuid_like(out.path.substr(root.size() + 1)))
                out.match = out.mounted->router.match(head.method, root + rest);
        }
        return out;
    }

    void check_routed(const Routed& routed, const http::RequestHead& head) const {
        if (!routed.match.path_known)
            throw not_found("NotFound", "The resource could not be found.");
        // "DELETE /images/": an empty id is nobody's.
        if (routed.match.routes.empty() && routed.path.size() > 1 && routed.path.back() == '/')
            throw not_found("NotFound", "The resource could not be found.");
        if (routed.match.routes.empty())
            throw Failure(Fault::method_not_allowed, "HTTPMethodNotAllowed",
                          nephele::format("The method {} is not allowed for this resource.",
                                          is_utf8(head.method) ? head.method.substr(0, 20) : "?"))
                .header("Allow", join(routed.match.allow, ", "));
    }

    Principal identify(const http::RequestHead& head, const Service& service, const Route& route,
                       std::string& token) const {
        auto* header = head.headers.find("X-Auth-Token");
        if (!header) header = head.headers.find("X-Storage-Token");
        std::optional<Principal> who;
        if (header && cloud.authenticator) {
            token = std::string(trim(*header));
            who = principal_of(cloud, head, token);
        } else if (!head.client_certificate_thumbprint.empty() && !route.options.open &&
                   cloud.has_state<CertificateAuthenticator>()) {
            who = cloud.state<CertificateAuthenticator>().authenticate(service.type, head);
        }
        if (!who && !route.options.open)
            throw unauthorized("The request you have made requires authentication.");
        if (who && who->is_unscoped() && !route.options.open && !route.options.unscoped)
            throw unauthorized(
                "The token is not scoped to a project, a domain or the system. Ask for a "
                "scoped token.");
        return who ? std::move(*who) : Principal{};
    }

    // Reads everything of the request that needs no transaction, then runs it.
    http::Response run(const http::RequestHead& head, std::string body, http::BodyReader* stream) {
        std::string request_id = "req-" + cloud.ids().uuid();
        log::RequestScope log_scope(request_id);
        std::int64_t began = cloud.clock().monotonic_ns();
        const Service* service = nullptr;
        Version version;
        http::Response response;
        try {
            if (auto answer = platform_page(head)) return std::move(*answer);
            Routed routed = route(head);
            if (!routed.mounted) throw not_found("NotFound", "No service answers under this path.");
            service = routed.mounted->service;
            version = service->manners.versions.min;
            if (!routed.legacy) version = negotiate(*service, head);
            check_routed(routed, head);
            response = run_route(routed, head, std::move(body), stream, version, request_id);
        } catch (const std::exception& error) {
            response = answer_failure(service, head, request_id, failure_of(error));
        }
        if (service) add_common_headers(*service, version, request_id, response);
        count(head, service, response.status, began);
        return response;
    }

    http::Response run_route(const Routed& routed, const http::RequestHead& head, std::string body,
                             http::BodyReader* stream, const Version& version,
                             const std::string& request_id) {
        const Service& service = *routed.mounted->service;
        const Route& first = *routed.match.routes.front();
        // Who comes before what: a caller without a token learns nothing about the body.
        std::string token;
        Principal who = identify(head, service, first, token);
        if (!who.may_call(service.type, head.method, routed.path) &&
            !who.may_call(service.type, head.method, head.path))
            throw forbidden("AccessRules", "The access rules of the application credential do not "
                                           "allow this request.");
        Json parsed = stream ? Json() : parse_body(first, head, body);
        const Json* action_body = nullptr;
        const Route& route = choose(routed.match, version, parsed, action_body);
        Json chosen = action_body ? *action_body : std::move(parsed);
        Incoming in{service,
                    route,
                    head,
                    Router::name_values(route, routed.match.values),
                    checked_query(head),
                    routed.path,
                    version,
                    std::move(who),
                    std::move(token),
                    request_id,
                    base_url(head, service),
                    std::move(body),
                    std::move(chosen),
                    cloud.now()};
        if (!route.policy.empty() && route.policy != enforced_by_handler) check_policy(in);
        if (route.handler.free) return run_free(in, stream);
        if (route.options.prepare) {
            FreeCall call(cloud, in, nullptr);
            route.options.prepare(call);
        }
        return run_in_transaction(in);
    }

    void check_policy(const Incoming& in) const {
        auto& policy = cloud.policy_of(in.service.name);
        if (in.who.is_internal ||
            policy.check(in.route.policy, in.who, owned_by(in.who.project_id, in.who.user_id)))
            return;
        throw Failure(Fault::forbidden, "PolicyNotAuthorized",
                      nephele::format("You are not authorized to perform the requested action: {}.",
                                      in.route.policy))
            .with("rule", in.route.policy);
    }

    http::Response run_free(const Incoming& in, http::BodyReader* stream) {
        FreeCall call(cloud, in, stream);
        auto keyed = keyed_request(in);
        if (!keyed) return answer_reply(in, in.route.handler.free(call));
        KeyClaim claim(cloud, std::move(*keyed));
        if (claim.kept) return std::move(*claim.kept);
        call.claim = &claim;
        try {
            http::Response response = answer_reply(in, in.route.handler.free(call));
            if (!claim.is_kept()) cloud.db().write([&](db::Tx& tx) { claim.keep(tx, response); });
            return response;
        } catch (const std::exception&) {
            claim.release();
            throw;
        }
    }

    http::Response run_in_transaction(const Incoming& in) {
        auto keyed = keyed_request(in);
        auto body = [&](db::Tx& tx) {
            // Writes run on the database's own thread.
            log::RequestScope log_scope(in.request_id);
            if (keyed)
                if (auto kept = kept_answer(tx, *keyed)) return std::move(*kept);
            Call call(cloud, tx, in);
            Page page;
            if (in.route.handler.lists) page = read_page(in, in.route.handler.result_shape);
            Result result = in.route.handler.run(call, page);
            if (in.route.handler.lists) refuse_leftovers(in, page);
            http::Response response = answer_result(in, page, result, call.headers, call.status);
            if (keyed) keep_answer(tx, *keyed, response, in.now);
            return response;
        };
        bool writes =
            in.route.options.writes || (mutating(in.route.method) && !in.route.options.read_only);
        return writes ? cloud.db().write(body) : cloud.db().read(body);
    }

    std::string base_url(const http::RequestHead& head, const Service& service) const {
        std::string scheme = head.tls ? "https://" : "http://";
        return scheme + host_of(head) + (by_port.count(head.local_port) ? "" : service.prefix);
    }

    // Open to everybody, so no more than names, causes and cures.
    http::Response readiness() const {
        Json parts = Json::array();
        bool all_ready = true;
        if (cloud.has_state<Readiness>())
            for (auto& part : cloud.state<Readiness>().parts) {
                const std::string trouble = part.trouble(cloud);
                all_ready = all_ready && trouble.empty();
                Json told = Json::object({{"name", part.name}, {"ready", trouble.empty()}});
                if (!trouble.empty()) told["trouble"] = trouble;
                parts.push_back(std::move(told));
            }
        return json_response(all_ready ? 200 : 503,
                             Json::object({{"ready", all_ready}, {"parts", std::move(parts)}}));
    }

    // What belongs to the program and not to a service.
    std::optional<http::Response> platform_page(const http::RequestHead& head) const {
        if (by_port.count(head.local_port) || head.method != "GET") return std::nullopt;
        if (head.path == "/metrics") {
            http::Response response;
            response.headers.set("Content-Type", "text/plain; version=0.0.4");
            response.body = metrics::text();
            return response;
        }
        if (head.path == "/healthz") return json_response(200, Json::object({{"status", "ok"}}));
        if (head.path == "/readyz") return readiness();
        if (head.path != "/") return std::nullopt;
        Json services = Json::array();
        for (auto& each : mounted)
            services.push_back(
                Json::object({{"name", each.service->name},
                              {"type", each.service->type},
                              {"url", "http://" + host_of(head) + each.service->prefix}}));
        return json_response(200, Json::object({{"services", services}}));
    }

    void count(const http::RequestHead& head, const Service* service, int status,
               std::int64_t began) const {
        static const std::set<std::string, std::less<>> methods{"GET",   "HEAD",   "POST",   "PUT",
                                                                "PATCH", "DELETE", "OPTIONS"};
        std::string name = service ? service->name : "none";
        std::string method = methods.count(head.method) ? head.method : "other";
        metrics::add("nephele_http_requests_total",
                     {{"service", name}, {"method", method}, {"status", std::to_string(status)}});
        metrics::observe("nephele_http_request_seconds", {{"service", name}},
                         static_cast<double>(cloud.clock().monotonic_ns() - began) / 1e9);
    }
};

Api::Api(Cloud& cloud, const std::vector<Service>& services)
    : impl_(std::make_unique<Impl>(cloud, services)) {}
Api::~Api() = default;

void Api::bind_port(std::uint16_t local_port, std::string_view service_name) {
    for (auto& mounted : impl_->mounted)
        if (mounted.service->name == service_name) impl_->by_port[local_port] = &mounted;
}

http::BodyPlan Api::plan(const http::RequestHead& head) {
    http::BodyPlan plan;
    auto [target, cut] = impl_->find(head);
    if (target && target->application) {
        if (cut == 0) return target->application->plan(head);
        http::RequestHead inner = head;
        inner.path.erase(0, cut);
        return target->application->plan(inner);
    }
    try {
        Routed routed = impl_->route(head);
        if (routed.match.routes.empty()) return plan;
        const RouteOptions& options = routed.match.routes.front()->options;
        plan.kind =
            options.streamed ? http::BodyPlan::Kind::streamed : http::BodyPlan::Kind::buffered;
        plan.limit = options.streamed ? UINT64_MAX : options.body_limit;
    } catch (const Failure&) {
        // A malformed path: handle() answers it.
    }
    return plan;
}

http::Response Api::handle(const http::RequestHead& head, std::string body) {
    if (auto answer = impl_->forward(head, [&](auto& application, auto& inner) {
            return application.handle(inner, std::move(body));
        }))
        return std::move(*answer);
    return impl_->run(head, std::move(body), nullptr);
}

http::Response Api::handle_stream(const http::RequestHead& head, http::BodyReader& body) {
    if (auto answer = impl_->forward(head, [&](auto& application, auto& inner) {
            return application.handle_stream(inner, body);
        }))
        return std::move(*answer);
    return impl_->run(head, {}, &body);
}

http::Response Api::refuse(const http::RequestHead& head, int status, const std::string& reason) {
    if (auto answer = impl_->forward(head, [&](auto& application, auto& inner) {
            return application.refuse(inner, status, reason);
        }))
        return std::move(*answer);
    const Service* service = nullptr;
    try {
        if (auto* mounted = impl_->route(head).mounted) service = mounted->service;
    } catch (const Failure&) {
        // Bad path: nobody's error body.
    }
    return answer_failure(service, head, "",
                          Failure(static_cast<Fault>(status), "RequestRefused", reason));
}

} // namespace nephele::api
