// SPDX-License-Identifier: Apache-2.0
#include "services/swift/api/deliver.h"

#include "base/strings.h"
#include "services/swift/logic/conditions.h"
#include "services/swift/logic/metadata.h"

#include <algorithm>

namespace nephele::swift {
namespace {

// Up to here an answer leaves from memory, with its head; above, from a file or piece by piece.
constexpr std::uint64_t memory_bytes = 128 * 1024;
constexpr std::size_t piece_bytes = 256 * 1024;

using Send = std::function<void(http::BodyWriter&)>;

// What is announced must come: only a broken connection can tell that the rest is missing.
void send_part(Content& content, logic::Range part, http::BodyWriter& out) {
    std::string piece(std::min<std::uint64_t>(piece_bytes, part.length()), '\0');
    for (auto at = part.first; at <= part.last;) {
        auto size = std::min<std::uint64_t>(piece.size(), part.last - at + 1);
        auto count = content.read(at, piece.data(), size);
        if (count == 0) throw Failure(Fault::internal, "ObjectCutShort", "an object ended early");
        out.write(std::string_view(piece).substr(0, count));
        at += count;
    }
}

void send_one(http::Response& response, std::shared_ptr<Content> content, logic::Range part) {
    response.headers.set("Content-Length", std::to_string(part.length()));
    if (part.length() <= memory_bytes) {
        response.body.resize(part.length());
        for (std::size_t at = 0; at < response.body.size();) {
            auto count = content->read(part.first + at, response.body.data() + at,
                                       response.body.size() - at);
            if (count == 0)
                throw Failure(Fault::internal, "ObjectCutShort", "an object ended early");
            at += count;
        }
        return;
    }
    response.file = content->file(part.first, part.length());
    if (!response.file)
        response.stream = [content, part](http::BodyWriter& out) {
            send_part(*content, part, out);
        };
}

void send_many(http::Response& response, std::shared_ptr<Content> content,
               const std::vector<logic::Range>& parts, const std::string& boundary) {
    std::string type = response.headers.get("Content-Type");
    std::vector<std::string> heads;
    std::uint64_t length = 0;
    for (auto& part : parts) {
        heads.push_back(format(
            "{}--{}\r\nContent-Type: {}\r\nContent-Range: bytes {}-{}/{}\r\n\r\n",
            heads.empty() ? "" : "\r\n", boundary, type, part.first, part.last, content->size()));
        length += heads.back().size() + part.length();
    }
    std::string tail = format("\r\n--{}--", boundary);
    response.headers.set("Content-Type", "multipart/byteranges;boundary=" + boundary);
    response.headers.set("Content-Length", std::to_string(length + tail.size()));
    response.stream = [content, parts, heads, tail](http::BodyWriter& out) {
        for (std::size_t i = 0; i < parts.size(); ++i) {
            out.write(heads[i]);
            send_part(*content, parts[i], out);
        }
        out.write(tail);
    };
}

void send_ranges(const Request& request, http::Response& response,
                 std::shared_ptr<Content> content) {
    auto ranges = logic::ranges_of(request.header("Range"), content->size());
    if (!ranges) {
        if (content->size() == 0) return;
        return send_one(response, std::move(content), {0, content->size() - 1});
    }
    if (ranges->empty()) {
        auto size = content->size();
        Answer none = page(416);
        response.status = 416;
        response.body = none.body;
        response.headers.set("Content-Type", none.headers.get("Content-Type"));
        response.headers.set("Content-Range", format("bytes */{}", size));
        response.headers.erase("Content-Length");
        return;
    }
    response.status = 206;
    if (ranges->size() > 1)
        return send_many(response, std::move(content), *ranges, request.site.cloud.ids().hex());
    auto only = ranges->front();
    response.headers.set("Content-Range",
                         format("bytes {}-{}/{}", only.first, only.last, content->size()));
    send_one(response, std::move(content), only);
}

logic::Conditions conditions_of(const Request& request) {
    return {request.header("If-Match"), request.header("If-None-Match"),
            request.header("If-Modified-Since"), request.header("If-Unmodified-Since")};
}

} // namespace

http::Response deliver(const Request& request, Answer answer) {
    http::Response response;
    response.status = answer.status;
    for (auto& [name, value] : answer.headers.all())
        if (!logic::is_system_metadata(name)) response.headers.add(name, value);
    response.headers.set("X-Trans-Id", request.trans_id);
    response.headers.set("X-Openstack-Request-Id", request.trans_id);
    if (answer.conditional && request.reads() && answer.good()) {
        int verdict = logic::check_conditions(conditions_of(request), answer.etag, answer.modified);
        if (verdict != 200) {
            Answer instead = page(verdict);
            response.status = verdict;
            response.headers.set("Content-Type", instead.headers.get("Content-Type"));
            response.headers.erase("Content-Length");
            if (request.method == "GET") response.body = instead.body;
            return response;
        }
    }
    if (request.method == "HEAD") {
        if (answer.content)
            response.headers.set("Content-Length", std::to_string(answer.content->size()));
        else if (!answer.body.empty())
            response.headers.set("Content-Length", std::to_string(answer.body.size()));
        return response;
    }
    if (answer.content) {
        if (answer.conditional) {
            send_ranges(request, response, std::move(answer.content));
        } else if (auto size = answer.content->size()) {
            send_one(response, std::move(answer.content), {0, size - 1});
        }
        return response;
    }
    response.stream = std::move(answer.stream);
    response.body = std::move(answer.body);
    return response;
}

} // namespace nephele::swift
