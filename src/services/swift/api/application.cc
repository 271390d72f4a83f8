// SPDX-License-Identifier: Apache-2.0
#include "services/swift/api/application.h"

#include "base/strings.h"
#include "platform/log/log.h"
#include "services/swift/api/deliver.h"
#include "services/swift/api/pages.h"
#include "services/swift/api/pipeline.h"

namespace nephele::swift {
namespace {

// Up to here a body is read before a thread is asked for; larger ones stream.
constexpr std::uint64_t small_body = 512 * 1024;

// "tx", 21 digits of chance, and when it was: the form that people grep for.
std::string new_transaction(Cloud& cloud, const http::RequestHead& head) {
    std::string text = "tx" + cloud.ids().hex().substr(0, 21) + "-";
    static constexpr char digits[] = "0123456789abcdef";
    auto seconds = static_cast<std::uint64_t>(cloud.now().seconds());
    for (int shift = 36; shift >= 0; shift -= 4) text += digits[(seconds >> shift) & 15];
    if (auto* extra = head.headers.find("X-Trans-Id-Extra"))
        text += "-" + logic::quote_path(extra->substr(0, 32));
    return text;
}

// Headers that only the store itself may say.
bool is_ours(const std::string& name) {
    return starts_with_icase(name, "x-backend-") ||
           (starts_with_icase(name, "x-") && lower(name).find("-sysmeta-") != std::string::npos) ||
           iequals(name, "X-Timestamp");
}

void take_path(Request& request) {
    auto parsed = logic::parse_path(request.head.path);
    switch (parsed.fault) {
    case logic::PathFault::none:
        break;
    case logic::PathFault::bad_bytes:
        throw Refused(412, "Invalid UTF8 or contains NULL");
    case logic::PathFault::bad_version:
        throw Refused(400);
    case logic::PathFault::not_found:
        throw Refused(404);
    case logic::PathFault::bad_url:
        throw Refused(412, "Bad URL");
    }
    request.account = std::move(parsed.path.account);
    request.container = std::move(parsed.path.container);
    request.object = std::move(parsed.path.object);
}

class Application final : public http::Application {
  public:
    Application(std::shared_ptr<Site> site, std::vector<std::shared_ptr<Face>> faces)
        : site_(std::move(site)), faces_(std::move(faces)) {}

    http::BodyPlan plan(const http::RequestHead& head) override {
        if (auto* face = face_of(head)) return face->plan(head);
        using Kind = http::BodyPlan::Kind;
        auto* length = head.headers.find("Content-Length");
        auto bytes = length ? to_int(*length) : std::nullopt;
        bool large = bytes ? *bytes > static_cast<std::int64_t>(small_body)
                           : head.headers.find("Transfer-Encoding") != nullptr;
        // A copy may move as much as an upload.
        bool copies = head.method == "COPY" || head.headers.find("X-Copy-From");
        if (large || copies) return {Kind::streamed, UINT64_MAX};
        return {Kind::buffered, small_body};
    }

    http::Response handle(const http::RequestHead& head, std::string body) override {
        if (auto* face = face_of(head)) return face->handle(head, std::move(body));
        TextBody text(std::move(body));
        return answer(head, text);
    }

    http::Response handle_stream(const http::RequestHead& head, http::BodyReader& body) override {
        if (auto* face = face_of(head)) return face->handle_stream(head, body);
        return answer(head, body);
    }

    http::Response refuse(const http::RequestHead& head, int status,
                          const std::string& reason) override {
        if (auto* face = face_of(head)) return face->refuse(head, status, reason);
        Request request{*site_, head};
        request.method = head.method;
        request.trans_id = new_transaction(site_->cloud, head);
        return deliver(request, page(status));
    }

  private:
    Face* face_of(const http::RequestHead& head) const {
        for (auto& face : faces_)
            if (face->speaks(head)) return face.get();
        return nullptr;
    }

    http::Response answer(const http::RequestHead& head, http::BodyReader& body) {
        Request request{*site_, head};
        request.trans_id = new_transaction(site_->cloud, head);
        request.method = head.method;
        log::RequestScope log_scope(request.trans_id);
        try {
            return deliver(request, run(request, body));
        } catch (const Refused& refused) {
            return deliver(request, refusal(refused));
        } catch (const Failure& failure) {
            log::error("a request failed",
                       {{"what", failure.what()}, {"internals", failure.internals()}});
            // The store's own words are for the operator.
            return deliver(request, page(failure.status() < 500 ? 500 : failure.status()));
        } catch (const http::TransferError&) {
            throw; // The edge knows how it was broken.
        } catch (const std::exception& error) {
            log::error("a request failed", {{"what", error.what()}});
            return deliver(request, page(500));
        }
    }

    Answer run(Request& request, http::BodyReader& body) {
        const http::RequestHead& head = request.head;
        if (auto special = special_page(*site_, head)) return std::move(*special);
        take_path(request);
        // As upstream's gateway does: clients write X-Object-Meta-a_b and read ...-A-B.
        for (auto& [name, value] : head.headers.all())
            if (std::string dashed = replace_all(name, "_", "-"); !is_ours(dashed))
                request.headers.add(dashed, value);
        request.query = http::parse_query(head.query);
        std::string whole = head.target.substr(0, head.target.find('?'));
        if (whole.size() > head.path.size())
            request.mount = whole.substr(0, whole.size() - head.path.size());
        request.body = &body;
        auto* length = head.headers.find("Content-Length");
        if (length) {
            auto number = to_int(*length);
            if (!number || *number < 0) throw Refused(400, "Invalid Content-Length");
            request.length = static_cast<std::uint64_t>(*number);
        }
        return pipeline()(request);
    }

    std::shared_ptr<Site> site_;
    std::vector<std::shared_ptr<Face>> faces_;
};

} // namespace

std::shared_ptr<http::Application> make_application(std::shared_ptr<Site> site,
                                                    std::vector<std::shared_ptr<Face>> faces) {
    return std::make_shared<Application>(std::move(site), std::move(faces));
}

} // namespace nephele::swift
