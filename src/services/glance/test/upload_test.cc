// SPDX-License-Identifier: Apache-2.0
// Uploads and everything that can go wrong with them: whatever happens, the image is active with
// its data, or queued with nothing left.
#include "services/glance/drivers/filesystem.h"
#include "services/glance/ops/uploads.h"
#include "services/glance/store/images.h"
#include "services/glance/tasks/sweep.h"
#include "services/glance/test/world.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace nephele;
using namespace nephele::glance;

namespace {
bool clean(World& w, const std::string& id) {
    auto image =
        w.cloud.cloud().db().read([&](db::Tx& tx) { return find(tx, images(), Scope::all(), id); });
    return image && image->status == Status::queued && !image->location && !image->upload_node &&
           !image->size && w.store().list().empty();
}

/// A client that sends what it likes and breaks off when it likes.
class RawClient {
  public:
    RawClient(World& w, const std::string& head) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(w.cloud.node().port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        send(head);
    }
    ~RawClient() { ::close(fd_); }
    void send(const std::string& bytes) {
        CHECK(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
              static_cast<ssize_t>(bytes.size()));
    }
    void finish_sending() { ::shutdown(fd_, SHUT_WR); }
    /// Everything the server still says, until it closes.
    std::string rest() {
        std::string out;
        char piece[4096];
        for (ssize_t got; (got = ::recv(fd_, piece, sizeof piece, 0)) > 0;)
            out.append(piece, static_cast<std::size_t>(got));
        return out;
    }

  private:
    int fd_;
};

std::string upload_head(const std::string& id, const std::string& token,
                        const std::string& framing) {
    return "PUT /image/v2/images/" + id + "/file HTTP/1.1\r\nHost: x\r\nX-Auth-Token: " + token +
           "\r\nContent-Type: application/octet-stream\r\nConnection: close\r\n" + framing +
           "\r\n\r\n";
}
// The row tells when the server has begun; each look is a request, so this waits without sleeping.
void wait_until_saving(World& w, const std::string& id) {
    int looks = 0;
    while (w.show(id).text("status") != "saving") REQUIRE(++looks < 5000);
}
int status_of(const std::string& answer) {
    return answer.size() > 12 ? std::atoi(answer.c_str() + 9) : 0;
}
} // namespace

TEST_CASE("upload: a store that fails leaves the image queued and itself empty") {
    struct Case {
        FakeStore::At point;
        StoreError::Kind kind;
        int status;
    };
    World w;
    auto& store = w.use_fake_store();
    auto id = w.image(w.one);
    for (auto& c : {Case{FakeStore::At::create, StoreError::Kind::denied, 503},
                    Case{FakeStore::At::create, StoreError::Kind::full, 413},
                    Case{FakeStore::At::write, StoreError::Kind::failed, 503},
                    Case{FakeStore::At::write, StoreError::Kind::full, 413},
                    Case{FakeStore::At::sync, StoreError::Kind::failed, 503},
                    Case{FakeStore::At::rename, StoreError::Kind::failed, 503}}) {
        for (std::size_t length : {10, 1'000'000}) {
            CAPTURE(static_cast<int>(c.point));
            CAPTURE(length);
            store.fail_at(c.point, c.kind);
            store.writes_before_failure(length > 10 ? 2 : 0);
            CHECK(w.upload(id, w.one, std::string(length, 'x')).status == c.status);
            CHECK(clean(w, id));
        }
    }
    store.fail_at(FakeStore::At::nowhere);
    CHECK(w.upload(id, w.one, "works").status == 204);
    store.fail_at(FakeStore::At::open);
    CHECK(w.get("/v2/images/" + id + "/file", w.one).status == 503);
    store.fail_at(FakeStore::At::nowhere);
    CHECK(w.get("/v2/images/" + id + "/file", w.one).text == "works");
}

TEST_CASE("upload: content that is not what was declared is refused with the reason") {
    World w;
    std::string qcow2(200'000, '\0');
    qcow2.replace(0, 8, std::string("QFI\xfb\0\0\0\3", 8));
    auto raw = w.image(w.one), declared = w.image(w.one, Json::object({{"disk_format", "qcow2"}}));
    auto refused = w.upload(raw, w.one, qcow2);
    CHECK(refused.status == 415);
    CHECK(refused.text.find("its content is qcow2") != std::string::npos);
    CHECK(clean(w, raw));
    CHECK(w.upload(declared, w.one, std::string(200'000, 'x')).status == 415);
    CHECK(w.upload(declared, w.one, qcow2).text.find("cluster size") != std::string::npos);
    CHECK(clean(w, declared));
    auto vmdk = w.image(w.one, Json::object({{"disk_format", "vmdk"}}));
    CHECK(w.upload(vmdk, w.one, "KDMV").status == 415);
    auto ova = w.image(w.one, Json::object({{"container_format", "ova"}}));
    CHECK(w.upload(ova, w.one, "x").status == 415);
    auto bare = w.post("/v2/images", w.one, Json::object()).json.text("id");
    CHECK(w.upload(bare, w.one, "x").status == 400);
    CHECK(clean(w, bare));
}

TEST_CASE("upload: headers, size cap and project quota") {
    World w({"glance.image_size_cap=1000", "glance.user_storage_quota=1500"});
    auto id = w.image(w.one);
    auto put = [&](const char* name, const char* value) {
        http::Headers headers;
        headers.set("Content-Type", "application/octet-stream");
        headers.set(name, value);
        return w.cloud.raw("PUT", "/image/v2/images/" + id + "/file", w.one, "x", headers).status;
    };
    CHECK(put("Content-Type", "application/json") == 415);
    CHECK(put("X-Image-Meta-Store", "elsewhere") == 400);
    CHECK(w.upload(id, w.one, std::string(1001, 'x')).status == 413);
    CHECK(clean(w, id));
    RawClient chunked(w, upload_head(id, w.one, "Transfer-Encoding: chunked"));
    chunked.send("3e9\r\n" + std::string(1001, 'x') + "\r\n0\r\n\r\n");
    CHECK(status_of(chunked.rest()) == 413);
    CHECK(clean(w, id));
    CHECK(w.upload(id, w.one, std::string(1000, 'x')).status == 204);
    CHECK(w.upload(w.image(w.one), w.one, std::string(501, 'x')).status == 413);
    CHECK(w.upload(w.image(w.one), w.one, std::string(500, 'x')).status == 204);
    CHECK(w.upload(w.image(w.two), w.two, std::string(1000, 'x')).status == 204);
}

TEST_CASE("upload: chunked and empty bodies") {
    World w;
    auto id = w.image(w.one), empty = w.image(w.one);
    RawClient client(w, upload_head(id, w.one, "Transfer-Encoding: chunked"));
    client.send("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
    CHECK(status_of(client.rest()) == 204);
    CHECK(w.get("/v2/images/" + id + "/file", w.one).text == "hello world");
    CHECK(w.upload(empty, w.one, "").status == 204);
    CHECK(w.show(empty).text("status") == "active");
    CHECK(w.show(empty).integer("size", -1) == 0);
    CHECK(w.show(empty).text("checksum") == "d41d8cd98f00b204e9800998ecf8427e");
}

TEST_CASE("upload: a client that breaks off leaves nothing behind") {
    World w;
    auto id = w.image(w.one);
    for (auto& [framing, body] :
         {std::pair<std::string, std::string>{"Content-Length: 1000000", std::string(600'000, 'x')},
          {"Content-Length: 10", ""},
          {"Transfer-Encoding: chunked", "5\r\nhel"},
          {"Transfer-Encoding: chunked", "5\r\nhello\r\n"},
          {"Transfer-Encoding: chunked", "zz\r\nhello\r\n"}}) {
        CAPTURE(framing);
        RawClient client(w, upload_head(id, w.one, framing));
        client.send(body);
        client.finish_sending();
        CHECK(status_of(client.rest()) == 400);
        CHECK(clean(w, id));
    }
    CHECK(w.upload(id, w.one, "at last").status == 204);
}

TEST_CASE("upload: two at once, the second is told so") {
    World w;
    auto id = w.image(w.one);
    RawClient first(w, upload_head(id, w.one, "Content-Length: 10"));
    first.send("01234");
    wait_until_saving(w, id);
    CHECK(w.upload(id, w.one, "other").status == 409);
    CHECK(w.get("/v2/images/" + id + "/file", w.one).status == 204);
    // A sweep in between does not touch the living.
    CHECK(sweep(w.cloud.cloud()).images == 0);
    first.send("56789");
    CHECK(status_of(first.rest()) == 204);
    CHECK(w.get("/v2/images/" + id + "/file", w.one).text == "0123456789");
    CHECK(w.upload(id, w.one, "again").status == 409);
}

TEST_CASE("upload: an image deleted meanwhile takes its data along") {
    World w;
    auto id = w.image(w.one);
    RawClient client(w, upload_head(id, w.one, "Content-Length: 10"));
    client.send("01234");
    wait_until_saving(w, id);
    CHECK(w.cloud.del("/image/v2/images/" + id, w.one).status == 204);
    CHECK(sweep(w.cloud.cloud()).objects == 0);
    client.send("56789");
    CHECK(status_of(client.rest()) == 410);
    CHECK(w.store().list().empty());
}

TEST_CASE("sweep: what a dead process left is put right") {
    World w;
    Cloud& cloud = w.cloud.cloud();
    auto& store = w.store();
    auto half = w.image(w.one), whole = w.image(w.one), good = w.image(w.one);
    CHECK(w.upload(good, w.one, "good").status == 204);
    // As after kill -9 in the middle, and between rename and commit.
    for (auto& id : {half, whole})
        write_as_cloud(cloud, "test", [&](Context& context) {
            auto image = need(context.tx, images(), Scope::all(), id);
            mark_saving(context, image, store);
        });
    auto object_of = [&](const std::string& id) {
        return cloud.db().read(
            [&](db::Tx& tx) { return *need(tx, images(), Scope::all(), id).location; });
    };
    auto dying = store.create(object_of(half));
    auto left = store.create(object_of(whole));
    left->write("whole");
    left->finish();
    // A deleted image whose data could not be removed.
    auto stray = store.create(store.new_location(new_object_name(half, "ffffffff")));
    stray->finish();
    CHECK(store.list().size() == 4);

    auto swept = sweep(cloud);
    CHECK(swept.images == 2);
    CHECK(swept.objects == 1);
    CHECK(w.show(half).text("status") == "queued");
    CHECK(w.show(whole).text("status") == "queued");
    CHECK(w.get("/v2/images/" + good + "/file", w.one).text == "good");
    CHECK(store.list().size() == 1);
    auto again = sweep(cloud);
    CHECK(again.images + again.objects == 0);
    CHECK(w.upload(half, w.one, "now").status == 204);
}

TEST_CASE("sweep: uploads of other nodes are theirs") {
    World w;
    Cloud& cloud = w.cloud.cloud();
    auto id = w.image(w.one);
    write_as_cloud(cloud, "test", [&](Context& context) {
        auto image = need(context.tx, images(), Scope::all(), id);
        mark_saving(context, image, w.store());
        image.upload_node = "another";
        store::update(context, image);
        w.store().create(*image.location)->finish();
    });
    auto swept = sweep(cloud);
    CHECK(swept.images + swept.objects == 0);
    CHECK(w.show(id).text("status") == "saving");
}

TEST_CASE("delete: data that cannot be removed is swept later") {
    World w;
    auto& store = w.use_fake_store();
    auto id = w.image(w.one);
    w.upload(id, w.one, "data");
    store.fail_at(FakeStore::At::remove);
    CHECK(w.cloud.del("/image/v2/images/" + id, w.one).status == 204);
    CHECK(store.list().size() == 1);
    store.fail_at(FakeStore::At::nowhere);
    CHECK(sweep(w.cloud.cloud()).objects == 1);
    CHECK(store.list().empty());
}

TEST_CASE("check: rows and data that disagree are told") {
    World w;
    auto id = w.image(w.one, Json::object({{"tags", Json::array({"a"})}, {"colour", "red"}}));
    w.upload(id, w.one, "data");
    auto problems = [&] {
        std::size_t count = 0;
        w.cloud.cloud().db().read([&](db::Tx& tx) {
            for (auto& service : w.cloud.node().services())
                if (service.name == "glance")
                    for (auto& check : service.checks)
                        count += check.find(w.cloud.cloud(), tx).size();
        });
        return count;
    };
    CHECK(problems() == 0);
    w.store().remove(w.store().list().front().location);
    CHECK(problems() == 1);
    w.cloud.cloud().db().write([&](db::Tx& tx) {
        tx.exec("DELETE FROM glance_image_tags");
        tx.exec("UPDATE glance_image_properties SET value = 'blue'");
    });
    CHECK(problems() == 4);
}

TEST_CASE("transfers over the bound are told to come back, and those admitted are not disturbed") {
    World w({"glance.concurrent_uploads=1", "glance.concurrent_downloads=1"});
    std::string id = w.image(w.one), other = w.image(w.one);
    {
        RawClient client(w, upload_head(id, w.one, "Content-Length: 4"));
        client.send("ab");
        // It is under way once the row says so.
        while (w.show(id).text("status") != "saving") {
        }
        auto refused = w.upload(other, w.one, "data");
        CHECK(refused.status == 503);
        CHECK(refused.headers.get("Retry-After") == "10");
        CHECK(refused.text.find("uploads are under way") != std::string::npos);
        CHECK(w.show(other).text("status") == "queued");
        client.send("cd");
        CHECK(client.rest().find(" 204 ") != std::string::npos);
    }
    std::string big(12 << 20, 'b');
    REQUIRE(w.upload(other, w.one, big).status == 204);
    {
        RawClient slow(w, "GET /image/v2/images/" + other + "/file HTTP/1.1\r\nHost: x\r\n" +
                              "Connection: close\r\nX-Auth-Token: " + w.one + "\r\n\r\n");
        while (w.state().downloads_at_once->running() == 0) {
        }
        auto refused = w.get("/v2/images/" + id + "/file", w.one);
        CHECK(refused.status == 503);
        CHECK(refused.headers.get("Retry-After") == "10");
        CHECK(slow.rest().size() > big.size());
    }
    while (w.state().downloads_at_once->running() > 0) {
    }
    CHECK(w.get("/v2/images/" + id + "/file", w.one).text == "abcd");
}
