// SPDX-License-Identifier: Apache-2.0
// From a directory to its mirror: reads outside of transactions, compares, and writes only what is
// different, so that a directory that did not change costs no write.
#include "base/strings.h"
#include "platform/log/log.h"
#include "services/keystone/ops/directories.h"
#include "services/keystone/store/identity.h"

#include <set>

namespace nephele::keystone {
namespace {

// Records written by one transaction: others want the writer too.
constexpr std::size_t batch = 200;

bool is_everything(const DirectoryQuery& query) {
    return !query.id && !query.name && !query.name_contains && !query.name_prefix;
}

// Its record stays, with what hangs on it, for the day it comes back; nobody can use it.
void hide(Context& context, IdMapping mapping) {
    if (mapping.absent) return;
    mapping.absent = true;
    store::update(context, table::id_mappings(), mapping);
    if (mapping.kind == "group")
        store::erase_all(context, table::memberships(), {"group_id = ?", {mapping.id}});
    if (auto user = find(context.tx, table::users(), Scope::all(), mapping.id)) {
        user->enabled = false;
        store::update(context, table::users(), *user);
        store::erase_all(context, table::memberships(), {"user_id = ?", {mapping.id}});
    }
}

// Those known to us that fit the query and were not among what the directory gave.
std::vector<IdMapping> gone(Cloud& cloud, const std::string& domain_id, const std::string& kind,
                            const DirectoryQuery& query, const std::set<std::string>& seen) {
    if (!is_everything(query) && !query.id) return {};
    auto mappings = cloud.db().read([&](db::Tx& tx) {
        Where where{"domain_id = ? AND kind = ? AND absent = 0", {domain_id, kind}};
        if (query.id) {
            where.sql += " AND local_id = ?";
            where.params.push_back(*query.id);
        }
        return select(tx, table::id_mappings(), Scope::all(), where);
    });
    std::erase_if(mappings, [&](const IdMapping& one) { return seen.count(one.local_id) > 0; });
    return mappings;
}

bool same(const User& stored, const DirectoryUser& entry) {
    return stored.name == entry.name && stored.description == entry.description &&
           stored.email == entry.email && stored.enabled == entry.enabled &&
           stored.extra == entry.extra &&
           (!entry.default_project_id || stored.default_project_id == entry.default_project_id);
}
bool same(const Group& stored, const DirectoryGroup& entry) {
    return stored.name == entry.name && stored.description == entry.description &&
           stored.extra == entry.extra;
}

template <class T, class Entry>
std::vector<Entry> changed(Cloud& cloud, const Table<T>& table, const std::string& domain_id,
                           const std::string& kind, const std::vector<Entry>& entries) {
    return cloud.db().read([&](db::Tx& tx) {
        std::vector<Entry> found;
        for (const Entry& entry : entries) {
            const std::string id = IdMapping::id_of(domain_id, kind, entry.id);
            const auto stored = find(tx, table, Scope::all(), id);
            if (!stored || !same(*stored, entry) || is_absent(tx, id)) found.push_back(entry);
        }
        return found;
    });
}

template <class T, class Entry, class Mirror>
void refresh(Cloud& cloud, const Table<T>& table, const std::string& domain_id,
             const std::string& kind, const DirectoryQuery& query,
             const std::vector<Entry>& entries, Mirror mirror) {
    std::set<std::string> seen;
    for (const Entry& entry : entries) seen.insert(entry.id);
    const auto wanted = changed(cloud, table, domain_id, kind, entries);
    for (std::size_t at = 0; at < wanted.size(); at += batch)
        write_as_cloud(cloud, "", [&](Context& context) {
            for (std::size_t i = at; i < std::min(at + batch, wanted.size()); ++i)
                mirror(context, domain_id, wanted[i]);
        });
    const auto absent = gone(cloud, domain_id, kind, query, seen);
    if (!absent.empty())
        write_as_cloud(cloud, "", [&](Context& context) {
            for (const IdMapping& one : absent) hide(context, one);
        });
}

// Makes the memberships with this column value exactly those to `others`.
void set_memberships(Context& context, const std::string& column, const std::string& id,
                     const std::set<std::string>& others) {
    std::set<std::string> missing = others;
    const bool of_group = column == "group_id";
    for (const Membership& one :
         select(context.tx, table::memberships(), Scope::all(), {column + " = ?", {id}})) {
        const std::string& other = of_group ? one.user_id : one.group_id;
        if (missing.erase(other) == 0) store::erase(context, table::memberships(), one);
    }
    for (const auto& other : missing) {
        const std::string &group = of_group ? id : other, &user = of_group ? other : id;
        store::insert(context, table::memberships(),
                      Membership{Membership::id_of(group, user), group, user});
    }
}

std::set<std::string> stored_memberships(db::Tx& tx, const std::string& column,
                                         const std::string& id) {
    std::set<std::string> found;
    for (const Membership& one :
         select(tx, table::memberships(), Scope::all(), {column + " = ?", {id}}))
        found.insert(column == "group_id" ? one.user_id : one.group_id);
    return found;
}

void ensure_memberships(Cloud& cloud, const std::string& column, const std::string& id,
                        const std::set<std::string>& others) {
    const auto before =
        cloud.db().read([&](db::Tx& tx) { return stored_memberships(tx, column, id); });
    if (before == others) return;
    write_as_cloud(cloud, "",
                   [&](Context& context) { set_memberships(context, column, id, others); });
}

} // namespace

void refresh_users(Cloud& cloud, const std::string& domain_id, const DirectoryQuery& query) {
    if (const auto directory = cloud.state<Directories>().of(domain_id))
        refresh(cloud, table::users(), domain_id, "user", query, directory->users(query),
                mirror_user);
}

void refresh_groups(Cloud& cloud, const std::string& domain_id, const DirectoryQuery& query) {
    if (const auto directory = cloud.state<Directories>().of(domain_id))
        refresh(cloud, table::groups(), domain_id, "group", query, directory->groups(query),
                mirror_group);
}

void refresh_user(Cloud& cloud, const std::string& user_id) {
    if (const auto found = find_in_directory(cloud, user_id))
        refresh_users(cloud, found->mapping.domain_id, {.id = found->mapping.local_id});
}

void refresh_group(Cloud& cloud, const std::string& group_id) {
    if (const auto found = find_in_directory(cloud, group_id))
        refresh_groups(cloud, found->mapping.domain_id, {.id = found->mapping.local_id});
}

void refresh_members(Cloud& cloud, const std::string& group_id) {
    const auto found = find_in_directory(cloud, group_id);
    if (!found || found->mapping.absent) return;
    const std::string& domain_id = found->mapping.domain_id;
    std::set<std::string> members;
    for (const auto& local_id : found->directory->members(found->mapping.local_id)) {
        const std::string id = IdMapping::id_of(domain_id, "user", local_id);
        const auto is_known = [&] {
            return cloud.db().read(
                [&](db::Tx& tx) { return find(tx, table::users(), Scope::all(), id).has_value(); });
        };
        if (!is_known()) refresh_users(cloud, domain_id, {.id = local_id});
        if (is_known()) members.insert(id);
    }
    ensure_memberships(cloud, "group_id", group_id, members);
}

void refresh_groups_of(Cloud& cloud, const std::string& user_id) {
    const auto found = find_in_directory(cloud, user_id);
    if (!found || found->mapping.absent) return;
    const std::string& domain_id = found->mapping.domain_id;
    const auto entries = found->directory->groups_of(found->mapping.local_id);
    refresh(cloud, table::groups(), domain_id, "group", DirectoryQuery{.name = ""}, entries,
            mirror_group);
    std::set<std::string> groups;
    for (const auto& entry : entries) groups.insert(IdMapping::id_of(domain_id, "group", entry.id));
    ensure_memberships(cloud, "user_id", user_id, groups);
}

void refresh_all(Cloud& cloud) {
    Directories& directories = cloud.state<Directories>();
    if (!directories.enabled()) return;
    const auto domains = cloud.db().read([](db::Tx& tx) {
        return select(tx, table::domains(), Scope::all(), {"is_domain = 1 AND enabled = 1", {}});
    });
    for (const Domain& domain : domains) {
        if (!directories.of(domain.id)) continue;
        try {
            refresh_users(cloud, domain.id, {});
            refresh_groups(cloud, domain.id, {});
            const auto groups = cloud.db().read([&](db::Tx& tx) {
                return select(tx, table::groups(), Scope::all(), {"domain_id = ?", {domain.id}});
            });
            for (const Group& group : groups) refresh_members(cloud, group.id);
        } catch (const EngineFailure& error) {
            // The others are looked at all the same; this one at the next round.
            log::warning("a directory does not answer",
                         {{"domain", domain.id}, {"error", error.what()}});
        }
    }
}

} // namespace nephele::keystone
