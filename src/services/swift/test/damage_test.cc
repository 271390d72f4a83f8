// SPDX-License-Identifier: Apache-2.0
// Volumes that were cut, and bytes that were flipped, at the end and in the middle.
#include "base/process.h"
#include "base/strings.h"
#include "platform/fault/fault.h"
#include "services/swift/test/backend_contract.h"
#include "services/swift/test/store_model.h"
#include "tests/support/temp_dir.h"

#include <cstdio>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

using namespace nephele;
using namespace nephele::swift;
using namespace nephele::swift::test;

namespace {

/// A device with one volume of a few changes, and where each of them ended.
struct Written {
    ::nephele::test::TempDir directory{"device"};
    std::vector<Step> steps;
    std::vector<std::uint64_t> ends; ///< of the volume after each step
    int copies = 0;

    explicit Written(std::uint64_t seed) {
        for (auto& step : some_steps(seed, 25, "c"))
            if (step.kind != Step::reclaim) steps.push_back(step);
        LocalBackend store(options("d"), calls_without_sync());
        for (const auto& step : steps) {
            take(store, step);
            ends.push_back(store.device().statistics().volume_bytes);
        }
    }
    DeviceOptions options(const std::string& name) const {
        auto out = small_device(directory.path() + "/" + name);
        out.volume_bytes = 100 << 20;
        out.rebuild = true;
        return out;
    }
    std::string volume(const std::string& name) const {
        return directory.path() + "/" + name + "/volumes/0000000001.volume";
    }
    std::string copy() {
        auto name = format("copy{}", copies++);
        auto result =
            run_process({"cp", "-a", directory.path() + "/d", directory.path() + "/" + name});
        REQUIRE(result.ok());
        return name;
    }
    Model model(std::size_t count) const {
        Model out;
        for (std::size_t i = 0; i < count; ++i) take(out, steps[i]);
        return out;
    }
};

void flip(const std::string& path, std::uint64_t at) {
    int fd = ::open(path.c_str(), O_RDWR);
    char byte = 0;
    REQUIRE(::pread(fd, &byte, 1, static_cast<off_t>(at)) == 1);
    byte = static_cast<char>(byte ^ 0x10);
    REQUIRE(::pwrite(fd, &byte, 1, static_cast<off_t>(at)) == 1);
    ::close(fd);
}

} // namespace

TEST_CASE("a volume that was cut holds what came before the cut") {
    Written written(21);
    std::mt19937_64 random(1);
    for (int i = 0; i < 40; ++i) {
        auto cut = Volumes::header_bytes + random() % (written.ends.back() - 64);
        CAPTURE(cut);
        auto name = written.copy();
        REQUIRE(::truncate(written.volume(name).c_str(), static_cast<off_t>(cut)) == 0);
        std::size_t whole = 0;
        // The zeros behind a needle may be missing.
        while (whole < written.ends.size() && written.ends[whole] <= cut) ++whole;
        LocalBackend store(written.options(name), calls_without_sync());
        auto found = differences(store, written.model(whole));
        if (!found.empty() && whole < written.ends.size() && written.ends[whole] < cut + 16)
            found = differences(store, written.model(whole + 1));
        INFO(join(found, "\n"));
        CHECK(found.empty());
    }
}

TEST_CASE("a flipped byte of the last change takes this change alone") {
    Written written(22);
    auto last = written.ends.size() - 1;
    while (written.ends[last] == written.ends[last - 1]) --last;
    auto from = written.ends[last - 1], to = written.ends[last];
    for (auto at = from; at < to; at += std::max<std::uint64_t>(1, (to - from) / 40)) {
        CAPTURE(at - from);
        auto name = written.copy();
        flip(written.volume(name), at);
        LocalBackend store(written.options(name), calls_without_sync());
        auto found = differences(store, written.model(last));
        if (!found.empty() && at + 16 >= to) found = differences(store, written.model(last + 1));
        INFO(join(found, "\n"));
        CHECK(found.empty());
    }
}

TEST_CASE("damage in the middle takes one object; others stay, and writing it again heals") {
    ::nephele::test::TempDir directory("device");
    auto options = small_device(directory.path() + "/d");
    std::vector<std::uint64_t> ends;
    {
        LocalBackend store(options, calls_without_sync());
        store.save_container("a", "c", {}, {}, true, store.now());
        ends.push_back(store.device().statistics().volume_bytes);
        for (int i = 0; i < 9; ++i) {
            contract::put(store, {"a", "c", std::to_string(i)}, some_bytes(i, 500));
            ends.push_back(store.device().statistics().volume_bytes);
        }
    }
    auto volume = directory.path() + "/d/volumes/0000000001.volume";
    flip(volume, ends[3] + 20);  // a head: of object 3
    flip(volume, ends[6] - 100); // a payload: of object 5
    for (bool rebuild : {false, true}) {
        CAPTURE(rebuild);
        options.rebuild = rebuild;
        LocalBackend store(options, calls_without_sync());
        for (int i : {0, 1, 2, 4, 6, 7, 8})
            CHECK(contract::get(store, {"a", "c", std::to_string(i)}) == some_bytes(i, 500));
        CHECK_THROWS_AS(store.open({"a", "c", "5"}), Failure);
        if (rebuild)
            CHECK_FALSE(store.head({"a", "c", "3"}));
        else
            CHECK_THROWS_AS(store.head({"a", "c", "3"}), Failure);
    }
    options.rebuild = false;
    LocalBackend store(options, calls_without_sync());
    CHECK(store.head({"a", "c", "5"}));                   // only its bytes are damaged
    CHECK(store.device().audit(UINT64_MAX).damaged == 2); // the stretch without head, and object 5
    CHECK_THROWS_AS(store.head({"a", "c", "5"}), Failure);
    CHECK(contract::put(store, {"a", "c", "5"}, "new") == Outcome::updated);
    CHECK(contract::get(store, {"a", "c", "5"}) == "new");
    CHECK(store.container("a", "c")->objects == 8);
    CHECK(store.container("a", "c")->bytes == 7 * 500 + 3);
}

TEST_CASE("the auditor finds a flipped byte of a large object, and goes on where it stopped") {
    ::nephele::test::TempDir directory("device");
    auto options = small_device(directory.path() + "/d");
    LocalBackend store(options, calls_without_sync());
    store.save_container("a", "c", {}, {}, true, store.now());
    for (int i = 0; i < 4; ++i)
        contract::put(store, {"a", "c", std::to_string(i)}, some_bytes(i, 50'000));
    std::string file;
    for (auto& line :
         split(run_process({"find", directory.path() + "/d/large", "-type", "f"}).output, '\n'))
        if (!line.empty()) file = line;
    REQUIRE(!file.empty());
    flip(file, 30'000);
    std::uint64_t rounds = 0, damaged = 0;
    for (bool finished = false; !finished; ++rounds) {
        auto round = store.device().audit(60'000);
        damaged += round.damaged;
        finished = round.finished;
    }
    CHECK(rounds > 1);
    CHECK(damaged == 1);
    CHECK(store.device().audit(UINT64_MAX).damaged == 0); // it is quarantined
    int failing = 0;
    for (int i = 0; i < 4; ++i) {
        try {
            auto bytes = contract::get(store, {"a", "c", std::to_string(i)});
            CHECK(bytes == some_bytes(i, 50'000));
        } catch (const Failure& failure) {
            CHECK(failure.code() == "swift.object_damaged");
            ++failing;
            CHECK(store.remove({"a", "c", std::to_string(i)}, store.now()) == Outcome::updated);
        }
    }
    CHECK(failing == 1);
    CHECK(store.container("a", "c")->objects == 3);
}

TEST_CASE("a tenant's bytes that look like a needle are none") {
    ::nephele::test::TempDir directory("device");
    auto options = small_device(directory.path() + "/d");
    std::uint64_t before = 0;
    {
        LocalBackend store(options, calls_without_sync());
        store.save_container("a", "c", {}, {}, true, store.now());
        contract::put(store, {"a", "c", "victim"}, "precious");
        before = store.device().statistics().volume_bytes;
        Needle evil;
        evil.type = NeedleType::tombstone;
        evil.timestamp = {store.now().ticks + 1'000'000, 0};
        ObjectRecord record{{"a", "c", "victim"}, 0, {}, 0};
        evil.record = encode(record);
        evil.volume = 1;
        evil.synced_to = 1 << 20;
        std::string bytes;
        for (int i = 0; i < 16; ++i) bytes += encode_head(evil, 0) + std::string(16 + i, '\0');
        contract::put(store, {"a", "c", "evil"}, bytes);
        contract::put(store, {"a", "c", "last"}, "x");
    }
    flip(directory.path() + "/d/volumes/0000000001.volume", before + 8);
    options.rebuild = true;
    LocalBackend store(options, calls_without_sync());
    CHECK(contract::get(store, {"a", "c", "victim"}) == "precious");
    CHECK(contract::get(store, {"a", "c", "last"}) == "x");
}
