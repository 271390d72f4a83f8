// SPDX-License-Identifier: Apache-2.0
// Uploads from a browser's form, signed by a key of the account or the container.
#include "platform/xml/xml.h"
#include "services/swift/api/multipart.h"
#include "services/swift/api/steps.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "services/swift/logic/signed_url.h"

namespace nephele::swift {
namespace {

using Fields = std::map<std::string, std::string>;
constexpr std::size_t most_value_bytes = 4096;

std::string field(const Fields& fields, const std::string& name, const char* fallback = "") {
    auto found = fields.find(name);
    return found == fields.end() || found->second.empty() ? fallback : found->second;
}

std::int64_t number(const Fields& fields, const std::string& name) {
    auto value = to_int(field(fields, name, "0"));
    if (!value) throw Refused(400, format("FormPost: {} not an integer", name), true);
    return *value;
}

/// The bytes of a file's part, up to the size the form allows.
class FileBody final : public http::BodyReader {
  public:
    FileBody(MultipartReader& parts, std::uint64_t most) : parts_(parts), left_(most) {}
    std::size_t read(char* into, std::size_t size) override {
        auto count = parts_.read(into, size);
        if (count > left_) throw Refused(400, "FormPost: max_file_size exceeded", true);
        left_ -= count;
        return count;
    }
    std::optional<std::uint64_t> length() const override { return std::nullopt; }

  private:
    MultipartReader& parts_;
    std::uint64_t left_;
};

void check_signature(const Request& request, const Fields& fields) {
    if (number(fields, "expires") < request.site.cloud.now().seconds())
        throw Refused(401, "FormPost: Form Expired");
    auto signature = logic::parse_signature(field(fields, "signature"));
    std::string path = percent_decode(request.head.path, false).value_or("");
    bool good = false;
    for (auto& signed_path : {path, request.mount + path})
        for (auto& key : url_keys(request)) {
            auto text = format("{}\n{}\n{}\n{}\n{}", signed_path, field(fields, "redirect"),
                               field(fields, "max_file_size", "0"),
                               field(fields, "max_file_count", "0"), field(fields, "expires", "0"));
            if (signature && crypto::equal_constant_time(
                                 logic::sign(signature->algorithm, key.text, text), signature->hex))
                good = true;
        }
    if (!good) throw Refused(401, "FormPost: Invalid Signature");
}

Answer store_file(Request& request, const Fields& fields, const MultipartReader::Part& part,
                  MultipartReader& parts, const Next& next) {
    check_signature(request, fields);
    std::string base = request.object.empty() ? "" : request.object;
    Request put = request.ask("PUT", request.container, base + part.file_name);
    put.caller.kind = Caller::Kind::temporary_url;
    put.caller.only_account = request.account;
    put.caller.only_container = request.container;
    put.headers.set("Transfer-Encoding", "chunked");
    for (auto& [given, header] :
         {std::pair("x_delete_at", "X-Delete-At"), std::pair("x_delete_after", "X-Delete-After")})
        if (fields.count(given)) put.headers.set(header, std::to_string(number(fields, given)));
    auto type = part.headers.find("content-type");
    auto encoding = part.headers.find("content-encoding");
    if (fields.count("content-type") || type != part.headers.end())
        put.headers.set("Content-Type", fields.count("content-type") ? field(fields, "content-type")
                                                                     : type->second);
    if (fields.count("content-encoding") || encoding != part.headers.end())
        put.headers.set("Content-Encoding", fields.count("content-encoding")
                                                ? field(fields, "content-encoding")
                                                : encoding->second);
    FileBody body(parts, static_cast<std::uint64_t>(
                             std::max<std::int64_t>(number(fields, "max_file_size"), 0)));
    put.body = &body;
    put.length.reset();
    return next(put);
}

Answer finish(const Fields& fields, int status, const std::string& message) {
    Answer answer;
    std::string redirect = field(fields, "redirect");
    std::string line = format("{} {}", status, http::reason_phrase(status));
    if (redirect.empty()) {
        answer.status = status;
        answer.headers.set("Content-Type", "text/plain");
        answer.body = message.empty() ? line : line + "\r\nFormPost: " + message;
        return answer;
    }
    redirect += redirect.find('?') == std::string::npos ? "?" : "&";
    redirect += format("status={}&message={}", status, percent_encode(message));
    answer.status = 303;
    answer.headers.set("Location", redirect);
    answer.headers.set("Content-Type", "text/html; charset=UTF-8");
    answer.body = format("<html><body><p><a href=\"{}\">Click to continue...</a></p></body></html>",
                         xml::escaped(redirect));
    return answer;
}

} // namespace

Answer form_post(Request& request, const Next& next) {
    std::string type = request.header("Content-Type");
    std::string boundary = parameter_of(type, "boundary");
    bool form = request.method == "POST" && starts_with_icase(type, "multipart/form-data") &&
                !boundary.empty() && boundary.size() <= 200 && !request.of_account();
    if (!form) return next(request);
    MultipartReader parts(*request.body, boundary);
    Fields fields;
    std::int64_t files = 0;
    int status = 0;
    while (auto part = parts.next()) {
        if (part->file_name.empty()) {
            std::string value(most_value_bytes, '\0');
            std::size_t size = 0;
            while (auto count = parts.read(value.data() + size, value.size() - size)) size += count;
            if (fields.size() > 100) throw Refused(400, "FormPost: too many fields", true);
            fields[lower(part->name)] = value.substr(0, size);
            continue;
        }
        if (++files > number(fields, "max_file_count"))
            return finish(fields, 400, "Max File Count Exceeded");
        Answer stored = store_file(request, fields, *part, parts, next);
        status = stored.status;
        if (!stored.good()) return finish(fields, status, "");
    }
    if (!status) return finish(fields, 400, "No Files To Process");
    return finish(fields, status, "");
}

} // namespace nephele::swift
