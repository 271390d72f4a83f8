// SPDX-License-Identifier: Apache-2.0
// Routes are data: path, verb, policy rule, body shape, handler, status, version range. Read by the
// router, `nephele routes`, `nephele where`, the OpenAPI document, the authorization matrix and the
// bad-input test.
#pragma once
#include "platform/api/call.h"

#include <memory>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

namespace nephele::api {

/// A complete answer made by a handler itself (odd statuses, raw bytes, files, redirects).
struct Reply {
    int status = 200;
    Json body;
    std::optional<std::string> raw; ///< instead of body
    std::string content_type = "application/json";
    http::Headers headers;
    std::optional<http::FileBody> file;
    std::function<void(http::BodyWriter&)> stream;
    std::function<void(http::WebSocket&)> upgrade;
    std::string websocket_protocol;
};

/// What a handler gave, before the manners dress it.
struct Result {
    /// Free JSON, or the answer's text: complete for one record, open behind the last item for a
    /// list (the paging links may follow).
    Json value;
    std::string text;
    std::string wrap;
    bool none = false; ///< void handler: no body
    bool is_list = false;
    bool more = false, before = false; ///< of a list
    std::size_t count = 0;             ///< of a list's items
    std::string first_key, last_key;   ///< of a list's items, for paging links
    std::optional<Reply> reply;
};

/// Any of the handler forms below, erased.
///   T f(Call&)                      record, written by T::shape() and wrapped in its name
///   Listed<T> f(Call&, Page&)       list with filters and paging, wrapped in the plural
///   void f(Call&)                   no body
///   Json f(Call&), Reply f(Call&)   free form, not wrapped
///   ... f(Call&, const N&)          with the body read by N::shape() (wrapped in N's name if it
///   has one)
///   ... f(Call&, const Json&)       with the body as it is
///   Reply f(FreeCall&)              opens its own transactions; needed for streamed bodies
class Handler {
  public:
    using Run = std::function<Result(Call&, Page&)>;

    template <class R> Handler(R (*f)(Call&)) {
        run = [f](Call& call, Page&) { return finish<R>(call, [&] { return f(call); }); };
        note_result<R>();
    }
    template <class R, class B>
    requires(!std::is_same_v<std::remove_const_t<B>, Page>) Handler(R (*f)(Call&, B&)) {
        using Body = std::remove_const_t<B>;
        if constexpr (std::is_same_v<Body, Json>) {
            raw_body = true;
            run = [f](Call& call, Page&) {
                return finish<R>(call, [&] { return f(call, call.body); });
            };
        } else {
            body_shape = &Body::shape();
            run = [f](Call& call, Page&) {
                Body body{};
                read_body(call, Body::shape(), &body);
                return finish<R>(call, [&] { return f(call, body); });
            };
        }
        note_result<R>();
    }
    template <class T> Handler(Listed<T> (*f)(Call&, Page&)) {
        listed<T>([f](Call& c, Page& p) { return f(c, p); });
    }
    template <class T> Handler(Listed<T> (*f)(Call&, const Page&)) {
        listed<T>([f](Call& c, Page& p) { return f(c, p); });
    }
    Handler(Json (*f)(Call&, Page&)) {
        lists = true;
        run = [f](Call& call, Page& page) { return Result{.value = f(call, page)}; };
    }
    Handler(Reply (*f)(FreeCall&)) { free = f; }

    Run run; ///< in a transaction, or
    Reply (*free)(FreeCall&) = nullptr;
    const ShapeBase* body_shape = nullptr;
    const ShapeBase* result_shape = nullptr;
    bool raw_body = false;
    bool lists = false;

  private:
    static void read_body(Call& call, const ShapeBase& shape, void* into);
    static Result write_one(Call& call, const ShapeBase& shape, const void* record);
    static void begin_list(Result& into);
    static void write_item(const ShapeBase& shape, const void* record, const View& view,
                           std::size_t expected, Result& into);
    static std::string paging_key(const ShapeBase& shape, const void* record);
    template <class R, class F> static Result finish(Call& call, F&& f) {
        if constexpr (std::is_void_v<R>) {
            f();
            return Result{.none = true};
        } else if constexpr (std::is_same_v<R, Json>) {
            return Result{.value = f()};
        } else if constexpr (std::is_same_v<R, Reply>) {
            Result result;
            result.reply = f();
            return result;
        } else {
            R record = f();
            return write_one(call, R::shape(), &record);
        }
    }
    template <class R> void note_result() {
        if constexpr (requires { R::shape(); }) result_shape = &R::shape();
    }
    template <class T, class F> void listed(F f) {
        lists = true;
        result_shape = &T::shape();
        run = [f](Call& call, Page& page) {
            Listed<T> list = f(call, page);
            Result result{.wrap = T::shape().plural(),
                          .is_list = true,
                          .more = list.more,
                          .before = list.before};
            View view = call.view();
            view.brief = page.brief;
            view.only = page.fields.empty() ? nullptr : &page.fields;
            begin_list(result);
            for (auto& item : list.items)
                write_item(T::shape(), &item, view, list.items.size(), result);
            if (!list.items.empty()) {
                result.first_key = paging_key(T::shape(), &list.items.front());
                result.last_key = paging_key(T::shape(), &list.items.back());
            }
            return result;
        };
    }
};

struct RouteOptions {
    int status = 0; ///< on success; 0: 200, or 204 for void handlers
    Version since{}, until{1000, 0};
    bool open = false;      ///< no token needed (a valid one is still recognised)
    bool unscoped = false;  ///< an unscoped token will do
    bool read_only = false; ///< a mutating verb that only reads: runs in a read transaction
    bool writes = false;    ///< a GET that may write (records made when first asked for)
    bool streamed = false;  ///< body is streamed to the FreeCall
    bool brief = false;     ///< list shows the short view
    bool update = false;    ///< body is read as an update (default for PUT and PATCH)
    std::uint64_t body_limit = 1 << 20;
    bool tolerant_query = false; ///< unknown query parameters are left to the handler
    bool any_content_type = false;
    /// Before the transaction, for what waits for the outside world (asking a directory); the
    /// route's policy rule was checked, but a handler that enforces by itself has not run yet.
    void (*prepare)(FreeCall&) = nullptr;
};
inline constexpr RouteOptions created{.status = 201}, accepted{.status = 202},
    no_content{.status = 204};

struct Route {
    std::string method,
        path;           ///< path from the service's root, upstream's form: "/v2.0/ports/{port_id}"
    std::string action; ///< key of the body of an action endpoint
    std::string policy; ///< rule checked before the handler; empty only on open routes or when the
                        ///< handler enforces with its own target (`enforced_by_handler`)
    Handler handler;
    RouteOptions options;
    const char* file;
    int line;
};
/// Policy name for routes whose handler enforces by itself because the target must be read first.
inline constexpr const char* enforced_by_handler = "(handler)";

/// The routes of one resource file.
class Resource {
  public:
    Resource& on(std::string_view method_and_path, std::string policy, Handler handler,
                 RouteOptions options = {}, const char* file = __builtin_FILE(),
                 int line = __builtin_LINE());
    /// "POST /servers/{id}/action" with a body of one key: {"reboot": {...}}. The handler's body is
    /// what stands under the key.
    Resource& action(std::string_view method_and_path, std::string action, std::string policy,
                     Handler handler, RouteOptions options = accepted,
                     const char* file = __builtin_FILE(), int line = __builtin_LINE());
    std::vector<Route> routes;
};

} // namespace nephele::api
