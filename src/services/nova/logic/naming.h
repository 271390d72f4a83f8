// SPDX-License-Identifier: Apache-2.0
// Names of servers: of several made at once, of their guests, and host names made from them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace nephele::nova::logic {

/// "web" for one server, "web-1", "web-2" ... for several (index from 0).
std::string name_of_one(const std::string& name, std::int64_t index, std::int64_t count);
/// A name as a host name: what is not allowed is dropped; "server-<id>" when nothing is left.
std::string hostname_from(std::string_view name, std::string_view id);
/// Lower-case letters, digits and '-' in labels of up to 63; several labels only when `full`.
bool is_hostname_allowed(std::string_view hostname, bool full);
/// The one usual text of an IPv6 address; anything else comes back as it is.
std::string usual_ipv6(const std::string& address);
/// The guest's name on its host.
std::string instance_name(std::string_view id);

} // namespace nephele::nova::logic
