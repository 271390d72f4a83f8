// SPDX-License-Identifier: Apache-2.0
// How requests and steps fail. `throw Failure(...)` ends a request or a step; the service's manners
// turn it into its own error body in one place. Expected outcomes are return values, not failures.
#pragma once
#include "platform/json/json.h"

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace nephele {

/// The kind decides the HTTP status.
enum class Fault {
    bad_request = 400,
    unauthorized = 401,
    forbidden = 403,
    not_found = 404,
    method_not_allowed = 405,
    not_acceptable = 406,
    timeout = 408,
    conflict = 409,
    gone = 410,
    length_required = 411,
    precondition_failed = 412,
    too_large = 413,
    unsupported_media_type = 415,
    range_not_satisfiable = 416,
    unprocessable = 422,
    too_many = 429,
    internal = 500,
    not_implemented = 501,
    bad_gateway = 502,
    unavailable = 503,
    insufficient_storage = 507,
};

/// `code` is stable and machine readable ("NetworkNotFound", "placement.concurrent_update"): where
/// upstream's clients switch on a name, it is that name. `message` is for people: what was tried,
/// why it failed, what to do next.
class Failure : public std::runtime_error {
  public:
    Failure(Fault kind, std::string code, const std::string& message)
        : std::runtime_error(message), kind_(kind), code_(std::move(code)) {}

    Fault kind() const { return kind_; }
    int status() const { return static_cast<int>(kind_); }
    const std::string& code() const { return code_; }
    /// Facts for the caller (ids touched, the table of constraints); free-form.
    const Json& details() const { return details_; }
    /// For operators only: logged and kept with the operation, never in a tenant's answer.
    const std::string& internals() const { return internals_; }
    const std::vector<std::pair<std::string, std::string>>& headers() const { return headers_; }

    Failure&& with(std::string_view key, Json value) && {
        details_[key] = std::move(value);
        return std::move(*this);
    }
    Failure&& inside(std::string text) && {
        internals_ = std::move(text);
        return std::move(*this);
    }
    /// An extra header on the answer (WWW-Authenticate, Retry-After ...).
    Failure&& header(std::string name, std::string value) && {
        headers_.emplace_back(std::move(name), std::move(value));
        return std::move(*this);
    }

  private:
    Fault kind_;
    std::string code_;
    Json details_ = Json::object();
    std::string internals_;
    std::vector<std::pair<std::string, std::string>> headers_;
};

/// What an engine (an outside program) says: the runner retries `transient`, undoes on `permanent`,
/// asks the engine for the state on `unknown`.
class EngineFailure : public std::runtime_error {
  public:
    enum class Kind { transient, permanent, unknown };
    EngineFailure(Kind kind, const std::string& message)
        : std::runtime_error(message), kind(kind) {}
    Kind kind;
};

// Short forms for the common ones. Each returns, so that call sites read `throw not_found(...)`.
Failure bad_request(std::string code, const std::string& message);
Failure not_found(std::string code, const std::string& message);
Failure forbidden(std::string code, const std::string& message);
Failure conflict(std::string code, const std::string& message);
Failure unauthorized(const std::string& message);

} // namespace nephele
