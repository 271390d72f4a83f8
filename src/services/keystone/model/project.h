// SPDX-License-Identifier: Apache-2.0
// Domains and projects. A domain is a project that acts as one: both live in one table.
#pragma once
#include "platform/shape/table.h"

namespace nephele::keystone {
using namespace shape;

struct Domain {
    std::string id, name;
    std::string description;
    bool enabled = true;
    bool is_domain = true; ///< always; tells the rows of the shared table apart
    std::optional<std::string> domain_id, parent_id; ///< never
    std::vector<std::string> tags;
    Json options = Json::object();
    Json extra;
    static const Shape<Domain>& shape();
};

struct Project {
    std::string id, name;
    std::optional<std::string> domain_id; ///< none for a domain
    std::optional<std::string> parent_id; ///< the domain's id for a project at the top
    bool is_domain = false;
    std::string description;
    bool enabled = true;
    std::vector<std::string> tags;
    Json options = Json::object();
    Json extra;
    static const Shape<Project>& shape();
};

/// What GET /v3/domains shows of the same row.
Domain domain_of(const Project& project);

namespace table {
const Table<Domain>& domains();
const Table<Project>& projects();
} // namespace table

/// At most 255 characters without '/' and ','.
bool is_tag(std::string_view text);
/// {"self": base + path}
Json self_link(const View& view, std::string_view path, std::string_view id);

} // namespace nephele::keystone
