// SPDX-License-Identifier: Apache-2.0
// Temporary URLs, forms, quotas, bulk requests, versions, web sites, other origins, paces.
#include "services/swift/logic/signed_url.h"
#include "services/swift/test/store_cloud.h"

#include <cstring>
#include <doctest/doctest.h>

using namespace nephele;
using test::StoreCloud;

namespace {

std::string seconds_from_now(StoreCloud& cloud, std::int64_t seconds) {
    return std::to_string(cloud.cloud().now().seconds() + seconds);
}

std::string signed_query(const std::string& key, const std::string& method, const std::string& path,
                         const std::string& expires, bool prefix = false) {
    auto text = swift::logic::text_to_sign(method, path, prefix, std::stoll(expires), {});
    return "?temp_url_sig=" + swift::logic::sign("sha256", key, text) +
           "&temp_url_expires=" + expires;
}

// One file of a tar archive, its header made by hand.
std::string tar_member(const std::string& name, const std::string& bytes) {
    std::string header(512, '\0');
    header.replace(0, name.size(), name);
    header.replace(100, 7, "0000644");
    char size[13];
    std::snprintf(size, sizeof size, "%011zo", bytes.size());
    header.replace(124, 11, size);
    header[156] = '0';
    header.replace(257, 8, std::string("ustar\00000", 8));
    header.replace(148, 8, "        ");
    unsigned sum = 0;
    for (unsigned char c : header) sum += c;
    char digits[9];
    std::snprintf(digits, sizeof digits, "%06o", sum);
    header.replace(148, 7, std::string(digits, 7));
    return header + bytes + std::string((512 - bytes.size() % 512) % 512, '\0');
}

} // namespace

TEST_CASE("temporary URLs do one thing to one object for a while") {
    StoreCloud cloud;
    cloud.ask("PUT", "p1/c", cloud.member);
    cloud.ask("PUT", "p1/c/o", cloud.member, "hello", {{"X-Object-Meta-Secret", "x"}});
    cloud.ask("POST", "p1", cloud.member, "", {{"X-Account-Meta-Temp-URL-Key", "key"}});
    cloud.ask("POST", "p1/c", cloud.member, "", {{"X-Container-Meta-Temp-URL-Key-2", "ckey"}});
    std::string soon = seconds_from_now(cloud, 60), path = "/v1/AUTH_p1/c/o";
    auto get = signed_query("key", "GET", path, soon);
    auto answer = cloud.ask("GET", "p1/c/o" + get, "");
    CHECK(answer.status == 200);
    CHECK(answer.text == "hello");
    CHECK(answer.headers.get("Content-Disposition") ==
          "attachment; filename=\"o\"; filename*=UTF-8''o");
    CHECK_FALSE(answer.headers.find("X-Object-Meta-Secret"));
    CHECK(cloud.ask("HEAD", "p1/c/o" + get, "").status == 200);
    CHECK(cloud.ask("PUT", "p1/c/o" + get, "", "x").status == 401);
    CHECK(cloud.ask("GET", "p1/c/other" + get, "").status == 401);
    CHECK(cloud.ask("GET", "p1/c/o" + get + "&inline", "").headers.get("Content-Disposition") ==
          "inline");
    CHECK(cloud.ask("GET", "p1/c/o" + signed_query("ckey", "GET", path, soon), "").status == 200);
    CHECK(cloud.ask("GET", "p1/c/o" + signed_query("bad", "GET", path, soon), "").status == 401);
    // The address as the client sees it, with the common port's prefix.
    CHECK(cloud.ask("GET", "p1/c/o" + signed_query("key", "GET", "/object-store" + path, soon), "")
              .status == 200);
    auto past = seconds_from_now(cloud, -1);
    CHECK(cloud.ask("GET", "p1/c/o" + signed_query("key", "GET", path, past), "").status == 401);
    auto put = signed_query("key", "PUT", "/v1/AUTH_p1/c/new", soon);
    CHECK(cloud.ask("PUT", "p1/c/new" + put, "", "x", {{"X-Object-Manifest", "c/o"}}).status ==
          400);
    CHECK(cloud.ask("PUT", "p1/c/new" + put, "", "x").status == 201);
    auto below = signed_query("key", "GET", "/v1/AUTH_p1/c/ne", soon, true) + "&temp_url_prefix=ne";
    CHECK(cloud.ask("GET", "p1/c/new" + below, "").text == "x");
    CHECK(cloud.ask("GET", "p1/c/o" + below, "").status == 401);
    CHECK(swift::logic::address_within("10.1.2.3", "10.0.0.0/8"));
    CHECK_FALSE(swift::logic::address_within("11.1.2.3", "10.0.0.0/8"));
    CHECK_FALSE(swift::logic::address_within("10.1.2.3", "10.0.0.1/8"));
}

TEST_CASE("forms upload what their signature allows") {
    StoreCloud cloud;
    cloud.ask("PUT", "p1/c", cloud.member);
    cloud.ask("POST", "p1", cloud.member, "", {{"X-Account-Meta-Temp-URL-Key", "key"}});
    auto form = [&](const std::string& key, const std::string& expires, const std::string& most) {
        std::string path = "/v1/AUTH_p1/c/pre";
        std::string sig = swift::logic::sign("sha1", key, path + "\n\n" + most + "\n2\n" + expires);
        std::string body;
        for (auto& [name, value] :
             {std::pair("max_file_size", most), std::pair("max_file_count", std::string("2")),
              std::pair("expires", expires), std::pair("signature", sig)})
            body += std::string("--b\r\nContent-Disposition: form-data; name=\"") + name +
                    "\"\r\n\r\n" + value + "\r\n";
        body += "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n"
                "Content-Type: text/x-own\r\n\r\nhello\r\n--b--\r\n";
        return cloud
            .ask("POST", "p1/c/pre", "", body,
                 {{"Content-Type", "multipart/form-data; boundary=b"}})
            .status;
    };
    std::string soon = seconds_from_now(cloud, 60);
    CHECK(form("key", soon, "100") == 201);
    auto got = cloud.ask("GET", "p1/c/prea.txt", cloud.member);
    CHECK(got.text == "hello");
    CHECK(got.headers.get("Content-Type") == "text/x-own");
    CHECK(form("bad", soon, "100") == 401);
    CHECK(form("key", seconds_from_now(cloud, -5), "100") == 401);
    CHECK(form("key", soon, "3") == 400);
    CHECK(cloud
              .ask("POST", "p1/c/pre", "", "garbage",
                   {{"Content-Type", "multipart/form-data; boundary=b"}})
              .status == 400);
}

TEST_CASE("quotas of containers and accounts") {
    StoreCloud cloud;
    CHECK(cloud.ask("PUT", "p1/c", cloud.member, "", {{"X-Container-Meta-Quota-Bytes", "x"}})
              .status == 400);
    cloud.ask("PUT", "p1/c", cloud.member, "",
              {{"X-Container-Meta-Quota-Bytes", "10"}, {"X-Container-Meta-Quota-Count", "2"}});
    CHECK(cloud.ask("PUT", "p1/c/a", cloud.member, "0123456789").status == 201);
    CHECK(cloud.ask("PUT", "p1/c/b", cloud.member, "0").status == 413);
    cloud.ask("PUT", "p1/c/a", cloud.member, "");
    CHECK(cloud.ask("PUT", "p1/c/b", cloud.member, "0").status == 201);
    CHECK(cloud.ask("PUT", "p1/c/d", cloud.member, "0").status == 413);
    CHECK(cloud.ask("PUT", "p1/c/d", cloud.token("p2", {"member"}), "0").status == 403);
    auto reseller = cloud.token("root", {"ResellerAdmin"});
    StoreCloud::Fields five{{"X-Account-Meta-Quota-Bytes", "5"}};
    CHECK(cloud.ask("POST", "p1", cloud.member, "", five).status == 403);
    CHECK(cloud.ask("POST", "p1", reseller, "", {{"X-Account-Meta-Quota-Bytes", "-1"}}).status ==
          400);
    CHECK(cloud.ask("POST", "p1", reseller, "", five).status == 204);
    CHECK(cloud.ask("HEAD", "p1", cloud.member).headers.get("X-Account-Meta-Quota-Bytes") == "5");
    cloud.ask("PUT", "p1/free", cloud.member);
    CHECK(cloud.ask("PUT", "p1/free/x", cloud.member, "123456").status == 413);
    CHECK(cloud.ask("PUT", "p1/free/x", cloud.member, "1234").status == 201);
    CHECK(cloud.ask("PUT", "p1/free/y", reseller, "123456").status == 201);
}

TEST_CASE("bulk requests: many deleted, an archive unpacked") {
    StoreCloud cloud;
    std::string tar =
        tar_member("box/one.txt", "one") + tar_member("box/two", "two") + std::string(1024, '\0');
    auto made = cloud.ask("PUT", "p1?extract-archive=tar", cloud.member, tar,
                          {{"Accept", "application/json"}});
    CHECK(made.status == 200);
    CHECK(made.json.at("Number Files Created").as_int() == 2);
    CHECK(made.json.text("Response Status") == "201 Created");
    CHECK(cloud.ask("GET", "p1/box/one.txt", cloud.member).text == "one");
    auto text = cloud.ask("PUT", "p1/box/sub?extract-archive=tar", cloud.member, tar);
    CHECK(text.text.find("Number Files Created: 2\n") == 0);
    CHECK(cloud.ask("GET", "p1/box/sub/box/two", cloud.member).text == "two");
    auto torn = cloud.ask("PUT", "p1?extract-archive=tar", cloud.member, tar.substr(0, 700),
                          {{"Accept", "application/json"}});
    CHECK(torn.json.text("Response Status") == "400 Bad Request");
    auto junk = cloud.ask("PUT", "p1?extract-archive=tar.gz", cloud.member, tar,
                          {{"Accept", "application/json"}});
    CHECK(junk.json.text("Response Status") == "400 Bad Request");
    CHECK(cloud.ask("PUT", "p1?extract-archive=rar", cloud.member, tar).status == 400);
    auto foreign = cloud.ask("PUT", "p1?extract-archive=tar", cloud.token("p2", {"member"}), tar,
                             {{"Accept", "application/json"}});
    CHECK(foreign.json.at("Number Files Created").as_int() == 0);
    auto gone =
        cloud.ask("POST", "p1?bulk-delete", cloud.member, "box/one.txt\n/box/two\nbox/none\nbox\n",
                  {{"Accept", "application/json"}, {"Content-Type", "text/plain"}});
    CHECK(gone.json.at("Number Deleted").as_int() == 2);
    CHECK(gone.json.at("Number Not Found").as_int() == 1);
    CHECK(gone.json.at("Errors").as_array()[0].as_array()[1].as_string() == "409 Conflict");
    CHECK(cloud.ask("DELETE", "p1?bulk-delete", "", "box/x", {{"Accept", "application/json"}})
              .json.text("Response Status") == "401 Unauthorized");
}

TEST_CASE("versions in another container: a stack and a history") {
    StoreCloud cloud;
    for (auto* name : {"p1/c", "p1/old"}) cloud.ask("PUT", name, cloud.member);
    auto put = [&](const std::string& text) {
        CHECK(cloud.ask("PUT", "p1/c/o", cloud.member, text).status == 201);
    };
    auto get = [&] { return cloud.ask("GET", "p1/c/o", cloud.member).text; };
    cloud.ask("POST", "p1/c", cloud.member, "", {{"X-Versions-Location", "old"}});
    CHECK(cloud.ask("HEAD", "p1/c", cloud.member).headers.get("X-Versions-Location") == "old");
    put("one"), put("two"), put("three");
    CHECK(cloud.ask("HEAD", "p1/old", cloud.member).headers.get("X-Container-Object-Count") == "2");
    CHECK(cloud.ask("DELETE", "p1/c/o", cloud.member).status == 204);
    CHECK(get() == "two");
    cloud.ask("DELETE", "p1/c/o", cloud.member);
    CHECK(get() == "one");
    cloud.ask("DELETE", "p1/c/o", cloud.member);
    CHECK(cloud.ask("GET", "p1/c/o", cloud.member).status == 404);
    cloud.ask("POST", "p1/c", cloud.member, "", {{"X-History-Location", "old"}});
    put("one");
    CHECK(cloud.ask("DELETE", "p1/c/o", cloud.member).status == 204);
    CHECK(cloud.ask("HEAD", "p1/old", cloud.member).headers.get("X-Container-Object-Count") == "2");
    CHECK(cloud.ask("POST", "p1/c", cloud.member, "", {{"X-Versions-Location", "a/b"}}).status ==
          412);
}

TEST_CASE("versions with ids") {
    StoreCloud cloud;
    cloud.ask("PUT", "p1/c", cloud.member);
    cloud.ask("PUT", "p1/c/o", cloud.member, "zero");
    CHECK(cloud.ask("POST", "p1/c", cloud.member, "", {{"X-Versions-Enabled", "true"}}).status ==
          204);
    CHECK(cloud.ask("HEAD", "p1/c", cloud.member).headers.get("X-Versions-Enabled") == "True");
    auto one = cloud.ask("PUT", "p1/c/o", cloud.member, "one").headers.get("X-Object-Version-Id");
    auto two = cloud.ask("PUT", "p1/c/o", cloud.member, "two").headers.get("X-Object-Version-Id");
    CHECK_FALSE(one.empty());
    auto get = [&](const std::string& id) {
        return cloud.ask("GET", "p1/c/o" + (id.empty() ? "" : "?version-id=" + id), cloud.member);
    };
    CHECK(get("").text == "two");
    CHECK(get("").headers.get("X-Object-Version-Id") == two);
    CHECK(get(one).text == "one");
    CHECK(get("1.00000").status == 404);
    CHECK(get("x").status == 400);
    CHECK(cloud.ask("GET", "p1/c", cloud.member).text == "o\n");
    CHECK(cloud.ask("GET", "p1/c?format=json", cloud.member)
              .json.as_array()[0]
              .at("bytes")
              .as_int() == 3);
    auto list = cloud.ask("GET", "p1/c?versions&format=json", cloud.member).json;
    REQUIRE(list.size() == 3);
    CHECK(list.as_array()[0].text("version_id") == two);
    CHECK(list.as_array()[0].at("is_latest").as_bool());
    CHECK_FALSE(list.as_array()[1].at("is_latest").as_bool());
    CHECK(cloud.ask("DELETE", "p1/c/o", cloud.member).status == 204);
    CHECK(get("").status == 404);
    CHECK(get(two).text == "two");
    CHECK(cloud.ask("PUT", "p1/c/o?version-id=" + one, cloud.member).status == 201);
    CHECK(get("").text == "one");
    CHECK(cloud.ask("DELETE", "p1/c", cloud.member).status == 409);
    CHECK(cloud.ask("DELETE", "p1/c/o?version-id=" + one, cloud.member).status == 204);
    CHECK(get("").status == 404);
    auto rest = cloud.ask("GET", "p1/c?versions&format=json", cloud.member).json;
    for (auto& row : rest.as_array())
        CHECK(cloud.ask("DELETE", "p1/c/o?version-id=" + row.text("version_id"), cloud.member)
                  .status == 204);
    CHECK(cloud.ask("DELETE", "p1/c", cloud.member).status == 204);
    CHECK(cloud.ask("GET", "p1?format=json", cloud.member).text == "[]");
}

TEST_CASE("containers as web sites") {
    StoreCloud cloud;
    cloud.ask("PUT", "p1/c", cloud.member, "",
              {{"X-Container-Read", ".r:*,.rlistings"},
               {"X-Container-Meta-Web-Listings", "true"},
               {"X-Container-Meta-Web-Error", "error.html"}});
    cloud.ask("PUT", "p1/c/dir/a%3Cb", cloud.member, "x");
    cloud.ask("PUT", "p1/c/404error.html", cloud.member, "not here");
    CHECK(cloud.ask("GET", "p1/c/", "").text.find("Listing of /v1/AUTH_p1/c/") !=
          std::string::npos);
    CHECK(cloud.ask("GET", "p1/c/dir/", "").text.find("a&lt;b</a>") != std::string::npos);
    auto missing = cloud.ask("GET", "p1/c/none", "");
    CHECK(missing.status == 404);
    CHECK(missing.text == "not here");
    cloud.ask("POST", "p1/c", cloud.member, "", {{"X-Container-Meta-Web-Index", "index.html"}});
    cloud.ask("PUT", "p1/c/index.html", cloud.member, "welcome");
    CHECK(cloud.ask("GET", "p1/c/", "").text == "welcome");
    // With a token it is the API.
    CHECK(cloud.ask("GET", "p1/c", cloud.member).text.find("dir/a<b\n") != std::string::npos);
    http::ClientRequest bare;
    bare.url = cloud.url() + "/object-store/v1/AUTH_p1/c";
    auto moved = http::fetch(bare);
    CHECK(moved.status == 301);
    CHECK(moved.headers.get("Location") == "/object-store/v1/AUTH_p1/c/");
}

TEST_CASE("other origins, paces, a store that takes nothing") {
    StoreCloud cloud;
    cloud.ask("PUT", "p1/c", cloud.member, "",
              {{"X-Container-Meta-Access-Control-Allow-Origin", "http://a.org"}});
    cloud.ask("PUT", "p1/c/o", cloud.member, "x");
    auto preflight = [&](const std::string& origin) {
        return cloud.ask("OPTIONS", "p1/c/o", "", "",
                         {{"Origin", origin}, {"Access-Control-Request-Method", "GET"}});
    };
    CHECK(preflight("http://a.org").status == 200);
    CHECK(preflight("http://a.org").headers.get("Access-Control-Allow-Origin") == "http://a.org");
    CHECK(preflight("http://b.org").status == 401);
    auto get = cloud.ask("GET", "p1/c/o", cloud.member, "", {{"Origin", "http://a.org"}});
    CHECK(get.headers.get("Access-Control-Allow-Origin") == "http://a.org");
    CHECK_FALSE(cloud.ask("GET", "p1/c/o", cloud.member, "", {{"Origin", "http://b.org"}})
                    .headers.find("Access-Control-Allow-Origin"));
    CHECK(cloud.ask("OPTIONS", "p1", "").headers.get("Allow").find("GET") != std::string::npos);

    StoreCloud paced({"swift.container_writes_per_second=1.0"});
    paced.ask("PUT", "p1/c", paced.member);
    int slowed = 0;
    for (int i = 0; i < 6; ++i)
        slowed += paced.ask("PUT", "p1/c/o", paced.member, "x").status == 498;
    CHECK(slowed > 0);

    StoreCloud still({"swift.read_only=true"});
    CHECK(still.ask("PUT", "p1/c", still.member).status == 405);
    CHECK(still.ask("GET", "p1", still.member).status == 204);
    StoreCloud quoted({"swift.quoted_etags=true"});
    quoted.ask("PUT", "p1/c", quoted.member);
    CHECK(quoted.ask("PUT", "p1/c/o", quoted.member, "x").headers.get("Etag").front() == '"');
}
