// SPDX-License-Identifier: Apache-2.0
// The client over libcurl. Each thread keeps a few handles and with them their open connections.
// Requests under an egress check use a handle of their own: a connection opened without the check
// must never serve one with it.
#include "base/strings.h"
#include "platform/fault/fault.h"
#include "platform/http/http.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <exception>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace nephele::http {
namespace {

struct HandleDeleter {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, HandleDeleter>;
struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListDeleter>;
struct UrlDeleter {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlDeleter>;

[[noreturn]] void fail(EngineFailure::Kind kind, const std::string& message) {
    throw EngineFailure(kind, message);
}

Handle new_handle() {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_ALL);
    Handle handle(started == CURLE_OK ? curl_easy_init() : nullptr);
    if (!handle) fail(EngineFailure::Kind::transient, "the HTTP client cannot start");
    return handle;
}

// A body source may itself fetch: handles form a stack, not a single one.
std::vector<Handle>& spare_handles() {
    thread_local std::vector<Handle> handles;
    return handles;
}

class BorrowedHandle {
  public:
    explicit BorrowedHandle(bool shared) : shared_(shared) {
        auto& spare = spare_handles();
        if (shared_ && !spare.empty()) {
            handle_ = std::move(spare.back());
            spare.pop_back();
        } else {
            handle_ = new_handle();
        }
    }
    ~BorrowedHandle() {
        if (!shared_) return;
        curl_easy_reset(handle_.get());
        spare_handles().push_back(std::move(handle_));
    }
    BorrowedHandle(const BorrowedHandle&) = delete;
    CURL* get() { return handle_.get(); }

  private:
    bool shared_;
    Handle handle_;
};

void append(List& list, const std::string& line) {
    auto* longer = curl_slist_append(list.get(), line.c_str());
    if (!longer) throw std::bad_alloc();
    (void)list.release();
    list.reset(longer);
}

std::string url_part(CURLU* url, CURLUPart part, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return "";
    std::string out(text);
    curl_free(text);
    return out;
}

/// A URL taken apart by the same parser that will connect.
struct Target {
    std::string url, scheme, host;
    std::uint16_t port = 0;
    std::string origin() const { return format("{}://{}:{}", lower(scheme), lower(host), port); }
};

Target parse_target(const std::string& text, const std::string& base = "") {
    Url url(curl_url());
    if (!url) throw std::bad_alloc();
    CURLUcode outcome = CURLUE_OK;
    if (!base.empty()) outcome = curl_url_set(url.get(), CURLUPART_URL, base.c_str(), 0);
    if (outcome == CURLUE_OK)
        outcome = curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME);
    if (outcome != CURLUE_OK)
        fail(EngineFailure::Kind::permanent,
             format("malformed URL \"{}\": {}", text, curl_url_strerror(outcome)));
    Target target;
    target.url = url_part(url.get(), CURLUPART_URL);
    target.scheme = url_part(url.get(), CURLUPART_SCHEME);
    target.host = url_part(url.get(), CURLUPART_HOST);
    auto port = to_int(url_part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT));
    target.port = static_cast<std::uint16_t>(port.value_or(0));
    return target;
}

std::string numeric_address(const sockaddr* address, socklen_t size) {
    char text[NI_MAXHOST] = "";
    if (getnameinfo(address, size, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) return "";
    return text;
}

/// Every address of the host, each checked; the text CURLOPT_RESOLVE wants. Empty for an address:
/// that one `check_url` has seen.
std::string resolve_checked(const Target& target, Egress& egress) {
    if (starts_with_icase(target.host, "[")) return "";
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    int outcome = getaddrinfo(target.host.c_str(), nullptr, &hints, &found);
    if (outcome != 0)
        fail(EngineFailure::Kind::transient,
             format("cannot resolve {}: {}", target.host, gai_strerror(outcome)));
    std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
    std::vector<std::string> addresses;
    for (auto* entry = found; entry; entry = entry->ai_next) {
        auto text = numeric_address(entry->ai_addr, entry->ai_addrlen);
        egress.check_address(text);
        addresses.push_back(text.find(':') == std::string::npos ? text : "[" + text + "]");
    }
    return format("{}:{}:{}", target.host, target.port, join(addresses, ","));
}

/// One exchange with one server. libcurl calls back into it; what the callbacks throw is kept and
/// thrown again once libcurl has returned.
class Exchange {
  public:
    Exchange(const ClientRequest& request, Egress& egress, const Target& target)
        : request_(request), egress_(egress), target_(target) {}

    bool checked() const { return &egress_ != &any_egress(); }
    ClientResponse perform(CURL* handle, const Headers& headers, bool with_body, bool may_redirect);

  private:
    void set_connection(CURL* handle);
    void set_request(CURL* handle, const Headers& headers, bool with_body);
    void set_body(CURL* handle, bool with_body);
    void set_callbacks(CURL* handle);
    [[noreturn]] void report(CURLcode code, const char* details);

    static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self);
    static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self);
    static std::size_t on_upload(char* data, std::size_t, std::size_t size, void* self);
    static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr* address);
    std::size_t take_body(std::string_view bytes);

    const ClientRequest& request_;
    Egress& egress_;
    const Target& target_;
    List header_list_, resolve_list_;
    ClientResponse response_;
    std::exception_ptr thrown_;
    bool stopped_ = false, too_large_ = false, may_redirect_ = false;
};

std::size_t Exchange::on_header(char* data, std::size_t, std::size_t size, void* self) {
    auto& response = static_cast<Exchange*>(self)->response_;
    auto line = trim(std::string_view(data, size));
    if (starts_with_icase(line, "HTTP/")) {
        // Each head of the exchange starts anew: 100 Continue comes before the one that counts.
        response.headers = {};
        auto space = line.find(' ');
        auto code = space == std::string_view::npos ? "" : line.substr(space + 1, 3);
        response.status = static_cast<int>(to_int(code).value_or(0));
        return size;
    }
    auto colon = line.find(':');
    if (colon != std::string_view::npos)
        response.headers.add(trim(line.substr(0, colon)),
                             std::string(trim(line.substr(colon + 1))));
    return size;
}

std::size_t Exchange::take_body(std::string_view bytes) {
    bool redirect = may_redirect_ && response_.status >= 300 && response_.status < 400 &&
                    response_.headers.find("Location");
    if (request_.sink && !redirect && response_.status / 100 == 2) {
        if (request_.sink(bytes)) return bytes.size();
        stopped_ = true;
        return 0;
    }
    if (response_.body.size() + bytes.size() > request_.max_body) {
        too_large_ = true;
        return 0;
    }
    response_.body.append(bytes);
    return bytes.size();
}

std::size_t Exchange::on_body(char* data, std::size_t, std::size_t size, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    try {
        return exchange.take_body({data, size});
    } catch (const std::exception&) {
        exchange.thrown_ = std::current_exception();
        return size == 0 ? 1 : 0;
    }
}

std::size_t Exchange::on_upload(char* data, std::size_t, std::size_t size, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    try {
        return exchange.request_.body_source(data, size);
    } catch (const std::exception&) {
        exchange.thrown_ = std::current_exception();
        return CURL_READFUNC_ABORT;
    }
}

curl_socket_t Exchange::on_socket(void* self, curlsocktype, curl_sockaddr* address) {
    auto& exchange = *static_cast<Exchange*>(self);
    try {
        if (address->family != AF_UNIX)
            exchange.egress_.check_address(numeric_address(&address->addr, address->addrlen));
    } catch (const std::exception&) {
        exchange.thrown_ = std::current_exception();
        return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void Exchange::set_connection(CURL* handle) {
    curl_easy_setopt(handle, CURLOPT_URL, target_.url.c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_PROXY, ""); // A proxy would connect where we do not see.
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(request_.connect_timeout_ms));
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(request_.timeout_ms));
    if (request_.stall_timeout_ms > 0) {
        curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME,
                         std::max(1L, static_cast<long>(request_.stall_timeout_ms) / 1000));
    }
    if (!request_.unix_socket.empty())
        curl_easy_setopt(handle, CURLOPT_UNIX_SOCKET_PATH, request_.unix_socket.c_str());
    if (!request_.ca_file.empty())
        curl_easy_setopt(handle, CURLOPT_CAINFO, request_.ca_file.c_str());
    if (!request_.certificate_file.empty())
        curl_easy_setopt(handle, CURLOPT_SSLCERT, request_.certificate_file.c_str());
    if (!request_.key_file.empty())
        curl_easy_setopt(handle, CURLOPT_SSLKEY, request_.key_file.c_str());
    if (!checked()) return;
    if (!request_.unix_socket.empty())
        throw forbidden("EgressDenied", "requests to local sockets are not allowed");
    auto resolved = resolve_checked(target_, egress_);
    if (!resolved.empty()) append(resolve_list_, resolved);
    if (resolve_list_) curl_easy_setopt(handle, CURLOPT_RESOLVE, resolve_list_.get());
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, &Exchange::on_socket);
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, this);
    curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(handle, CURLOPT_FORBID_REUSE, 1L);
}

void Exchange::set_request(CURL* handle, const Headers& headers, bool with_body) {
    for (const auto& [name, value] : headers.all()) {
        if ((name + value).find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
            fail(EngineFailure::Kind::permanent, format("line break in header {}", name));
        append(header_list_, value.empty() ? name + ";" : format("{}: {}", name, value));
    }
    // Fields libcurl would add on its own account.
    for (const char* name : {"Content-Type", "Expect", "Accept"})
        if (!headers.find(name) && (name != std::string_view("Content-Type") || with_body))
            append(header_list_, std::string(name) + ":");
    set_body(handle, with_body);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, header_list_.get());
}

void Exchange::set_body(CURL* handle, bool with_body) {
    const auto& method = request_.method;
    if (with_body && request_.body_source) {
        curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(handle, CURLOPT_UPLOAD_BUFFERSIZE, 256L * 1024);
        curl_easy_setopt(handle, CURLOPT_READFUNCTION, &Exchange::on_upload);
        curl_easy_setopt(handle, CURLOPT_READDATA, this);
        if (request_.body_length)
            curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE,
                             static_cast<curl_off_t>(*request_.body_length));
        else
            append(header_list_, "Transfer-Encoding: chunked");
    } else if (with_body) {
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request_.body.data());
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                         static_cast<curl_off_t>(request_.body.size()));
    } else if (method == "HEAD") {
        curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
        return;
    }
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, method.c_str());
}

void Exchange::set_callbacks(CURL* handle) {
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &Exchange::on_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Exchange::on_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
    if (request_.sink) curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, 256L * 1024);
}

ClientResponse Exchange::perform(CURL* handle, const Headers& headers, bool with_body,
                                 bool may_redirect) {
    may_redirect_ = may_redirect;
    char details[CURL_ERROR_SIZE] = "";
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, details);
    set_connection(handle);
    set_request(handle, headers, with_body);
    set_callbacks(handle);
    auto code = curl_easy_perform(handle);
    if (thrown_) std::rethrow_exception(thrown_);
    if (code != CURLE_OK && !stopped_) report(code, details);
    return std::move(response_);
}

void Exchange::report(CURLcode code, const char* details) {
    using Kind = EngineFailure::Kind;
    auto what = format("{} {}: {}", request_.method, target_.url,
                       *details ? details : curl_easy_strerror(code));
    if (too_large_)
        fail(Kind::permanent, format("{} {}: the answer is longer than {} bytes", request_.method,
                                     target_.url, request_.max_body));
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_OUT_OF_MEMORY:
        fail(Kind::transient, what);
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
        // Whether the request was carried out is open, unless doing it again does no harm.
        fail(request_.method == "POST" || request_.method == "PATCH" ? Kind::unknown
                                                                     : Kind::transient,
             what);
    default:
        fail(Kind::permanent, what);
    }
}

bool sends_body(const ClientRequest& request) {
    if (request.body_source || !request.body.empty()) return true;
    return request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
}

} // namespace

ClientResponse fetch(const ClientRequest& original, Egress& egress) {
    ClientRequest changed; // Used from the first redirect on.
    const ClientRequest* request = &original;
    Target target = parse_target(original.url);
    Headers headers = original.headers;
    bool with_body = sends_body(original);
    for (int left = original.redirects;; --left) {
        egress.check_url(target.scheme, target.host, target.port);
        Exchange exchange(*request, egress, target);
        BorrowedHandle handle(!exchange.checked());
        auto response = exchange.perform(handle.get(), headers, with_body, left > 0);
        const auto* location = response.headers.find("Location");
        bool redirect =
            response.status >= 301 && response.status <= 308 && response.status != 304 && location;
        if (left <= 0 || !redirect) return response;
        bool keeps_method =
            response.status >= 307 || request->method == "GET" || request->method == "HEAD";
        if (keeps_method && with_body && request->body_source)
            return response; // Cannot send twice.
        Target next = parse_target(*location, target.url);
        if (next.origin() != target.origin())
            for (const char* name : {"Authorization", "Cookie", "X-Auth-Token", "X-Service-Token"})
                headers.erase(name);
        if (request != &changed) changed = original;
        request = &changed;
        if (!keeps_method) {
            changed.method = "GET";
            changed.body.clear();
            changed.body_source = nullptr;
            with_body = false;
            for (const char* name : {"Content-Type", "Content-Length"}) headers.erase(name);
        }
        target = std::move(next);
    }
}

} // namespace nephele::http
