// SPDX-License-Identifier: Apache-2.0
// One request on its way through the pipeline, and its answer on the way back. A step decides what
// is its own, asks the next one, and may change what comes back.
#pragma once
#include "platform/context/context.h"
#include "platform/fault/fault.h"
#include "platform/http/http.h"
#include "services/swift/api/settings.h"
#include "services/swift/proxy/backend.h"
#include "services/swift/proxy/sync.h"

#include <memory>
#include <stdexcept>

namespace nephele::swift {

class TempTokens;
class Pacer;

/// What is alive as long as the service is.
struct Site {
    Cloud& cloud;
    std::shared_ptr<Backend> backend;
    Settings settings;
    std::shared_ptr<TempTokens> temp_tokens;
    std::shared_ptr<Pacer> pacer;
    SyncRealms sync;
};

/// Bytes of an answer that need not be in memory.
class Content {
  public:
    virtual ~Content() = default;
    virtual std::uint64_t size() const = 0;
    /// Up to `size` bytes from `offset`; 0 at the end.
    virtual std::size_t read(std::uint64_t offset, char* into, std::size_t size) = 0;
    virtual std::optional<http::FileBody> file(std::uint64_t, std::uint64_t) {
        return std::nullopt;
    }
};

struct Answer {
    int status = 200;
    http::Headers headers;
    std::string body;
    std::shared_ptr<Content> content; ///< instead of the body
    /// Of an answer that is made while it is sent (reports of bulk requests).
    std::function<void(http::BodyWriter&)> stream;
    /// The request's conditions and ranges hold for it.
    bool conditional = false;
    std::string etag; ///< for those, without quotes
    std::optional<Time> modified;

    bool good() const { return status >= 200 && status < 300; }
};

/// Ends a request: a status with upstream's page, or with a text of its own.
struct Refused : std::runtime_error {
    explicit Refused(int status, std::string text = "", bool plain = false)
        : std::runtime_error(text), status(status), plain(plain) {}
    int status;
    bool plain; ///< text/plain
    std::vector<std::pair<std::string, std::string>> headers;
    Refused&& with(std::string name, std::string value) && {
        headers.emplace_back(std::move(name), std::move(value));
        return std::move(*this);
    }
};
Answer page(int status, std::string text = "", bool plain = false);
Answer refusal(const Refused& refused);

/// How a caller is known: settled by the steps of logging in, looked at when it is clear what is to
/// be touched.
struct Caller {
    enum class Kind { anonymous, keystone, tempauth, temporary_url } kind = Kind::anonymous;
    std::optional<Principal> principal, service;
    logic::TempUser temp_user;
    /// Of a temporary URL or a form: nothing else may be touched. An empty container: the account.
    std::string only_account, only_container;
    bool synced = false; ///< proven to come from the other side of a container sync
};

struct Request {
    Site& site;
    const http::RequestHead& head;
    std::string method;
    std::string trans_id;
    std::string mount; ///< what stands before "/v1" in the address: "/object-store" or nothing
    std::string account, container, object; ///< decoded
    http::Headers headers;
    std::vector<std::pair<std::string, std::string>> query;
    http::BodyReader* body = nullptr;
    std::optional<std::uint64_t> length; ///< of the body; nothing when it comes in chunks
    Caller caller;
    bool owner = false; ///< may see keys and access lists; known once authorized
    /// The control plane's own doing: everything is allowed, names of its own are too.
    bool internal = false;
    /// A time the sender set; only container sync may.
    std::optional<Timestamp> when;
    /// For PUT: what the listing shall say (large objects, symlinks) and metadata of the system's.
    std::string listed_etag;
    std::optional<std::uint64_t> listed_bytes;
    Metadata system;

    const std::string* param(std::string_view name) const;
    bool has_param(std::string_view name) const { return param(name) != nullptr; }
    void drop_param(std::string_view name);
    std::string header(std::string_view name) const { return headers.get(name); }
    bool reads() const { return method == "GET" || method == "HEAD"; }
    bool of_object() const { return !object.empty(); }
    bool of_container() const { return object.empty() && !container.empty(); }
    bool of_account() const { return container.empty(); }
    ObjectName name() const { return {account, container, object}; }
    Backend& backend() const { return *site.backend; }
    const logic::Limits& limits() const { return site.settings.limits; }

    /// Another request by the same caller: no headers, no parameters, no body.
    Request ask(std::string method, std::string container, std::string object) const;
};

/// Throws Refused(401 or 403) unless the caller may do this under the access list; settles `owner`.
void authorize(Request& request, const std::string& acl);

class Next;
using Step = Answer (*)(Request&, const Next&);
/// The rest of the pipeline.
class Next {
  public:
    Next(const Step* step, const Step* end) : step_(step), end_(end) {}
    Answer operator()(Request& request) const;
    /// The same, with what is thrown as an answer.
    Answer tried(Request& request) const;

  private:
    const Step* step_;
    const Step* end_;
};

/// A body in memory.
class TextBody final : public http::BodyReader {
  public:
    explicit TextBody(std::string text) : text_(std::move(text)) {}
    std::size_t read(char* into, std::size_t size) override;
    std::optional<std::uint64_t> length() const override { return text_.size(); }

  private:
    std::string text_;
    std::size_t at_ = 0;
};

/// The whole body, up to a limit; throws Refused(413).
std::string read_body(Request& request, std::size_t limit);
/// All bytes of an answer, up to a limit.
std::string read_content(Answer& answer, std::size_t limit);

} // namespace nephele::swift
