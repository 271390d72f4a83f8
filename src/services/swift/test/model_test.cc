// SPDX-License-Identifier: Apache-2.0
// Random changes, restarts, rebuilds, reclaims and audits, against maps. The same seed does the
// same; NEPHELE_SWIFT_SEED and NEPHELE_SWIFT_SEEDS name others.
#include "base/strings.h"
#include "services/swift/test/backend_contract.h"
#include "services/swift/test/store_model.h"
#include "tests/support/temp_dir.h"

#include <cstdlib>
#include <doctest/doctest.h>

using namespace nephele;
using namespace nephele::swift;
using namespace nephele::swift::test;

namespace {

class Run {
  public:
    explicit Run(std::uint64_t seed) : random_(seed), directory_("device") { open(false, "one"); }

    void steps(int count) {
        for (int i = 0; i < count; ++i) {
            step();
            if (i % 50 == 49) compare();
        }
        compare();
        open(false, "rebuilt");
        compare();
    }

  private:
    std::size_t below(std::size_t limit) { return random_() % limit; }
    std::string container() { return format("c{}", below(4)); }
    std::string object() {
        auto name = format("o{}", below(25));
        // Some names do not fit a key of the index.
        return below(8) ? name : std::string(490, 'l') + name;
    }

    void open(bool rebuild, const std::string& boot) {
        store_.reset();
        auto options = small_device(directory_.path() + "/d");
        options.rebuild = rebuild;
        options.boot = boot;
        options.reclaim_age_seconds = 3600;
        store_ = std::make_unique<LocalBackend>(options, calls_without_sync(), clock_);
    }

    void step() {
        clock_.advance_ms(static_cast<std::int64_t>(below(2000)));
        auto what = below(100);
        if (what < 45)
            put();
        else if (what < 55)
            post();
        else if (what < 78)
            remove();
        else if (what < 84)
            make_container();
        else if (what < 88)
            delete_container();
        else if (what < 92)
            store_->device().reclaim(0.2 + 0.1 * static_cast<double>(below(4)), 1 + below(3));
        else if (what < 93)
            clock_.advance_ms(3'700'000); // tombstones grow old
        else if (what < 95)
            open(below(3) == 0, "one");
        else if (what < 97)
            CHECK(store_->device().audit(50'000).damaged == 0);
        else if (what < 98)
            CHECK(store_->device().sweep_large() == 0);
    }

    void put() {
        auto c = container(), o = object();
        auto size = below(10) ? below(3000) : 15'000 + below(20'000);
        ModelObject object{some_bytes(random_(), size),
                           {{"X-Object-Meta-N", format("{}", below(9))}}};
        auto outcome = contract::put(*store_, {"a", c, o}, object.bytes, object.metadata);
        auto there = model_.containers.find(c);
        if (there == model_.containers.end()) {
            CHECK(outcome == Outcome::absent);
            return;
        }
        CHECK(outcome == (there->second.contains(o) ? Outcome::updated : Outcome::created));
        there->second[o] = std::move(object);
    }

    void post() {
        auto c = container(), o = object();
        ObjectInfo info;
        info.timestamp = store_->now();
        info.metadata = {{"X-Object-Meta-P", format("{}", below(99))}};
        auto outcome = store_->save_metadata({"a", c, o}, info);
        auto there = model_.containers.find(c);
        bool known = there != model_.containers.end() && there->second.contains(o);
        CHECK(outcome == (known ? Outcome::updated : Outcome::absent));
        if (known) there->second[o].metadata = info.metadata;
    }

    void remove() {
        auto c = container(), o = object();
        auto outcome = store_->remove({"a", c, o}, store_->now());
        auto there = model_.containers.find(c);
        bool known = there != model_.containers.end() && there->second.erase(o) > 0;
        CHECK(outcome == (known ? Outcome::updated : Outcome::absent));
    }

    void make_container() {
        auto c = container();
        auto outcome = store_->save_container(
            "a", c, {{"X-Container-Meta-N", format("{}", below(9))}}, {}, true, store_->now());
        bool known = model_.containers.contains(c);
        CHECK(outcome == (known ? Outcome::updated : Outcome::created));
        model_.containers[c];
        model_.container_metadata[c] = store_->container("a", c)->metadata;
    }

    void delete_container() {
        auto c = container();
        auto outcome = store_->delete_container("a", c, store_->now());
        auto there = model_.containers.find(c);
        if (there == model_.containers.end()) {
            CHECK(outcome == Outcome::absent);
        } else if (!there->second.empty()) {
            CHECK(outcome == Outcome::not_empty);
        } else {
            CHECK(outcome == Outcome::updated);
            model_.containers.erase(there);
            model_.container_metadata.erase(c);
        }
    }

    void compare() {
        auto found = differences(*store_, model_);
        INFO(join(found, "\n"));
        REQUIRE(found.empty());
    }

    std::mt19937_64 random_;
    ::nephele::test::TempDir directory_;
    ManualClock clock_;
    Model model_;
    std::unique_ptr<LocalBackend> store_;
};

} // namespace

TEST_CASE("random changes against maps, with restarts, rebuilds and reclaims") {
    std::uint64_t first = 1, count = 5;
    if (auto from = std::getenv("NEPHELE_SWIFT_SEED")) first = to_int(from).value_or(1);
    if (auto runs = std::getenv("NEPHELE_SWIFT_SEEDS")) count = to_int(runs).value_or(1);
    for (auto seed = first; seed < first + count; ++seed) {
        CAPTURE(seed);
        Run(seed).steps(600);
    }
}
