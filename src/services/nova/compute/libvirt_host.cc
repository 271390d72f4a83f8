// SPDX-License-Identifier: Apache-2.0
#include "services/nova/compute/libvirt_host.h"

#include "base/strings.h"
#include "engines/libvirt/boot_probe.h"
#include "platform/agent_link/fetch.h"
#include "platform/log/log.h"
#include "services/neutron/client.h"
#include "services/nova/compute/guest_maker.h"
#include "services/nova/compute/host_files.h"
#include "services/nova/compute/metadata_maker.h"
#include "services/nova/compute/snapshot_maker.h"
#include "services/nova/model/host_facts.h"

#include <algorithm>
#include <chrono>
#include <sys/statvfs.h>
#include <thread>

namespace nephele::nova::compute {
namespace {

constexpr auto engines_retry = std::chrono::seconds(3);

/// What events of the hypervisor reach. Outlives the host in callbacks that are just being called.
struct Signals {
    std::mutex mutex;
    GuestMaker* maker = nullptr;
    agent::Agent* agent = nullptr;
    GuestDirectory* guests = nullptr;

    void guest_changed(const std::string& id) {
        std::lock_guard lock(mutex);
        if (maker) maker->wake();
        if (agent && guests->find(id)) agent->look_again(guest_kind, id);
    }
    /// The daemon is back: events may have been missed.
    void compare_all() {
        std::lock_guard lock(mutex);
        if (maker) maker->wake();
        if (!agent) return;
        for (const auto& id : guests->ids()) agent->look_again(guest_kind, id);
    }
    void disconnect() {
        std::lock_guard lock(mutex);
        maker = nullptr;
        agent = nullptr;
    }
};

std::int64_t disk_gb_of(const std::string& folder) {
    struct statvfs facts {};
    if (::statvfs(folder.c_str(), &facts) != 0) return 0;
    return static_cast<std::int64_t>(facts.f_blocks * facts.f_frsize >> 30);
}

/// Booting a test guest takes seconds: the result is kept as long as the machine is up.
libvirt::DomainTypeProbe domain_type_of(libvirt::Hypervisor& hypervisor,
                                        const std::string& instances) {
    const std::string file = instances + "/_domain_type.json";
    const std::string boot = read_file("/proc/sys/kernel/random/boot_id").value_or("");
    try {
        if (auto text = read_file(file)) {
            const Json known = Json::parse(*text);
            if (known.text("boot") == boot)
                return {known.text("type") == "kvm" ? libvirt::DomainType::kvm
                                                    : libvirt::DomainType::qemu,
                        known.text("reason")};
        }
    } catch (const JsonError&) {
        remove_all(file);
    }
    auto probe = libvirt::probe_domain_type(hypervisor, instances);
    const char* type = probe.type == libvirt::DomainType::kvm ? "kvm" : "qemu";
    write_file(file,
               Json::object({{"boot", boot}, {"type", type}, {"reason", probe.reason}}).dump());
    return probe;
}

std::unique_ptr<ImageSource> images_of(Cloud& cloud) {
    return cloud.has_state<agent::RemoteFiles>()
               ? remote_images(cloud.state<agent::RemoteFiles>().fetch)
               : local_images();
}

class LibvirtHost : public Host {
  public:
    LibvirtHost(Cloud& cloud, agent::Link& link, LibvirtHostOptions options)
        : cloud_(cloud), link_(link), options_(std::move(options)),
          files_(options_.instances, images_of(cloud)) {}
    ~LibvirtHost() override { stop(); }

    const std::string& name() const override { return options_.name; }
    void start() override {
        make_folder(options_.instances);
        hypervisor_ = libvirt::connect_libvirt(options_.libvirt_uri);
        bridge_ = ovs::connect_local_switch(options_.ovs_database, options_.bridge);
        links_ = ovs::host_links();
        starter_ = std::thread([this] { come_up(); });
    }
    void stop() override;
    agent::Agent* agent() override {
        std::lock_guard lock(mutex_);
        return agent_.get();
    }
    std::optional<std::string> console_log(const std::string& id, std::size_t bytes) override {
        return read_tail(files_.console_log(id), bytes);
    }
    const char* driver() const override { return "libvirt"; }
    std::vector<std::pair<std::string, std::int64_t>> statistics(const std::string& id) override {
        return hypervisor_->statistics(id).values;
    }
    std::string password(const std::string& id) override {
        return read_file(files_.password(id)).value_or("");
    }
    void clear_password(const std::string& id) override { remove_all(files_.password(id)); }

  private:
    void come_up();
    void try_to_come_up();
    Json facts();

    Cloud& cloud_;
    agent::Link& link_;
    const LibvirtHostOptions options_;
    GuestFiles files_;
    GuestDirectory directory_;
    const std::shared_ptr<Signals> signals_ = std::make_shared<Signals>();
    std::unique_ptr<libvirt::Hypervisor> hypervisor_;
    std::unique_ptr<ovs::LocalSwitch> bridge_;
    std::unique_ptr<ovs::HostLinks> links_;
    libvirt::HostCapabilities capabilities_;
    ovs::SwitchFacts switch_facts_;
    libvirt::DomainTypeProbe domain_type_;
    std::shared_ptr<GuestMaker> guests_;
    std::shared_ptr<MetadataMaker> metadata_;
    std::shared_ptr<SnapshotMaker> snapshots_;

    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;
    std::unique_ptr<agent::Agent> agent_;
    std::thread starter_;
};

void LibvirtHost::come_up() {
    bool told = false;
    for (;;) {
        try {
            return try_to_come_up();
        } catch (const EngineFailure& e) {
            if (!std::exchange(told, true))
                log::warning("compute host waits for its engines",
                             {{"host", options_.name}, {"error", e.what()}});
        }
        std::unique_lock lock(mutex_);
        if (changed_.wait_for(lock, engines_retry, [this] { return stopping_; })) return;
    }
}

void LibvirtHost::try_to_come_up() {
    capabilities_ = hypervisor_->capabilities();
    switch_facts_ = bridge_->facts();
    domain_type_ = domain_type_of(*hypervisor_, options_.instances);
    const bool completes = switch_facts_.completes_checksums();
    guests_ = std::make_shared<GuestMaker>(
        GuestMakerParts{*hypervisor_, *bridge_, *links_, files_, directory_,
                        DomainSettings{domain_type_.type, completes}, options_.shutdown_wait_ms});
    metadata_ = std::make_shared<MetadataMaker>(
        MetadataMakerParts{*bridge_, *links_, directory_, options_.instances, !completes});
    snapshots_ = std::make_shared<SnapshotMaker>(*hypervisor_, files_);
    agent::AgentOptions options;
    options.host = options_.name;
    options.directory = options_.desired;
    options.workers = options_.workers;
    auto agent =
        std::make_unique<agent::Agent>(options, link_,
                                       std::map<std::string, std::shared_ptr<agent::Maker>>{
                                           {guest_kind, guests_},
                                           {neutron::metadata_network_kind, metadata_},
                                           {snapshot_kind, snapshots_}},
                                       cloud_.clock(), [this] { return facts(); });
    {
        std::lock_guard lock(signals_->mutex);
        signals_->maker = guests_.get();
        signals_->agent = agent.get();
        signals_->guests = &directory_;
    }
    hypervisor_->on_lifecycle([signals = signals_](const libvirt::LifecycleEvent& event) {
        signals->guest_changed(event.uuid);
    });
    hypervisor_->on_connection([signals = signals_](bool connected) {
        if (connected) signals->compare_all();
    });
    agent->start();
    log::info("compute host is up",
              {{"host", options_.name},
               {"hypervisor", capabilities_.hypervisor},
               {"domain_type", domain_type_.type == libvirt::DomainType::kvm ? "kvm" : "qemu"},
               {"because", domain_type_.reason}});
    std::lock_guard lock(mutex_);
    agent_ = std::move(agent);
}

Json LibvirtHost::facts() {
    HostFacts facts;
    facts.vcpus = capabilities_.cpus;
    facts.memory_mb = capabilities_.memory_mib;
    facts.disk_gb = disk_gb_of(options_.instances);
    facts.hypervisor_type = capabilities_.hypervisor;
    facts.hypervisor_version = static_cast<std::int64_t>(capabilities_.hypervisor_version);
    facts.hypervisor_hostname = options_.name;
    facts.host_ip = options_.host_ip;
    facts.architecture = capabilities_.architecture;
    facts.cpu_info = Json::object(
        {{"arch", capabilities_.architecture},
         {"model", capabilities_.cpu_model},
         {"topology",
          Json::object(
              {{"cells", 1}, {"sockets", 1}, {"cores", capabilities_.cpus}, {"threads", 1}})},
         {"features", Json::array()}});
    facts.traits = {"COMPUTE_NODE", "COMPUTE_IMAGE_TYPE_RAW", "COMPUTE_IMAGE_TYPE_QCOW2",
                    "COMPUTE_NET_ATTACH_INTERFACE"};
    if (capabilities_.architecture == "x86_64") facts.traits.push_back("COMPUTE_ARCH_X86_64");
    const bool kvm = domain_type_.type == libvirt::DomainType::kvm;
    return Json::object({{compute_facts_key, HostFacts::shape().image(&facts)},
                         {"domain_type", kvm ? "kvm" : "qemu"},
                         {"domain_type_reason", domain_type_.reason},
                         {"libvirt_version", capabilities_.library_version},
                         {"switch_version", switch_facts_.version},
                         {"switch_datapath", switch_facts_.datapath},
                         {"chassis", switch_facts_.chassis}});
}

void LibvirtHost::stop() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (starter_.joinable()) starter_.join();
    signals_->disconnect();
    if (guests_) guests_->interrupt();
    if (snapshots_) snapshots_->interrupt();
    if (agent_) agent_->stop();
    if (metadata_) metadata_->stop();
}

} // namespace

std::unique_ptr<Host> libvirt_host(Cloud& cloud, agent::Link& link, LibvirtHostOptions options) {
    return std::make_unique<LibvirtHost>(cloud, link, std::move(options));
}

} // namespace nephele::nova::compute
