// SPDX-License-Identifier: Apache-2.0
// GET /servers/{id}/diagnostics: what the hypervisor counts of a guest that runs. Before 2.48 by
// the hypervisor's own names, since then in one form for all.
#include "base/strings.h"
#include "services/neutron/client.h"
#include "services/nova/api/manners.h"
#include "services/nova/api/server_view.h"
#include "services/nova/compute/host.h"
#include "services/nova/ops/guest.h"

#include <map>

namespace nephele::nova {
using namespace api;
namespace {
using Values = std::map<std::string, std::int64_t>;

Json value_of(const Values& values, const std::string& name) {
    auto found = values.find(name);
    return found == values.end() ? Json() : Json(found->second);
}
std::int64_t count_of(const Values& values, const char* name) {
    auto found = values.find(name);
    return found == values.end() ? 0 : found->second;
}

Json details(const Values& values, const std::string& kind, std::int64_t count,
             const std::vector<std::pair<const char*, const char*>>& fields) {
    Json out = Json::array();
    for (std::int64_t i = 0; i < count; ++i) {
        Json one = Json::object();
        for (auto& [shown, name] : fields)
            one[shown] = value_of(values, kind + "." + std::to_string(i) + "." + name);
        out.push_back(std::move(one));
    }
    return out;
}

Json nics_json(const Values& values, const std::vector<neutron::Port>& ports) {
    Json out = details(values, "net", count_of(values, "net.count"),
                       {{"rx_octets", "rx.bytes"},
                        {"rx_packets", "rx.pkts"},
                        {"rx_errors", "rx.errs"},
                        {"rx_drop", "rx.drop"},
                        {"tx_octets", "tx.bytes"},
                        {"tx_packets", "tx.pkts"},
                        {"tx_errors", "tx.errs"},
                        {"tx_drop", "tx.drop"}});
    std::size_t index = 0;
    for (auto& nic : out.as_array()) {
        nic["mac_address"] = index < ports.size() ? Json(ports[index].mac_address) : Json();
        nic["rx_rate"] = nic["tx_rate"] = nullptr;
        ++index;
    }
    return out;
}

Json cpus_json(const Values& values, std::int64_t count) {
    Json out = Json::array();
    for (std::int64_t i = 0; i < count; ++i)
        out.push_back(Json::object({{"id", i},
                                    {"time", value_of(values, format("vcpu.{}.time", i))},
                                    {"utilisation", Json()}}));
    return out;
}

Json standard(const Server& server, const Values& values, const std::string& driver,
              const std::string& type, const std::vector<neutron::Port>& ports) {
    Json used = value_of(values, "balloon.rss");
    if (used.is_integer()) used = used.as_int() / 1024;
    return Json::object(
        {{"config_drive", server.config_drive},
         {"state", "running"},
         {"driver", driver},
         {"hypervisor", type},
         {"hypervisor_os", "linux"},
         {"uptime", Json()},
         {"num_cpus", server.vcpus},
         {"num_disks", count_of(values, "block.count")},
         {"num_nics", static_cast<std::int64_t>(ports.size())},
         {"memory_details", Json::object({{"maximum", server.memory_mb}, {"used", used}})},
         {"cpu_details", cpus_json(values, server.vcpus)},
         {"disk_details", details(values, "block", count_of(values, "block.count"),
                                  {{"read_bytes", "rd.bytes"},
                                   {"read_requests", "rd.reqs"},
                                   {"write_bytes", "wr.bytes"},
                                   {"write_requests", "wr.reqs"},
                                   {"errors_count", "errors"}})},
         {"nic_details", nics_json(values, ports)}});
}

struct Facts {
    Server server;
    std::vector<neutron::Port> ports;
    std::string domain_type;
    bool standard = false;
};
Facts facts_of(Call& call) {
    Facts facts;
    facts.server = server_of(call);
    const Server& server = facts.server;
    if (!server.host)
        throw conflict("InstanceNotReady", format("Instance {} is not ready", server.id));
    auto status = guest_status(call.tx, *server.host, server.id);
    if (!status || status->power_state != power::running)
        throw conflict("InstanceInvalidState",
                       format("Cannot 'get_diagnostics' instance {} while it is in vm_state {}",
                              server.id, shape::text_of_enum(server.vm_state)));
    facts.domain_type = status->domain_type;
    facts.ports = neutron::ports_of_device(call.tx, server.id);
    facts.standard = call.version >= Version{2, 48};
    return facts;
}

Reply show(FreeCall& free) {
    Facts facts = free.read([](Call& call) { return facts_of(call); });
    auto* hosts = compute::hosts_of(free.cloud);
    auto* host = hosts ? hosts->find(*facts.server.host) : nullptr;
    if (!host)
        throw Failure(Fault::not_implemented, "NotImplemented",
                      format("What host {} counts cannot be read from this control node.",
                             *facts.server.host));
    Values values;
    for (auto& [name, value] : host->statistics(facts.server.id)) values[name] = value;
    Reply reply;
    if (facts.standard) {
        reply.body = standard(facts.server, values, host->driver(), facts.domain_type, facts.ports);
    } else {
        reply.body = Json::object();
        for (auto& [name, value] : values) reply.body[name] = value;
    }
    return reply;
}
} // namespace

Resource server_diagnostics_resource() {
    return Resource().on("GET /v2.1/servers/{server_id}/diagnostics", rule("os-server-diagnostics"),
                         show);
}

} // namespace nephele::nova
