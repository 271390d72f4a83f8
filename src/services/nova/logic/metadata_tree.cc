// SPDX-License-Identifier: Apache-2.0
#include "services/nova/logic/metadata_tree.h"

#include "base/strings.h"

#include <algorithm>

namespace nephele::nova {
namespace {

constexpr const char* openstack_versions[] = {
    "2012-08-10", "2013-04-04", "2013-10-17", "2015-10-15", "2016-06-30",
    "2016-10-06", "2017-02-22", "2018-08-27", "2020-10-14", "latest"};
constexpr const char* ec2_versions[] = {"1.0",        "2007-01-19", "2007-03-01", "2007-08-29",
                                        "2007-10-10", "2007-12-15", "2008-02-01", "2008-09-01",
                                        "2009-04-04", "latest"};
constexpr std::string_view dns_domain = ".novalocal"; // Upstream's default of dhcp_domain.
constexpr std::size_t seed_bytes = 512;

std::string full_name(const GuestSpec& guest) { return guest.hostname + std::string(dns_domain); }

MetadataAnswer not_found() {
    return {404, "text/html; charset=UTF-8", "<html><body><h1>404 Not Found</h1></body></html>"};
}
MetadataAnswer text(std::string body) {
    return {200, "text/plain; charset=UTF-8", std::move(body)};
}
MetadataAnswer json(const Json& body) { return {200, "application/json", body.dump()}; }

template <std::size_t N> bool is_one_of(const char* const (&names)[N], std::string_view name) {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}
template <std::size_t N> MetadataAnswer lines(const char* const (&names)[N]) {
    std::string out;
    for (const char* name : names) out += std::string(out.empty() ? "" : "\n") + name;
    return text(std::move(out));
}

/// Of the guest's cards, the first address of a family.
const Json* first_address(const GuestSpec& guest, bool v6) {
    for (const auto& nic : guest.nics)
        for (const auto& address : nic.fixed_ips.as_array())
            if ((address.text("ip_address").find(':') != std::string::npos) == v6) return &address;
    return nullptr;
}

/// "255.255.255.0" for "10.0.0.0/24", "ffff:ffff::" for "fd00::/32".
std::string netmask(const std::string& cidr) {
    auto slash = cidr.find('/');
    auto length = slash == std::string::npos ? std::nullopt : to_int(cidr.substr(slash + 1));
    if (!length) return "";
    const bool v6 = cidr.find(':') != std::string::npos;
    std::string out;
    for (int group = 0; group < (v6 ? 8 : 4); ++group) {
        const int bits = v6 ? 16 : 8;
        const auto ones = std::clamp<std::int64_t>(*length - group * bits, 0, bits);
        const unsigned value = ((1U << bits) - 1) & ~((1U << (bits - ones)) - 1);
        if (v6 && value == 0) return out + "::";
        char piece[8];
        std::snprintf(piece, sizeof piece, v6 ? "%x" : "%u", value);
        out += (group ? (v6 ? ":" : ".") : "") + std::string(piece);
    }
    return out;
}

Json routes_of(const Json& address, bool v6) {
    Json routes = Json::array();
    if (auto gateway = address.text("gateway_ip"); !gateway.empty())
        routes.push_back(Json::object({{"network", v6 ? "::" : "0.0.0.0"},
                                       {"netmask", v6 ? "::" : "0.0.0.0"},
                                       {"gateway", gateway}}));
    const Json& more = address.get("host_routes");
    if (!more.is_array()) return routes;
    for (const auto& route : more.as_array()) {
        const std::string destination = route.text("destination");
        routes.push_back(Json::object({{"network", destination.substr(0, destination.find('/'))},
                                       {"netmask", netmask(destination)},
                                       {"gateway", route.text("nexthop")}}));
    }
    return routes;
}

Json network_entry(const Json& address, const GuestNic& nic, const std::string& link,
                   std::size_t number) {
    const std::string ip = address.text("ip_address");
    const bool v6 = ip.find(':') != std::string::npos;
    const bool dhcp = address.boolean("enable_dhcp", true);
    Json entry = Json::object(
        {{"id", format("network{}", number)},
         {"link", link},
         {"network_id", nic.network_id},
         {"type", v6 ? (dhcp ? "ipv6_dhcp" : "ipv6") : (dhcp ? "ipv4_dhcp" : "ipv4")}});
    // As upstream: a client of DHCP is told no addresses.
    if (dhcp) return entry;
    entry["ip_address"] = ip;
    entry["netmask"] = netmask(address.text("cidr"));
    entry["routes"] = routes_of(address, v6);
    Json services = Json::array();
    if (const Json& names = address.get("dns_nameservers"); names.is_array())
        for (const auto& name : names.as_array())
            services.push_back(Json::object({{"type", "dns"}, {"address", name}}));
    entry["services"] = services;
    return entry;
}

MetadataAnswer openstack_document(const GuestSpec& guest, std::string_view name,
                                  std::string_view random_seed) {
    if (name.empty()) {
        std::string out = "meta_data.json\n";
        if (!guest.user_data.empty()) out += "user_data\n";
        return text(out + "password\nvendor_data.json\nnetwork_data.json\nvendor_data2.json");
    }
    if (name == "meta_data.json") return json(meta_data_json(guest, random_seed));
    if (name == "network_data.json") return json(network_data_json(guest));
    if (name == "vendor_data.json" || name == "vendor_data2.json") return json(Json::object());
    if (name == "user_data" && !guest.user_data.empty())
        return {200, "application/octet-stream", user_data_of(guest)};
    return not_found();
}

/// A folder as lines: folders with a slash, keys as "0=name".
std::string listing(const Json& folder, bool of_keys) {
    std::string out;
    for (const auto& [name, value] : folder.as_object()) {
        if (name == "_name") continue;
        if (!out.empty()) out += "\n";
        out += name;
        if (of_keys)
            out += "=" + value.text("_name");
        else if (value.is_object())
            out += "/";
    }
    return out;
}

MetadataAnswer ec2_document(const GuestSpec& guest, const std::vector<std::string>& parts) {
    const Json tree = ec2_tree(guest);
    const Json* at = &tree;
    for (std::size_t i = 2; i < parts.size(); ++i) {
        if (parts[i].empty()) continue;
        // "0=mykey" is asked for by some, "0" by others.
        const std::string name = parts[i].substr(0, parts[i].find('='));
        at = at->find(name);
        if (!at || name == "_name") return not_found();
    }
    if (at->is_string()) return text(at->as_string());
    const bool of_keys = parts.size() > 2 && parts[2] == "public-keys" &&
                         (parts.size() == 3 || (parts.size() == 4 && parts[3].empty()));
    return text(listing(*at, of_keys));
}

} // namespace

std::string user_data_of(const GuestSpec& guest) {
    return base64_decode(guest.user_data).value_or(guest.user_data);
}

namespace {
/// Cards that were given a tag, as upstream lists devices.
Json devices_of(const GuestSpec& guest) {
    Json out = Json::array();
    for (const auto& nic : guest.nics) {
        if (nic.tag.empty()) continue;
        Json device = Json::object({{"type", "nic"}, {"bus", "pci"}});
        if (!nic.pci_address.empty()) device["address"] = nic.pci_address;
        device["mac"] = nic.mac;
        device["tags"] = Json::array({nic.tag});
        out.push_back(std::move(device));
    }
    return out;
}
} // namespace

Json meta_data_json(const GuestSpec& guest, std::string_view random_seed) {
    Json keys = Json::array(), public_keys = Json::object();
    for (const auto& key : guest.keys) {
        keys.push_back(
            Json::object({{"name", key.name}, {"type", key.type}, {"data", key.public_key}}));
        public_keys[key.name] = key.public_key;
    }
    Json out = Json::object({{"uuid", guest.server_id},
                             {"hostname", full_name(guest)},
                             {"name", guest.display_name.empty() ? guest.name : guest.display_name},
                             {"launch_index", guest.launch_index},
                             {"availability_zone", guest.availability_zone},
                             {"project_id", guest.project_id},
                             {"devices", devices_of(guest)},
                             {"dedicated_cpus", Json::array()}});
    if (guest.metadata.size() > 0) out["meta"] = guest.metadata;
    if (keys.size() > 0) {
        out["public_keys"] = public_keys;
        out["keys"] = keys;
    }
    if (!random_seed.empty()) out["random_seed"] = base64_encode(random_seed.substr(0, seed_bytes));
    return out;
}

Json network_data_json(const GuestSpec& guest) {
    Json links = Json::array(), networks = Json::array(), services = Json::array();
    for (const auto& nic : guest.nics) {
        const std::string link = "tap" + nic.port_id.substr(0, 11);
        links.push_back(Json::object({{"id", link},
                                      {"vif_id", nic.port_id},
                                      {"type", "ovs"},
                                      {"mtu", nic.mtu},
                                      {"ethernet_mac_address", nic.mac}}));
        for (const auto& address : nic.fixed_ips.as_array()) {
            Json entry = network_entry(address, nic, link, networks.size());
            for (const auto& service : entry.get("services").is_array()
                                           ? entry.get("services").as_array()
                                           : Json::Array())
                services.push_back(service);
            networks.push_back(std::move(entry));
        }
    }
    return Json::object({{"links", links}, {"networks", networks}, {"services", services}});
}

Json ec2_tree(const GuestSpec& guest) {
    const Json* v4 = first_address(guest, false);
    Json tree = Json::object(
        {{"ami-id", "ami-" + guest.image_id.substr(0, 8)},
         {"ami-launch-index", std::to_string(guest.launch_index)},
         {"ami-manifest-path", "FIX"
                               "ME"}, // Upstream's very word.
         {"block-device-mapping", Json::object({{"ami", "vda"}, {"root", "/dev/vda"}})},
         {"hostname", full_name(guest)},
         {"instance-action", "none"},
         {"instance-id", "i-" + guest.server_id.substr(0, 8)},
         {"instance-type", guest.flavor_name},
         {"local-hostname", full_name(guest)},
         {"local-ipv4", v4 ? v4->text("ip_address") : ""},
         {"mac", guest.nics.empty() ? "" : guest.nics.front().mac},
         {"placement", Json::object({{"availability-zone", guest.availability_zone}})},
         {"public-hostname", full_name(guest)},
         {"public-ipv4", v4 ? v4->text("floating_ip") : ""}});
    if (!guest.keys.empty()) {
        Json keys = Json::object();
        for (std::size_t i = 0; i < guest.keys.size(); ++i)
            keys[std::to_string(i)] = Json::object(
                {{"openssh-key", guest.keys[i].public_key}, {"_name", guest.keys[i].name}});
        tree["public-keys"] = keys;
    }
    tree["reservation-id"] = guest.reservation_id;
    tree["security-groups"] = join(guest.security_groups, "\n");
    return tree;
}

MetadataAnswer metadata_answer(const GuestSpec& guest, std::string_view path,
                               std::string_view random_seed) {
    std::vector<std::string> parts;
    for (auto& part : split(path, '/'))
        if (!part.empty()) parts.push_back(part);
    if (parts.empty()) {
        auto versions = lines(ec2_versions);
        versions.body += "\nopenstack";
        return versions;
    }
    if (parts[0] == "openstack") {
        if (parts.size() == 1) return lines(openstack_versions);
        if (!is_one_of(openstack_versions, parts[1]) || parts.size() > 3) return not_found();
        return openstack_document(guest, parts.size() == 3 ? parts[2] : "", random_seed);
    }
    if (!is_one_of(ec2_versions, parts[0])) return not_found();
    if (parts.size() == 1)
        return text(guest.user_data.empty() ? "meta-data/" : "meta-data/\nuser-data");
    if (parts[1] == "meta-data") return ec2_document(guest, parts);
    if (parts[1] == "user-data" && parts.size() == 2 && !guest.user_data.empty())
        return {200, "application/octet-stream", user_data_of(guest)};
    return not_found();
}

} // namespace nephele::nova
