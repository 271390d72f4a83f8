// SPDX-License-Identifier: Apache-2.0
// Static large objects: a manifest that names its segments, their sizes and etags.
#include "services/swift/api/core.h"
#include "services/swift/api/report.h"
#include "services/swift/api/segments.h"
#include "services/swift/api/steps.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "services/swift/logic/metadata.h"

namespace nephele::swift {
namespace {

constexpr std::size_t most_segments = 1000, most_manifest_bytes = 8 << 20;
constexpr int deepest = 10;

bool is_manifest(const Answer& answer) {
    return logic::is_true(answer.headers.get(logic::slo_marker));
}

std::vector<logic::Segment> kept_segments(Answer& answer) {
    auto segments = logic::read_manifest(read_content(answer, most_manifest_bytes));
    if (!segments) throw Refused(500, "Unable to load SLO manifest");
    return *segments;
}

// Segments that are manifests themselves, replaced by what they are made of.
void flatten(const Request& request, const Next& next, const std::vector<logic::Segment>& from,
             int depth, std::vector<logic::Segment>& into) {
    if (depth > deepest) throw Refused(409);
    for (auto& segment : from) {
        if (!segment.is_manifest) {
            if (segment.length > 0) into.push_back(segment);
            continue;
        }
        Request get = request.ask("GET", segment.container, segment.object);
        Answer inner = next.tried(get);
        if (!inner.good() || !is_manifest(inner)) throw Refused(409);
        std::vector<logic::Segment> parts;
        flatten(request, next, kept_segments(inner), depth + 1, parts);
        std::uint64_t at = 0, first = segment.first, end = segment.first + segment.length;
        for (auto& part : parts) {
            auto begin = std::max(at, first), stop = std::min(at + part.length, end);
            if (begin < stop) {
                logic::Segment cut = part;
                cut.first = part.first + (begin - at);
                cut.length = stop - begin;
                if (!cut.data.empty()) cut.data = part.data.substr(begin - at, cut.length);
                into.push_back(std::move(cut));
            }
            at += part.length;
        }
    }
}

Answer raw_or_json(Request& request, Answer answer) {
    auto* form = request.param("format");
    if (!form || *form != "raw") {
        answer.headers.set("Content-Type", "application/json; charset=utf-8");
        return answer;
    }
    if (request.method == "HEAD") return answer;
    answer.body = logic::raw_manifest(read_content(answer, most_manifest_bytes));
    answer.content = nullptr;
    answer.etag = hex_encode(crypto::md5(answer.body));
    answer.headers.set("Etag", answer.etag);
    answer.conditional = false;
    return answer;
}

Answer read(Request& request, const Next& next) {
    Answer answer = next(request);
    if (!answer.good() || !is_manifest(answer)) return answer;
    auto* manifest = request.param("multipart-manifest");
    if (manifest && *manifest == "get") return raw_or_json(request, std::move(answer));
    answer.headers.set("X-Manifest-Etag", answer.etag);
    answer.etag = answer.headers.get(logic::slo_etag_header);
    answer.headers.set("Etag", "\"" + answer.etag + "\"");
    if (request.method == "HEAD") {
        answer.headers.set("Content-Length", answer.headers.get(logic::slo_size_header));
        return answer;
    }
    std::vector<logic::Segment> segments;
    flatten(request, next, kept_segments(answer), 1, segments);
    answer.content = segmented_content(request, next, std::move(segments));
    return answer;
}

// What is there under the segment's name against what the manifest says of it.
std::string check_segment(const Request& request, const Next& next, logic::Segment& segment,
                          bool last, int& denied) {
    Request look = request.ask("HEAD", segment.container, segment.object);
    Answer head = next.tried(look);
    if (head.status == 401 || head.status == 403) denied = head.status;
    if (!head.good()) return status_line(head.status);
    segment.is_manifest = is_manifest(head);
    std::string etag = segment.is_manifest ? head.headers.get(logic::slo_etag_header) : head.etag;
    auto size =
        to_int(head.headers.get(segment.is_manifest ? logic::slo_size_header : "Content-Length"));
    auto bytes = static_cast<std::uint64_t>(size.value_or(0));
    if (segment.size && *segment.size != bytes) return "Size Mismatch";
    std::string claimed = segment.etag;
    if (claimed.size() > 1 && claimed.front() == '"' && claimed.back() == '"')
        claimed = claimed.substr(1, claimed.size() - 2);
    if (!claimed.empty() && claimed != etag) return "Etag Mismatch";
    if (bytes == 0 && !last) return "Too Small; each segment must be at least 1 byte.";
    segment.size = bytes;
    segment.etag = etag;
    if (!logic::settle_range(segment)) return "Unsatisfiable Range";
    segment.content_type = head.headers.get("Content-Type");
    auto stamp = Timestamp::parse(head.headers.get("X-Timestamp"));
    segment.last_modified = stamp ? stamp->iso() : "";
    return "";
}

Answer heartbeat_report(const Request& request, const Answer& stored) {
    Report report;
    report.facts = {{"Response Status", status_line(stored.status)},
                    {"Response Body", stored.good() ? "" : stored.body}};
    if (stored.good()) {
        report.facts.push_back({"Etag", stored.headers.get("Etag")});
        report.facts.push_back({"Last Modified", stored.headers.get("Last-Modified")});
    }
    return write_report(request, 202, report, "upload");
}

std::vector<logic::Segment> checked_manifest(Request& request, const Next& next) {
    if (request.length && *request.length > most_manifest_bytes)
        throw Refused(413, format("Manifest File > {} bytes", most_manifest_bytes));
    std::string sent = read_body(request, most_manifest_bytes);
    std::vector<std::string> faults;
    auto segments =
        logic::parse_manifest(sent, "/" + request.container + "/" + request.object, faults);
    if (segments.size() > most_segments)
        throw Refused(413, format("Number of object-backed segments must be <= {}", most_segments));
    if (faults.empty() && segments.empty()) faults.push_back("Manifest must name a segment.");
    if (!faults.empty()) throw Refused(400, join(faults, "\n") + "\n", true);
    Report report;
    int denied = 0;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        if (!segments[i].data.empty()) continue;
        auto fault = check_segment(request, next, segments[i], i + 1 == segments.size(), denied);
        if (!fault.empty()) report.errors.push_back({logic::quote_path(segments[i].path()), fault});
    }
    if (denied) throw Refused(denied);
    if (!report.errors.empty()) {
        Answer answer = write_report(request, 400, report, "upload");
        throw Refused(400, answer.body).with("Content-Type", answer.headers.get("Content-Type"));
    }
    return segments;
}

Answer store(Request& request, const Next& next) {
    if (!request.length && !iequals(request.header("Transfer-Encoding"), "chunked"))
        throw Refused(411);
    // Who may not write here must not learn what is in other containers either.
    need_container(request);
    auto segments = checked_manifest(request, next);
    std::string etag = logic::manifest_etag(segments);
    std::string claimed = request.header("Etag");
    if (claimed.size() > 1 && claimed.front() == '"')
        claimed = claimed.substr(1, claimed.size() - 2);
    if (!claimed.empty() && claimed != etag) throw Refused(422);
    std::uint64_t total = 0;
    for (auto& segment : segments) total += segment.length;
    std::string text = logic::write_manifest(segments);
    std::string text_etag = hex_encode(crypto::md5(text));
    request.system[logic::slo_etag_header] = etag;
    request.system[logic::slo_size_header] = std::to_string(total);
    request.system[logic::slo_marker] = "True";
    request.listed_etag = text_etag + "; slo_etag=" + etag;
    request.listed_bytes = total;
    request.headers.set("Etag", text_etag);
    TextBody body(text);
    request.body = &body;
    request.length = text.size();
    bool heartbeat = request.param("heartbeat") && logic::is_true(*request.param("heartbeat"));
    request.drop_param("multipart-manifest");
    Answer answer = next(request);
    if (answer.good()) answer.headers.set("Etag", "\"" + etag + "\"");
    return heartbeat ? heartbeat_report(request, answer) : std::move(answer);
}

// From the other side of a container sync: the manifest as it is kept there, segments or no.
Answer store_synced(Request& request, const Next& next) {
    std::string text = read_body(request, most_manifest_bytes);
    auto segments = logic::read_manifest(text);
    if (!segments) throw Refused(400, "Not an SLO manifest");
    std::uint64_t total = 0;
    for (auto& segment : *segments) total += segment.length;
    std::string etag = logic::manifest_etag(*segments);
    request.system[logic::slo_etag_header] = etag;
    request.system[logic::slo_size_header] = std::to_string(total);
    request.listed_etag = hex_encode(crypto::md5(text)) + "; slo_etag=" + etag;
    request.listed_bytes = total;
    TextBody body(text);
    request.body = &body;
    return next(request);
}

struct Removal {
    std::int64_t deleted = 0, absent = 0;
    Report report;
    int denied = 0;
};

void remove_one(const Request& request, const Next& next, const std::string& container,
                const std::string& object, Removal& into) {
    Request remove = request.ask("DELETE", container, object);
    if (container == request.container && object == request.object)
        if (auto* version = request.param("version-id"))
            remove.query.emplace_back("version-id", *version);
    Answer answer = next.tried(remove);
    if (answer.good())
        ++into.deleted;
    else if (answer.status == 404)
        ++into.absent;
    else
        into.report.errors.push_back(
            {logic::quote_path("/" + container + "/" + object), status_line(answer.status)});
    if (answer.status == 401 || answer.status == 403) into.denied = answer.status;
}

// First what it is made of, then the manifest: what is left can be tried again.
void remove_tree(const Request& request, const Next& next, const std::string& container,
                 const std::string& object, int depth, Removal& into) {
    Request get = request.ask("GET", container, object);
    if (auto* version = request.param("version-id"); version && depth == 1)
        get.query.emplace_back("version-id", *version);
    Answer manifest = next.tried(get);
    std::string name = logic::quote_path("/" + container + "/" + object);
    if (manifest.status == 404) {
        ++into.absent;
        return;
    }
    if (manifest.status == 401 || manifest.status == 403) into.denied = manifest.status;
    if (!manifest.good() || depth > deepest) {
        into.report.errors.push_back({name, status_line(manifest.good() ? 409 : manifest.status)});
        return;
    }
    if (!is_manifest(manifest)) {
        into.report.errors.push_back({name, "Not an SLO manifest"});
        return;
    }
    for (auto& segment : kept_segments(manifest)) {
        if (!segment.data.empty()) continue;
        if (segment.is_manifest)
            remove_tree(request, next, segment.container, segment.object, depth + 1, into);
        else
            remove_one(request, next, segment.container, segment.object, into);
    }
    remove_one(request, next, container, object, into);
}

Answer remove(Request& request, const Next& next) {
    Removal removal;
    remove_tree(request, next, request.container, request.object, 1, removal);
    Report& report = removal.report;
    int status = removal.denied           ? removal.denied
                 : !report.errors.empty() ? 400
                 : removal.deleted > 0    ? 200
                                          : 404;
    report.facts = {{"Number Deleted", std::to_string(removal.deleted)},
                    {"Number Not Found", std::to_string(removal.absent)},
                    {"Response Body", ""},
                    {"Response Status", status_line(status == 404 ? 200 : status)}};
    return write_report(request, 200, report, "delete");
}

} // namespace

Answer static_large_object(Request& request, const Next& next) {
    if (!request.of_object()) return next(request);
    auto* manifest = request.param("multipart-manifest");
    if (request.reads()) return read(request, next);
    if (request.method == "PUT" && manifest && *manifest == "put") return store(request, next);
    if (request.method == "DELETE" && manifest && *manifest == "delete")
        return remove(request, next);
    if (request.headers.find(logic::slo_marker) && request.when && request.method == "PUT")
        return store_synced(request, next);
    if (request.headers.find(logic::slo_marker))
        throw Refused(400, "X-Static-Large-Object is a reserved header. To create a static large "
                           "object add query param multipart-manifest=put.");
    return next(request);
}

} // namespace nephele::swift
