// SPDX-License-Identifier: Apache-2.0
// Symbolic links: an empty object that stands for another one, or for exactly one state of it.
#include "services/swift/api/core.h"
#include "services/swift/api/steps.h"

#include "base/strings.h"

namespace nephele::swift {
namespace {

constexpr const char *kept_target = "X-Object-Sysmeta-Symlink-Target",
                     *kept_account = "X-Object-Sysmeta-Symlink-Target-Account",
                     *kept_etag = "X-Object-Sysmeta-Symlink-Target-Etag",
                     *kept_bytes = "X-Object-Sysmeta-Symlink-Target-Bytes";
constexpr const char* md5_of_nothing = "d41d8cd98f00b204e9800998ecf8427e";
constexpr int longest_chain = 2;

struct Target {
    std::string account, container, object, etag;
};

std::optional<Target> target_of(const Request& request, const http::Headers& headers) {
    auto* path = headers.find(kept_target);
    if (!path) return std::nullopt;
    auto parts = logic::parse_object_path(*path);
    if (!parts) return std::nullopt;
    auto account = percent_decode(headers.get(kept_account), false).value_or("");
    return Target{account.empty() ? request.account : account, parts->first, parts->second,
                  headers.get(kept_etag)};
}

std::string path_of(const Target& target) {
    return logic::url_path(target.account, target.container, target.object);
}

void show_link(Answer& answer) {
    for (auto& [kept, shown] : {std::pair(kept_target, "X-Symlink-Target"),
                                std::pair(kept_account, "X-Symlink-Target-Account"),
                                std::pair(kept_etag, "X-Symlink-Target-Etag"),
                                std::pair(kept_bytes, "X-Symlink-Target-Bytes")})
        if (auto* value = answer.headers.find(kept)) answer.headers.set(shown, *value);
}

Answer follow(Request& request, Answer answer, const Next& next) {
    Target last;
    for (int hops = 0;; ++hops) {
        auto target = target_of(request, answer.headers);
        if (!target || !answer.good()) break;
        if (hops == longest_chain)
            throw Refused(409, format("Too many levels of symbolic links, maximum allowed is {}",
                                      longest_chain));
        Request get = request.ask(request.method, target->container, target->object);
        get.account = target->account;
        get.query = request.query;
        answer = next(get);
        if (!target->etag.empty() && answer.etag != target->etag)
            throw Refused(409, format("Object Etag '{}' does not match X-Symlink-Target-Etag "
                                      "header '{}'",
                                      answer.etag, target->etag));
        last = *target;
    }
    answer.headers.set("Content-Location", path_of(last));
    return answer;
}

Answer read(Request& request, const Next& next) {
    Answer answer = next(request);
    if (!answer.headers.find(kept_target)) return answer;
    if (auto* asked = request.param("symlink"); asked && *asked == "get") {
        show_link(answer);
        return answer;
    }
    return follow(request, std::move(answer), next);
}

// A link to one state of an object: it must be there now, and be that.
void check_static_target(Request& request, const Target& target, const Next& next) {
    Request look = request.ask("HEAD", target.container, target.object);
    look.account = target.account;
    Answer head = next.tried(look);
    if (!head.good()) throw Refused(head.status == 404 ? 409 : head.status);
    if (head.etag != target.etag)
        throw Refused(409, format("Object Etag '{}' does not match X-Symlink-Target-Etag header "
                                  "'{}'",
                                  head.etag, target.etag));
    request.system[kept_etag] = target.etag;
    request.system[kept_bytes] = head.headers.get("Content-Length", "0");
    request.listed_etag += "; symlink_target_etag=" + target.etag +
                           "; symlink_target_bytes=" + request.system[kept_bytes];
}

Answer store(Request& request, const Next& next) {
    std::string raw = request.header("X-Symlink-Target");
    auto parts = logic::parse_object_path(raw);
    if (!parts)
        throw Refused(412, "X-Symlink-Target header must be of the form "
                           "<container name>/<object name>");
    if (request.length.value_or(1) > 0)
        throw Refused(400, "Symlink requests require a zero byte body", true);
    Target target{request.account, parts->first, parts->second,
                  lower(trim(request.header("X-Symlink-Target-Etag")))};
    if (auto* account = request.headers.find("X-Symlink-Target-Account")) {
        auto name = percent_decode(*account, false);
        if (!name || name->empty() || name->find('/') != std::string::npos)
            throw Refused(412, "Account name cannot contain slashes");
        target.account = *name;
        request.system[kept_account] = logic::quote_path(*name);
    }
    if (target.account == request.account && target.container == request.container &&
        target.object == request.object)
        throw Refused(400, "Symlink cannot target itself", true);
    request.system[kept_target] = logic::quote_path(target.container + "/" + target.object);
    request.listed_etag = std::string(md5_of_nothing) + "; symlink_target=" + path_of(target);
    if (!target.etag.empty()) check_static_target(request, target, next);
    if (request.header("Content-Type").empty())
        request.headers.set("Content-Type", "application/symlink");
    return next(request);
}

// Metadata belongs to the target: the client is told where that is.
Answer change(Request& request, const Next& next) {
    if (request.headers.find("X-Symlink-Target"))
        throw Refused(400, "A PUT request is required to set a symlink target");
    Request look = request.ask("HEAD", request.container, request.object);
    Answer head = next.tried(look);
    auto target = head.good() ? target_of(request, head.headers) : std::nullopt;
    if (!target) return next(request);
    Answer answer = next(request);
    if (!answer.good()) return answer;
    Answer moved = page(307,
                        "The requested POST was applied to a symlink. POST directly to the "
                        "target to apply requested metadata.",
                        true);
    moved.headers.set("Location", request.mount + path_of(*target));
    return moved;
}

} // namespace

Answer symlink(Request& request, const Next& next) {
    if (!request.of_object()) return next(request);
    if (request.reads()) return read(request, next);
    if (request.method == "PUT" && request.headers.find("X-Symlink-Target"))
        return store(request, next);
    if (request.method == "POST") return change(request, next);
    return next(request);
}

} // namespace nephele::swift
