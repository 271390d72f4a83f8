// SPDX-License-Identifier: Apache-2.0
// What a change touches.
#include "services/neutron/logic/touched.h"

namespace nephele::neutron {
namespace {
void touch_port(Touched& touched, const std::string& id, const Json& image) {
    touched.ports.insert(id);
    auto device_owner = image.text("device_owner");
    if (device_owner == owner::router_interface || device_owner == owner::router_gateway)
        touched.routers.insert(image.text("device_id"));
    // DHCP tells the way to the metadata service.
    if (device_owner == owner::distributed) touched.networks.insert(image.text("network_id"));
}
} // namespace

void touch(Touched& touched, const std::string& kind, const std::string& id,
           const std::string& image_text) {
    if (kind == "network") {
        touched.networks.insert(id);
    } else if (kind == "subnet") {
        touched.subnets.insert(id);
        touched.networks.insert(Json::parse(image_text).text("network_id"));
    } else if (kind == "port") {
        touch_port(touched, id, Json::parse(image_text));
    } else if (kind == "router") {
        touched.routers.insert(id);
    } else if (kind == "floatingip") {
        touched.floating_ips.insert(id);
    } else if (kind == "security_group") {
        touched.groups.insert(id);
    } else if (kind == "security_group_rule") {
        touched.groups.insert(Json::parse(image_text).text("security_group_id"));
    }
}

std::string status_of(const Port& port, bool up) {
    if (port.device_owner == owner::floating_ip) return port.status;
    bool plugged = port.bound() || port.device_owner == owner::router_interface ||
                   port.device_owner == owner::router_gateway;
    return plugged && up ? "ACTIVE" : "DOWN";
}

} // namespace nephele::neutron
