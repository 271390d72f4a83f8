// SPDX-License-Identifier: Apache-2.0
// A private cloud with glance alone, and the requests its tests make over and over.
#pragma once
#include "services/glance/drivers/fake.h"
#include "services/glance/ops/state.h"
#include "services/glance/service.h"
#include "tests/support/test_cloud.h"

#include <string>
#include <utility>

namespace nephele::glance {

struct World {
    explicit World(std::vector<std::string> settings = {}, const Clock* clock = nullptr)
        : cloud({glance::service()}, std::move(settings), false, {}, clock) {}
    test::TestCloud cloud;
    std::string admin = cloud.admin(), one = cloud.token("one"), two = cloud.token("two"),
                three = cloud.token("three");

    State& state() { return cloud.cloud().state<State>(); }
    FakeStore& use_fake_store() {
        auto fake = std::make_unique<FakeStore>();
        auto& ref = *fake;
        state().stores.standard().driver = std::move(fake);
        return ref;
    }
    Store& store() { return *state().stores.standard().driver; }

    test::Answer get(const std::string& path, const std::string& token) {
        return cloud.get("/image" + path, token);
    }
    test::Answer post(const std::string& path, const std::string& token, const Json& body) {
        return cloud.post("/image" + path, token, body);
    }
    test::Answer create(const std::string& token, Json body = Json::object()) {
        for (auto& [name, value] : {std::pair{"disk_format", "raw"}, {"container_format", "bare"}})
            if (!body.has(name)) body[name] = value;
        return post("/v2/images", token, body);
    }
    /// Id of a new image.
    std::string image(const std::string& token, Json body = Json::object()) {
        auto made = create(token, std::move(body));
        return made.status == 201 ? made.json.text("id") : "(" + made.text + ")";
    }
    test::Answer upload(const std::string& id, const std::string& token, const std::string& bytes) {
        http::Headers headers;
        headers.set("Content-Type", "application/octet-stream");
        return cloud.raw("PUT", "/image/v2/images/" + id + "/file", token, bytes, headers);
    }
    test::Answer patch(const std::string& id, const std::string& token, const char* operations) {
        http::Headers headers;
        headers.set("Content-Type", "application/openstack-images-v2.1-json-patch");
        return cloud.raw("PATCH", "/image/v2/images/" + id, token, operations, headers);
    }
    Json show(const std::string& id) { return get("/v2/images/" + id, admin).json; }
    std::vector<std::string> list(const std::string& token, const std::string& query = "") {
        std::vector<std::string> ids;
        auto answer = get("/v2/images" + query, token);
        if (answer.status != 200) return {"status " + std::to_string(answer.status)};
        for (auto& item : answer.json.at("images").as_array()) ids.push_back(item.text("id"));
        return ids;
    }
};

} // namespace nephele::glance
