// SPDX-License-Identifier: Apache-2.0
#include "engines/ovs/local_switch.h"

#include "base/strings.h"

#include <algorithm>
#include <mutex>

namespace nephele::ovs {
namespace {

using ovsdb::Condition;
using ovsdb::NamedUuid;
using ovsdb::Replica;
using ovsdb::Row;
using ovsdb::RowPointer;
using ovsdb::StringMap;
using ovsdb::Uuid;
using ovsdb::Value;

constexpr int transaction_timeout_ms = 20'000;
constexpr int switch_timeout_ms = 20'000;
const char* const owner_entry = "nephele:owner";

std::pair<std::string, RowPointer> by_name(const Replica& replica, const char* table,
                                           const std::string& name) {
    for (const auto& [uuid, row] : replica.table(table))
        if (row->text("name") == name) return {uuid, row};
    return {};
}

StringMap external_ids(const Port& port) {
    StringMap entries = {
        {"iface-id", port.interface_id}, {"iface-status", "active"}, {owner_entry, "nephele"}};
    if (!port.mac.empty()) entries["attached-mac"] = port.mac;
    if (!port.instance.empty()) entries["vm-id"] = port.instance;
    return entries;
}

/// Of external_ids only our entries are changed: ovn-controller keeps its own there.
void change_entries(std::vector<ovsdb::Mutation>& mutations, const StringMap& before,
                    const StringMap& after) {
    std::vector<ovsdb::Atom> lost;
    std::vector<std::pair<ovsdb::Atom, ovsdb::Atom>> gained;
    for (const auto& [key, value] : after) {
        auto found = before.find(key);
        if (found != before.end() && found->second == value) continue;
        if (found != before.end()) lost.emplace_back(key);
        gained.emplace_back(key, value);
    }
    if (!lost.empty()) mutations.push_back({"external_ids", "delete", Value::set(lost)});
    if (!gained.empty()) mutations.push_back({"external_ids", "insert", Value::map(gained)});
}

void change_interface(Json::Array& operations, const std::string& uuid, const Row& before,
                      const Port& port) {
    ovsdb::Columns columns;
    const std::string type = port.internal ? "internal" : "";
    // The switch itself writes "system" for a plain device in some versions.
    const std::string stored = before.text("type") == "system" ? "" : before.text("type");
    if (stored != type) columns["type"] = Value(type);
    const Value mtu = port.internal && port.mtu ? Value(port.mtu) : Value();
    if (!(before.value("mtu_request") == mtu)) columns["mtu_request"] = mtu;
    if (!columns.empty())
        operations.push_back(ovsdb::update("Interface", {ovsdb::row_is(uuid)}, columns));
    std::vector<ovsdb::Mutation> mutations;
    change_entries(mutations, before.map("external_ids"), external_ids(port));
    if (!mutations.empty())
        operations.push_back(ovsdb::mutate("Interface", {ovsdb::row_is(uuid)}, mutations));
}

void insert_port(Json::Array& operations, const std::string& bridge, const Port& port) {
    ovsdb::Columns interface = {{"name", Value(port.device)},
                                {"external_ids", Value::map(external_ids(port))}};
    if (port.internal) interface["type"] = Value("internal");
    if (port.internal && port.mtu) interface["mtu_request"] = Value(port.mtu);
    operations.push_back(ovsdb::insert("Interface", interface, "interface"));
    operations.push_back(ovsdb::insert(
        "Port",
        {{"name", Value(port.device)}, {"interfaces", Value::set({NamedUuid{"interface"}})}},
        "port"));
    operations.push_back(ovsdb::mutate("Bridge", {ovsdb::row_is(bridge)},
                                       {{"ports", "insert", Value::set({NamedUuid{"port"}})}}));
}

PortStatus status_of(const Replica& replica, const std::string& uuid, const Row& interface) {
    PortStatus status;
    status.port.device = interface.text("name");
    const StringMap ids = interface.map("external_ids");
    auto entry = [&ids](const char* key) {
        auto found = ids.find(key);
        return found == ids.end() ? std::string() : found->second;
    };
    status.port.interface_id = entry("iface-id");
    status.port.mac = entry("attached-mac");
    status.port.instance = entry("vm-id");
    status.port.internal = interface.text("type") == "internal";
    status.port.mtu = static_cast<int>(interface.integer("mtu_request"));
    status.number = interface.integer("ofport");
    status.error = interface.text("error");
    for (const auto& port : replica.holders("Port", "interfaces", uuid))
        for (const auto& bridge : replica.holders("Bridge", "ports", port))
            status.bridge = replica.row("Bridge", bridge)->text("name");
    return status;
}

ovsdb::ClientOptions client_options(const std::string& remote) {
    ovsdb::ClientOptions options;
    options.remote = remote;
    options.database = "Open_vSwitch";
    options.watches = {
        {"Open_vSwitch", {"cur_cfg", "next_cfg", "external_ids", "other_config", "ovs_version"}},
        {"Bridge", {"name", "ports", "datapath_type"}},
        {"Port", {"name", "interfaces"}},
        {"Interface", {"name", "type", "mtu_request", "external_ids", "ofport", "error"}}};
    options.prepare = [](Replica& replica) {
        replica.index_references("Port", "interfaces");
        replica.index_references("Bridge", "ports");
    };
    return options;
}

class DatabaseSwitch : public LocalSwitch {
  public:
    DatabaseSwitch(const std::string& remote, std::string bridge)
        : bridge_(std::move(bridge)), client_(client_options(remote)) {}

    void ensure_port(const Port& port) override {
        commit([&](const Replica& replica) { return plan_port(replica, bridge_, port); });
        auto status = find(port.device);
        if (!status)
            throw EngineFailure(EngineFailure::Kind::transient,
                                "ovs: port " + port.device + " vanished");
        if (status->number <= 0)
            throw EngineFailure(EngineFailure::Kind::permanent,
                                format("ovs: the switch did not take {}: {}", port.device,
                                       status->error.empty() ? "no reason given" : status->error));
    }

    void ensure_no_port(const std::string& device) override {
        commit([&](const Replica& replica) { return plan_no_port(replica, device); });
    }

    std::optional<PortStatus> find(const std::string& device) override {
        need_replica();
        std::optional<PortStatus> status;
        client_.read([&](const Replica& replica) {
            auto [uuid, interface] = by_name(replica, "Interface", device);
            if (interface) status = status_of(replica, uuid, *interface);
        });
        return status;
    }

    std::vector<PortStatus> ports() override {
        need_replica();
        std::vector<PortStatus> list;
        client_.read([&](const Replica& replica) {
            for (const auto& [uuid, row] : replica.table("Interface"))
                if (row->entry("external_ids", owner_entry))
                    list.push_back(status_of(replica, uuid, *row));
        });
        return list;
    }

    SwitchFacts facts() override {
        need_replica();
        SwitchFacts facts;
        client_.read([&](const Replica& replica) {
            auto [uuid, global] = replica.singleton("Open_vSwitch");
            if (!global) return;
            facts.chassis = global->entry("external_ids", "system-id").value_or("");
            facts.version = global->text("ovs_version");
            facts.userspace_segmentation =
                global->entry("other_config", "userspace-tso-enable") == "true";
            auto bridge = by_name(replica, "Bridge", bridge_).second;
            facts.datapath = bridge ? bridge->text("datapath_type") : "";
            if (facts.datapath.empty()) facts.datapath = "system";
        });
        return facts;
    }

  private:
    void need_replica() {
        if (!client_.wait_ready(transaction_timeout_ms))
            throw EngineFailure(EngineFailure::Kind::transient,
                                "ovs: database not reachable: " + client_.last_problem());
    }

    /// Runs the plan, if there is anything to do, and waits until the switch has done it.
    void commit(const std::function<Json::Array(const Replica&)>& plan) {
        std::lock_guard lock(mutex_);
        need_replica();
        Json::Array operations;
        client_.read([&](const Replica& replica) { operations = plan(replica); });
        std::int64_t target = 0;
        if (operations.empty()) {
            // Perhaps an earlier attempt wrote it and did not wait to the end.
            client_.read([&](const Replica& replica) {
                auto [uuid, global] = replica.singleton("Open_vSwitch");
                if (global) target = global->integer("next_cfg");
            });
        } else {
            operations.push_back(ovsdb::mutate("Open_vSwitch", {}, {{"next_cfg", "+=", Value(1)}}));
            operations.push_back(ovsdb::select("Open_vSwitch", {}, {"next_cfg"}));
            auto results = client_.transact(operations, transaction_timeout_ms);
            target = results.back().at("rows").as_array().at(0).integer("next_cfg");
        }
        const bool done = client_.wait_until(
            [&](const Replica& replica) {
                auto [uuid, global] = replica.singleton("Open_vSwitch");
                return global && global->integer("cur_cfg") >= target;
            },
            switch_timeout_ms);
        if (!done)
            throw EngineFailure(EngineFailure::Kind::transient,
                                "ovs: the switch has not taken the change in time");
    }

    const std::string bridge_;
    std::mutex mutex_;
    ovsdb::Client client_;
};

} // namespace

std::string device_name(const std::string& prefix, const std::string& id) {
    return (prefix + id).substr(0, 15);
}

Json::Array plan_port(const Replica& replica, const std::string& bridge_name, const Port& port) {
    auto [bridge, bridge_row] = by_name(replica, "Bridge", bridge_name);
    if (!bridge_row)
        throw EngineFailure(EngineFailure::Kind::transient,
                            "ovs: there is no bridge " + bridge_name + " yet");
    Json::Array operations;
    auto [stored, row] = by_name(replica, "Port", port.device);
    auto [interface, interface_row] = by_name(replica, "Interface", port.device);
    if (!row || !interface_row) {
        insert_port(operations, bridge, port);
        return operations;
    }
    change_interface(operations, interface, *interface_row, port);
    if (bridge_row->holds("ports", stored)) return operations;
    for (const auto& other : replica.holders("Bridge", "ports", stored))
        operations.push_back(ovsdb::mutate("Bridge", {ovsdb::row_is(other)},
                                           {{"ports", "delete", Value(Uuid{stored})}}));
    operations.push_back(ovsdb::mutate("Bridge", {ovsdb::row_is(bridge)},
                                       {{"ports", "insert", Value(Uuid{stored})}}));
    return operations;
}

Json::Array plan_no_port(const Replica& replica, const std::string& device) {
    Json::Array operations;
    auto [port, row] = by_name(replica, "Port", device);
    if (!row) return operations;
    // Port and interface vanish when no bridge names them.
    for (const auto& bridge : replica.holders("Bridge", "ports", port))
        operations.push_back(ovsdb::mutate("Bridge", {ovsdb::row_is(bridge)},
                                           {{"ports", "delete", Value(Uuid{port})}}));
    return operations;
}

std::unique_ptr<LocalSwitch> connect_local_switch(const std::string& remote,
                                                  const std::string& bridge) {
    return std::make_unique<DatabaseSwitch>(remote, bridge);
}

} // namespace nephele::ovs
