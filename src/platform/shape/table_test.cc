// SPDX-License-Identifier: Apache-2.0
#include "platform/journal/journal.h"
#include "platform/shape/table.h"
#include "tests/support/postgres.h"

#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::shape;

namespace {
struct Box {
    std::string id, project_id, name;
    std::optional<std::string> label;
    std::int64_t size = 0;
    bool open = false;
    std::int64_t revision = 0;
    Time created_at, updated_at;
    static const Shape<Box>& shape() {
        static const auto s = Shape<Box>("box", "boxes")
                                  .field("id", &Box::id)
                                  .field("project_id", &Box::project_id)
                                  .field("name", &Box::name)
                                  .field("label", &Box::label)
                                  .field("size", &Box::size)
                                  .field("open", &Box::open)
                                  .field("revision", &Box::revision)
                                  .field("created_at", &Box::created_at)
                                  .field("updated_at", &Box::updated_at);
        return s;
    }
};
const Table<Box>& boxes() {
    static const Table<Box> table({.name = "boxes",
                                   .service = "test",
                                   .kind = "box",
                                   .project_column = "project_id",
                                   .also_visible = "open = 1",
                                   .not_found_code = "BoxNotFound",
                                   .revision_column = "revision",
                                   .updated_column = "updated_at"});
    return table;
}

// Runs the rest of the test case on each engine.
std::string engine_url() {
    std::string url = "sqlite::memory:";
    SUBCASE("sqlite") {}
    SUBCASE("postgresql") { url = test::PostgresServer::shared().fresh_database(); }
    return url;
}

// A cloud with some boxes of projects a and b.
struct World {
    ManualClock clock;
    SeededIds ids{1};
    std::unique_ptr<Cloud> cloud;
    World() {
        cloud = std::make_unique<Cloud>(Config(), db::Database::open({.url = engine_url()}), clock,
                                        ids);
        auto migrations = journal::migrations();
        migrations.push_back(
            {"test.001",
             {"CREATE TABLE boxes (id TEXT PRIMARY KEY, project_id TEXT, name TEXT, label "
              "TEXT, size BIGINT, open BIGINT, revision BIGINT, created_at BIGINT, "
              "updated_at BIGINT)"}});
        cloud->db().migrate(migrations);
    }
    void add(std::string id, std::string project, std::int64_t size, bool open = false,
             std::optional<std::string> label = {}) {
        write_as_cloud(*cloud, "req-1", [&](Context& context) {
            Box box{id, project, "box " + id, label, size, open};
            box.created_at = context.now;
            insert(context, boxes(), box);
        });
        clock.advance_ms(1);
    }
    Listed<Box> listed(const Scope& scope, const Page& page) {
        return cloud->db().read([&](db::Tx& tx) { return list(tx, boxes(), scope, page); });
    }
    std::string ids_of(const Scope& scope, const Page& page) {
        std::string out;
        for (auto& box : listed(scope, page).items) out += box.id;
        return out;
    }
};
const Scope a = Scope::project("a"), b = Scope::project("b");
} // namespace

TEST_CASE("a scope sees its own records and what is open, nothing else") {
    World w;
    w.add("1", "a", 1);
    w.add("2", "b", 1);
    w.add("3", "b", 1, true);
    CHECK(w.ids_of(a, {}) == "13");
    CHECK(w.ids_of(Scope::all(), {}) == "123");
    CHECK(w.ids_of(Scope::user("a"), {}) == "3");
    CHECK(w.ids_of(Scope{}, {}) == "3");
    w.cloud->db().read([&](db::Tx& tx) {
        CHECK(find(tx, boxes(), a, "1"));
        CHECK_FALSE(find(tx, boxes(), b, "1"));
        CHECK(count(tx, boxes(), b) == 2);
        std::string foreign, absent;
        try {
            need(tx, boxes(), a, "2");
        } catch (const Failure& f) {
            foreign = f.code() + f.what();
        }
        try {
            need(tx, boxes(), a, "9");
        } catch (const Failure& f) {
            absent = f.code() + f.what();
        }
        CHECK(foreign.substr(0, 11) == "BoxNotFound");
        CHECK(foreign.size() == absent.size());
    });
}

TEST_CASE("every change is one journal entry in the same transaction") {
    World w;
    w.add("1", "a", 1);
    write_as_cloud(*w.cloud, "req-2", [&](Context& context) {
        Box box = need(context.tx, boxes(), Scope::all(), "1");
        box.size = 5;
        update(context, boxes(), box);
        CHECK(box.revision == 1);
        erase(context, boxes(), box);
    });
    try {
        write_as_cloud(*w.cloud, "req-3", [&](Context& context) {
            insert(context, boxes(), Box{"2", "a", "lost"});
            throw conflict("Test", "rolled back");
        });
    } catch (const Failure&) {
    }
    std::string changes;
    w.cloud->db().read([&](db::Tx& tx) {
        tx.each("SELECT change, id, request_id, image FROM journal ORDER BY seq", db::Params{},
                [&](const db::Row& row) {
                    changes += row.str(0) + row.str(1) + row.str(2) + " ";
                    CHECK(Json::parse(row.text(3)).text("project_id") == "a");
                });
    });
    CHECK(changes == "create1req-1 update1req-2 delete1req-2 ");
}

TEST_CASE("an update of a stale record is refused") {
    World w;
    w.add("1", "a", 1);
    Box stale = w.cloud->db().read([&](db::Tx& tx) { return need(tx, boxes(), a, "1"); });
    write_as_cloud(*w.cloud, "r", [&](Context& context) {
        Box box = need(context.tx, boxes(), a, "1");
        update(context, boxes(), box);
    });
    CHECK_THROWS_AS(
        write_as_cloud(*w.cloud, "r", [&](Context& context) { update(context, boxes(), stale); }),
        Failure);
}

TEST_CASE("filters, sorting and paging by marker give every record once") {
    World w;
    for (int i = 0; i < 9; ++i)
        w.add(std::to_string(i), "a", i % 3, false,
              i % 2 ? std::optional<std::string>("odd") : std::nullopt);
    Page page;
    page.filters = {{"size", Filter::Op::in, {"1", "2"}}};
    CHECK(w.ids_of(a, page) == "124578");
    page.filters = {{"label", Filter::Op::null, {}}};
    CHECK(w.ids_of(a, page) == "02468");
    page.filters = {{"name", Filter::Op::contains, {"x 3"}}};
    CHECK(w.ids_of(a, page) == "3");
    page.filters = {{"name", Filter::Op::contains, {"%"}}};
    CHECK(w.ids_of(a, page) == "");
    for (std::string key : {"size", "label", "name", "open"})
        for (bool descending : {false, true})
            for (bool reverse : {false, true}) {
                Page all, paged;
                all.sort = paged.sort = {{key, descending}};
                std::string expected = w.ids_of(a, all), walked;
                paged.limit = 2;
                paged.reverse = reverse;
                for (int rounds = 0; rounds < 9; ++rounds) {
                    auto part = w.listed(a, paged);
                    std::string ids;
                    for (auto& box : part.items) ids += box.id;
                    walked = reverse ? ids + walked : walked + ids;
                    bool done = reverse ? !part.before : !part.more;
                    if (done) break;
                    paged.marker = reverse ? part.items.front().id : part.items.back().id;
                }
                CHECK(walked == expected);
            }
    Page bad;
    bad.filters = {{"size", Filter::Op::eq, {"big"}}};
    CHECK_THROWS_AS(w.listed(a, bad), Failure);
    bad.filters = {{"nonsense", Filter::Op::eq, {"1"}}};
    CHECK_THROWS_AS(w.listed(a, bad), Failure);
    Page lost;
    lost.marker = "nowhere";
    CHECK_THROWS_AS(w.listed(a, lost), Failure);
}

TEST_CASE("schema differences name the column") {
    World w;
    w.cloud->db().write([&](db::Tx& tx) {
        CHECK(schema_differences(tx, boxes()).empty());
        tx.exec("ALTER TABLE boxes ADD COLUMN extra TEXT");
        CHECK(schema_differences(tx, boxes()).size() == 1);
    });
}
