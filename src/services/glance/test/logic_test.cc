// SPDX-License-Identifier: Apache-2.0
#include "services/glance/logic/listing.h"
#include "services/glance/logic/patch.h"
#include "services/glance/logic/range.h"
#include "services/glance/logic/rules.h"
#include "services/glance/ops/digests.h"

#include "base/strings.h"

#include <doctest/doctest.h>
#include <functional>

using namespace nephele;
using namespace nephele::glance;
using namespace nephele::glance::logic;

namespace {
// 0: it did not fail.
int status_of(const std::function<void()>& what) {
    try {
        what();
    } catch (const Failure& failure) {
        return failure.status();
    }
    return 0;
}

struct PatchCase {
    const char* operation; ///< v2.1 form
    int status;            ///< 0: applied
    std::function<bool(const Image&)> then;
};
Image sample() {
    Image image;
    image.id = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    image.name = "old";
    image.owner = "p";
    image.disk_format = "raw";
    image.properties = Json::object({{"colour", "red"}, {"a/b", "slash"}, {"til~de", "tilde"}});
    return image;
}
const PatchCase patch_cases[] = {
    {R"({"op":"replace","path":"/name","value":"new"})", 0,
     [](auto& i) { return i.name == "new"; }},
    {R"({"op":"add","path":"/name","value":"new"})", 0, [](auto& i) { return i.name == "new"; }},
    {R"({"op":"replace","path":"/name","value":null})", 0, [](auto& i) { return !i.name; }},
    {R"({"op":"remove","path":"/name"})", 403, {}},
    {R"({"op":"replace","path":"/name","value":5})", 400, {}},
    {R"({"op":"replace","path":"/visibility","value":"private"})", 0,
     [](auto& i) { return i.visibility == Visibility::owner_only; }},
    {R"({"op":"replace","path":"/visibility","value":"secret"})", 400, {}},
    {R"({"op":"replace","path":"/protected","value":true})", 0,
     [](auto& i) { return i.is_protected; }},
    {R"({"op":"replace","path":"/protected","value":"true"})", 400, {}},
    {R"({"op":"replace","path":"/os_hidden","value":true})", 0,
     [](auto& i) { return i.os_hidden; }},
    {R"({"op":"replace","path":"/min_disk","value":10})", 0,
     [](auto& i) { return i.min_disk == 10; }},
    {R"({"op":"replace","path":"/min_disk","value":-1})", 400, {}},
    {R"({"op":"replace","path":"/min_ram","value":9999999999})", 400, {}},
    {R"({"op":"replace","path":"/tags","value":["a","b"]})", 0,
     [](auto& i) { return i.tags.size() == 2; }},
    {R"({"op":"add","path":"/tags","value":["a"]})", 0, [](auto& i) { return i.tags.size() == 1; }},
    {R"({"op":"replace","path":"/tags","value":"a"})", 400, {}},
    {R"({"op":"replace","path":"/disk_format","value":"qcow2"})", 0,
     [](auto& i) { return i.disk_format == "qcow2"; }},
    {R"({"op":"replace","path":"/disk_format","value":"exe"})", 400, {}},
    {R"({"op":"replace","path":"/owner","value":"q"})", 403, {}},
    {R"({"op":"replace","path":"/status","value":"active"})", 403, {}},
    {R"({"op":"replace","path":"/id","value":"x"})", 403, {}},
    {R"({"op":"replace","path":"/size","value":1})", 403, {}},
    {R"({"op":"add","path":"/checksum","value":"x"})", 403, {}},
    {R"({"op":"remove","path":"/created_at"})", 403, {}},
    {R"({"op":"add","path":"/location","value":"file:///etc/shadow"})", 403, {}},
    {R"({"op":"add","path":"/locations/-","value":{"url":"http://a/","metadata":{}}})", 403, {}},
    {R"({"op":"remove","path":"/locations","value":{}})", 400, {}},
    {R"({"op":"add","path":"/deleted","value":"x"})", 403, {}},
    {R"({"op":"add","path":"/os_glance_x","value":"x"})", 403, {}},
    {R"({"op":"replace","path":"/colour","value":"blue"})", 0,
     [](auto& i) { return i.properties.text("colour") == "blue"; }},
    {R"({"op":"add","path":"/shape","value":"round"})", 0,
     [](auto& i) { return i.properties.text("shape") == "round"; }},
    {R"({"op":"replace","path":"/shape","value":"round"})", 409, {}},
    {R"({"op":"remove","path":"/colour"})", 0, [](auto& i) { return !i.properties.has("colour"); }},
    {R"({"op":"remove","path":"/shape"})", 409, {}},
    {R"({"op":"replace","path":"/a~1b","value":"x"})", 0,
     [](auto& i) { return i.properties.text("a/b") == "x"; }},
    {R"({"op":"replace","path":"/til~0de","value":"x"})", 0,
     [](auto& i) { return i.properties.text("til~de") == "x"; }},
    {R"({"op":"replace","path":"/til~de","value":"x"})", 400, {}},
    {R"({"op":"add","path":"/shape","value":5})", 400, {}},
    {R"({"op":"add","path":"shape","value":"x"})", 400, {}},
    {R"({"op":"add","path":"/","value":"x"})", 400, {}},
    {R"({"op":"add","path":"","value":"x"})", 400, {}},
    {R"({"op":"add","path":"//x","value":"x"})", 400, {}},
    {R"({"op":"add","path":"/x/","value":"x"})", 400, {}},
    {R"({"op":"add","path":"/x/y","value":"x"})", 400, {}},
    {R"({"op":"add","path":"/shape"})", 400, {}},
    {R"({"op":"move","from":"/name","path":"/x"})", 400, {}},
    {R"({"op":"test","path":"/name","value":"old"})", 400, {}},
    {R"({"path":"/name","value":"x"})", 400, {}},
    {R"({"op":"add","value":"x"})", 400, {}},
    {R"({"op":5,"path":"/name","value":"x"})", 400, {}},
    {R"("text")", 400, {}},
};
} // namespace

TEST_CASE("patch: every operation does what upstream does") {
    for (auto& c : patch_cases) {
        CAPTURE(c.operation);
        Image image = sample();
        int status = status_of([&] {
            auto changes = read_patch(patch_type_2_1, Json::array({Json::parse(c.operation)}));
            apply(image, changes, {});
            settle(image, {});
        });
        CHECK(status == c.status);
        if (c.then) CHECK(c.then(image));
    }
}

TEST_CASE("patch: the older form names the operation by its key") {
    Image image = sample();
    auto changes = read_patch("Application/openstack-images-v2.0-json-patch; charset=utf-8",
                              Json::parse(R"([{"replace":"/name","value":"new"},
                                              {"add":"/x","value":"y"},{"remove":"/colour"}])"));
    apply(image, changes, {});
    CHECK(image.name == "new");
    CHECK(image.properties.text("x") == "y");
    CHECK(!image.properties.has("colour"));
    for (auto bad : {R"([{"value":"new"}])", R"([{"replace":"/a","add":"/b","value":"x"}])",
                     R"([{"replace":5,"value":"x"}])"})
        CHECK(status_of([&] { read_patch(patch_type_2_0, Json::parse(bad)); }) == 400);
}

TEST_CASE("patch: other media types and bodies are refused") {
    for (auto type : {"application/json", "", "text/plain", "application/json-patch+json"})
        CHECK(status_of([&] { read_patch(type, Json::array()); }) == 415);
    CHECK(status_of([] { read_patch(patch_type_2_1, Json::object()); }) == 400);
    CHECK(status_of([] { read_patch(patch_type_2_1, Json()); }) == 400);
    CHECK(read_patch(patch_type_2_1, Json::array()).empty());
}

TEST_CASE("patch: the format of stored data is fixed, its owner only administrators change") {
    Image image = sample();
    image.status = Status::active;
    std::vector<Change> format{{Change::Op::replace, "disk_format", "qcow2"}};
    CHECK(status_of([&] { apply(image, format, {}); }) == 403);
    format[0].value = "raw";
    CHECK(status_of([&] { apply(image, format, {}); }) == 0);
    std::vector<Change> owner{{Change::Op::replace, "owner", "q"}};
    CHECK(status_of([&] { apply(image, owner, {.admin = false}); }) == 403);
    apply(image, owner, {.admin = true});
    CHECK(image.owner == "q");
}

TEST_CASE("rules: quotas and repeated tags") {
    Image image = sample();
    image.tags = {"a", "b", "a"};
    settle(image, {});
    CHECK(image.tags == std::vector<std::string>{"a", "b"});
    CHECK(status_of([&] { settle(image, {.tags = 1}); }) == 413);
    CHECK(status_of([&] { settle(image, {.properties = 2}); }) == 413);
    CHECK(status_of([&] { settle(image, {.properties = 0}); }) == 0);
    image.tags = {std::string(256, 'x')};
    CHECK(status_of([&] { settle(image, {}); }) == 400);
    CHECK(receivable(0, {.image_size = 10}) == 10);
    CHECK(receivable(95, {.image_size = 10, .stored_bytes = 100}) == 5);
    CHECK(receivable(200, {.image_size = 10, .stored_bytes = 100}) == 0);
    CHECK(status_of([] { check_fits(11, 0, {.image_size = 10}); }) == 413);
    CHECK(status_of([] { check_fits(6, 95, {.stored_bytes = 100}); }) == 413);
    CHECK(status_of([] { check_fits(5, 95, {.stored_bytes = 100}); }) == 0);
}

TEST_CASE("rules: an upload needs formats, and a queued image") {
    Image image = sample();
    CHECK(status_of([&] { check_can_receive(image); }) == 400);
    image.container_format = "bare";
    CHECK(status_of([&] { check_can_receive(image); }) == 0);
    image.container_format = "ova";
    CHECK(status_of([&] { check_can_receive(image); }) == 0);
    image.container_format = "bare";
    for (auto status : {Status::saving, Status::active, Status::deactivated}) {
        image.status = status;
        CHECK(status_of([&] { check_can_receive(image); }) == 409);
    }
}

TEST_CASE("listing: glance's filters become the platform's") {
    Page page;
    page.filters = {{"name", Filter::Op::eq, {"in:a,\"b,c\",d"}},
                    {"created_at", Filter::Op::eq, {"gt:2026-01-01T00:00:00Z"}},
                    {"updated_at", Filter::Op::eq, {"2026-01-01"}},
                    {"visibility", Filter::Op::eq, {"community"}},
                    {"status", Filter::Op::eq, {"active"}}};
    page.extra = {{"size_min", "5"}, {"size_max", "10"},           {"tag", "x"},
                  {"tag", "y"},      {"member_status", "pending"}, {"colour", "red"}};
    auto search = read_search(page);
    REQUIRE(page.filters.size() == 5);
    CHECK(page.filters[0].values == std::vector<std::string>{"a", "b,c", "d"});
    CHECK(page.filters[1].op == Filter::Op::gt);
    CHECK(page.filters[2].op == Filter::Op::eq);
    CHECK(page.filters[4].field == "os_hidden");
    CHECK(search.visibility == "community");
    CHECK(search.size_min == 5);
    CHECK(search.size_max == 10);
    CHECK(search.tags.size() == 2);
    CHECK(search.member_status == "pending");
    REQUIRE(search.properties.size() == 1);
    CHECK(search.properties[0].second == "red");
    CHECK(page.extra.empty());
}

TEST_CASE("listing: what cannot be filtered by is refused") {
    auto refuses = [](const char* field, const char* value, bool extra) {
        CAPTURE(field);
        CAPTURE(value);
        Page page;
        if (extra)
            page.extra.emplace(field, value);
        else
            page.filters.push_back({field, Filter::Op::eq, {value}});
        CHECK(status_of([&] { read_search(page); }) == 400);
    };
    refuses("created_at", "in:2026-01-01", false);
    refuses("created_at", "gt:yesterday", false);
    refuses("name", "gt:a", false);
    refuses("name", "in:\"a", false);
    refuses("visibility", "some", false);
    refuses("size_min", "-1", true);
    refuses("size_max", "big", true);
    refuses("member_status", "perhaps", true);
}

TEST_CASE("range: as HTTP has it") {
    auto range = [](const char* header) { return read_range(header, 100); };
    auto is = [](ByteRange r, std::uint64_t offset, std::uint64_t length) {
        return !r.whole && r.offset == offset && r.length == length;
    };
    CHECK(is(range("bytes=0-9"), 0, 10));
    CHECK(is(range("bytes=90-"), 90, 10));
    CHECK(is(range("bytes=90-500"), 90, 10));
    CHECK(is(range("bytes=-10"), 90, 10));
    CHECK(is(range("bytes=-500"), 0, 100));
    CHECK(is(range("bytes=99-99"), 99, 1));
    for (auto header : {"", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-1", "bytes=0-1,5-6",
                        "lines=0-9", "bytes=--5", "bytes=+1-2"}) {
        CAPTURE(header);
        CHECK(range(header).whole);
        CHECK(range(header).length == 100);
    }
    CHECK(status_of([&] { range("bytes=100-"); }) == 416);
    CHECK(status_of([&] { range("bytes=-0"); }) == 416);
    CHECK(status_of([&] { read_range("bytes=-5", 0); }) == 416);
}

TEST_CASE("digests: of streams of any length they are those of the whole") {
    for (std::size_t length :
         {std::size_t(0), std::size_t(1), Digests::piece_bytes, Digests::piece_bytes + 1,
          Digests::piece_bytes * (Digests::pieces * 3 + 1) + 5}) {
        std::string all(length, '\0');
        for (std::size_t i = 0; i < length; ++i) all[i] = static_cast<char>(i * 31 + i / 4096);
        Digests digests({crypto::Digest::md5, crypto::Digest::sha512});
        for (std::size_t at = 0; at < length; at += Digests::piece_bytes) {
            auto piece = std::string_view(all).substr(at, Digests::piece_bytes);
            digests.next_piece().replace(0, piece.size(), piece);
            digests.add(piece.size());
        }
        auto hashes = digests.finish();
        CHECK(hashes[0] == hex_encode(crypto::md5(all)));
        CHECK(hashes[1] == hex_encode(crypto::sha512(all)));
    }
}

TEST_CASE("digests: given up half way they end") {
    Digests digests({crypto::Digest::md5});
    for (int i = 0; i < 3; ++i) {
        digests.next_piece();
        digests.add(Digests::piece_bytes);
    }
}
