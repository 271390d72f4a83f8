// SPDX-License-Identifier: Apache-2.0
// Users and groups in an LDAP server, as the options of upstream's [ldap] section describe them.
#include "base/strings.h"
#include "engines/ldap/ldap.h"
#include "platform/fault/fault.h"
#include "services/keystone/drivers/directory.h"

#include <set>

namespace nephele::keystone {
namespace {
using ldap::Entry;

// Active Directory's rule that follows members through groups within groups.
constexpr const char* in_chain = ":1.2.840.113556.1.4.1941:=";
// Ends the walk through groups within groups.
constexpr std::size_t most_groups = 10'000;

struct Kind {
    std::string tree, object_class, filter, id, name, description;
    std::vector<std::pair<std::string, std::string>> more; ///< LDAP attribute to member
    std::set<std::string> ignored;
};

struct EnabledRule {
    std::string attribute, standard, emulation_dn;
    bool invert = false, emulated = false;
    std::int64_t mask = 0;
};

std::set<std::string> names_in(const Json& list) {
    std::set<std::string> names;
    if (list.is_array())
        for (const Json& one : list.as_array())
            if (one.is_string()) names.insert(one.as_string());
    return names;
}

std::vector<std::pair<std::string, std::string>> mapping_in(const Json& list) {
    std::vector<std::pair<std::string, std::string>> mapping;
    for (const auto& one : names_in(list))
        if (const auto colon = one.find(':'); colon != one.npos)
            mapping.emplace_back(one.substr(0, colon), one.substr(colon + 1));
    return mapping;
}

std::string with_parentheses(const std::string& filter) {
    if (filter.empty() || filter.front() == '(') return filter;
    return "(" + filter + ")";
}

Kind kind_of(const Json& options, const std::string& name, const char* organisation) {
    const auto text = [&](const char* suffix) { return options.text(name + suffix); };
    Kind kind{text("_tree_dn"),
              text("_objectclass"),
              text("_filter"),
              text("_id_attribute"),
              text("_name_attribute"),
              text(name == "user" ? "_description_attribute" : "_desc_attribute"),
              mapping_in(options.get(name + "_additional_attribute_mapping")),
              names_in(options.get(name + "_attribute_ignore"))};
    if (kind.tree.empty()) kind.tree = std::string(organisation) + "," + options.text("suffix");
    kind.filter = with_parentheses(kind.filter);
    return kind;
}

ldap::Settings settings_of(const Json& options) {
    ldap::Settings settings;
    settings.url = options.text("url");
    settings.user = options.text("user");
    settings.password = Secret<std::string>(options.text("password"));
    settings.use_tls = options.boolean("use_tls");
    settings.ca_file = options.text("tls_cacertfile");
    settings.ca_directory = options.text("tls_cacertdir");
    settings.require_certificate = options.text("tls_req_cert", "demand");
    settings.timeout_seconds = static_cast<int>(options.integer("connection_timeout", -1));
    if (settings.timeout_seconds <= 0)
        settings.timeout_seconds = static_cast<int>(options.integer("pool_connection_timeout", -1));
    if (settings.timeout_seconds <= 0) settings.timeout_seconds = 30;
    if (options.get("chase_referrals").is_bool())
        settings.chase_referrals = options.boolean("chase_referrals");
    settings.dereference = options.text("alias_dereferencing", "default");
    settings.page_size = static_cast<int>(options.integer("page_size"));
    return settings;
}

class LdapDirectory : public Directory {
  public:
    explicit LdapDirectory(const Json& options)
        : pool_(settings_of(options),
                options.boolean("use_pool", true) ? static_cast<std::size_t>(std::max<std::int64_t>(
                                                        options.integer("pool_size", 10), 0))
                                                  : 0,
                static_cast<int>(options.integer("pool_connection_lifetime", 600)),
                static_cast<int>(options.integer("pool_retry_max", 3))),
          user_(kind_of(options, "user", "ou=Users")),
          group_(kind_of(options, "group", "ou=UserGroups")),
          depth_(options.text("query_scope") == "sub" ? ldap::Depth::subtree : ldap::Depth::one),
          mail_(options.text("user_mail_attribute", "mail")),
          default_project_(options.text("user_default_project_id_attribute")),
          member_(options.text("group_member_attribute", "member")),
          members_are_ids_(options.boolean("group_members_are_ids")),
          ad_nesting_(options.boolean("group_ad_nesting")),
          nesting_(options.boolean("group_nesting")),
          enabled_{options.text("user_enabled_attribute", "enabled"),
                   options.text("user_enabled_default", "True"),
                   options.text("user_enabled_emulation_dn"),
                   options.boolean("user_enabled_invert"),
                   options.boolean("user_enabled_emulation"),
                   options.integer("user_enabled_mask")},
          emulation_member_(options.boolean("user_enabled_emulation_use_group_config") ? member_
                                                                                       : "member") {
        if (enabled_.emulation_dn.empty()) enabled_.emulation_dn = "cn=enabled_users," + user_.tree;
        writes_ = {options.boolean("user_allow_create"),  options.boolean("user_allow_update"),
                   options.boolean("user_allow_delete"),  options.boolean("group_allow_create"),
                   options.boolean("group_allow_update"), options.boolean("group_allow_delete")};
    }

    std::vector<DirectoryUser> users(const DirectoryQuery& query) override {
        std::vector<DirectoryUser> found;
        pool_.with([&](ldap::Connection& connection) {
            found.clear();
            const auto enabled = enabled_dns(connection);
            for (const Entry& entry :
                 connection.search(user_.tree, depth_, filter(user_, query), {}))
                if (auto user = user_of(entry, enabled)) found.push_back(std::move(*user));
        });
        return found;
    }

    std::vector<DirectoryGroup> groups(const DirectoryQuery& query) override {
        return groups_matching(filter(group_, query));
    }

    std::vector<std::string> members(const std::string& group_id) override {
        std::set<std::string> ids;
        pool_.with([&](ldap::Connection& connection) {
            ids.clear();
            std::set<std::string> seen;
            std::vector<Entry> todo = entries(connection, group_, group_id);
            while (!todo.empty() && seen.size() < most_groups) {
                const Entry group = std::move(todo.back());
                todo.pop_back();
                if (!seen.insert(lower(group.dn)).second) continue;
                add_members(connection, group, ids, todo);
            }
        });
        return {ids.begin(), ids.end()};
    }

    std::vector<DirectoryGroup> groups_of(const std::string& user_id) override {
        std::string member = user_id;
        if (!members_are_ids_) {
            member.clear();
            pool_.with([&](ldap::Connection& connection) {
                if (const auto found = entries(connection, user_, user_id); !found.empty())
                    member = found.front().dn;
            });
            if (member.empty()) return {};
        }
        std::vector<DirectoryGroup> all;
        std::set<std::string> seen;
        std::vector<std::string> todo{member};
        while (!todo.empty() && seen.size() < most_groups) {
            const std::string one = std::move(todo.back());
            todo.pop_back();
            std::vector<std::string> dns;
            auto groups = groups_matching(holding(one), &dns);
            for (std::size_t at = 0; at < groups.size(); ++at) {
                if (!seen.insert(groups[at].id).second) continue;
                all.push_back(std::move(groups[at]));
                if (nesting_ && !members_are_ids_) todo.push_back(dns[at]);
            }
        }
        return all;
    }

    bool authenticate(const std::string& user_id, const Secret<std::string>& password) override {
        if (password.reveal().empty()) return false;
        std::string dn;
        pool_.with([&](ldap::Connection& connection) {
            const auto found = entries(connection, user_, user_id);
            dn = found.empty() ? "" : found.front().dn;
        });
        // A user that is not there costs a bind too. A connection of its own: one that was bound as
        // somebody is never handed on.
        const bool there = !dn.empty();
        if (!there) dn = dn_of(user_, user_id);
        return ldap::Connection(pool_.settings()).bind(dn, password) && there;
    }

    const DirectoryWrites& writes() const override { return writes_; }

    void put_user(const DirectoryUser& user,
                  const std::optional<Secret<std::string>>& password) override {
        pool_.with([&](ldap::Connection& connection) {
            const auto there = entries(connection, user_, user.id);
            allow(there.empty() ? writes_.user_create : writes_.user_update);
            const std::string dn = there.empty() ? dn_of(user_, user.id) : there.front().dn;
            ldap::Attributes wanted = attributes_of(user, there.empty() ? nullptr : &there.front());
            if (there.empty())
                connection.add(dn, new_entry(user_, user.id, wanted));
            else
                connection.modify(dn, replacing(wanted));
            if (enabled_.emulated) set_in(connection, enabled_.emulation_dn, dn, user.enabled);
            if (password) connection.set_password(dn, *password);
        });
    }

    void remove_user(const std::string& id) override {
        allow(writes_.user_delete);
        pool_.with([&](ldap::Connection& connection) {
            for (const Entry& entry : entries(connection, user_, id)) {
                const std::string member = members_are_ids_ ? id : entry.dn;
                for (const Entry& group : connection.search(group_.tree, depth_, holding(member)))
                    set_in(connection, group.dn, member, false);
                if (enabled_.emulated) set_in(connection, enabled_.emulation_dn, entry.dn, false);
                connection.remove(entry.dn);
            }
        });
    }

    void put_group(const DirectoryGroup& group) override {
        pool_.with([&](ldap::Connection& connection) {
            const auto there = entries(connection, group_, group.id);
            allow(there.empty() ? writes_.group_create : writes_.group_update);
            ldap::Attributes wanted;
            put(wanted, group_, "name", group_.name, group.name);
            put(wanted, group_, "description", group_.description, group.description);
            if (!there.empty()) {
                connection.modify(there.front().dn, replacing(wanted));
                return;
            }
            // A groupOfNames may not be empty: the server's user holds the place.
            if (!members_are_ids_) wanted[member_] = {pool_.settings().user};
            connection.add(dn_of(group_, group.id), new_entry(group_, group.id, wanted));
        });
    }

    void remove_group(const std::string& id) override {
        allow(writes_.group_delete);
        pool_.with([&](ldap::Connection& connection) {
            for (const Entry& entry : entries(connection, group_, id)) connection.remove(entry.dn);
        });
    }

    void set_member(const std::string& group_id, const std::string& user_id, bool in) override {
        allow(writes_.group_update);
        pool_.with([&](ldap::Connection& connection) {
            const auto group = entries(connection, group_, group_id);
            const auto user = entries(connection, user_, user_id);
            if (group.empty() || (user.empty() && !members_are_ids_)) return;
            set_in(connection, group.front().dn, members_are_ids_ ? user_id : user.front().dn, in);
        });
    }

  private:
    static void allow(bool allowed) {
        if (!allowed) throw forbidden("Forbidden", "LDAP does not support write operations");
    }

    // "(&(objectClass=..)(user_filter)(cn=..))"
    static std::string filter(const Kind& kind, const DirectoryQuery& query) {
        std::string parts = "(objectClass=" + ldap::escape_filter(kind.object_class) + ")";
        parts += kind.filter;
        const auto add = [&](const std::string& attribute, const std::string& before,
                             const std::optional<std::string>& value, const std::string& after) {
            if (value)
                parts += "(" + attribute + "=" + before + ldap::escape_filter(*value) + after + ")";
        };
        add(kind.id, "", query.id, "");
        add(kind.name, "", query.name, "");
        add(kind.name, "*", query.name_contains, "*");
        add(kind.name, "", query.name_prefix, "*");
        return "(&" + parts + ")";
    }

    // Groups with this member (a name, or an id).
    std::string holding(const std::string& member) const {
        return "(&(objectClass=" + ldap::escape_filter(group_.object_class) + ")" + group_.filter +
               "(" + member_ + (ad_nesting_ ? in_chain : "=") + ldap::escape_filter(member) + "))";
    }

    std::vector<Entry> entries(ldap::Connection& connection, const Kind& kind,
                               const std::string& id) const {
        return connection.search(kind.tree, depth_, filter(kind, {.id = id}));
    }

    std::vector<DirectoryGroup> groups_matching(const std::string& wanted,
                                                std::vector<std::string>* dns = nullptr) {
        std::vector<DirectoryGroup> found;
        pool_.with([&](ldap::Connection& connection) {
            found.clear();
            if (dns) dns->clear();
            for (const Entry& entry : connection.search(group_.tree, depth_, wanted)) {
                DirectoryGroup group{entry.text(group_.id), entry.text(group_.name),
                                     entry.text(group_.description), more_of(group_, entry)};
                if (group.id.empty() || group.name.empty()) continue;
                found.push_back(std::move(group));
                if (dns) dns->push_back(entry.dn);
            }
        });
        return found;
    }

    // Its users' ids, and the groups within it when so configured.
    void add_members(ldap::Connection& connection, const Entry& group, std::set<std::string>& ids,
                     std::vector<Entry>& todo) const {
        if (ad_nesting_) {
            const std::string chain = "(&(objectClass=" + ldap::escape_filter(user_.object_class) +
                                      ")(memberOf" + in_chain + ldap::escape_filter(group.dn) +
                                      "))";
            for (const Entry& user : connection.search(user_.tree, depth_, chain))
                ids.insert(user.text(user_.id));
            return;
        }
        const auto found = group.attributes.find(member_);
        if (found == group.attributes.end()) return;
        for (const auto& member : found->second) {
            if (members_are_ids_) {
                ids.insert(member);
                continue;
            }
            const auto users = connection.search(member, ldap::Depth::base, filter(user_, {}));
            if (!users.empty()) {
                ids.insert(users.front().text(user_.id));
            } else if (nesting_) {
                for (Entry& inner :
                     connection.search(member, ldap::Depth::base, filter(group_, {})))
                    todo.push_back(std::move(inner));
            }
        }
    }

    // Names of those in the group that says who is enabled; nothing when there is no such rule.
    std::optional<std::set<std::string>> enabled_dns(ldap::Connection& connection) const {
        if (!enabled_.emulated) return std::nullopt;
        std::set<std::string> dns;
        for (const Entry& entry :
             connection.search(enabled_.emulation_dn, ldap::Depth::base, "(objectClass=*)"))
            if (const auto found = entry.attributes.find(emulation_member_);
                found != entry.attributes.end())
                for (const auto& dn : found->second) dns.insert(lower(dn));
        return dns;
    }

    bool is_enabled(const Entry& entry, const std::optional<std::set<std::string>>& enabled) const {
        if (enabled) return enabled->count(lower(entry.dn)) > 0;
        if (user_.ignored.count("enabled")) return true;
        const std::string value = entry.text(enabled_.attribute, enabled_.standard);
        if (enabled_.mask != 0) return (to_int(value).value_or(0) & enabled_.mask) != enabled_.mask;
        return iequals(value, "true") != enabled_.invert;
    }

    std::optional<DirectoryUser>
    user_of(const Entry& entry, const std::optional<std::set<std::string>>& enabled) const {
        DirectoryUser user;
        user.id = entry.text(user_.id);
        user.name = entry.text(user_.name);
        // Entries without an id or a name are no users, as upstream sees it.
        if (user.id.empty() || user.name.empty()) return std::nullopt;
        const auto take = [&](const char* member, const std::string& attribute) {
            std::optional<std::string> value;
            if (!attribute.empty() && !user_.ignored.count(member) &&
                entry.attributes.count(attribute))
                value = entry.text(attribute);
            return value;
        };
        user.description = take("description", user_.description);
        user.email = take("email", mail_);
        user.default_project_id = take("default_project_id", default_project_);
        user.enabled = is_enabled(entry, enabled);
        user.extra = more_of(user_, entry);
        return user;
    }

    static Json more_of(const Kind& kind, const Entry& entry) {
        Json more = Json::object();
        for (const auto& [attribute, member] : kind.more)
            if (const auto text = entry.text(attribute); !text.empty()) more[member] = text;
        return more;
    }

    static std::string dn_of(const Kind& kind, const std::string& id) {
        return kind.id + "=" + ldap::escape_dn(id) + "," + kind.tree;
    }

    static ldap::Attributes new_entry(const Kind& kind, const std::string& id,
                                      ldap::Attributes wanted) {
        wanted["objectClass"] = {kind.object_class};
        wanted[kind.id] = {id};
        // Classes of people want both of these.
        if (iequals(kind.object_class, "inetOrgPerson"))
            for (const char* name : {"cn", "sn"})
                if (!wanted.count(name)) wanted[name] = {id};
        return wanted;
    }

    static void put(ldap::Attributes& wanted, const Kind& kind, const char* member,
                    const std::string& attribute, const std::string& value) {
        if (attribute.empty() || kind.ignored.count(member) || iequals(attribute, kind.id)) return;
        wanted[attribute] =
            value.empty() ? std::vector<std::string>{} : std::vector<std::string>{value};
    }

    ldap::Attributes attributes_of(const DirectoryUser& user, const Entry* there) const {
        ldap::Attributes wanted;
        put(wanted, user_, "name", user_.name, user.name);
        put(wanted, user_, "description", user_.description, user.description.value_or(""));
        put(wanted, user_, "email", mail_, user.email.value_or(""));
        put(wanted, user_, "default_project_id", default_project_,
            user.default_project_id.value_or(""));
        if (enabled_.emulated || user_.ignored.count("enabled")) return wanted;
        if (enabled_.mask != 0) {
            const std::string before =
                there ? there->text(enabled_.attribute, enabled_.standard) : enabled_.standard;
            const std::int64_t bits = to_int(before).value_or(0);
            wanted[enabled_.attribute] = {
                std::to_string(user.enabled ? bits & ~enabled_.mask : bits | enabled_.mask)};
        } else if (there ||
                   user.enabled != (iequals(enabled_.standard, "true") != enabled_.invert)) {
            // What the default says already is not written: the class may not know the attribute.
            const bool value = user.enabled != enabled_.invert;
            if (!there || there->attributes.count(enabled_.attribute) ||
                user.enabled != is_enabled(*there, std::nullopt))
                wanted[enabled_.attribute] = {value ? "TRUE" : "FALSE"};
        }
        return wanted;
    }

    static std::vector<ldap::Modification> replacing(const ldap::Attributes& wanted) {
        std::vector<ldap::Modification> changes;
        for (const auto& [name, values] : wanted)
            changes.push_back({ldap::Modification::Kind::replace, name, values});
        return changes;
    }

    void set_in(ldap::Connection& connection, const std::string& group_dn,
                const std::string& member, bool in) const {
        connection.modify(group_dn,
                          {{in ? ldap::Modification::Kind::add : ldap::Modification::Kind::remove,
                            group_dn == enabled_.emulation_dn ? emulation_member_ : member_,
                            {member}}});
    }

    ldap::Pool pool_;
    Kind user_, group_;
    ldap::Depth depth_;
    std::string mail_, default_project_, member_;
    bool members_are_ids_, ad_nesting_, nesting_;
    EnabledRule enabled_;
    std::string emulation_member_;
    DirectoryWrites writes_;
};

} // namespace

std::shared_ptr<Directory> make_ldap_directory(const Json& options) {
    return std::make_shared<LdapDirectory>(options);
}

} // namespace nephele::keystone
