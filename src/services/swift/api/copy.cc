// SPDX-License-Identifier: Apache-2.0
// COPY, and PUT with X-Copy-From: an object stored from another one, in this or another account.
#include "services/swift/api/steps.h"

#include "base/strings.h"
#include "services/swift/logic/conditions.h"
#include "services/swift/logic/metadata.h"

namespace nephele::swift {
namespace {

struct Source {
    std::string account, container, object;
};

std::string account_named(const std::string& header, const std::string& raw) {
    auto name = percent_decode(raw, false);
    if (!name || name->empty() || name->find('/') != std::string::npos || !is_utf8(*name))
        throw Refused(412, header + " is no account");
    return *name;
}

// COPY names where to; from here on it is a PUT that names where from.
Source take_source(Request& request) {
    const char* header = request.method == "COPY" ? "Destination" : "X-Copy-From";
    std::string raw = request.header(header);
    if (raw.empty()) throw Refused(412, "Destination header required");
    auto path = logic::parse_object_path(raw);
    if (!path)
        throw Refused(
            412, format("{} header must be of the form <container name>/<object name>", header));
    std::string other = request.account;
    const char* account_header =
        request.method == "COPY" ? "Destination-Account" : "X-Copy-From-Account";
    if (auto* given = request.headers.find(account_header))
        other = account_named(account_header, *given);
    Source source{other, path->first, path->second};
    if (request.method == "COPY") {
        std::swap(source.account, request.account);
        std::swap(source.container, request.container);
        std::swap(source.object, request.object);
        request.method = "PUT";
    }
    for (auto* name : {"Destination", "Destination-Account", "X-Copy-From", "X-Copy-From-Account"})
        request.headers.erase(name);
    return source;
}

Answer read_source(const Request& request, const Source& source, const Next& next) {
    Request get = request.ask("GET", source.container, source.object);
    get.account = source.account;
    get.query = request.query;
    if (auto* manifest = get.param("multipart-manifest"); manifest && *manifest == "get") {
        get.drop_param("format");
        get.query.emplace_back("format", "raw");
    }
    return next(get);
}

// What the copy keeps of its source, then what the request says of the copy.
void take_metadata(Request& request, const Answer& source) {
    if (!logic::is_true(request.header("X-Fresh-Metadata"))) {
        for (auto& [name, value] : logic::object_metadata(source.headers.all())) {
            bool manifest = name == "X-Object-Manifest" || name == "X-Static-Large-Object";
            if (!manifest && !request.headers.find(name)) request.headers.set(name, value);
        }
    }
    if (request.header("Content-Type").empty())
        request.headers.set("Content-Type", source.headers.get("Content-Type"));
}

void take_manifest(Request& request, const Answer& source) {
    auto* manifest = request.param("multipart-manifest");
    if (!manifest || *manifest != "get") return;
    request.drop_param("multipart-manifest");
    request.drop_param("format");
    if (source.headers.find("X-Static-Large-Object"))
        request.query.emplace_back("multipart-manifest", "put");
    else if (auto* prefix = source.headers.find("X-Object-Manifest"))
        request.headers.set("X-Object-Manifest", *prefix);
}

void check_source(const Request& request, const Answer& source) {
    logic::Conditions asked{request.header("If-Match"), "", request.header("If-Modified-Since"),
                            request.header("If-Unmodified-Since")};
    if (int verdict = logic::check_conditions(asked, source.etag, source.modified); verdict != 200)
        throw Refused(verdict);
}

Answer copied(Answer answer, const Source& source, const Answer& from, const Request& request) {
    if (!answer.good()) return answer;
    answer.headers.set("X-Copied-From-Account", logic::quote_path(source.account));
    answer.headers.set("X-Copied-From", logic::quote_path(source.container + "/" + source.object));
    answer.headers.set("X-Copied-From-Last-Modified", from.headers.get("Last-Modified"));
    if (auto* version = from.headers.find("X-Object-Version-Id"))
        answer.headers.set("X-Copied-From-Version-Id", *version);
    for (auto& [name, value] : request.headers.all())
        if (logic::is_user_metadata(name, "object") || iequals(name, "X-Delete-At"))
            answer.headers.set(logic::title_case(name), value);
    return answer;
}

} // namespace

ContentBody::ContentBody(std::shared_ptr<Content> content, std::uint64_t first,
                         std::optional<std::uint64_t> length)
    : content_(std::move(content)), first_(first), at_(first),
      end_(first + length.value_or(content_->size() - first)) {}

std::size_t ContentBody::read(char* into, std::size_t size) {
    auto count = content_->read(at_, into, std::min<std::uint64_t>(size, end_ - at_));
    if (count == 0 && at_ < end_)
        throw Failure(Fault::internal, "ObjectCutShort", "an object ended early");
    at_ += count;
    return count;
}

Answer copy_object(Request& request, const Next& next) {
    bool copies = request.method == "COPY" ||
                  (request.method == "PUT" && !request.header("X-Copy-From").empty());
    if (!request.of_object() || !copies) return next(request);
    if (request.length.value_or(0) > 0)
        throw Refused(400, "Copy requests require a zero byte body", true);
    Source source = take_source(request);
    Answer from = read_source(request, source, next);
    if (!from.good()) return from;
    check_source(request, from);
    auto size = from.content ? from.content->size() : from.body.size();
    if (size > request.limits().max_file_size) throw Refused(413);
    take_metadata(request, from);
    std::uint64_t first = 0, length = size;
    auto ranges = logic::ranges_of(request.header("Range"), size);
    if (ranges && ranges->size() != 1) throw Refused(416);
    if (ranges) first = ranges->front().first, length = ranges->front().length();
    bool whole =
        !ranges && !from.headers.find("X-Static-Large-Object") &&
        (!from.headers.find("X-Object-Manifest") || request.has_param("multipart-manifest"));
    take_manifest(request, from);
    request.drop_param("version-id");
    for (auto* name : {"Range", "If-Match", "If-Modified-Since", "If-Unmodified-Since", "Etag",
                       "Transfer-Encoding"})
        request.headers.erase(name);
    if (whole) request.headers.set("Etag", from.etag);
    std::unique_ptr<http::BodyReader> body;
    if (from.content)
        body = std::make_unique<ContentBody>(from.content, first, length);
    else
        body = std::make_unique<TextBody>(from.body.substr(first, length));
    request.body = body.get();
    request.length = length;
    return copied(next(request), source, from, request);
}

} // namespace nephele::swift
