// SPDX-License-Identifier: Apache-2.0
// Many things in one request: names to delete, an archive to unpack. The answer is 200 with a
// report inside.
#include "services/swift/api/archive.h"
#include "services/swift/api/core.h"
#include "services/swift/api/report.h"
#include "services/swift/api/steps.h"

#include "base/strings.h"

#include <set>

namespace nephele::swift {
namespace {

constexpr std::size_t most_names = 10000, most_failures = 1000, most_containers = 10000;
constexpr std::size_t most_line_bytes = 3 * (1024 + 256 + 2);

struct Name {
    std::string raw, container, object;
};

std::vector<Name> names_to_delete(Request& request) {
    if (!request.length && !iequals(request.header("Transfer-Encoding"), "chunked"))
        throw Refused(411);
    std::vector<Name> out;
    for (auto& line : split(read_body(request, most_names * most_line_bytes), '\n')) {
        auto raw = trim(line);
        if (raw.empty()) continue;
        if (out.size() >= most_names)
            throw Refused(413, format("Maximum Bulk Deletes: {} per request", most_names));
        Name name{std::string(raw), "", ""};
        auto decoded = percent_decode(raw, false);
        if (decoded && is_utf8(*decoded) && decoded->find('\0') == std::string::npos) {
            decoded->erase(0, decoded->find_first_not_of('/'));
            auto slash = decoded->find('/');
            name.container = decoded->substr(0, slash);
            if (slash != std::string::npos) name.object = decoded->substr(slash + 1);
        }
        out.push_back(std::move(name));
    }
    return out;
}

Answer finish(Request& request, Report report,
              std::vector<std::pair<std::string, std::string>> counts, int status,
              const std::string& body, const char* root) {
    counts.push_back({"Response Body", body});
    counts.push_back({"Response Status", status_line(status)});
    report.facts = std::move(counts);
    return write_report(request, 200, report, root);
}

Answer remove_many(Request& request, const Next& next) {
    std::int64_t deleted = 0, absent = 0;
    Report report;
    int status = 200;
    std::string body;
    for (auto& name : names_to_delete(request)) {
        if (name.container.empty()) {
            report.errors.push_back({name.raw, status_line(412)});
            continue;
        }
        Request remove = request.ask("DELETE", name.container, name.object);
        Answer answer = next.tried(remove);
        if (answer.good()) {
            ++deleted;
        } else if (answer.status == 404) {
            ++absent;
        } else if (answer.status == 401) {
            report.errors.push_back({name.raw, status_line(401)});
            status = 401;
            break;
        } else {
            report.errors.push_back({name.raw, status_line(answer.status)});
        }
        if (report.errors.size() >= most_failures) {
            body = format("More than {} failures", most_failures);
            break;
        }
    }
    if (status == 200 && !report.errors.empty()) status = 400;
    if (status == 200 && deleted == 0 && absent == 0) status = 400, body = "Invalid bulk delete.";
    return finish(
        request, std::move(report),
        {{"Number Deleted", std::to_string(deleted)}, {"Number Not Found", std::to_string(absent)}},
        status, body, "delete");
}

/// One member of an archive as the body of a PUT.
class MemberBody final : public http::BodyReader {
  public:
    MemberBody(TarReader& archive, std::uint64_t size) : archive_(archive), size_(size) {}
    std::size_t read(char* into, std::size_t size) override { return archive_.read(into, size); }
    std::optional<std::uint64_t> length() const override { return size_; }

  private:
    TarReader& archive_;
    std::uint64_t size_;
};

void take_attributes(Request& put, const TarReader::Member& member) {
    const std::string prefix = "SCHILY.xattr.user.";
    for (auto& [name, value] : member.attributes) {
        if (name.rfind(prefix, 0) != 0) continue;
        std::string key = name.substr(prefix.size());
        if (key == "mime_type")
            put.headers.set("Content-Type", value);
        else if (key.rfind("meta.", 0) == 0)
            put.headers.set("X-Object-Meta-" + key.substr(5), value);
    }
}

// Where a member goes; nothing for what has no name there.
std::optional<Name> place_of(const Request& request, std::string name) {
    while (name.rfind("./", 0) == 0) name.erase(0, 2);
    name.erase(0, std::min(name.find_first_not_of('/'), name.size()));
    std::string whole = request.container;
    if (!request.object.empty()) whole += "/" + request.object;
    while (!whole.empty() && whole.back() == '/') whole.pop_back();
    if (!whole.empty()) whole += "/";
    whole += name;
    auto slash = whole.find('/');
    if (name.empty() || slash == std::string::npos || slash + 1 == whole.size())
        return std::nullopt;
    return Name{whole, whole.substr(0, slash), whole.substr(slash + 1)};
}

Answer make_container(const Request& request, const std::string& name, const Next& next) {
    Request put = request.ask("PUT", name, "");
    return next.tried(put);
}

struct Unpacked {
    std::int64_t created = 0;
    Report report;
    std::set<std::string> containers;
    int status = 201;
};

// False when there is no use in going on.
bool unpack_one(const Request& request, TarReader& archive, const TarReader::Member& member,
                const Next& next, Unpacked& into) {
    auto place = place_of(request, member.name);
    if (!place) return true;
    auto failed = [&](int status) {
        into.report.errors.push_back({logic::quote_path(place->raw), status_line(status)});
        if (status == 401) into.status = 401;
        return status != 401 && into.report.errors.size() < most_failures;
    };
    if (!is_utf8(place->raw)) return failed(412);
    bool known = into.containers.count(place->container);
    if (!known && into.containers.size() >= most_containers) return failed(400);
    if (!known) {
        if (!request.backend().container(request.account, place->container)) {
            Answer made = make_container(request, place->container, next);
            if (!made.good()) return failed(made.status);
        }
        into.containers.insert(place->container);
    }
    Request put = request.ask("PUT", place->container, place->object);
    put.length = member.size;
    take_attributes(put, member);
    if (auto* at = request.headers.find("X-Delete-At")) put.headers.set("X-Delete-At", *at);
    if (auto* in = request.headers.find("X-Delete-After")) put.headers.set("X-Delete-After", *in);
    MemberBody body(archive, member.size);
    put.body = &body;
    Answer answer = next.tried(put);
    if (!answer.good()) return failed(answer.status);
    ++into.created;
    return true;
}

Answer unpack(Request& request, const Next& next) {
    if (!request.length && !iequals(request.header("Transfer-Encoding"), "chunked"))
        throw Refused(411);
    auto body = decompressed(*request.body, *request.param("extract-archive"));
    Unpacked unpacked;
    std::string fault;
    try {
        TarReader archive(*body);
        while (auto member = archive.next())
            if (member->is_file && !unpack_one(request, archive, *member, next, unpacked)) break;
    } catch (const Refused& refused) {
        unpacked.status = refused.status;
        fault = refused.what();
    }
    int status = unpacked.status;
    if (status == 201 && !unpacked.report.errors.empty()) status = 400;
    if (status == 201 && unpacked.created == 0)
        status = 400, fault = "Invalid Tar File: No Valid Files";
    return finish(request, std::move(unpacked.report),
                  {{"Number Files Created", std::to_string(unpacked.created)}}, status, fault,
                  "extract");
}

} // namespace

Answer bulk(Request& request, const Next& next) {
    bool removes = request.has_param("bulk-delete") &&
                   (request.method == "POST" || request.method == "DELETE");
    if (removes) return remove_many(request, next);
    if (request.method == "PUT" && request.has_param("extract-archive"))
        return unpack(request, next);
    return next(request);
}

} // namespace nephele::swift
