// SPDX-License-Identifier: Apache-2.0
#include "services/swift/test/s3_client.h"

#include "base/strings.h"
#include "platform/crypto/aws_signature.h"
#include "platform/crypto/crypto.h"
#include "platform/xml/xml.h"

#include <algorithm>
#include <unistd.h>

namespace nephele::swift::s3::test {
namespace {

const std::string secret = "testing";

class Wire final : public http::BodyReader {
  public:
    explicit Wire(const std::string& text) : text_(text) {}
    std::size_t read(char* into, std::size_t size) override {
        const std::size_t count = text_.copy(into, size, at_);
        at_ += count;
        return count;
    }
    std::optional<std::uint64_t> length() const override { return text_.size(); }

  private:
    const std::string& text_;
    std::size_t at_ = 0;
};

class Collect final : public http::BodyWriter {
  public:
    explicit Collect(std::string& into) : into_(into) {}
    void write(std::string_view bytes) override { into_ += bytes; }

  private:
    std::string& into_;
};

void find_all(const xml::Element& element, std::string_view name, std::vector<std::string>& out) {
    if (element.name == name) out.push_back(element.text);
    for (const auto& child : element.children) find_all(child, name, out);
}
} // namespace

std::vector<std::string> Answer::all(std::string_view element) const {
    std::vector<std::string> out;
    if (const auto root = xml::parse(body, 64 << 20)) find_all(*root, element, out);
    return out;
}
std::string Answer::text(std::string_view element) const {
    const auto found = all(element);
    return found.empty() ? "" : found.front();
}
std::string Answer::code() const { return status < 300 ? "" : text("Code"); }

Store::Store(std::uint64_t min_part) : backend(make_memory_backend(clock)) {
    settings.min_part = min_part;
    settings.domains = {"s3.test"};
    settings.rules.operator_roles = {"admin"};
    std::vector<ListedKey> keys;
    for (const char* project : {"test", "other"})
        keys.push_back(
            {std::string(project) + ":tester", Secret<std::string>(secret), project, {"admin"}});
    face = make_face(backend, listed_keys(std::move(keys)), settings, clock, ids);
}

http::RequestHead Store::head(const std::string& method, const std::string& target,
                              const std::string& body, const Fields& headers,
                              const std::string& access) {
    http::RequestHead head;
    head.method = method;
    head.target = target;
    head.path = target.substr(0, target.find('?'));
    if (const auto mark = target.find('?'); mark != target.npos)
        head.query = target.substr(mark + 1);
    const std::string time = replace_all(replace_all(iso_time(clock.now()), "-", ""), ":", "");
    head.headers.set("Host", "localhost:8080");
    head.headers.set("x-amz-date", time);
    head.headers.set("x-amz-content-sha256", hex_encode(crypto::sha256(body)));
    if (method == "PUT" || method == "POST")
        head.headers.set("Content-Length", std::to_string(body.size()));
    for (const auto& [name, value] : headers) head.headers.set(name, value);
    namespace aws = crypto::aws;
    const aws::SigningScope scope{time.substr(0, 8), "us-east-1", "s3"};
    const std::string path = aws::encoded_path(percent_decode(head.path, false).value_or("")),
                      query = aws::canonical_query(Query(head.query).all()),
                      hash = head.headers.get("x-amz-content-sha256");
    aws::CanonicalRequest request{method, path, query, {}, hash};
    for (const auto& [name, value] : head.headers.all())
        request.headers.emplace_back(lower(name), aws::canonical_value(value));
    std::sort(request.headers.begin(), request.headers.end());
    head.headers.set("Authorization",
                     format("{} Credential={}/{}, SignedHeaders={}, Signature={}", aws::algorithm_4,
                            access, scope.text(), request.signed_headers(),
                            aws::signature_4(secret, time, scope, request)));
    return head;
}

Answer Store::send(http::RequestHead head, const std::string& body) {
    Wire wire(body);
    auto response = face->plan(head).kind == http::BodyPlan::Kind::streamed
                        ? face->handle_stream(head, wire)
                        : face->handle(head, body);
    Answer answer{response.status, response.headers, std::move(response.body)};
    if (response.stream) {
        Collect collect(answer.body);
        response.stream(collect);
    }
    if (response.file) {
        answer.body.resize(static_cast<std::size_t>(response.file->length));
        const auto count = ::pread(*response.file->descriptor, answer.body.data(),
                                   answer.body.size(), static_cast<off_t>(response.file->offset));
        answer.body.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    }
    return answer;
}

Answer Store::ask(const std::string& method, const std::string& target, const std::string& body,
                  const Fields& headers, const std::string& access) {
    return send(head(method, target, body, headers, access), body);
}

} // namespace nephele::swift::s3::test
