// SPDX-License-Identifier: Apache-2.0
#include "services/swift/s3/face.h"

#include "base/strings.h"
#include "platform/log/log.h"
#include "services/swift/s3/cors.h"
#include "services/swift/s3/operations.h"
#include "services/swift/s3/signature.h"

#include <algorithm>

namespace nephele::swift::s3 {
namespace {

constexpr std::uint64_t longest_upload = std::uint64_t{6} << 30, longest_small_body = 1 << 20;

class TextBody final : public http::BodyReader {
  public:
    explicit TextBody(std::string text) : text_(std::move(text)) {}
    std::size_t read(char* into, std::size_t size) override {
        const std::size_t count = text_.copy(into, size, at_);
        at_ += count;
        return count;
    }
    std::optional<std::uint64_t> length() const override { return text_.size(); }

  private:
    std::string text_;
    std::size_t at_ = 0;
};

class S3Face final : public Face {
  public:
    S3Face(std::shared_ptr<Backend> backend, std::shared_ptr<Keys> keys, Settings settings,
           const Clock& clock, IdSource& ids)
        : backend_(std::move(backend)), keys_(std::move(keys)), settings_(std::move(settings)),
          clock_(clock), ids_(ids) {}

    bool speaks(const http::RequestHead& head) const override {
        return is_signed(head) ||
               bucket_of_host(head.headers.get("Host"), settings_.domains).has_value();
    }
    http::BodyPlan plan(const http::RequestHead& head) override {
        // What may take long, or brings long bodies, has a thread of its own.
        const bool long_one = head.method == "PUT" || head.method == "POST";
        if (long_one) return {http::BodyPlan::Kind::streamed, longest_upload};
        return {http::BodyPlan::Kind::buffered, longest_small_body};
    }
    http::Response handle(const http::RequestHead& head, std::string body) override {
        TextBody text(std::move(body));
        return answer(head, text);
    }
    http::Response handle_stream(const http::RequestHead& head, http::BodyReader& body) override {
        return answer(head, body);
    }
    http::Response refuse(const http::RequestHead& head, int status,
                          const std::string& reason) override {
        auto code = Code::InvalidRequest;
        if (status == 413) code = Code::EntityTooLarge;
        if (status == 408) code = Code::RequestTimeout;
        if (status >= 500) code = Code::ServiceUnavailable;
        return told(head, failure(code, reason), new_id());
    }

  private:
    std::string new_id() const {
        const auto seconds = static_cast<std::uint64_t>(clock_.now().seconds());
        std::string hex;
        for (int shift = 36; shift >= 0; shift -= 4)
            hex += "0123456789abcdef"[seconds >> shift & 15];
        return "tx" + ids_.hex().substr(0, 21) + "-" + hex;
    }

    http::Response answer(const http::RequestHead& head, http::BodyReader& body) {
        const std::string id = new_id();
        http::Response response;
        try {
            response = carry_out(head, body, id);
        } catch (const Failure& failure) {
            response = told(head, failure, id);
        } catch (const http::TransferError& error) {
            response = told(head, failure(Code::IncompleteBody, error.what()), id);
        } catch (const std::exception& error) {
            log::error("an S3 request failed", {{"request_id", id}, {"error", error.what()}});
            response = told(head, failure(Code::InternalError), id);
        }
        response.headers.set("x-amz-request-id", id);
        response.headers.set("x-amz-id-2", id);
        response.headers.set("X-Trans-Id", id);
        return response;
    }

    http::Response told(const http::RequestHead& head, const Failure& failure,
                        const std::string& id) const {
        http::Response response;
        response.status = error_status(failure);
        for (const auto& [name, value] : failure.headers()) response.headers.set(name, value);
        response.headers.set("Content-Type", "application/xml");
        if (response.status == 503) response.headers.set("Retry-After", "1");
        if (head.method != "HEAD") response.body = error_xml(failure, head.path, id);
        return response;
    }

    http::Response carry_out(const http::RequestHead& head, http::BodyReader& body,
                             const std::string& id) {
        Request request{head,
                        Query(head.query),
                        read_target(head, settings_.domains),
                        id,
                        clock_.now(),
                        "",
                        {},
                        "",
                        false};
        const auto authorization = read_authorization(head, request.query);
        if (head.method == "OPTIONS") return preflight(request, authorization);
        if (!authorization) throw failure(Code::AccessDenied);
        Payload payload = authenticate(request, *authorization, body);
        const Operation& operation = find_operation(request);
        Call call{*backend_, settings_, ids_, locks_, request, payload, operation.action};
        auto response = operation.handler(call);
        add_cors(request, head.method, response.headers);
        return response;
    }

    Payload authenticate(Request& request, const Authorization& authorization,
                         http::BodyReader& body) {
        const http::RequestHead& head = request.head;
        check_scope(authorization, settings_.region);
        check_time(authorization, request.now);
        check_signed_headers(authorization, head);
        const std::string hash = payload_hash(authorization, head);
        auto login = keys_->find(authorization.access);
        if (!login)
            throw failure(Code::InvalidAccessKeyId).with("AWSAccessKeyId", authorization.access);
        const std::string& secret = login->secret.reveal();
        if (!signature_fits(authorization, secret, head, request.query, request.target)) {
            keys_->wrong(authorization.access);
            throw failure(Code::SignatureDoesNotMatch).with("AWSAccessKeyId", authorization.access);
        }
        if (!login->who)
            throw failure(Code::InvalidAccessKeyId).with("AWSAccessKeyId", authorization.access);
        request.access = authorization.access;
        request.who = std::move(*login->who);
        take_account(request);
        auto plan = plan_payload(head, hash);
        ChunkSigner signer;
        if (plan.signed_chunks) {
            if (authorization.version != 4 || authorization.presigned)
                throw failure(Code::InvalidRequest,
                              "Signed chunks go with a signature in the header only.");
            signer = {crypto::aws::signing_key(secret, authorization.scope), authorization.time,
                      authorization.signature, authorization.scope};
        }
        return {body, std::move(plan), std::move(signer)};
    }

    void take_account(Request& request) const {
        request.account = settings_.rules.prefix + request.who.project_id;
        logic::Target target;
        target.method = "PUT";
        target.account = request.account;
        target.container = "?"; // any: access lists play no part
        target.account_exists = true;
        request.owner = logic::keystone_access(settings_.rules, request.who, nullptr, target) ==
                        logic::Access::owner;
    }

    // The rules of the bucket; none when it has none.
    Cors cors_of(const Request& request) const {
        if (request.bucket().empty()) return {};
        const auto info = backend_->container(request.account, request.bucket());
        const auto text = info ? metadata_of(info->metadata, setting_header("Cors")) : "";
        return text.empty() ? Cors{} : parse_cors(text);
    }

    void add_cors(const Request& request, const std::string& method, http::Headers& headers) const {
        const std::string origin = request.header("Origin");
        if (origin.empty()) return;
        const Cors cors = cors_of(request);
        if (const auto* rule = find_rule(cors, origin, method, ""))
            write_cors_headers(headers, *rule, origin, "");
    }

    // Browsers ask without signing; the key in a presigned address says whose bucket it is.
    http::Response preflight(Request& request, const std::optional<Authorization>& authorization) {
        const std::string origin = request.header("Origin"),
                          method = request.header("Access-Control-Request-Method"),
                          asked = request.header("Access-Control-Request-Headers");
        if (origin.empty() || method.empty())
            throw failure(Code::InvalidRequest,
                          "Insufficient information. Origin request header needed.");
        const auto login = authorization ? keys_->find(authorization->access) : std::nullopt;
        if (login && login->who) {
            request.account = settings_.rules.prefix + login->who->project_id;
            const Cors cors = cors_of(request);
            if (const auto* rule = find_rule(cors, origin, method, asked)) {
                http::Response response;
                write_cors_headers(response.headers, *rule, origin, asked);
                return response;
            }
        }
        throw failure(Code::AccessDenied,
                      "CORSResponse: This CORS request is not allowed. This is usually because "
                      "the evalution of Origin, request method / Access-Control-Request-Method or "
                      "Access-Control-Request-Headers are not whitelisted by the resource's CORS "
                      "spec.");
    }

    std::shared_ptr<Backend> backend_;
    std::shared_ptr<Keys> keys_;
    Settings settings_;
    const Clock& clock_;
    IdSource& ids_;
    Locks locks_;
};
} // namespace

std::shared_ptr<Face> make_face(std::shared_ptr<Backend> backend, std::shared_ptr<Keys> keys,
                                Settings settings, const Clock& clock, IdSource& ids) {
    return std::make_shared<S3Face>(std::move(backend), std::move(keys), std::move(settings), clock,
                                    ids);
}

} // namespace nephele::swift::s3
