// SPDX-License-Identifier: Apache-2.0
// The backend that writes OVN's northbound database and reads the hosts from the southbound one.
#include "base/strings.h"
#include "engines/ovsdb/client.h"
#include "services/neutron/drivers/ovn_apply.h"

#include <chrono>
#include <thread>

namespace nephele::neutron {
namespace {

constexpr int poll_ms = 5; ///< only while connecting

// "public:br-ex,other:br-2"
std::vector<std::string> networks_of_mappings(const std::string& text) {
    std::vector<std::string> out;
    for (auto& pair : split(text, ','))
        if (auto colon = pair.find(':'); colon != std::string::npos)
            out.emplace_back(trim(std::string_view(pair).substr(0, colon)));
    return out;
}

class OvnNorthbound : public Northbound {
  public:
    OvnNorthbound(const std::string& northbound, const std::string& southbound)
        : rows_(ovn::connect_northbound(northbound)), southbound_(southbound_options(southbound)) {}

    bool wait_ready(int timeout_ms) override {
        if (!southbound_.wait_ready(timeout_ms)) return false;
        for (int waited_ms = 0; !rows_->ready(); waited_ms += poll_ms) {
            if (waited_ms >= timeout_ms) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds(poll_ms));
        }
        return true;
    }
    int apply(const Wiring& wiring, const Part& part) override {
        return apply_wiring(*rows_, wiring, part);
    }
    std::vector<std::string> differences(const Wiring& wiring) override {
        return wiring_differences(*rows_, wiring);
    }
    std::vector<PortUp> port_states() override { return record_ports(rows_->port_states()); }
    void on_port_state(std::function<void(const PortUp&)> callback) override {
        rows_->on_port_state([callback = std::move(callback)](const ovn::PortState& state) {
            if (state.port.kind == "port") callback({state.port.id, state.up});
        });
    }
    std::vector<Chassis> chassis() override {
        std::vector<Chassis> out;
        southbound_.read([&](const ovsdb::Replica& replica) {
            for (auto& [uuid, row] : replica.table("Chassis")) {
                auto mappings = row->entry("other_config", "ovn-bridge-mappings");
                if (!mappings) mappings = row->entry("external_ids", "ovn-bridge-mappings");
                out.push_back({row->text("name"), row->text("hostname"),
                               networks_of_mappings(mappings.value_or(""))});
            }
        });
        std::sort(out.begin(), out.end(), [](auto& a, auto& b) { return a.name < b.name; });
        return out;
    }

  private:
    static ovsdb::ClientOptions southbound_options(const std::string& remote) {
        ovsdb::ClientOptions options;
        options.remote = remote;
        options.database = "OVN_Southbound";
        options.watches = {{"Chassis", {"name", "hostname", "other_config", "external_ids"}}};
        return options;
    }

    std::unique_ptr<ovn::Northbound> rows_;
    ovsdb::Client southbound_;
};

} // namespace

std::unique_ptr<Northbound> ovn_northbound(const std::string& northbound,
                                           const std::string& southbound) {
    return std::make_unique<OvnNorthbound>(northbound, southbound);
}

} // namespace nephele::neutron
