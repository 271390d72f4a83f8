// SPDX-License-Identifier: Apache-2.0
// A device that fails: every call of the system once, in each way it can. The change under way is
// refused with its cause and leaves nothing; all before and after it stand, also after a rebuild.
#include "base/strings.h"
#include "platform/fault/fault.h"
#include "services/swift/test/backend_contract.h"
#include "services/swift/test/store_model.h"
#include "tests/support/temp_dir.h"

#include <cerrno>
#include <doctest/doctest.h>
#include <fcntl.h>

using namespace nephele;
using namespace nephele::swift;
using namespace nephele::swift::test;

namespace {

enum class Way { eio, enospc, short_write };

/// Fails the call with this number, once.
class FaultyCalls final : public Calls {
  public:
    int left = -1; ///< how many calls until the fault; negative: none
    Way way = Way::eio;
    bool hit = false;

    int open(const std::string& path, int flags, int mode) override {
        if ((flags & O_CREAT) && due()) return -1;
        return Calls::open(path, flags, mode);
    }
    ssize_t pread(int fd, char* into, std::size_t size, std::uint64_t offset) override {
        // Short reads are the system's right.
        return Calls::pread(fd, into, size > 1000 ? size / 2 : size, offset);
    }
    ssize_t pwritev(int fd, const iovec* parts, int count, std::uint64_t offset) override {
        if (way == Way::short_write && left >= 0 && left-- == 0) {
            hit = true;
            iovec part{parts[0].iov_base, (parts[0].iov_len + 1) / 2};
            return Calls::pwritev(fd, &part, 1, offset);
        }
        if (way != Way::short_write && due()) {
            // Some of it got there all the same.
            iovec part{parts[0].iov_base, parts[0].iov_len / 2};
            Calls::pwritev(fd, &part, 1, offset);
            errno = way == Way::eio ? EIO : ENOSPC;
            return -1;
        }
        return Calls::pwritev(fd, parts, count, offset);
    }
    int fdatasync(int) override { return due() ? -1 : 0; }
    int fsync(int) override { return due() ? -1 : 0; }
    int ftruncate(int fd, std::uint64_t size) override {
        return due() ? -1 : Calls::ftruncate(fd, size);
    }
    int fallocate(int fd, int mode, std::uint64_t offset, std::uint64_t size) override {
        return due() ? -1 : Calls::fallocate(fd, mode, offset, size);
    }
    int rename(const std::string& from, const std::string& to) override {
        return due() ? -1 : Calls::rename(from, to);
    }
    int unlink(const std::string& path) override { return due() ? -1 : Calls::unlink(path); }

  private:
    bool due() {
        if (way == Way::short_write || left < 0 || left-- > 0) return false;
        hit = true;
        errno = way == Way::eio ? EIO : ENOSPC;
        return true;
    }
};

/// A disk with so much room.
class FullDisk final : public Calls {
  public:
    std::uint64_t free = 0;
    std::uint64_t free_bytes(const std::string&) override { return free; }
};

} // namespace

TEST_CASE("every call fails once: what was refused is not there, all else is") {
    auto steps = some_steps(31, 24, "c");
    for (auto way : {Way::eio, Way::enospc, Way::short_write}) {
        bool hit = true;
        for (int call = static_cast<int>(way); hit; call += 3) {
            CAPTURE(call);
            CAPTURE(static_cast<int>(way));
            ::nephele::test::TempDir directory("device");
            auto options = small_device(directory.path() + "/d");
            options.volume_bytes = 30'000;
            FaultyCalls calls;
            Model model;
            int refused = 0;
            {
                LocalBackend store(options, calls);
                calls.way = way;
                calls.left = call;
                for (const auto& step : steps) {
                    try {
                        take(store, step);
                        take(model, step);
                    } catch (const Failure& failure) {
                        ++refused;
                        CHECK(failure.status() == (way == Way::enospc ? 507 : 503));
                        CHECK_FALSE(failure.internals().empty());
                    }
                }
                hit = calls.hit;
                CHECK(refused <= 1);
                if (way == Way::short_write) CHECK(refused == 0);
                auto found = differences(store, model);
                INFO(join(found, "\n"));
                REQUIRE(found.empty());
                calls.left = -1;
            }
            options.rebuild = true;
            LocalBackend store(options, calls);
            auto found = differences(store, model);
            INFO("rebuilt: ", join(found, "\n"));
            REQUIRE(found.empty());
        }
    }
}

TEST_CASE("a large upload that is cut in any write is whole, or is refused") {
    for (auto way : {Way::eio, Way::short_write}) {
        bool hit = true;
        for (int call = 0; hit; ++call) {
            CAPTURE(call);
            ::nephele::test::TempDir directory("device");
            FaultyCalls calls;
            LocalBackend store(small_device(directory.path() + "/d"), calls);
            store.save_container("a", "c", {}, {}, true, store.now());
            calls.way = way;
            calls.left = call;
            auto bytes = some_bytes(1, 2'500'000);
            bool refused = false;
            try {
                contract::put(store, {"a", "c", "o"}, bytes);
            } catch (const Failure&) {
                refused = true;
            }
            hit = calls.hit;
            calls.left = -1;
            CHECK(refused == (hit && way == Way::eio));
            CHECK((contract::get(store, {"a", "c", "o"}) == (refused ? "(absent)" : bytes)));
            CHECK(store.device().sweep_large() == 0);
        }
    }
}

TEST_CASE("a full disk refuses uploads before harm, and deletes go on") {
    ::nephele::test::TempDir directory("device");
    auto options = small_device(directory.path() + "/d");
    options.reserve_bytes = 1'000'000;
    FullDisk calls;
    calls.free = 100'000'000;
    LocalBackend store(options, calls);
    store.save_container("a", "c", {}, {}, true, store.now());
    contract::put(store, {"a", "c", "o"}, "here");
    for (auto size : {100, 50'000}) {
        calls.free = 999'999;
        auto full = [&] {
            // The free space is not asked for each change while there is much.
            for (int i = 0; i < 200; ++i)
                contract::put(store, {"a", "c", "o"}, std::string(size, 'x'));
        };
        CHECK_THROWS_WITH_AS(full(), doctest::Contains("full"), Failure);
        calls.free = 100'000'000;
        for (int i = 0; i < 100 && store.head({"a", "c", "o"})->bytes != 4; ++i) {
            try {
                contract::put(store, {"a", "c", "o"}, "here");
            } catch (const Failure& failure) {
                CHECK(failure.status() == 507);
            }
        }
    }
    calls.free = 0;
    CHECK(store.remove({"a", "c", "o"}, store.now()) == Outcome::updated);
    CHECK(store.delete_container("a", "c", store.now()) == Outcome::updated);
}

TEST_CASE("a device is opened by one at a time, and an unknown format is left alone") {
    ::nephele::test::TempDir directory("device");
    auto options = small_device(directory.path() + "/d");
    {
        LocalBackend store(options, calls_without_sync());
        CHECK_THROWS_WITH_AS(LocalBackend(options, calls_without_sync()),
                             doctest::Contains("in use"), Failure);
    }
    Files files(calls_without_sync());
    files.replace(options.directory, "format", "something newer\n");
    CHECK_THROWS_WITH_AS(LocalBackend(options, calls_without_sync()), doctest::Contains("format"),
                         Failure);
    // Lost altogether, it is known from the volumes.
    files.unlink(options.directory + "/format");
    LocalBackend store(options, calls_without_sync());
    CHECK(store.save_container("a", "c", {}, {}, true, store.now()) == Outcome::created);
}
