// SPDX-License-Identifier: Apache-2.0
// Every route by every role, on ids nobody has and on things of the role's own and of another
// project, kept as a file: a change of who may do what is a change of that file. Rewrite it with
// NEPHELE_WRITE_MATRIX=1 and read the difference.
#include "base/strings.h"
#include "tests/matrix/world.h"

#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>
#include <set>

using namespace nephele;
using namespace nephele::test;

namespace {
constexpr const char* file_name = "tests/matrix/authorization.txt";
constexpr const char* heading =
    "# Who may call which route. On ids nobody has, with a body nobody can act on: \"in\" is past\n"
    "# the rule of the route. On things of project \"own\", with a body that its owner may send "
    "where\n"
    "# one is known: done (2xx or 3xx), denied (403), absent (404), refused (another 4xx).\n"
    "# route | absent: none reader member admin service | own: reader service member admin, "
    "member of another project\n";

std::string read_file(const char* path) {
    std::string out;
    if (FILE* file = std::fopen(path, "r")) {
        char piece[65536];
        for (std::size_t got; (got = std::fread(piece, 1, sizeof piece, file)) > 0;)
            out.append(piece, got);
        std::fclose(file);
    }
    return out;
}

void write_file(const char* path, const std::string& text) {
    FILE* file = std::fopen(path, "w");
    REQUIRE(file != nullptr);
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
}

// A body that no handler can act on, so that a route that lets the caller in answers 400 and not
// 2xx.
std::string harmless_body(const Probe& probe) {
    if (probe.reads() || probe.route->method == "DELETE") return "";
    if (!probe.route->action.empty())
        return Json::object({{probe.route->action, Json::object({{"no such field", 1}})}}).dump();
    return "{}";
}

// What a status says of authorization alone: refused for want of a token or of a right, or let in.
std::string entry(int status) {
    if (status == 401) return "token?";
    if (status == 403) return "denied";
    return "in";
}

std::string outcome(int status) {
    if (status < 400) return "done";
    if (status == 404) return "absent";
    return status == 401 || status == 403 ? entry(status) : "refused";
}

class Matrix {
  public:
    std::string line(const Probe& probe) {
        std::string out = probe.label() + " |";
        for (auto& token : {none_, reader_, member_, admin_, service_}) {
            auto body = harmless_body(probe);
            auto answer = ask(probe, world_.absent_ids(probe), token, body);
            out += " " + entry(answer.status);
            CHECK_MESSAGE((!token.empty() || probe.route->options.open || answer.status == 401),
                          probe.label() << " without a token: " << answer.status);
        }
        if (!world_.has_own(probe) && world_.accepted_body(probe).empty()) return out;
        out += " |";
        // From the least to the most, so that the thing is there for each.
        for (auto& token : {reader_, service_, member_, admin_, stranger_})
            out += " " + outcome(on_own(probe, token).status);
        return out;
    }

    World& world() { return world_; }

  private:
    Answer ask(const Probe& probe, const Ids& ids, const std::string& token,
               const std::string& body) {
        auto answer = world_.ask(probe, ids, token, body, probe.content_type(body));
        CHECK_MESSAGE(answer.status < 500, probe.label() << " with " << body << ": "
                                                         << answer.status << " " << answer.text);
        return answer;
    }

    Answer on_own(const Probe& probe, const std::string& token) {
        auto before = world_.journal_end();
        auto answer = ask(probe, world_.own_ids(probe), token, world_.accepted_body(probe));
        bool changed = world_.journal_end() != before;
        CHECK_MESSAGE((!changed || answer.status < 400),
                      probe.label() << " changed something and answered " << answer.status);
        CHECK_MESSAGE((!changed || !probe.reads()), probe.label()
                                                        << " reads and changed something");
        if (changed || (!probe.reads() && answer.status < 300)) world_.renew();
        if (std::getenv("NEPHELE_SHOW_REFUSED") && outcome(answer.status) == "refused")
            MESSAGE(probe.label() << ": " << answer.text);
        return answer;
    }

    World world_;
    std::string none_, reader_ = world_.cloud.token("own", {"reader"}, "reader-of-own"),
                       member_ = world_.cloud.token("own"),
                       admin_ = world_.cloud.token("own", {"admin"}),
                       service_ = world_.cloud.token("own", {"service"}, "a-service"),
                       stranger_ = world_.cloud.token("other");
};
} // namespace

TEST_CASE("one of every thing can be made") {
    World world;
    for (auto& line : world.refused) FAIL_CHECK(line);
}

TEST_CASE("who may call which route is what the file says") {
    Matrix matrix;
    std::string table = heading;
    for (auto& probe : matrix.world().probes)
        if (!probe.route->options.streamed && !probe.endless()) table += matrix.line(probe) + "\n";
    if (std::getenv("NEPHELE_WRITE_MATRIX")) write_file(file_name, table);
    auto expected = split(read_file(file_name), '\n'), got = split(table, '\n');
    std::set<std::string> in_file(expected.begin(), expected.end()), seen(got.begin(), got.end());
    for (auto& line : got) CHECK_MESSAGE(in_file.count(line), "not in the file: " << line);
    for (auto& line : expected) CHECK_MESSAGE(seen.count(line), "only in the file: " << line);
}

TEST_CASE("a foreign id answers exactly as an absent one") {
    World world;
    std::string stranger = world.cloud.token("other"), owner = world.cloud.token("own");
    // Belong to nobody: everybody sees them.
    const std::set<std::string> common{"flavors", "regions",          "registered_limits",
                                       "traits",  "resource_classes", "extensions"};
    int compared = 0;
    for (auto& probe : world.probes) {
        if (!probe.reads() || !world.has_own(probe) || probe.endless()) continue;
        auto segments = split(probe.route->path, '/');
        if (segments.size() > 2 && common.count(segments[2])) continue;
        // The same numbers whatever project is named.
        if (segments.back() == "defaults") continue;
        auto own = world.own_ids(probe), none = world.unmade_ids(probe);
        if (world.ask(probe, own, owner, "", "").status >= 300) continue;
        auto foreign = world.ask(probe, own, stranger, "", "");
        auto absent = world.ask(probe, none, stranger, "", "");
        std::string text = foreign.text;
        for (auto& [name, id] : own)
            for (auto at = text.find(id); id != none[name] && at != std::string::npos;
                 at = text.find(id, at + none[name].size()))
                text.replace(at, id.size(), none[name]);
        CHECK_MESSAGE(foreign.status == absent.status,
                      probe.label() << ": " << foreign.status << " and " << absent.status);
        CHECK_MESSAGE(foreign.status >= 400, probe.label() << ": " << foreign.text);
        CHECK_MESSAGE(text == absent.text, probe.label());
        ++compared;
    }
    MESSAGE("compared " << compared << " routes");
    CHECK(compared > 10);
}
