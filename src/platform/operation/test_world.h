// SPDX-License-Identifier: Apache-2.0
// A small cloud for the tests of this folder: operations on "things" whose steps note what they do.
#pragma once
#include "base/strings.h"
#include "platform/journal/journal.h"
#include "platform/operation/operation.h"
#include "platform/operation/probe.h"

namespace nephele::ops::test {

/// Clock, ids and database of one test.
struct World {
    explicit World(const std::string& url = "sqlite::memory:", const Clock* real_clock = nullptr)
        : cloud(Config(), open(url), real_clock ? *real_clock : clock, ids) {
        cloud.db().migrate(journal::migrations());
        cloud.db().migrate(migrations());
        cloud.db().migrate({{"test.001",
                             {"CREATE TABLE notes (n BIGINT PRIMARY KEY AUTO, line TEXT NOT NULL)"},
                             {},
                             {}}});
    }
    static std::unique_ptr<db::Database> open(const std::string& url) {
        db::Options options;
        options.url = url;
        return db::Database::open(options);
    }

    template <class S> std::string start(const S& state, const Start& how = {}) {
        return write_as_cloud(cloud, "req-1",
                              [&](Context& context) { return ops::start(context, state, how); });
    }
    Record record(const std::string& id) {
        return *cloud.db().read([&](db::Tx& tx) { return find(tx, id); });
    }
    /// What the steps noted, "run a,run b".
    std::string notes() {
        std::vector<std::string> out;
        cloud.db().read([&](db::Tx& tx) {
            tx.each("SELECT line FROM notes ORDER BY n", db::Params{},
                    [&](const db::Row& row) { out.push_back(row.str(0)); });
        });
        return join(out, ",");
    }
    void journal_entry(const std::string& kind, const std::string& id) {
        cloud.db().write([&](db::Tx& tx) {
            journal::Entry entry;
            entry.at = cloud.now();
            entry.service = "test";
            entry.kind = kind;
            entry.id = id;
            entry.change = "update";
            journal::append(tx, entry);
        });
    }
    int cancel(const std::string& id) {
        return write_as_cloud(cloud, "", [&](Context& context) {
            return ops::cancel(context, "thing", id, "not wanted any more");
        });
    }

    ManualClock clock;
    SeededIds ids{7};
    Cloud cloud;
};

inline void note(Step& step, const std::string& text) {
    step.tx.exec("INSERT INTO notes (line) VALUES (?)", db::Params{text});
}

/// The state of the tests' operations; the steps count in it.
struct Build {
    static constexpr const char* operation = "test.build";
    std::string thing;
    int count = 0;
    static const shape::Shape<Build>& shape() {
        static const auto shape =
            shape::Shape<Build>().field("thing", &Build::thing).field("count", &Build::count);
        return shape;
    }
};

inline RunnerOptions by_hand(Probe* probe = nullptr) {
    RunnerOptions options;
    options.threads = 0;
    options.probe = probe;
    return options;
}

} // namespace nephele::ops::test
