// SPDX-License-Identifier: Apache-2.0
// A mapping applied: from what an identity provider says of somebody to who that is here, in which
// groups, with which roles on which projects. Pure: ids and names are looked up by the caller.
#pragma once
#include "platform/json/json.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nephele::keystone::logic {

/// Attributes of an assertion, each with its values.
using Attributes = std::map<std::string, std::vector<std::string>, std::less<>>;

/// "a;b" as web servers hand several values on.
std::vector<std::string> split_values(const std::string& text);

struct MappedDomain {
    std::string id, name; ///< either
    bool given() const { return !id.empty() || !name.empty(); }
    friend bool operator==(const MappedDomain&, const MappedDomain&) = default;
};
struct MappedGroup {
    std::string name;
    MappedDomain domain;
    friend bool operator==(const MappedGroup&, const MappedGroup&) = default;
};
struct MappedRole {
    std::string name;
    MappedDomain domain; ///< none: a global role
};
struct MappedProject {
    std::string name;
    MappedDomain domain; ///< none: the identity provider's
    std::vector<MappedRole> roles;
};
struct MappedIdentity {
    bool local = false; ///< an existing user, else one known only by federation
    std::string user_id, user_name, email;
    MappedDomain user_domain;
    std::vector<std::string> group_ids;
    std::vector<MappedGroup> groups; ///< by name
    std::vector<MappedProject> projects;
};

/// `mapping` as mapping_errors accepts it, `mapping_id` for messages. Throws Failure: nothing
/// matches (400), or a rule refers to a remote value that is not there (500, as upstream).
MappedIdentity apply_mapping(const Json& mapping, const std::string& mapping_id,
                             const Attributes& attributes);

} // namespace nephele::keystone::logic
