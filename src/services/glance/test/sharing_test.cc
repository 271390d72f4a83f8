// SPDX-License-Identifier: Apache-2.0
// Who sees, reads, changes and lists which image: the matrix of visibilities and projects; members.
#include "services/glance/test/world.h"

#include <doctest/doctest.h>
#include <functional>

using namespace nephele;
using namespace nephele::glance;

namespace {
struct Access {
    int show, download, patch, remove;
    bool listed, listed_all; ///< by default; with visibility=all and every member status
};
struct Row {
    const char* what;
    const char* visibility;
    const char* member_status; ///< of project two; null: no member
    Access owner, two, admin;
};
// Project one owns; project two is a stranger or a member. A foreign image that may not be seen is
// absent; one that may be seen is not to be changed.
const Access owner{200, 200, 200, 204, true, true};
const Access absent{404, 404, 404, 404, false, false};
const Row matrix[] = {
    {"private", "private", nullptr, owner, absent, owner},
    {"shared with nobody", "shared", nullptr, owner, absent, owner},
    {"shared, pending", "shared", "pending", owner, {200, 200, 403, 403, false, true}, owner},
    {"shared, accepted", "shared", "accepted", owner, {200, 200, 403, 403, true, true}, owner},
    {"shared, rejected", "shared", "rejected", owner, {200, 200, 403, 403, false, true}, owner},
    {"community",
     "community",
     nullptr,
     owner,
     {200, 200, 403, 403, false, true},
     {200, 200, 200, 204, false, true}},
    {"public", "public", nullptr, owner, {200, 200, 403, 403, true, true}, owner},
};

struct Members {
    World& w;
    test::Answer add(const std::string& id, const std::string& token, const std::string& project) {
        return w.post("/v2/images/" + id + "/members", token, Json::object({{"member", project}}));
    }
    test::Answer answer(const std::string& id, const std::string& token, const std::string& project,
                        const std::string& status) {
        return w.cloud.put("/image/v2/images/" + id + "/members/" + project, token,
                           Json::object({{"status", status}}));
    }
};

bool holds(const std::vector<std::string>& all, const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

void check_access(World& w, const std::string& id, const std::string& token, const Access& access) {
    CHECK(w.get("/v2/images/" + id, token).status == access.show);
    CHECK(w.get("/v2/images/" + id + "/file", token).status == access.download);
    CHECK(holds(w.list(token), id) == access.listed);
    CHECK(holds(w.list(token, "?visibility=all&member_status=all"), id) == access.listed_all);
    CHECK(w.patch(id, token, R"([{"op":"add","path":"/seen","value":"yes"}])").status ==
          access.patch);
    CHECK(w.cloud.put("/image/v2/images/" + id + "/tags/t", token, Json()).status ==
          (access.patch == 200 ? 204 : access.patch));
    // The image has its data: an upload is refused in any case.
    CHECK(w.upload(id, token, "x").status == (access.patch == 200 ? 409 : access.patch));
    CHECK(w.cloud.del("/image/v2/images/" + id, token).status == access.remove);
}
} // namespace

TEST_CASE("sharing: every visibility for owner, others and administrators") {
    World w;
    Members m{w};
    for (auto& row : matrix) {
        for (auto& [token, access] : {std::pair{w.two, row.two}, std::pair{w.admin, row.admin},
                                      std::pair{w.one, row.owner}}) {
            CAPTURE(row.what);
            CAPTURE(token);
            auto id = w.image(w.one, Json::object({{"visibility", "shared"}}));
            REQUIRE(w.upload(id, w.one, "data").status == 204);
            if (row.member_status) {
                REQUIRE(m.add(id, w.one, "two").status == 200);
                REQUIRE(m.answer(id, w.two, "two", row.member_status).status == 200);
            }
            std::string change = R"([{"op":"replace","path":"/visibility","value":")" +
                                 std::string(row.visibility) + "\"}]";
            REQUIRE(w.patch(id, w.admin, change.c_str()).status == 200);
            check_access(w, id, token, access);
        }
    }
}

TEST_CASE("sharing: readers look and do not touch") {
    World w;
    auto reader = w.cloud.token("one", {"reader"});
    auto id = w.image(w.one);
    w.upload(id, w.one, "data");
    CHECK(w.get("/v2/images/" + id, reader).status == 200);
    CHECK(holds(w.list(reader), id));
    CHECK(w.patch(id, reader, "[]").status == 403);
    CHECK(w.upload(id, reader, "x").status == 403);
    CHECK(w.cloud.del("/image/v2/images/" + id, reader).status == 403);
    CHECK(w.get("/v2/images/" + id + "/file", reader).status == 403);
}

TEST_CASE("sharing: the life of a membership") {
    World w;
    Members m{w};
    auto id = w.image(w.one, Json::object({{"visibility", "shared"}}));
    std::string path = "/v2/images/" + id + "/members";
    auto added = m.add(id, w.one, "two");
    CHECK(added.status == 200);
    CHECK(added.json.text("status") == "pending");
    CHECK(added.json.text("member_id") == "two");
    CHECK(added.json.text("image_id") == id);
    CHECK(added.json.text("schema") == "/v2/schemas/member");
    CHECK(!added.json.has("key"));
    CHECK(m.add(id, w.one, "two").status == 409);
    CHECK(m.add(id, w.two, "three").status == 403);
    CHECK(m.add(id, w.three, "three").status == 404);
    m.add(id, w.one, "three");

    auto all = w.get(path, w.one).json;
    CHECK(all.at("members").size() == 2);
    CHECK(all.text("schema") == "/v2/schemas/members");
    // A member sees itself alone.
    CHECK(w.get(path, w.two).json.at("members").size() == 1);
    CHECK(w.get(path + "/two", w.two).status == 200);
    CHECK(w.get(path + "/three", w.two).status == 404);
    CHECK(w.get(path + "/nobody", w.one).status == 404);

    // Only who was asked answers.
    CHECK(m.answer(id, w.one, "two", "accepted").status == 403);
    CHECK(m.answer(id, w.three, "two", "accepted").status == 404);
    CHECK(m.answer(id, w.two, "two", "perhaps").status == 400);
    CHECK(w.cloud.put("/image" + path + "/two", w.two, Json::object()).status == 400);
    auto accepted = m.answer(id, w.two, "two", "accepted");
    CHECK(accepted.status == 200);
    CHECK(accepted.json.text("status") == "accepted");
    CHECK(w.list(w.two) == std::vector{id});
    CHECK(w.list(w.two, "?member_status=pending").empty());

    CHECK(w.cloud.del("/image" + path + "/two", w.two).status == 403);
    CHECK(w.cloud.del("/image" + path + "/two", w.one).status == 204);
    CHECK(w.cloud.del("/image" + path + "/two", w.one).status == 404);
    CHECK(w.get("/v2/images/" + id, w.two).status == 404);
}

TEST_CASE("sharing: only shared images have members, and not too many") {
    World w({"glance.image_member_quota=1"});
    Members m{w};
    auto hidden = w.image(w.one, Json::object({{"visibility", "private"}}));
    CHECK(m.add(hidden, w.one, "two").status == 403);
    CHECK(w.get("/v2/images/" + hidden + "/members", w.one).status == 403);
    auto id = w.image(w.one);
    CHECK(w.post("/v2/images/" + id + "/members", w.one, Json::object()).status == 400);
    CHECK(w.post("/v2/images/" + id + "/members", w.one, Json::object({{"member", 5}})).status ==
          400);
    CHECK(m.add(id, w.one, "").status == 400);
    CHECK(m.add(id, w.one, "two").status == 200);
    CHECK(m.add(id, w.one, "three").status == 413);
    CHECK(w.cloud.del("/image/v2/images/" + id, w.one).status == 204);
    auto again = w.image(w.one, Json::object({{"id", id}}));
    CHECK(w.get("/v2/images/" + again + "/members", w.one).json.at("members").size() == 0);
}
