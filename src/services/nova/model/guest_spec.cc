// SPDX-License-Identifier: Apache-2.0
#include "services/nova/model/guest_spec.h"

namespace nephele::nova {

const std::vector<std::pair<GuestPower, const char*>>& names_of(GuestPower) {
    static const std::vector<std::pair<GuestPower, const char*>> all{
        {GuestPower::running, "running"},
        {GuestPower::stopped, "stopped"},
        {GuestPower::paused, "paused"},
        {GuestPower::suspended, "suspended"}};
    return all;
}

const Shape<GuestNic>& GuestNic::shape() {
    static const auto s = Shape<GuestNic>()
                              .field("port_id", &GuestNic::port_id)
                              .field("network_id", &GuestNic::network_id)
                              .field("mac", &GuestNic::mac)
                              .field("mtu", &GuestNic::mtu)
                              .field("tag", &GuestNic::tag)
                              .field("pci_address", &GuestNic::pci_address)
                              .field("fixed_ips", &GuestNic::fixed_ips);
    return s;
}

const Shape<GuestKey>& GuestKey::shape() {
    static const auto s = Shape<GuestKey>()
                              .field("name", &GuestKey::name)
                              .field("public_key", &GuestKey::public_key)
                              .field("type", &GuestKey::type);
    return s;
}

const Shape<GuestSpec>& GuestSpec::shape() {
    static const auto s = Shape<GuestSpec>()
                              .field("server_id", &GuestSpec::server_id)
                              .field("name", &GuestSpec::name)
                              .field("hostname", &GuestSpec::hostname)
                              .field("project_id", &GuestSpec::project_id)
                              .field("user_id", &GuestSpec::user_id)
                              .field("display_name", &GuestSpec::display_name)
                              .field("vcpus", &GuestSpec::vcpus)
                              .field("memory_mb", &GuestSpec::memory_mb)
                              .field("root_gb", &GuestSpec::root_gb)
                              .field("image_id", &GuestSpec::image_id)
                              .field("image_path", &GuestSpec::image_path)
                              .field("image_format", &GuestSpec::image_format)
                              .field("image_checksum", &GuestSpec::image_checksum)
                              .field("nics", &GuestSpec::nics)
                              .field("keys", &GuestSpec::keys)
                              .field("config_drive", &GuestSpec::config_drive)
                              .field("user_data", &GuestSpec::user_data)
                              .field("metadata", &GuestSpec::metadata)
                              .field("availability_zone", &GuestSpec::availability_zone)
                              .field("launch_index", &GuestSpec::launch_index)
                              .field("flavor_name", &GuestSpec::flavor_name)
                              .field("reservation_id", &GuestSpec::reservation_id)
                              .field("security_groups", &GuestSpec::security_groups)
                              .field("launched_at", &GuestSpec::launched_at)
                              .field("power", &GuestSpec::power)
                              .field("soft_reboots", &GuestSpec::soft_reboots)
                              .field("hard_reboots", &GuestSpec::hard_reboots)
                              .field("rebuilds", &GuestSpec::rebuilds)
                              .field("old_disk", &GuestSpec::old_disk)
                              .field("rescue_image_id", &GuestSpec::rescue_image_id)
                              .field("rescue_image_path", &GuestSpec::rescue_image_path)
                              .field("rescue_image_format", &GuestSpec::rescue_image_format)
                              .field("rescue_image_checksum", &GuestSpec::rescue_image_checksum);
    return s;
}

namespace {
const char* const document_fields[] = {"hostname",        "display_name", "keys",
                                       "user_data",       "metadata",     "availability_zone",
                                       "launch_index",    "flavor_name",  "reservation_id",
                                       "security_groups", "launched_at"};
const char* const nic_document_fields[] = {"fixed_ips", "tag", "pci_address"};
} // namespace

Json GuestSpec::documents() const {
    Json all = GuestSpec::shape().image(this), out = Json::object();
    for (auto* name : document_fields) out[name] = all.get(name);
    Json cards = Json::array();
    for (auto& nic : all.at("nics").as_array()) {
        Json card = Json::object();
        for (auto* name : nic_document_fields) card[name] = nic.get(name);
        cards.push_back(std::move(card));
    }
    out["nics"] = std::move(cards);
    return out;
}

Json GuestSpec::machine() const {
    Json out = GuestSpec::shape().image(this);
    for (auto* name : document_fields) out.erase(name);
    for (auto& nic : out["nics"].as_array())
        for (auto* name : nic_document_fields) nic.erase(name);
    return out;
}

const Shape<GuestStatus>& GuestStatus::shape() {
    static const auto s = Shape<GuestStatus>()
                              .field("power_state", &GuestStatus::power_state)
                              .field("soft_reboots_done", &GuestStatus::soft_reboots_done)
                              .field("hard_reboots_done", &GuestStatus::hard_reboots_done)
                              .field("instance_name", &GuestStatus::instance_name)
                              .field("domain_type", &GuestStatus::domain_type)
                              .field("vnc_socket", &GuestStatus::vnc_socket)
                              .field("serial_socket", &GuestStatus::serial_socket);
    return s;
}

} // namespace nephele::nova
