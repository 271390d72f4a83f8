// SPDX-License-Identifier: Apache-2.0
#include "services/nova/test/world.h"

#include "platform/journal/journal.h"
#include "services/neutron/service.h"
#include "services/nova/model/guest_snapshot.h"
#include "services/nova/model/guest_spec.h"
#include "services/nova/model/host_facts.h"
#include "services/nova/service.h"
#include "services/placement/service.h"

#include <doctest/doctest.h>

namespace nephele::nova::test {

// ---- hosts ----

Hosts::Hosts(Cloud& cloud) : cloud_(cloud), link_(agent::in_process_link(cloud)) {}

void Hosts::add(const std::string& host, std::int64_t vcpus, std::int64_t memory_mb,
                const std::string& zone) {
    HostFacts facts;
    facts.vcpus = vcpus;
    facts.memory_mb = memory_mb;
    facts.disk_gb = 1000;
    facts.hypervisor_type = "fake";
    facts.availability_zone = zone;
    link_->hello(host, Json::object({{compute_facts_key, HostFacts::shape().image(&facts)}}));
    seen_[host] = 0;
}

agent::Observed Hosts::make(const std::string& host, const agent::Desired& desired) {
    agent::Observed out;
    out.kind = desired.kind;
    out.id = desired.id;
    out.generation = desired.generation;
    if (desired.absent) {
        if (desired.kind == guest_kind) guests[host].erase(desired.id);
        out.phase = agent::Phase::absent;
        return out;
    }
    if ((broken.count(host) && desired.kind == guest_kind) || broken_kinds.count(desired.kind)) {
        out.phase = agent::Phase::failed;
        out.permanent = true;
        out.error = "told to fail";
        return out;
    }
    out.phase = agent::Phase::ready;
    if (desired.kind == snapshot_kind) {
        SnapshotStatus status{"/snapshots/" + desired.spec.text("image_id"), "qcow2"};
        out.status = SnapshotStatus::shape().image(&status);
    }
    if (desired.kind != guest_kind) return out;
    guests[host][desired.id] = desired.spec;
    GuestSpec spec;
    GuestSpec::shape().from_image(desired.spec, &spec);
    GuestStatus status;
    status.instance_name = spec.name;
    status.soft_reboots_done = spec.soft_reboots;
    status.hard_reboots_done = spec.hard_reboots;
    status.serial_socket = "/run/" + desired.id + ".serial";
    status.vnc_socket = "/run/" + desired.id + ".vnc";
    status.power_state = spec.power == GuestPower::running   ? 1
                         : spec.power == GuestPower::paused  ? 3
                         : spec.power == GuestPower::stopped ? 4
                                                             : 7;
    out.status = GuestStatus::shape().image(&status);
    generations_[host + "/" + desired.id] = desired.generation;
    return out;
}

bool Hosts::work() {
    bool any = false;
    for (auto& [host, since] : seen_) {
        if (asleep.count(host)) continue;
        auto delta = link_->pull(host, since, 0);
        since = std::max(since, delta.change);
        std::vector<agent::Observed> reports;
        for (auto& desired : delta.records) reports.push_back(make(host, desired));
        if (reports.empty()) continue;
        link_->report(host, reports);
        any = true;
    }
    return any;
}

void Hosts::reconnect() {
    for (auto& [host, since] : seen_) since = 0;
}

void Hosts::report_power(const std::string& host, const std::string& server, std::int64_t state) {
    GuestStatus status;
    status.power_state = state;
    agent::Observed out;
    out.kind = guest_kind;
    out.id = server;
    out.generation = generations_[host + "/" + server];
    out.phase = agent::Phase::ready;
    out.status = GuestStatus::shape().image(&status);
    link_->report(host, {out});
}

bool bring_ports_up(Cloud& cloud) {
    return cloud.db().write([&](db::Tx& tx) {
        std::vector<std::string> down;
        tx.each("SELECT id FROM neutron_ports WHERE binding_host_id <> '' AND status <> 'ACTIVE'",
                db::Params{}, [&](const db::Row& row) { down.push_back(row.str(0)); });
        for (auto& id : down) {
            tx.exec("UPDATE neutron_ports SET status = 'ACTIVE' WHERE id = ?", db::Params{id});
            journal::Entry entry;
            entry.at = cloud.now();
            entry.service = "neutron";
            entry.kind = "port";
            entry.id = id;
            entry.change = "update";
            journal::append(tx, entry);
        }
        return !down.empty();
    });
}

std::vector<std::string> broken_invariants(Cloud& cloud) {
    std::vector<std::string> out;
    for (auto& check : service().checks)
        cloud.db().read([&](db::Tx& tx) {
            for (auto& line : check.find(cloud, tx)) out.push_back(check.name + ": " + line);
        });
    return out;
}

std::vector<api::Service> services() {
    return {placement::service(), neutron::service(), service()};
}

// ---- world ----

World::World(int host_count, const Clock* clock, std::vector<std::string> settings)
    : cloud(services(), std::move(settings), false, {}, clock), admin(cloud.admin()),
      member(cloud.token("p1")), other(cloud.token("p2")), hosts(cloud.cloud()) {
    forget_made_images();
    for (int i = 1; i <= host_count; ++i) hosts.add("h" + std::to_string(i));
    cloud.node().tasks().run_all();
    auto made = cloud.post("/network/v2.0/networks", member,
                           Json::object({{"network", Json::object({{"name", "net"}})}}));
    REQUIRE(made.status == 201);
    network = made.json.at("network").text("id");
    auto subnet = cloud.post("/network/v2.0/subnets", member,
                             Json::object({{"subnet", Json::object({{"network_id", network},
                                                                    {"ip_version", 4},
                                                                    {"cidr", "10.0.0.0/24"}})}}));
    REQUIRE(subnet.status == 201);
    auto flavor = call(
        "POST", "/flavors", admin,
        Json::object(
            {{"flavor",
              Json::object(
                  {{"id", "1"}, {"name", "small"}, {"ram", 512}, {"vcpus", 1}, {"disk", 1}})}}));
    REQUIRE(flavor.status == 200);
}

Answer World::call(const char* method, const std::string& path, const std::string& token,
                   const Json& body, const char* version) {
    http::Headers headers;
    headers.set("OpenStack-API-Version", std::string("compute ") + version);
    return cloud.request(method, "/compute/v2.1" + path, token, body, headers);
}

Json World::server_body(const std::string& name, Json more) {
    Json server = Json::object({{"name", name},
                                {"flavorRef", "1"},
                                {"imageRef", image_id},
                                {"networks", Json::array({Json::object({{"uuid", network}})})}});
    for (auto& [key, value] : more.as_object()) server[key] = value;
    return Json::object({{"server", std::move(server)}});
}

std::string World::create(const std::string& name, Json more) {
    auto made = call("POST", "/servers", member, server_body(name, std::move(more)));
    INFO(made.text);
    REQUIRE(made.status == 202);
    return made.json.at("server").text("id");
}

std::string World::create_active(const std::string& name, Json more) {
    std::string id = create(name, std::move(more));
    settle();
    Json server = show(id);
    INFO(server.dump());
    REQUIRE(server.text("status") == "ACTIVE");
    return id;
}

Json World::show(const std::string& id, const std::string& token) {
    auto answer = call("GET", "/servers/" + id, token.empty() ? member : token);
    return answer.status == 200 ? answer.json.at("server") : Json();
}

Answer World::act(const std::string& id, Json body, const std::string& token) {
    return call("POST", "/servers/" + id + "/action", token.empty() ? member : token, body);
}

std::string World::message(const Answer& answer) {
    return answer.json.as_object().front().second.text("message");
}

void World::settle() {
    for (int round = 0; round < 50; ++round) {
        cloud.settle();
        bool moved = hosts.work();
        moved = bring_ports_up(cloud.cloud()) || moved;
        if (!moved) return;
    }
    FAIL("the world does not come to rest");
}

} // namespace nephele::nova::test
