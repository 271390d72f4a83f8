// SPDX-License-Identifier: Apache-2.0
// The application over a made-up service, through a real socket: routing, versions, identity,
// policy, bodies, paging, errors, idempotency.
#include "platform/api/service.h"
#include "tests/support/test_cloud.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::api;
using test::TestCloud;

namespace {
struct Note {
    std::string id, project_id, text;
    std::int64_t stars = 0;
    Time created_at;
    static const Shape<Note>& shape() {
        static const auto s =
            Shape<Note>("note", "notes")
                .field("id", &Note::id, {read_only, brief})
                .field("project_id", &Note::project_id, {read_only})
                .field("text", &Note::text, {required, max_length(20), column("body")})
                .field("stars", &Note::stars, {between(0, 5), since(1, 2)})
                .field("created_at", &Note::created_at, {read_only});
        return s;
    }
};
const Table<Note>& notes() {
    static const Table<Note> table({.name = "test_notes",
                                    .service = "test",
                                    .kind = "note",
                                    .project_column = "project_id",
                                    .not_found_code = "NoteNotFound",
                                    .not_found_message = "Note {} could not be found."});
    return table;
}

Note create(Call& call, const Note& wanted) {
    Note note = wanted;
    note.id = call.new_uuid();
    note.project_id = call.project();
    note.created_at = call.now;
    insert(call, notes(), note);
    if (note.text == "fail late") throw conflict("TooLate", "after the row was written");
    return note;
}
Note show(Call& call) { return need(call.tx, notes(), call.scope(), call.path("id")); }
Note change(Call& call, const Note&) {
    Note note = show(call);
    Note::shape().ShapeBase::read(call.body.at("note"), &note, call.reading);
    update(call, notes(), note);
    return note;
}
void remove(Call& call) { erase(call, notes(), show(call)); }
Listed<Note> list_all(Call& call, const Page& page) {
    return list(call.tx, notes(), call.scope(), page);
}
struct Stars {
    std::int64_t count = 0;
    static const Shape<Stars>& shape() {
        static const auto s =
            Shape<Stars>().field("count", &Stars::count, {required, between(0, 5)});
        return s;
    }
};
void give_stars(Call& call, const Stars& stars) {
    Note note = show(call);
    note.stars = stars.count;
    update(call, notes(), note);
}
void forget(Call& call) { erase(call, notes(), show(call)); }
Reply stream_in(FreeCall& call) {
    char piece[4096];
    std::size_t total = 0;
    while (auto got = call.stream->read(piece, sizeof piece)) total += got;
    return {.status = 200, .body = Json::object({{"bytes", total}})};
}
Json broken(Call&) { throw std::runtime_error("secret internals"); }
Json welcome(Call&) { return Json::object({{"hello", "world"}}); }

http::Response error(const Failure& failure, const http::RequestHead&, const std::string&) {
    return json_response(
        failure.status(),
        Json::object({{"testFault",
                       Json::object({{"code", failure.code()}, {"message", failure.what()}})}}));
}

Service notes_service() {
    Service s;
    s.name = "notes";
    s.type = "notes";
    s.prefix = "/notes";
    s.project_prefix = "/v1";
    s.manners.error = error;
    s.manners.lenient = false;
    s.manners.versions = {true, "notes", "X-Notes-Version", {1, 1}, {1, 9}};
    s.manners.paging.max_limit = 3;
    s.manners.paging.default_limit = 3;
    s.manners.paging.unknown_query_is_error = true;
    s.manners.paging.links = Paging::Links::neutron;
    s.policies = {{"context_is_admin", "role:admin", "", {}, {}},
                  {"notes:read", "role:reader", "", {}, {}},
                  {"notes:write", "role:member", "", {}, {}}};
    s.resources = {Resource()
                       .on("GET /", "", welcome, {.open = true})
                       .on("GET /v1/notes", "notes:read", list_all)
                       .on("GET /v1/notes/brief", "notes:read", list_all, {.brief = true})
                       .on("POST /v1/notes", "notes:write", create, created)
                       .on("GET /v1/notes/{id}", "notes:read", show)
                       .on("PUT /v1/notes/{id}", "notes:write", change)
                       .on("DELETE /v1/notes/{id}", "notes:write", remove)
                       .on("GET /v1/broken", "notes:read", broken)
                       .on("PUT /v1/stream", "notes:write", stream_in, {.streamed = true})
                       .action("POST /v1/notes/{id}/action", "stars", "notes:write", give_stars)
                       .action("POST /v1/notes/{id}/action", "forget", "notes:write", forget,
                               {.status = 202, .since = {1, 3}})};
    s.migrations = {
        {"test.001",
         {"CREATE TABLE test_notes (id TEXT PRIMARY KEY, project_id TEXT, body TEXT, stars "
          "BIGINT, created_at BIGINT)"}}};
    s.tables = {&notes()};
    return s;
}

struct World {
    TestCloud cloud{{notes_service()}};
    std::string member = cloud.token("p"), reader = cloud.token("p", {"reader"}),
                stranger = cloud.token("q"), admin = cloud.admin();
    Json note(const std::string& text) {
        return Json::object({{"note", Json::object({{"text", text}})}});
    }
    std::string make(const std::string& text) {
        auto made = cloud.post("/notes/v1/notes", member, note(text));
        CHECK(made.status == 201);
        return made.json.at("note").text("id");
    }
    http::Headers version(const char* v) {
        http::Headers headers;
        headers.set("OpenStack-API-Version", std::string("notes ") + v);
        return headers;
    }
};
std::string fault(const test::Answer& answer) { return answer.json.get("testFault").text("code"); }
} // namespace

TEST_CASE("api: a resource lives its life, and each role sees its part of it") {
    World w;
    std::string id = w.make("one");
    std::string path = "/notes/v1/notes/" + id;
    CHECK(w.cloud.get(path, w.member).json.at("note").text("text") == "one");
    CHECK(w.cloud.get(path, w.reader).status == 200);
    CHECK(w.cloud.get(path, w.admin).status == 200);
    CHECK(w.cloud.get(path, w.stranger).status == 404);
    CHECK(w.cloud.get(path, "").status == 401);
    CHECK(w.cloud.get(path, "made up").status == 401);
    CHECK(w.cloud.put(path, w.reader, w.note("two")).status == 403);
    CHECK(w.cloud.put(path, w.member, w.note("two")).json.at("note").text("text") == "two");
    CHECK(w.cloud.del(path, w.stranger).status == 404);
    CHECK(w.cloud.del(path, w.member).status == 204);
    CHECK(w.cloud.get(path, w.member).status == 404);
    CHECK(fault(w.cloud.get(path, w.member)) == "NoteNotFound");
}

TEST_CASE("api: paths, methods and project prefixes are matched strictly") {
    World w;
    CHECK(w.cloud.get("/notes", "").json.text("hello") == "world");
    CHECK(w.cloud.get("/notes/", "").status == 200);
    CHECK(w.cloud.get("/notes/v1/notes/", w.member).status == 200);
    CHECK(w.cloud.get("/notes/v1/p/notes", w.member).status == 200);
    CHECK(w.cloud.get("/notes/v1/nowhere", w.member).status == 404);
    CHECK(w.cloud.post("/notes/v1/nowhere", w.member, Json::object({})).status == 404);
    CHECK(w.cloud.get("/nobody/v1", w.member).status == 404);
    auto wrong = w.cloud.request("PATCH", "/notes/v1/notes", w.member);
    CHECK(wrong.status == 405);
    CHECK(wrong.headers.get("Allow") == "GET, POST");
    CHECK(w.cloud.get("/notes/v1/notes/%ff", w.member).status == 400);
    CHECK(w.cloud.request("HEAD", "/notes/v1/notes", w.member).status == 200);
    CHECK(w.cloud.get("/healthz", "").json.text("status") == "ok");
    CHECK(w.cloud.get("/metrics", "").text.find("nephele_http_requests_total") !=
          std::string::npos);
}

TEST_CASE("api: bad bodies are refused with the service's own error and change nothing") {
    World w;
    auto post = [&](const std::string& body, const char* type = "application/json") {
        http::Headers headers;
        headers.set("Content-Type", type);
        return w.cloud.raw("POST", "/notes/v1/notes", w.member, body, headers);
    };
    CHECK(post("{\"note\": {\"text\": \"x\"}").status == 400);
    CHECK(post("[]").status == 400);
    CHECK(post("").status == 400);
    CHECK(post("{\"note\": null}").status == 400);
    CHECK(post("{\"note\": {\"text\": 5}}").status == 400);
    CHECK(post("{\"note\": {\"text\": \"x\", \"nonsense\": 1}}").status == 400);
    CHECK(post("{\"note\": {\"text\": \"x\"}, \"more\": 1}").status == 400);
    CHECK(post("{\"note\": {\"text\": \"\xff\"}}").status == 400);
    CHECK(post(std::string(100, '[')).status == 400);
    CHECK(post("{\"note\": {\"text\": \"x\"}}", "text/plain").status == 415);
    CHECK(post("{\"note\": {\"text\": \"" + std::string(2 << 20, 'x') + "\"}}").status == 413);
    CHECK(post("{\"note\": {\"text\": \"fail late\"}}").status == 409);
    CHECK(fault(post("[]")) == "InvalidInput");
    CHECK(w.cloud.get("/notes/v1/notes", w.member).json.at("notes").size() == 0);
}

TEST_CASE("api: versions hide fields and actions") {
    World w;
    std::string id = w.make("one");
    std::string path = "/notes/v1/notes/" + id;
    CHECK_FALSE(w.cloud.get(path, w.member).json.at("note").has("stars"));
    auto newer = w.cloud.request("GET", path, w.member, {}, w.version("1.2"));
    CHECK(newer.json.at("note").has("stars"));
    CHECK(newer.headers.get("X-Notes-Version") == "1.2");
    CHECK(w.cloud.request("GET", path, w.member, {}, w.version("latest"))
              .headers.get("OpenStack-API-Version") == "notes 1.9");
    CHECK(w.cloud.request("GET", path, w.member, {}, w.version("1.10")).status == 406);
    CHECK(w.cloud.request("GET", path, w.member, {}, w.version("x")).status == 400);
    auto act = [&](const Json& body, const char* version) {
        return w.cloud.request("POST", path + "/action", w.member, body, w.version(version)).status;
    };
    CHECK(act(Json::object({{"stars", Json::object({{"count", 3}})}}), "1.1") == 202);
    CHECK(act(Json::object({{"stars", Json::object({{"count", 9}})}}), "1.1") == 400);
    CHECK(act(Json::object({{"dance", nullptr}}), "1.1") == 400);
    CHECK(act(Json::object({{"stars", nullptr}, {"forget", nullptr}}), "1.3") == 400);
    CHECK(act(Json::object({{"forget", nullptr}}), "1.2") == 404);
    CHECK(act(Json::object({{"forget", nullptr}}), "1.3") == 202);
}

TEST_CASE("api: lists page with links and refuse what they do not know") {
    World w;
    for (int i = 0; i < 5; ++i) w.make("note " + std::to_string(i));
    auto first = w.cloud.get("/notes/v1/notes?sort_key=text&sort_dir=desc&limit=2", w.member);
    CHECK(first.json.at("notes").as_array()[0].text("text") == "note 4");
    std::string next = first.json.at("notes_links").as_array()[0].text("href");
    CHECK(next.find(w.cloud.url() + "/notes/v1/notes?") == 0);
    auto second = w.cloud.get(next.substr(w.cloud.url().size()), w.member);
    CHECK(second.json.at("notes").as_array()[0].text("text") == "note 2");
    CHECK(w.cloud.get("/notes/v1/notes", w.member).json.at("notes").size() == 3);
    CHECK(w.cloud.get("/notes/v1/notes?text=note%202", w.member).json.at("notes").size() == 1);
    CHECK(w.cloud.get("/notes/v1/notes?text=note%202&text=note%203", w.member)
              .json.at("notes")
              .size() == 2);
    CHECK(w.cloud.get("/notes/v1/notes/brief", w.member).json.at("notes").as_array()[0].size() ==
          1);
    CHECK(w.cloud.get("/notes/v1/notes?fields=text", w.member)
              .json.at("notes")
              .as_array()[0]
              .size() == 1);
    for (auto bad : {"limit=-1", "limit=x", "sort_key=nonsense", "sort_dir=up&sort_key=text",
                     "marker=nowhere", "nonsense=1", "text=%ff", "created_at=yesterday"})
        CHECK_MESSAGE(w.cloud.get(std::string("/notes/v1/notes?") + bad, w.member).status == 400,
                      bad);
}

TEST_CASE("api: a repeated call with the same key has one effect and one answer") {
    World w;
    http::Headers key;
    key.set("Idempotency-Key", "k1");
    auto first = w.cloud.request("POST", "/notes/v1/notes", w.member, w.note("one"), key);
    auto again = w.cloud.request("POST", "/notes/v1/notes", w.member, w.note("one"), key);
    CHECK(first.status == 201);
    CHECK(again.text == first.text);
    CHECK(again.headers.get("Idempotency-Replayed") == "true");
    CHECK(w.cloud.get("/notes/v1/notes", w.member).json.at("notes").size() == 1);
    CHECK(w.cloud.request("POST", "/notes/v1/notes", w.member, w.note("two"), key).status == 422);
    // Another principal's key is another key.
    CHECK(w.cloud.request("POST", "/notes/v1/notes", w.stranger, w.note("one"), key).status == 201);
    key.set("Idempotency-Key", "");
    CHECK(w.cloud.request("POST", "/notes/v1/notes", w.member, w.note("one"), key).status == 400);
}

TEST_CASE("api: what is our fault shows nothing of the inside") {
    World w;
    auto answer = w.cloud.get("/notes/v1/broken", w.member);
    CHECK(answer.status == 500);
    CHECK(answer.text.find("secret") == std::string::npos);
    CHECK(answer.headers.get("x-openstack-request-id").substr(0, 4) == "req-");
}

TEST_CASE("api: bodies stream to the handlers that ask for it") {
    World w;
    http::Headers headers;
    headers.set("Content-Type", "application/octet-stream");
    std::string body(3 << 20, 'x');
    auto answer = w.cloud.raw("PUT", "/notes/v1/stream", w.member, body, headers);
    CHECK(answer.json.integer("bytes") == 3 << 20);
    CHECK(w.cloud.raw("PUT", "/notes/v1/stream", w.reader, body, headers).status == 403);
}

TEST_CASE("api: routes can be listed, found and described") {
    std::vector<Service> services{notes_service()};
    Json routes = routes_json(services);
    CHECK(routes.size() == 11);
    CHECK(where(services, "PUT", "/v1/notes/5").find("api_test.cc:") != std::string::npos);
    CHECK(where(services, "PUT", "/notes/v1/notes/5") == where(services, "PUT", "/v1/notes/5"));
    CHECK(where(services, "PUT", "/nowhere").empty());
    Json document = openapi(services[0]);
    CHECK(document.at("paths").at("/v1/notes").at("post").text("x-policy") == "notes:write");
}
