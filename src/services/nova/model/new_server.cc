// SPDX-License-Identifier: Apache-2.0
#include "services/nova/model/new_server.h"

#include "base/strings.h"

namespace nephele::nova {
using namespace shape;
namespace {
bool no_space_at_the_ends(std::string_view text) {
    if (trim(text).size() != text.size() || text.empty()) return false;
    for (unsigned char c : text)
        if (c < 0x20 || c == 0x7f) return false;
    return true;
}
const Rule plain_name =
    text_format("name: no control characters, no spaces at the ends", no_space_at_the_ends);
bool is_address_or_empty(std::string_view text) {
    return text.empty() || is_ipv4(text) || is_ipv6(text);
}
const Rule address_or_empty = text_format("IP address", is_address_or_empty);
bool is_tag(std::string_view text) {
    return !text.empty() && text.find(',') == std::string_view::npos &&
           text.find('/') == std::string_view::npos;
}
const Rule tag_text = text_format("tag: no commas or slashes, not empty", is_tag);
} // namespace

const Shape<NetworkRequest>& NetworkRequest::shape() {
    static const auto s =
        Shape<NetworkRequest>()
            .field("uuid", &NetworkRequest::uuid, {nephele::shape::uuid})
            .field("port", &NetworkRequest::port, {nephele::shape::uuid})
            .field("fixed_ip", &NetworkRequest::fixed_ip, {ip_address})
            // Upstream lost it by mistake from 2.37 to 2.41; that gap is not kept.
            .field("tag", &NetworkRequest::tag, {since(2, 32), max_length(60), tag_text});
    return s;
}

const Shape<GroupRequest>& GroupRequest::shape() {
    static const auto s = Shape<GroupRequest>().field("name", &GroupRequest::name,
                                                      {required, plain_name, max_length(255)});
    return s;
}

const Shape<NewServer>& NewServer::shape() {
    static const auto s =
        Shape<NewServer>("server")
            .field("name", &NewServer::name, {required, plain_name, max_length(255)})
            .field("imageRef", &NewServer::image_id, {max_length(255)})
            .field("flavorRef", &NewServer::flavor_id, {required, max_length(255)})
            .field("adminPass", &NewServer::admin_password, {max_length(255)})
            .field("metadata", &NewServer::metadata)
            .field("networks", &NewServer::networks)
            .field("OS-DCF:diskConfig", &NewServer::disk_config, {one_of({"AUTO", "MANUAL"})})
            .field("accessIPv4", &NewServer::access_ipv4, {text_format("IPv4 address", is_ipv4)})
            .field("accessIPv6", &NewServer::access_ipv6, {text_format("IPv6 address", is_ipv6)})
            .field("availability_zone", &NewServer::availability_zone,
                   {plain_name, max_length(255)})
            .field("block_device_mapping", &NewServer::block_devices)
            .field("block_device_mapping_v2", &NewServer::block_devices_v2)
            .field("personality", &NewServer::personality, {until(2, 56)})
            .field("config_drive", &NewServer::config_drive, {nullable})
            .field("key_name", &NewServer::key_name, {max_length(255)})
            .field("min_count", &NewServer::min_count, {at_least(1)})
            .field("max_count", &NewServer::max_count, {at_least(1)})
            .field("return_reservation_id", &NewServer::return_reservation_id)
            .field("security_groups", &NewServer::security_groups, {max_items(100)})
            .field("user_data", &NewServer::user_data, {max_length(65535)})
            .field("description", &NewServer::description, {since(2, 19), max_length(255)})
            .field("tags", &NewServer::tags,
                   {since(2, 52), max_items(50), max_length(60), tag_text})
            .field("trusted_image_certificates", &NewServer::trusted_certificates, {since(2, 63)})
            .field("host", &NewServer::host, {since(2, 74), max_length(255)})
            .field("hypervisor_hostname", &NewServer::hypervisor_hostname,
                   {since(2, 74), max_length(255)})
            .field("hostname", &NewServer::hostname, {since(2, 90), max_length(255)});
    return s;
}

const Shape<ServerEdit>& ServerEdit::shape() {
    static const auto s =
        Shape<ServerEdit>("server")
            .field("name", &ServerEdit::name, {plain_name, max_length(255)})
            .field("OS-DCF:diskConfig", &ServerEdit::disk_config, {one_of({"AUTO", "MANUAL"})})
            .field("accessIPv4", &ServerEdit::access_ipv4, {address_or_empty})
            .field("accessIPv6", &ServerEdit::access_ipv6, {address_or_empty})
            .field("description", &ServerEdit::description, {since(2, 19), max_length(255)})
            .field("hostname", &ServerEdit::hostname, {since(2, 90), max_length(255)});
    return s;
}

const Shape<Rebuild>& Rebuild::shape() {
    static const auto s =
        Shape<Rebuild>()
            .field("imageRef", &Rebuild::image_id, {required, max_length(255)})
            .field("name", &Rebuild::name, {plain_name, max_length(255)})
            .field("adminPass", &Rebuild::admin_password, {max_length(255)})
            .field("metadata", &Rebuild::metadata)
            .field("preserve_ephemeral", &Rebuild::preserve_ephemeral)
            .field("OS-DCF:diskConfig", &Rebuild::disk_config, {one_of({"AUTO", "MANUAL"})})
            .field("accessIPv4", &Rebuild::access_ipv4, {text_format("IPv4 address", is_ipv4)})
            .field("accessIPv6", &Rebuild::access_ipv6, {text_format("IPv6 address", is_ipv6)})
            .field("personality", &Rebuild::personality, {until(2, 56)})
            .field("description", &Rebuild::description, {since(2, 19), max_length(255)})
            .field("key_name", &Rebuild::key_name, {since(2, 54), max_length(255)})
            .field("user_data", &Rebuild::user_data, {since(2, 57), max_length(65535)})
            .field("trusted_image_certificates", &Rebuild::trusted_certificates, {since(2, 63)})
            .field("hostname", &Rebuild::hostname, {since(2, 90), max_length(255)});
    return s;
}

} // namespace nephele::nova
