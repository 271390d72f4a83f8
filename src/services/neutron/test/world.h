// SPDX-License-Identifier: Apache-2.0
// A private cloud with the network service alone, and short forms of what tests make.
#pragma once
#include "services/neutron/client.h"
#include "services/neutron/service.h"
#include "tests/support/test_cloud.h"

#include <doctest/doctest.h>

namespace nephele::neutron::testing {

struct World : test::TestCloud {
    explicit World(std::vector<std::string> settings = {})
        : TestCloud({service()}, std::move(settings)) {}

    std::string alice = token("alice");
    std::string bob = token("bob");
    std::string root = admin();

    /// Posts {"network": fields} and returns the record; fails the test on another status than 201.
    Json make(const std::string& collection, const std::string& name, const std::string& who,
              Json fields) {
        auto answer =
            post("/network/v2.0/" + collection, who, Json::object({{name, std::move(fields)}}));
        INFO(answer.text);
        REQUIRE(answer.status == 201);
        return answer.json.at(name);
    }
    Json network(const std::string& who, const std::string& name = "net") {
        return make("networks", "network", who, Json::object({{"name", name}}));
    }
    Json subnet(const std::string& who, const Json& network, const std::string& cidr,
                Json more = Json::object()) {
        Json fields = std::move(more);
        fields["network_id"] = network.at("id");
        fields["cidr"] = cidr;
        fields["ip_version"] = cidr.find(':') == std::string::npos ? 4 : 6;
        return make("subnets", "subnet", who, fields);
    }
    Json port(const std::string& who, const Json& network, Json more = Json::object()) {
        more["network_id"] = network.at("id");
        return make("ports", "port", who, more);
    }
    /// An external network 172.24.4.0/24 of the operator.
    Json external() {
        auto made = make("networks", "network", root,
                         Json::object({{"name", "public"},
                                       {"router:external", true},
                                       {"provider:network_type", "flat"},
                                       {"provider:physical_network", "public"}}));
        subnet(root, made, "172.24.4.0/24", Json::object({{"enable_dhcp", false}}));
        return made;
    }
    Json show(const std::string& collection, const std::string& name, const std::string& who,
              const Json& record) {
        auto answer = get("/network/v2.0/" + collection + "/" + record.text("id"), who);
        INFO(answer.text);
        REQUIRE(answer.status == 200);
        return answer.json.at(name);
    }
    /// Ids of a list with a query.
    std::vector<std::string> ids(const std::string& path, const std::string& who) {
        auto answer = get("/network/v2.0/" + path, who);
        INFO(answer.text);
        REQUIRE(answer.status == 200);
        std::vector<std::string> out;
        for (auto& item : answer.json.as_object().front().second.as_array())
            out.push_back(item.text("id"));
        return out;
    }
};

/// The refusal's type and status.
inline void check_refused(const test::Answer& answer, int status, const std::string& type) {
    INFO(answer.text);
    CHECK(answer.status == status);
    CHECK(answer.json.get("NeutronError").text("type") == type);
    CHECK(!answer.json.get("NeutronError").text("message").empty());
}

} // namespace nephele::neutron::testing
