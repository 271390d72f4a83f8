// SPDX-License-Identifier: Apache-2.0
#include "services/swift/test/backend_contract.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"

#include <doctest/doctest.h>

namespace nephele::swift::contract {
namespace {

using Texts = std::vector<std::string>;

std::string md5_hex(std::string_view bytes) { return hex_encode(crypto::md5(bytes)); }

void make_container(Backend& store, const std::string& container = "c", int policy = 0) {
    REQUIRE(store.save_container("a", container, {}, policy, true, store.now()) ==
            Outcome::created);
}

void objects(Backend& store) {
    make_container(store);
    ObjectName name{"a", "c", "o"};
    CHECK_FALSE(store.head(name));
    CHECK_FALSE(store.open(name));
    CHECK(put(store, name, "first", {{"X-Object-Meta-Colour", "blue"}}) == Outcome::created);
    auto info = store.head(name);
    REQUIRE(info);
    CHECK(info->bytes == 5);
    CHECK(info->etag == md5_hex("first"));
    CHECK(info->content_type == "text/plain");
    CHECK(info->metadata == Metadata{{"X-Object-Meta-Colour", "blue"}});
    CHECK(info->timestamp == info->data_timestamp);
    CHECK(get(store, name) == "first");

    auto reader = store.open(name);
    CHECK(put(store, name, "the second") == Outcome::updated);
    CHECK(get(store, name) == "the second");
    char bytes[16];
    CHECK(std::string(bytes, reader->read(1, bytes, 3)) == "irs");
    CHECK(reader->read(5, bytes, 3) == 0);
    CHECK(store.head(name)->metadata.empty());

    CHECK(store.remove(name, store.now()) == Outcome::updated);
    CHECK_FALSE(store.head(name));
    CHECK(store.remove(name, store.now()) == Outcome::absent);
    CHECK(put(store, name, "again") == Outcome::created);
    CHECK(put(store, {"a", "none", "o"}, "x") == Outcome::absent);
    CHECK(put(store, {"none", "c", "o"}, "x") == Outcome::absent);
}

void sizes(Backend& store) {
    make_container(store);
    std::uint64_t sum = 0;
    for (std::size_t size : {0, 1, 4096, (512 << 10) - 1, 512 << 10, (512 << 10) + 1, 3 << 20}) {
        CAPTURE(size);
        std::string bytes(size, '\0');
        for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 + i / 251);
        ObjectName name{"a", "c", std::to_string(size)};
        CHECK(put(store, name, bytes) == Outcome::created);
        CHECK(get(store, name) == bytes);
        CHECK(store.head(name)->etag == md5_hex(bytes));
        // Of unknown length, in pieces.
        auto writer = store.put({"a", "c", name.object + "-pieces"}, 0, {});
        for (std::size_t at = 0; at < size; at += 100'000)
            writer->write(std::string_view(bytes).substr(at, 100'000));
        CHECK(writer->bytes() == size);
        CHECK(writer->etag() == md5_hex(bytes));
        ObjectInfo info;
        info.timestamp = store.now();
        CHECK(writer->commit(info) == Outcome::created);
        CHECK(get(store, {"a", "c", name.object + "-pieces"}) == bytes);
        sum += 2 * size;
    }
    CHECK(store.container("a", "c")->bytes == sum);
    CHECK(store.container("a", "c")->objects == 14);
}

void an_upload_that_is_dropped(Backend& store) {
    make_container(store);
    for (std::size_t size : {10, 2 << 20}) {
        auto writer = store.put({"a", "c", "o"}, 0, size);
        writer->write(std::string(size, 'x'));
        writer.reset();
        CHECK_FALSE(store.head({"a", "c", "o"}));
    }
    CHECK(store.container("a", "c")->objects == 0);
}

void metadata(Backend& store) {
    make_container(store);
    ObjectName name{"a", "c", "o"};
    ObjectInfo said;
    said.timestamp = store.now();
    CHECK(store.save_metadata(name, said) == Outcome::absent);
    put(store, name, "bytes", {{"X-Object-Meta-A", "1"}, {"X-Object-Meta-B", "2"}});
    auto before = *store.head(name);
    CHECK(store.save_metadata(name, said) == Outcome::stale);
    said = before;
    said.timestamp = store.now();
    said.metadata = {{"X-Object-Meta-C", "3"}};
    said.content_type = "image/png";
    CHECK(store.save_metadata(name, said) == Outcome::updated);
    auto after = *store.head(name);
    CHECK(after.metadata == Metadata{{"X-Object-Meta-C", "3"}});
    CHECK(after.content_type == "image/png");
    CHECK(after.etag == before.etag);
    CHECK(after.bytes == 5);
    CHECK(after.data_timestamp == before.data_timestamp);
    CHECK(after.timestamp == said.timestamp);
    CHECK(get(store, name) == "bytes");
    auto rows = store.objects("a", "c", {});
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].content_type == "image/png");
    CHECK(rows[0].timestamp == said.timestamp);
    CHECK(rows[0].etag == before.etag);
    put(store, name, "new");
    CHECK(store.head(name)->metadata.empty());
}

void what_listings_say(Backend& store) {
    make_container(store);
    auto writer = store.put({"a", "c", "slo"}, 0, 3);
    writer->write("abc");
    ObjectInfo info;
    info.timestamp = store.now();
    info.content_type = "text/plain";
    info.listed_etag = "0123; slo_etag=\"x\"";
    info.listed_bytes = 1000;
    CHECK(writer->commit(info) == Outcome::created);
    auto rows = store.objects("a", "c", {});
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].name == "slo");
    CHECK(rows[0].bytes == 1000);
    CHECK(rows[0].etag == info.listed_etag);
    CHECK(rows[0].content_type == "text/plain");
    CHECK(rows[0].timestamp == info.timestamp);
    auto stored = *store.head({"a", "c", "slo"});
    CHECK(stored.bytes == 3);
    CHECK(stored.etag == md5_hex("abc"));
    CHECK(stored.listed_etag == info.listed_etag);
    CHECK(stored.listed_bytes == info.listed_bytes);
}

void the_newest_wins(Backend& store) {
    make_container(store);
    ObjectName name{"a", "c", "o"};
    auto early = store.now(), late = store.now(), later = store.now();
    CHECK(early < late);
    CHECK(put(store, name, "late", {}, late) == Outcome::created);
    CHECK(put(store, name, "early", {}, early) == Outcome::stale);
    CHECK(put(store, name, "the same time", {}, late) == Outcome::stale);
    CHECK(get(store, name) == "late");
    CHECK(store.remove(name, early) == Outcome::stale);
    CHECK(store.remove(name, later) == Outcome::updated);
    CHECK(put(store, name, "zombie", {}, late) == Outcome::stale);
    CHECK_FALSE(store.head(name));
    CHECK(store.container("a", "c")->objects == 0);
}

void containers(Backend& store) {
    CHECK_FALSE(store.account("a"));
    CHECK_FALSE(store.container("a", "c"));
    CHECK(store.save_container("a", "c", {}, {}, false, store.now()) == Outcome::absent);
    CHECK_FALSE(store.account("a"));
    auto made = store.now();
    CHECK(store.save_container("a", "c",
                               {{"X-Container-Meta-A", "1"}, {"X-Container-Read", ".r:*"}}, 1, true,
                               made) == Outcome::created);
    CHECK(store.account("a"));
    CHECK(store.save_container("a", "c", {{"X-Container-Meta-A", ""}, {"X-Container-Meta-B", "2"}},
                               {}, true, store.now()) == Outcome::updated);
    auto info = store.container("a", "c");
    REQUIRE(info);
    CHECK(info->metadata == Metadata{{"X-Container-Meta-B", "2"}, {"X-Container-Read", ".r:*"}});
    CHECK(info->policy == 1);
    CHECK(info->put_timestamp == made);
    CHECK(store.save_container("a", "c", {}, 0, true, store.now()) == Outcome::conflict);
    CHECK(store.save_container("a", "c", {}, 1, true, store.now()) == Outcome::updated);
    put(store, {"a", "c", "o"}, "x");
    CHECK(store.delete_container("a", "c", store.now()) == Outcome::not_empty);
    store.remove({"a", "c", "o"}, store.now());
    CHECK(store.delete_container("a", "c", store.now()) == Outcome::updated);
    CHECK_FALSE(store.container("a", "c"));
    CHECK(store.delete_container("a", "c", store.now()) == Outcome::absent);
    CHECK(store.containers("a", {}).empty());
    CHECK(put(store, {"a", "c", "o"}, "x") == Outcome::absent);
    CHECK(store.save_container("a", "c", {}, {}, true, store.now()) == Outcome::created);
    CHECK(store.container("a", "c")->metadata.empty());
    CHECK(store.container("a", "c")->policy == 0);
}

void accounts(Backend& store) {
    auto made = store.now();
    CHECK(store.save_account("a", {{"X-Account-Meta-A", "1"}}, made) == Outcome::created);
    CHECK(store.save_account("a", {{"X-Account-Meta-B", "2"}}, store.now()) == Outcome::updated);
    auto info = store.account("a");
    REQUIRE(info);
    CHECK(info->put_timestamp == made);
    CHECK(info->metadata == Metadata{{"X-Account-Meta-A", "1"}, {"X-Account-Meta-B", "2"}});
    make_container(store, "zero", 0);
    make_container(store, "one", 1);
    put(store, {"a", "zero", "o"}, "xxx");
    put(store, {"a", "one", "o"}, "xx");
    put(store, {"a", "one", "p"}, "x");
    put(store, {"a", "one", "p"}, "xxxxx");
    info = store.account("a");
    CHECK(info->containers == 2);
    CHECK(info->objects == 3);
    CHECK(info->bytes == 10);
    CHECK(info->policies[1].containers == 1);
    CHECK(info->policies[1].objects == 2);
    CHECK(info->policies[1].bytes == 7);
    auto rows = store.containers("a", {});
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].name == "one");
    CHECK(rows[0].objects == 2);
    CHECK(rows[0].bytes == 7);
    CHECK(store.delete_account("a", store.now()) == Outcome::not_empty);
    for (auto name : {"o", "p"}) store.remove({"a", "one", name}, store.now());
    store.remove({"a", "zero", "o"}, store.now());
    store.delete_container("a", "zero", store.now());
    store.delete_container("a", "one", store.now());
    CHECK(store.delete_account("a", store.now()) == Outcome::updated);
    CHECK_FALSE(store.account("a"));
    CHECK(store.delete_account("a", store.now()) == Outcome::absent);
    CHECK(store.save_account("a", {}, store.now()) == Outcome::created);
    CHECK(store.account("a")->metadata.empty());
}

void listings(Backend& store) {
    make_container(store);
    for (auto name : {"a", "b/1", "b/2", "b/2/x", "b/2/y", "c", "d/", "e--1", "e--2"})
        put(store, {"a", "c", name}, "x");
    auto list = [&](const ListQuery& query) { return names(store, "a", "c", query); };
    CHECK(list({.delimiter = "/"}) == Texts{"a", "b/", "c", "d/", "e--1", "e--2"});
    CHECK(list({.delimiter = "--"}) ==
          Texts{"a", "b/1", "b/2", "b/2/x", "b/2/y", "c", "d/", "e--"});
    CHECK(list({.prefix = "b/", .delimiter = "/"}) == Texts{"b/1", "b/2", "b/2/"});
    CHECK(list({.delimiter = "/", .marker = "b/"}) == Texts{"c", "d/", "e--1", "e--2"});
    CHECK(list({.delimiter = "/", .marker = "b/1"}) == Texts{"b/", "c", "d/", "e--1", "e--2"});
    CHECK(list({.delimiter = "/", .reverse = true}) == Texts{"e--2", "e--1", "d/", "c", "b/", "a"});
    CHECK(list({.delimiter = "/", .marker = "b/", .reverse = true}) == Texts{"a"});
    CHECK(list({.marker = "b/2", .end_marker = "d"}) == Texts{"b/2/x", "b/2/y", "c"});
    CHECK(list({.marker = "c", .end_marker = "a", .reverse = true}) ==
          Texts{"b/2/y", "b/2/x", "b/2", "b/1"});
    CHECK(list({.prefix = "b/2", .reverse = true}) == Texts{"b/2/y", "b/2/x", "b/2"});
    CHECK(list({.prefix = "b/2", .marker = "a"}) == Texts{"b/2", "b/2/x", "b/2/y"});
    CHECK(list({.prefix = "b/2", .marker = "c"}) == Texts{});
    CHECK(list({.path = "b"}) == Texts{"b/1", "b/2"});
    CHECK(list({.path = "b/2/"}) == Texts{"b/2/x", "b/2/y"});
    CHECK(list({.path = ""}) == Texts{"a", "c", "d/", "e--1", "e--2"});
    CHECK(list({.path = "", .reverse = true}) == Texts{"e--2", "e--1", "d/", "c", "a"});
    CHECK(list({.path = "d"}) == Texts{});
    CHECK(list({.limit = 2}) == Texts{"a", "b/1"});
    CHECK(list({.limit = 0}) == Texts{});
    CHECK(list({.prefix = "zz"}) == Texts{});
    CHECK(names(store, "a", "none", {}) == Texts{});
    CHECK(store.objects("a", "c", {.delimiter = "/"})[1].subdir);

    for (auto name : {"x.1", "x.2", "y"}) make_container(store, name);
    Texts found;
    for (auto& row : store.containers("a", {.delimiter = ".", .marker = "c"}))
        found.push_back(row.name + (row.subdir ? " (all)" : ""));
    CHECK(found == Texts{"x. (all)", "y"});
    CHECK(store.containers("none", {}).empty());
}

// Names longer than what an index holds in a key, and names of odd bytes.
void odd_names(Backend& store) {
    make_container(store);
    std::string long_480(480, 'n'), long_481(481, 'n'), long_1024(1024, 'n'), other = long_1024;
    other[1000] = 'm';
    Texts all = {std::string("\x01"),
                 "a\xc3\xa9",
                 "b ?#%&\"'<>",
                 long_480 + "m",
                 other,
                 "n",
                 long_480,
                 long_481,
                 long_1024,
                 std::string(500, 'n') + "o",
                 "o\xf0\x9f\x98\x80"};
    std::sort(all.begin(), all.end());
    for (const auto& name : all) CHECK(put(store, {"a", "c", name}, name) == Outcome::created);
    auto list = [&](const ListQuery& query) { return names(store, "a", "c", query); };
    CHECK(list({}) == all);
    CHECK(list({.reverse = true}) == Texts(all.rbegin(), all.rend()));
    for (std::size_t i = 0; i < all.size(); ++i) {
        CAPTURE(i);
        auto at = all.begin() + static_cast<std::ptrdiff_t>(i);
        CHECK(get(store, {"a", "c", all[i]}) == all[i]);
        CHECK(list({.marker = all[i]}) == Texts(at + 1, all.end()));
        CHECK(list({.end_marker = all[i]}) == Texts(all.begin(), at));
        Texts before(all.begin(), at);
        CHECK(list({.marker = all[i], .reverse = true}) == Texts(before.rbegin(), before.rend()));
    }
    CHECK(list({.prefix = long_480, .limit = 3}).size() == 3);
    for (const auto& name : all)
        CHECK(store.remove({"a", "c", name}, store.now()) == Outcome::updated);
    CHECK(list({}).empty());
    CHECK(store.delete_container("a", "c", store.now()) == Outcome::updated);
}

void strangers(Backend& store) {
    make_container(store);
    put(store, {"a", "c", "o"}, "mine");
    CHECK_FALSE(store.head({"b", "c", "o"}));
    CHECK_FALSE(store.head({"a", "c", "o2"}));
    CHECK_FALSE(store.head({"a", "c/o", ""}));
    CHECK(store.containers("b", {}).empty());
    CHECK(store.save_container("b", "c", {}, {}, true, store.now()) == Outcome::created);
    CHECK(store.objects("b", "c", {}).empty());
}

} // namespace

Outcome put(Backend& store, const ObjectName& name, std::string_view bytes, Metadata metadata,
            std::optional<Timestamp> when) {
    auto writer = store.put(name, 0, bytes.size());
    writer->write(bytes);
    ObjectInfo info;
    info.timestamp = when ? *when : store.now();
    info.content_type = "text/plain";
    info.metadata = std::move(metadata);
    return writer->commit(info);
}

std::string get(Backend& store, const ObjectName& name) {
    auto reader = store.open(name);
    if (!reader) return "(absent)";
    std::string out, piece(100'000, '\0');
    while (auto got = reader->read(out.size(), piece.data(), piece.size()))
        out.append(piece, 0, got);
    return out;
}

std::vector<std::string> names(Backend& store, const std::string& account,
                               const std::string& container, const ListQuery& query) {
    Texts out;
    for (auto& row : store.objects(account, container, query)) out.push_back(row.name);
    return out;
}

void run(const Factory& make) {
    const std::pair<const char*, void (*)(Backend&)> promises[] = {
        {"objects", objects},
        {"sizes", sizes},
        {"an upload that is dropped", an_upload_that_is_dropped},
        {"metadata", metadata},
        {"what listings say", what_listings_say},
        {"the newest wins", the_newest_wins},
        {"containers", containers},
        {"accounts", accounts},
        {"listings", listings},
        {"odd names", odd_names},
        {"strangers", strangers},
    };
    for (const auto& [name, promise] : promises) {
        INFO(name);
        promise(*make());
    }
}

} // namespace nephele::swift::contract
