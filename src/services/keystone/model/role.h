// SPDX-License-Identifier: Apache-2.0
// Roles, which roles imply which, and who has them where.
#pragma once
#include "platform/shape/table.h"

namespace nephele::keystone {
using namespace shape;

struct Role {
    std::string id, name;
    std::optional<std::string> domain_id; ///< none: global; else only through implied roles
    std::string description;
    Json options = Json::object();
    Json extra;
    static const Shape<Role>& shape();
};

struct Implication {
    std::string id; ///< "prior/implied"
    std::string prior_id, implied_id;
    static std::string id_of(const std::string& prior, const std::string& implied) {
        return prior + "/" + implied;
    }
    static const Shape<Implication>& shape();
};

/// Whom a role is given to, and where.
enum class Actor { user, group };
enum class Place { project, domain, system };
const std::vector<std::pair<Actor, const char*>>& names_of(Actor);
const std::vector<std::pair<Place, const char*>>& names_of(Place);

struct Assignment {
    std::string id; ///< made of all the rest: an assignment exists once
    std::string role_id;
    Actor actor = Actor::user;
    std::string actor_id;
    Place place = Place::project;
    std::string place_id;   ///< "all" for the system
    bool inherited = false; ///< to the projects below the place, not to the place itself
    static Assignment of(std::string role, Actor actor, std::string actor_id, Place place,
                         std::string place_id, bool inherited = false);
    static const Shape<Assignment>& shape();
};

namespace table {
const Table<Role>& roles();
const Table<Implication>& implications();
const Table<Assignment>& assignments();
} // namespace table

} // namespace nephele::keystone
