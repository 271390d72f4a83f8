// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/api/directory_records.h"

#include "base/strings.h"
#include "services/keystone/store/identity.h"
#include "services/keystone/store/revocations.h"

namespace nephele::keystone {
namespace {

std::optional<std::string> query_value(const FreeCall& call, std::string_view name) {
    for (const auto& [key, value] : call.in.query)
        if (key == name) return value;
    return std::nullopt;
}

// Of the domain asked for or the token's; nothing without a directory, or when the rule says no
// (the handler will answer), or when it was asked a moment ago.
std::optional<std::string> listed_domain(FreeCall& call, const char* rule) {
    if (!call.cloud.state<Directories>().enabled()) return std::nullopt;
    const std::string domain_id = query_value(call, "domain_id").value_or(call.in.who.domain_id);
    Directories& directories = call.cloud.state<Directories>();
    if (domain_id.empty() || !directories.of(domain_id)) return std::nullopt;
    if (!call.read([&](Call& inner) { return inner.allowed(rule, list_target(inner)); }))
        return std::nullopt;
    std::string what = domain_id + " " + rule;
    for (const auto& [key, value] : call.in.query) what += " " + key + "=" + value;
    if (!directories.is_due(what)) return std::nullopt;
    return domain_id;
}

DirectoryQuery listed_query(const FreeCall& call) {
    return {.name = query_value(call, "name"),
            .name_contains = query_value(call, "name__contains"),
            .name_prefix = query_value(call, "name__startswith")};
}

const std::string* in_path(const FreeCall& call, std::string_view name) {
    for (const auto& [key, value] : call.in.path_values)
        if (key == name) return &value;
    return nullptr;
}

Reply made(Call& call, const ShapeBase& shape, const void* record) {
    Reply reply;
    reply.status = 201;
    reply.body = Json::object({{shape.name(), shape.write(record, call.view())}});
    return reply;
}

DirectoryGroup directory_group_of(const Group& group, const std::string& local_id) {
    return {.id = local_id, .name = group.name, .description = group.description};
}

std::optional<Secret<std::string>> secret_of(const User& user) {
    if (!user.password || user.password->empty()) return std::nullopt;
    return Secret<std::string>(*user.password);
}

} // namespace

void refresh_listed_users(FreeCall& call) {
    if (const auto domain_id = listed_domain(call, "identity:list_users"))
        refresh_users(call.cloud, *domain_id, listed_query(call));
}

void refresh_listed_groups(FreeCall& call) {
    if (const auto domain_id = listed_domain(call, "identity:list_groups"))
        refresh_groups(call.cloud, *domain_id, listed_query(call));
}

void refresh_named(FreeCall& call) {
    Directories& directories = call.cloud.state<Directories>();
    if (!directories.enabled()) return;
    if (const auto* user_id = in_path(call, "user_id"); user_id && directories.is_due(*user_id)) {
        refresh_user(call.cloud, *user_id);
        refresh_groups_of(call.cloud, *user_id);
    }
    if (const auto* group_id = in_path(call, "group_id");
        group_id && directories.is_due(*group_id)) {
        refresh_group(call.cloud, *group_id);
        refresh_members(call.cloud, *group_id);
    }
}

Where not_absent() {
    return {"id NOT IN (SELECT id FROM keystone_id_mappings WHERE absent = 1)", {}};
}

std::optional<Reply> create_in_directory(FreeCall& call, User (*read)(Call&)) {
    Directories& directories = call.cloud.state<Directories>();
    if (!directories.enabled()) return std::nullopt;
    const User user = call.read(read);
    const auto directory = directories.of(user.domain_id);
    if (!directory) return std::nullopt;
    // The name is the new entry's own id, as upstream's LDAP driver had it.
    if (!directory->users({.name = user.name}).empty())
        throw conflict("Conflict", format("Conflict occurred attempting to store user - Duplicate "
                                          "entry found with name {} at domain ID {}.",
                                          user.name, user.domain_id));
    const DirectoryUser wanted = directory_user_of(user, user.name);
    directory->put_user(wanted, secret_of(user));
    return call.write([&](Call& inner) {
        const User stored = mirror_user(inner, user.domain_id, wanted);
        return made(inner, User::shape(), &stored);
    });
}

std::optional<Reply> create_group_in_directory(FreeCall& call, Group (*read)(Call&)) {
    Directories& directories = call.cloud.state<Directories>();
    if (!directories.enabled()) return std::nullopt;
    const Group group = call.read(read);
    const auto directory = directories.of(group.domain_id);
    if (!directory) return std::nullopt;
    if (!directory->groups({.name = group.name}).empty())
        throw conflict("Conflict", format("Conflict occurred attempting to store group - Duplicate "
                                          "entry found with name {} at domain ID {}.",
                                          group.name, group.domain_id));
    const DirectoryGroup wanted = directory_group_of(group, group.name);
    directory->put_group(wanted);
    return call.write([&](Call& inner) {
        const Group stored = mirror_group(inner, group.domain_id, wanted);
        return made(inner, Group::shape(), &stored);
    });
}

bool update_in_directory(FreeCall& call, User (*read)(Call&)) {
    const auto* id = in_path(call, "user_id");
    const auto found = id ? find_in_directory(call.cloud, *id) : std::nullopt;
    if (!found) return false;
    const User user = call.read(read);
    const DirectoryUser wanted = directory_user_of(user, found->mapping.local_id);
    found->directory->put_user(wanted, secret_of(user));
    call.write([&](Call& inner) {
        const User stored = mirror_user(inner, user.domain_id, wanted);
        if (secret_of(user) || !stored.enabled) store::revoke(inner, {.user_id = stored.id});
    });
    return true;
}

bool update_group_in_directory(FreeCall& call, Group (*read)(Call&)) {
    const auto* id = in_path(call, "group_id");
    const auto found = id ? find_in_directory(call.cloud, *id) : std::nullopt;
    if (!found) return false;
    const Group group = call.read(read);
    const DirectoryGroup wanted = directory_group_of(group, found->mapping.local_id);
    found->directory->put_group(wanted);
    call.write([&](Call& inner) { mirror_group(inner, group.domain_id, wanted); });
    return true;
}

void remove_from_directory(Cloud& cloud, const std::string& id) {
    const auto found = find_in_directory(cloud, id);
    if (!found) return;
    if (found->mapping.kind == "user")
        found->directory->remove_user(found->mapping.local_id);
    else
        found->directory->remove_group(found->mapping.local_id);
}

void set_member_in_directory(Cloud& cloud, const Group& group, const User& user, bool in) {
    const auto of_group = find_in_directory(cloud, group.id);
    const auto of_user = find_in_directory(cloud, user.id);
    if (!of_group && !of_user) return;
    if (!of_group || !of_user || of_group->directory != of_user->directory)
        throw forbidden("CrossBackendNotAllowed",
                        format("Group membership across backend boundaries is not allowed. Group "
                               "in question is {}, user is {}.",
                               group.id, user.id));
    of_group->directory->set_member(of_group->mapping.local_id, of_user->mapping.local_id, in);
}

} // namespace nephele::keystone
