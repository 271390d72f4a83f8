// SPDX-License-Identifier: Apache-2.0
#include "services/nova/compute/fake_host.h"

#include "services/neutron/client.h"
#include "services/nova/compute/snapshot_maker.h"
#include "services/nova/model/host_facts.h"

namespace nephele::nova::compute {
namespace {

agent::AgentOptions agent_options(const FakeHostOptions& options) {
    agent::AgentOptions out;
    out.host = options.name;
    // Threads are what simulated hosts cost most.
    out.workers = options.delay_ms > 0 ? 4 : 1;
    return out;
}

std::map<std::string, std::shared_ptr<agent::Maker>>
makers(const std::shared_ptr<FakeMaker>& guests, const FakeHostOptions& options) {
    std::map<std::string, std::shared_ptr<agent::Maker>> all{
        {guest_kind, guests}, {neutron::metadata_network_kind, std::make_shared<FakePresence>()}};
    if (!options.snapshots.empty())
        all[snapshot_kind] = std::make_shared<FakeSnapshotMaker>(options.snapshots);
    return all;
}

} // namespace

Json fake_host_facts(const FakeHostOptions& options) {
    HostFacts facts;
    facts.vcpus = options.vcpus;
    facts.memory_mb = options.memory_mb;
    facts.disk_gb = options.disk_gb;
    facts.hypervisor_type = "fake";
    facts.hypervisor_version = 1000;
    facts.hypervisor_hostname = options.name;
    facts.host_ip = "127.0.0.1";
    facts.cpu_info = Json::object(
        {{"arch", "x86_64"},
         {"model", "simulated"},
         {"vendor", "nephele"},
         {"features", Json::array()},
         {"topology",
          Json::object({{"cells", 1}, {"sockets", 1}, {"cores", options.vcpus}, {"threads", 1}})}});
    facts.traits = {"COMPUTE_NODE", "COMPUTE_IMAGE_TYPE_RAW", "COMPUTE_IMAGE_TYPE_QCOW2",
                    "COMPUTE_NET_ATTACH_INTERFACE"};
    return Json::object({{compute_facts_key, HostFacts::shape().image(&facts)}});
}

FakeHost::FakeHost(Cloud& cloud, agent::Link& link, FakeHostOptions options)
    : options_(std::move(options)),
      agent_(agent_options(options_), link, makers(maker_, options_), cloud.clock(),
             [this] { return fake_host_facts(options_); }) {
    maker_->set_delay_ms(options_.delay_ms);
}

std::optional<std::string> FakeHost::console_log(const std::string& server_id, std::size_t bytes) {
    if (!maker_->find(server_id)) return std::nullopt;
    std::string text = maker_->console_log(server_id);
    return text.size() > bytes ? text.substr(text.size() - bytes) : text;
}

} // namespace nephele::nova::compute
