// SPDX-License-Identifier: Apache-2.0
// One request as a handler sees it: identity, path and query, body, version, and the transaction
// (as a Context). A handler is a plain function of it; it may be run again after a serialization
// failure.
#pragma once
#include "platform/context/context.h"
#include "platform/http/http.h"
#include "platform/policy/policy.h"
#include "platform/shape/table.h"

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nephele::api {
using namespace shape;
struct Service;
struct Route;
struct Reply;
class KeyClaim;

/// What is known of a request before any transaction: the same for every run of its handler.
struct Incoming {
    const Service& service;
    const Route& route;
    const http::RequestHead& head;
    std::vector<std::pair<std::string, std::string>> path_values; ///< {name} -> decoded text
    std::vector<std::pair<std::string, std::string>> query;       ///< decoded, in order
    std::string service_path; ///< the path without the service's prefix
    Version version;
    Principal who;
    std::string token; ///< as the client sent it (X-Auth-Token)
    std::string request_id;
    std::string base_url; ///< of the service's root as the client reached it, no trailing slash
    std::string raw_body; ///< complete small body; empty when streamed
    Json body;            ///< parsed when the content type is JSON, else null
    Time now;
};

/// A request with its transaction. Header values set here go out with a successful answer.
class Call : public Context {
  public:
    Call(Cloud& cloud, db::Tx& tx, const Incoming& in);

    const Incoming& in;
    const Version& version;
    const Json& body;
    /// After a typed body was read: which top-level fields it named.
    Reading reading;
    http::Headers headers;
    /// Another success status than the route's (0: the route's).
    int status = 0;

    /// Value of {name} in the route's path; must exist.
    const std::string& path(std::string_view name) const;
    /// First value of a query parameter.
    std::optional<std::string> query(std::string_view name) const;
    bool given(std::string_view field) const { return reading.has(field); }

    const std::string& project() const { return who.project_id; }
    /// What this caller may see: all when the service's admin rule allows, else its own project
    /// (for domain tokens its domain, for unscoped ones its user).
    Scope scope() const;
    bool is_admin() const;
    /// The named rule for a target (by default a target owned by the caller).
    bool allowed(std::string_view rule) const;
    bool allowed(std::string_view rule, const policy::Target& target) const;
    /// Throws Failure(forbidden, "PolicyNotAuthorized").
    void enforce(std::string_view rule) const;
    void enforce(std::string_view rule, const policy::Target& target) const;

    /// View of records for this caller: version, base URL, field policies.
    View view() const;
    /// Work after the commit (waking others); not on roll-back.
    void after_commit(std::function<void()> action) { tx.on_commit(std::move(action)); }
};

/// A request without a transaction yet: for handlers that prepare (hash a password, receive an
/// upload) and open short transactions of their own.
class FreeCall {
  public:
    FreeCall(Cloud& cloud, const Incoming& in, http::BodyReader* stream)
        : cloud(cloud), in(in), stream(stream) {}
    Cloud& cloud;
    const Incoming& in;
    http::BodyReader* stream; ///< body of a streaming route, else null

    template <class F> auto read(F&& body) {
        return cloud.db().read([&](db::Tx& tx) {
            Call call(cloud, tx, in);
            return body(call);
        });
    }
    /// The last one gives the Reply: an Idempotency-Key is kept in the same transaction. What comes
    /// before it must bear being done again after a crash.
    template <class F> auto write(F&& body) {
        return cloud.db().write([&](db::Tx& tx) {
            Call call(cloud, tx, in);
            if constexpr (std::is_same_v<std::invoke_result_t<F, Call&>, Reply>) {
                auto reply = body(call);
                keep(tx, reply);
                return reply;
            } else {
                return body(call);
            }
        });
    }

    KeyClaim* claim = nullptr; ///< of a call with an Idempotency-Key

  private:
    void keep(db::Tx& tx, const Reply& reply);
};

/// A target that belongs to a project (and user): sets project_id, tenant_id and user_id.
policy::Target owned_by(const std::string& project_id, const std::string& user_id = "");

} // namespace nephele::api
