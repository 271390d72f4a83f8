// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/model/role.h"

#include "base/strings.h"
#include "services/keystone/model/project.h"

namespace nephele::keystone {

const std::vector<std::pair<Actor, const char*>>& names_of(Actor) {
    static const std::vector<std::pair<Actor, const char*>> names{{Actor::user, "user"},
                                                                  {Actor::group, "group"}};
    return names;
}
const std::vector<std::pair<Place, const char*>>& names_of(Place) {
    static const std::vector<std::pair<Place, const char*>> names{
        {Place::project, "project"}, {Place::domain, "domain"}, {Place::system, "system"}};
    return names;
}

Assignment Assignment::of(std::string role, Actor actor, std::string actor_id, Place place,
                          std::string place_id, bool inherited) {
    std::string id = format("{}/{}/{}/{}/{}", text_of_enum(actor), actor_id, text_of_enum(place),
                            place_id, role);
    if (inherited) id += "/inherited";
    return {std::move(id), std::move(role),     actor,    std::move(actor_id),
            place,         std::move(place_id), inherited};
}

const Shape<Role>& Role::shape() {
    static const auto made =
        Shape<Role>("role", "roles")
            .field("id", &Role::id, {read_only})
            .field("name", &Role::name, {required, min_length(1), max_length(255), not_blank})
            .field("domain_id", &Role::domain_id, {max_length(64)})
            .field("description", &Role::description, {nullable})
            .field("options", &Role::options, {not_filterable})
            .computed("links", [](const Role& r,
                                  const View& view) { return self_link(view, "/v3/roles/", r.id); })
            .extras("extra", &Role::extra, {read_only});
    return made;
}

const Shape<Implication>& Implication::shape() {
    static const auto made = Shape<Implication>()
                                 .field("id", &Implication::id)
                                 .field("prior_id", &Implication::prior_id)
                                 .field("implied_id", &Implication::implied_id);
    return made;
}

const Shape<Assignment>& Assignment::shape() {
    static const auto made = Shape<Assignment>()
                                 .field("id", &Assignment::id)
                                 .field("role_id", &Assignment::role_id)
                                 .field("actor", &Assignment::actor)
                                 .field("actor_id", &Assignment::actor_id)
                                 .field("place", &Assignment::place)
                                 .field("place_id", &Assignment::place_id)
                                 .field("inherited", &Assignment::inherited);
    return made;
}

const Table<Role>& table::roles() {
    static const Table<Role> made({.name = "keystone_roles",
                                   .service = "keystone",
                                   .kind = "role",
                                   .not_found_code = "RoleNotFound",
                                   .not_found_message = "Could not find role: {}."});
    return made;
}
const Table<Implication>& table::implications() {
    static const Table<Implication> made({.name = "keystone_implications",
                                          .service = "keystone",
                                          .kind = "implied_role",
                                          .not_found_code = "ImpliedRoleNotFound",
                                          .not_found_message = "Could not find implied role: {}."});
    return made;
}
const Table<Assignment>& table::assignments() {
    static const Table<Assignment> made(
        {.name = "keystone_assignments",
         .service = "keystone",
         .kind = "role_assignment",
         .not_found_code = "RoleAssignmentNotFound",
         .not_found_message = "Could not find role assignment: {}."});
    return made;
}

} // namespace nephele::keystone
