// SPDX-License-Identifier: Apache-2.0
#include "services/nova/compute/metadata_maker.h"

#include "base/strings.h"
#include "services/neutron/client.h"
#include "services/nova/compute/metadata_application.h"

#include <sys/stat.h>

namespace nephele::nova::compute {

using agent::Observed;

namespace {

// Also the mark on the switch's port, by which it is found again after a restart.
const std::string namespace_prefix = "ovnmeta-";
constexpr int stop_grace_ms = 1'000;

struct MetadataNetwork {
    ovs::NamespaceLink link;
    std::string port_id, listen_address;
    int listen_port = 80;
};

MetadataNetwork network_of(const agent::Desired& desired) {
    try {
        const Json& spec = desired.spec;
        MetadataNetwork network;
        network.link.name_space = spec.at("namespace").as_string();
        network.link.device = spec.at("interface").as_string();
        network.link.mac = spec.at("mac_address").as_string();
        network.link.mtu = static_cast<int>(spec.integer("mtu", 1442));
        for (const auto& address : spec.at("addresses").as_array())
            network.link.addresses.push_back(address.as_string());
        network.port_id = spec.at("port_id").as_string();
        network.listen_address = spec.text("listen_address", "169.254.169.254");
        network.listen_port = static_cast<int>(spec.integer("listen_port", 80));
        return network;
    } catch (const JsonError& e) {
        throw EngineFailure(
            EngineFailure::Kind::permanent,
            format("The record of metadata network {} cannot be read: {}", desired.id, e.what()));
    }
}

/// Tells a namespace from a later one of the same name; 0 when there is none.
std::uint64_t identity_of(const std::string& name_space) {
    struct stat facts {};
    return ::stat(("/run/netns/" + name_space).c_str(), &facts) == 0 ? facts.st_ino : 0;
}

http::ServerOptions server_options(int descriptor) {
    http::ServerOptions options;
    options.ports = {};
    options.listening = {descriptor};
    // A guest asks a few times in its life.
    options.workers = 2;
    options.worker_queue = 256;
    options.streamers = 1;
    options.max_connections = 512;
    options.idle_timeout_ms = 10'000;
    return options;
}

} // namespace

struct MetadataMaker::Listener {
    Listener(const std::string& network_id, const MetadataMakerParts& parts, int descriptor)
        : application(network_id, parts.guests, parts.instances),
          server(server_options(descriptor), application) {}
    ~Listener() { server.stop(stop_grace_ms); }

    std::string name_space, address;
    int port = 0; ///< as asked for
    std::uint64_t identity = 0;
    MetadataApplication application;
    http::Server server;
};

MetadataMaker::MetadataMaker(MetadataMakerParts parts) : parts_(std::move(parts)) {}
MetadataMaker::~MetadataMaker() { stop(); }

Observed MetadataMaker::ensure(const agent::Desired& desired,
                               const std::function<void(const Observed&)>&) {
    Observed out;
    out.status = Json::object();
    if (desired.absent) {
        remove(desired.id);
        out.phase = agent::Phase::absent;
        return out;
    }
    auto network = network_of(desired);
    network.link.compute_checksums = parts_.compute_checksums;
    parts_.links.ensure_namespace_link(network.link);
    ovs::Port port;
    port.device = network.link.device;
    port.interface_id = network.port_id;
    port.mac = network.link.mac;
    port.instance = namespace_prefix + desired.id;
    parts_.bridge.ensure_port(port);
    listen(desired.id, network.link.name_space, network.listen_address, network.listen_port);
    out.phase = agent::Phase::ready;
    out.status["namespace"] = network.link.name_space;
    return out;
}

void MetadataMaker::listen(const std::string& network_id, const std::string& name_space,
                           const std::string& address, int port) {
    std::shared_ptr<Listener> old;
    {
        std::lock_guard lock(mutex_);
        auto found = listeners_.find(network_id);
        if (found != listeners_.end()) {
            const Listener& there = *found->second;
            if (there.name_space == name_space && there.address == address && there.port == port &&
                there.identity == identity_of(name_space))
                return;
            old = std::move(found->second);
            listeners_.erase(found);
        }
    }
    old.reset(); // Its address must be free.
    const int descriptor = parts_.links.listen_in_namespace(name_space, address, port);
    auto listener = std::make_shared<Listener>(network_id, parts_, descriptor);
    listener->name_space = name_space;
    listener->address = address;
    listener->port = port;
    listener->identity = identity_of(name_space);
    std::lock_guard lock(mutex_);
    listeners_[network_id] = std::move(listener);
}

void MetadataMaker::remove(const std::string& network_id) {
    std::shared_ptr<Listener> listener;
    {
        std::lock_guard lock(mutex_);
        if (auto found = listeners_.find(network_id); found != listeners_.end()) {
            listener = std::move(found->second);
            listeners_.erase(found);
        }
    }
    listener.reset();
    std::vector<std::string> devices;
    for (const auto& status : parts_.bridge.ports())
        if (status.port.instance == namespace_prefix + network_id)
            devices.push_back(status.port.device);
    // The namespace first: present() finds what is left by the port.
    parts_.links.ensure_no_namespace(namespace_prefix + network_id);
    for (const auto& device : devices) {
        parts_.links.ensure_no_link(device);
        parts_.bridge.ensure_no_port(device);
    }
}

std::vector<std::string> MetadataMaker::present() {
    std::vector<std::string> ids;
    for (const auto& status : parts_.bridge.ports())
        if (status.port.instance.rfind(namespace_prefix, 0) == 0)
            ids.push_back(status.port.instance.substr(namespace_prefix.size()));
    return ids;
}

void MetadataMaker::remove_stray(const std::string& id) { remove(id); }

void MetadataMaker::stop() {
    std::map<std::string, std::shared_ptr<Listener>> all;
    std::lock_guard lock(mutex_);
    all.swap(listeners_);
}

int MetadataMaker::port_of(const std::string& network_id) {
    std::lock_guard lock(mutex_);
    auto found = listeners_.find(network_id);
    return found == listeners_.end() ? 0 : found->second->server.ports().front();
}

} // namespace nephele::nova::compute
