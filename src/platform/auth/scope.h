// SPDX-License-Identifier: Apache-2.0
// What a read of tenant records may see. Storage code takes one with every query, so that no
// handler can fetch a foreign record by forgetting a condition.
#pragma once
#include <string>
#include <utility>

namespace nephele {

struct Scope {
    enum class Kind {
        all,     ///< every record: system scope, cloud administrators, the control plane itself
        project, ///< records of one project
        domain,  ///< records of one domain
        user,    ///< records of one user
    };
    /// Built without arguments it is a project nobody has: it sees nothing.
    Kind kind = Kind::project;
    std::string id;

    static Scope all() { return {Kind::all, {}}; }
    static Scope project(std::string id) { return {Kind::project, std::move(id)}; }
    static Scope domain(std::string id) { return {Kind::domain, std::move(id)}; }
    static Scope user(std::string id) { return {Kind::user, std::move(id)}; }

    bool sees_all() const { return kind == Kind::all; }
    bool sees_project(const std::string& project_id) const {
        return kind == Kind::all || (kind == Kind::project && !id.empty() && id == project_id);
    }
    bool sees_user(const std::string& user_id) const {
        return kind == Kind::all || (kind == Kind::user && !id.empty() && id == user_id);
    }
    bool operator==(const Scope&) const = default;
};

} // namespace nephele
