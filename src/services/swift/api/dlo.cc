// SPDX-License-Identifier: Apache-2.0
// Dynamic large objects: X-Object-Manifest names a container and a prefix; the object is whatever
// lies there when it is read.
#include "services/swift/api/core.h"
#include "services/swift/api/segments.h"
#include "services/swift/api/steps.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"

namespace nephele::swift {
namespace {

struct Found {
    std::vector<logic::Segment> segments;
    std::string etag;
};

Found segments_below(Request& request, const std::string& container, const std::string& prefix) {
    Request look = request.ask("GET", container, "");
    need_container(look);
    Found found;
    crypto::Hasher etags(crypto::Digest::md5);
    ListQuery query{.prefix = prefix, .limit = 10000};
    for (;;) {
        auto rows = request.backend().objects(request.account, container, query);
        for (auto& row : rows) {
            logic::Segment segment{.container = container, .object = row.name};
            segment.size = segment.length = row.bytes;
            etags.update(row.etag.substr(0, row.etag.find(';')));
            if (row.bytes > 0) found.segments.push_back(std::move(segment));
        }
        if (rows.size() < query.limit) break;
        query.marker = rows.back().name;
    }
    found.etag = etags.hex();
    return found;
}

Answer read(Request& request, const Next& next) {
    Answer answer = next(request);
    std::string manifest = answer.headers.get("X-Object-Manifest");
    if (!answer.good() || manifest.empty()) return answer;
    if (auto* asked = request.param("multipart-manifest"); asked && *asked == "get") return answer;
    auto path = percent_decode(manifest, false).value_or(manifest);
    auto slash = path.find('/');
    if (slash == std::string::npos) return answer;
    auto found = segments_below(request, path.substr(0, slash), path.substr(slash + 1));
    answer.etag = found.etag;
    answer.headers.set("Etag", "\"" + found.etag + "\"");
    std::uint64_t total = 0;
    for (auto& segment : found.segments) total += segment.length;
    if (request.method == "HEAD") {
        answer.headers.set("Content-Length", std::to_string(total));
        return answer;
    }
    answer.content = segmented_content(request, next, std::move(found.segments));
    return answer;
}

void check_header(Request& request) {
    auto* given = request.headers.find("X-Object-Manifest");
    if (!given || given->empty()) return;
    auto path = percent_decode(*given, false);
    bool good = path && is_utf8(*path) && path->find('\0') == std::string::npos &&
                given->find('?') == std::string::npos && given->find('&') == std::string::npos;
    std::string text = path.value_or("");
    text.erase(0, text.find_first_not_of('/'));
    auto slash = text.find('/');
    if (!good || slash == std::string::npos || slash == 0 || slash + 1 == text.size())
        throw Refused(400, "X-Object-Manifest must be in the format container/prefix", true);
    std::string cleaned = *given;
    cleaned.erase(0, cleaned.find_first_not_of('/'));
    request.headers.set("X-Object-Manifest", cleaned);
}

} // namespace

Answer dynamic_large_object(Request& request, const Next& next) {
    if (!request.of_object()) return next(request);
    if (request.reads()) return read(request, next);
    if (request.method == "PUT" || request.method == "POST") check_header(request);
    return next(request);
}

} // namespace nephele::swift
