// SPDX-License-Identifier: Apache-2.0
// Lists are right however they are found, and are found without reading every image: the same
// answers as counting by hand, and the plans of both databases.
#include "services/glance/store/images.h"
#include "services/glance/store/members.h"
#include "services/glance/test/world.h"

#include "base/strings.h"

#include <doctest/doctest.h>
#include <map>

using namespace nephele;
using namespace nephele::glance;

namespace {
struct Shared {
    std::string project;
    MemberStatus status = MemberStatus::pending;
};
struct Crowd {
    std::vector<Image> images;
    std::map<std::string, std::vector<Shared>> members; ///< by image
};

const Visibility visibilities[] = {Visibility::owner_only, Visibility::shared,
                                   Visibility::community, Visibility::everybody};
const char* const owners[] = {"one", "two", "three", "four"};

// Enough that "common" is not few, in a fixed disorder.
Crowd fill(World& w, int count) {
    Crowd crowd;
    std::uint32_t seed = 7;
    auto random = [&](std::uint32_t below) {
        seed = seed * 1664525 + 1013904223;
        return (seed >> 8) % below;
    };
    write_as_cloud(w.cloud.cloud(), "test", [&](Context& context) {
        for (int i = 0; i < count; ++i) {
            Image image;
            image.id = context.new_uuid();
            if (random(10)) image.name = "image-" + std::to_string(random(40));
            if (random(20)) image.owner = owners[random(4)];
            image.visibility = visibilities[random(4)];
            image.os_hidden = random(10) == 0;
            image.status = random(50) ? Status::active : Status::queued;
            image.size = random(1000);
            if (random(3)) image.tags.push_back("common");
            if (random(100) == 0) image.tags.push_back("rare");
            image.properties = Json::object({{"half", std::to_string(random(2))}});
            if (random(200) == 0) image.properties["os"] = "plan9";
            image.created_at = Time{1'700'000'000'000'000}.plus_seconds(random(300));
            image.updated_at = image.created_at.plus_seconds(random(1000));
            store::insert(context, image);
            if (image.visibility == Visibility::shared && random(2)) {
                auto status = static_cast<MemberStatus>(random(3));
                shape::insert(context, members(),
                              Member{store::member_key(image.id, "one"), image.id, "one", status,
                                     image.created_at, image.created_at});
                crowd.members[image.id].push_back({"one", status});
            }
            crowd.images.push_back(std::move(image));
        }
    });
    return crowd;
}

struct Question {
    std::string query;
    std::function<bool(const Image&)> passes;
    std::string visibility, member_status = "accepted";
};

bool is_listed(const Crowd& crowd, const Image& image, const std::string& project, bool admin,
               const Question& question) {
    bool own = image.owner == project;
    bool member = false;
    if (auto found = crowd.members.find(image.id); found != crowd.members.end())
        for (auto& [who, status] : found->second)
            member = member || (who == project && (question.member_status == "all" ||
                                                   text_of_enum(status) == question.member_status));
    bool seen = admin || own || image.visibility == Visibility::everybody ||
                image.visibility == Visibility::community ||
                (image.visibility == Visibility::shared && member);
    if (question.visibility.empty() && image.visibility == Visibility::community) seen = own;
    if (!question.visibility.empty() && question.visibility != "all" &&
        question.visibility != text_of_enum(image.visibility))
        seen = false;
    return seen && question.passes(image);
}

std::vector<std::string> walk(World& w, const std::string& token, std::string path) {
    std::vector<std::string> ids;
    while (!path.empty()) {
        auto answer = w.get(path, token);
        REQUIRE(answer.status == 200);
        for (auto& item : answer.json.at("images").as_array()) ids.push_back(item.text("id"));
        path = answer.json.text("next");
    }
    return ids;
}

bool has_tag(const Image& image, const std::string& tag) {
    return std::find(image.tags.begin(), image.tags.end(), tag) != image.tags.end();
}

std::vector<Question> questions() {
    auto shown = [](auto more) {
        return [more](const Image& i) { return !i.os_hidden && more(i); };
    };
    auto all = shown([](const Image&) { return true; });
    return {
        {"", all},
        {"visibility=all", all, "all"},
        {"visibility=public", all, "public"},
        {"visibility=community", all, "community"},
        {"visibility=private", all, "private"},
        {"visibility=shared", all, "shared"},
        {"visibility=shared&member_status=all", all, "shared", "all"},
        {"member_status=pending", all, "", "pending"},
        {"os_hidden=true", [](const Image& i) { return i.os_hidden; }},
        {"name=image-7", shown([](const Image& i) { return i.name == "image-7"; })},
        {"status=active", shown([](const Image& i) { return i.status == Status::active; })},
        {"status=queued", shown([](const Image& i) { return i.status == Status::queued; })},
        {"tag=common", shown([](const Image& i) { return has_tag(i, "common"); })},
        {"tag=rare&tag=common",
         shown([](const Image& i) { return has_tag(i, "rare") && has_tag(i, "common"); })},
        {"half=1", shown([](const Image& i) { return i.properties.text("half") == "1"; })},
        {"half=1&os=plan9&visibility=all", shown([](const Image& i) {
             return i.properties.text("half") == "1" && i.properties.text("os") == "plan9";
         }),
         "all"},
        {"size_min=900&owner=two",
         shown([](const Image& i) { return i.size >= 900 && i.owner == "two"; })},
    };
}

// Passes everything on; of statements that read images it asks the plan first.
class Explaining : public db::Tx {
  public:
    explicit Explaining(db::Tx& inner) : inner_(inner) {}
    void each(std::string_view sql, std::span<const db::Value> params,
              const std::function<void(const db::Row&)>& row) override {
        if (sql.find("CROSS JOIN glance_images") != std::string_view::npos) {
            bool sqlite = inner_.dialect() == db::Dialect::sqlite;
            inner_.each((sqlite ? "EXPLAIN QUERY PLAN " : "EXPLAIN ") + std::string(sql), params,
                        [&](const db::Row& line) { plan += line.str(sqlite ? 3 : 0) + "\n"; });
        }
        inner_.each(sql, params, row);
    }
    std::int64_t exec(std::string_view sql, std::span<const db::Value> params) override {
        return inner_.exec(sql, params);
    }
    db::Dialect dialect() const override { return inner_.dialect(); }
    bool writable() const override { return inner_.writable(); }
    void on_commit(std::function<void()> action) override { inner_.on_commit(std::move(action)); }
    void hint(std::string_view channel) override { inner_.hint(channel); }
    std::string plan;

  private:
    db::Tx& inner_;
};

// Straight into the table, by the database itself.
void fill_many(World& w, int count) {
    w.cloud.cloud().db().write([&](db::Tx& tx) {
        tx.exec(
            format("INSERT INTO glance_images (id, name, visibility, protected, os_hidden, "
                   "owner, min_disk, min_ram, tags, properties, status, created_at, updated_at, "
                   "locations) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                   "WHERE i < {}) SELECT 'id-' || i, 'name-' || i, CASE i % 4 WHEN 0 THEN "
                   "'public' WHEN 1 THEN 'private' WHEN 2 THEN 'shared' ELSE 'community' END, "
                   "0, 0, 'p' || (i % 50), 0, 0, '[]', '{}', 'active', i, i, '[]' FROM n",
                   count, "{}"));
        tx.exec(format("INSERT INTO glance_image_tags (image_id, tag) WITH RECURSIVE n(i) AS "
                       "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) SELECT 'id-' || i, "
                       "'rare' FROM n WHERE i % 100 = 0",
                       count));
        if (tx.dialect() == db::Dialect::postgresql) tx.exec("ANALYZE glance_images");
    });
}
} // namespace

TEST_CASE("list: whatever is asked, the images that pass and no others") {
    World w;
    auto crowd = fill(w, 2400);
    for (auto& question : questions())
        for (bool admin : {false, true}) {
            CAPTURE(question.query);
            CAPTURE(admin);
            std::vector<std::string> expected;
            for (auto& image : crowd.images)
                if (is_listed(crowd, image, admin ? "admin-project" : "one", admin, question))
                    expected.push_back(image.id);
            auto& token = admin ? w.admin : w.one;
            auto pages =
                walk(w, token, "/v2/images?limit=170&sort=name:asc,size:desc&" + question.query);
            auto newest = walk(w, token, "/v2/images?limit=1000&" + question.query);
            std::sort(expected.begin(), expected.end());
            std::sort(pages.begin(), pages.end());
            std::sort(newest.begin(), newest.end());
            CHECK(pages == expected);
            CHECK(newest == expected);
        }
}

TEST_CASE("list: read from indexes, in order, never every image") {
    World w;
    fill_many(w, 20'000);
    auto plan_of = [&](bool admin, std::vector<Sort> sort, std::vector<Filter> filters,
                       const Search& search, const std::string& marker = "") {
        return w.cloud.cloud().db().read([&](db::Tx& tx) {
            Explaining explaining(tx);
            Page page;
            page.sort = std::move(sort);
            page.filters = std::move(filters);
            page.filters.push_back({"os_hidden", Filter::Op::eq, {"false"}});
            page.limit = 25;
            page.marker = marker;
            auto found = store::list(explaining, admin ? Scope::all() : Scope::project("p2"), "p2",
                                     page, search);
            CHECK(!found.items.empty());
            return explaining.plan;
        });
    };
    bool sqlite = w.cloud.cloud().db().dialect() == db::Dialect::sqlite;
    auto check = [&](const std::string& plan, bool in_order) {
        CAPTURE(plan);
        CHECK(!plan.empty());
        CHECK(plan.find("Seq Scan on glance_images") == std::string::npos);
        if (!sqlite) return;
        CHECK(plan.find("SCAN glance_images") == std::string::npos);
        if (!in_order) return;
        // What comes out of these indexes is in order already.
        auto lines = split(plan, '\n');
        int parts = 0;
        for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
            if (lines[i].find("glance_images_seen") == std::string::npos) continue;
            ++parts;
            CHECK(lines[i + 1].find("TEMP B-TREE") == std::string::npos);
        }
        CHECK(parts > 0);
    };
    const std::vector<Sort> newest{{"created_at", true}, {"id", true}}, named{{"name", false}};
    Search rare, shared;
    rare.tags = {"rare"};
    shared.visibility = "all";
    for (bool admin : {false, true}) {
        CAPTURE(admin);
        check(plan_of(admin, newest, {}, {}), true);
        check(plan_of(admin, newest, {}, {}, "id-10000"), true);
        check(plan_of(admin, named, {}, {}), true);
        check(plan_of(admin, newest, {}, shared), true);
        check(plan_of(admin, newest, {}, rare), false);
        check(plan_of(admin, newest, {{"name", Filter::Op::in, {"name-4"}}}, {}), false);
    }
}
