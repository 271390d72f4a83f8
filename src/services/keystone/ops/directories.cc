// SPDX-License-Identifier: Apache-2.0
// Which directory a domain has, and the mirror of its records.
#include "services/keystone/ops/directories.h"

#include "base/strings.h"
#include "platform/log/log.h"
#include "services/keystone/logic/domain_config.h"
#include "services/keystone/ops/domain_config.h"
#include "services/keystone/store/identity.h"

#include <fcntl.h>
#include <unistd.h>

namespace nephele::keystone {
namespace {

// Nothing when there is no such file.
std::optional<std::string> read_file(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return std::nullopt;
    std::string text(1 << 16, '\0');
    const auto length = ::read(file, text.data(), text.size());
    ::close(file);
    text.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
    return text;
}

void remember(Context& context, const IdMapping& wanted) {
    auto stored = find(context.tx, table::id_mappings(), Scope::all(), wanted.id);
    if (!stored) {
        store::insert(context, table::id_mappings(), wanted);
    } else if (stored->absent) {
        stored->absent = false;
        store::update(context, table::id_mappings(), *stored);
    }
}

// Another record of that name, which must give way: names are unique, and a directory may have
// given the name to somebody else since we last looked.
template <class T>
void free_name(Context& context, const Table<T>& table, const std::string& domain_id,
               const std::string& name, const std::string& id) {
    for (T& other : select(context.tx, table, Scope::all(),
                           {"domain_id = ? AND name = ? AND id <> ?", {domain_id, name, id}})) {
        log::warning("two entries of a directory have one name",
                     {{"domain", domain_id}, {"name", name}, {"ids", id + " " + other.id}});
        other.name = other.id;
        store::update(context, table, other);
    }
}

} // namespace

Directories::Directories(Cloud& cloud)
    : cloud_(cloud), enabled_(cloud.config().boolean("keystone.domain_specific_drivers_enabled")),
      fresh_ms_(cloud.config().integer("keystone.directory_fresh_seconds") * 1000) {}

void Directories::use(const std::string& domain_id, std::shared_ptr<Directory> directory) {
    std::lock_guard lock(mutex_);
    fixed_[domain_id] = std::move(directory);
    enabled_ = true;
}

bool Directories::is_due(const std::string& what) {
    const Time now = cloud_.now();
    std::lock_guard lock(mutex_);
    if (asked_.size() > 10'000) asked_.clear();
    Time& before = asked_[what];
    if (before.us != 0 && now < before.plus_ms(fresh_ms_)) return false;
    before = now;
    return true;
}

// Stored options before those of a file; without a driver of its own the domain is in the database.
Json Directories::options_of(const std::string& domain_id) {
    std::string name;
    Json config = cloud_.db().read([&](db::Tx& tx) {
        const auto domain = store::find_domain(tx, domain_id);
        if (domain) name = domain->name;
        return domain ? full_domain_config(cloud_.state<State>(), tx, domain_id) : Json::object();
    });
    const std::string folder = cloud_.config().text("keystone.domain_config_dir");
    if (config.size() == 0 && !folder.empty() && !name.empty() &&
        name.find('/') == std::string::npos) {
        const std::string path = folder + "/keystone." + name + ".conf";
        if (const auto text = read_file(path)) config = logic::read_domain_file(*text, path);
    }
    if (config.get("identity").text("driver") != "ldap") return Json();
    Json options = Json::object();
    for (const auto& known : logic::known_domain_options())
        if (std::string_view(known.group) == "ldap")
            options[known.name] = Json::parse(known.default_json);
    if (const Json* own = config.find("ldap"))
        for (const auto& [option, value] : own->as_object()) options[option] = value;
    return options;
}

std::shared_ptr<Directory> Directories::of(const std::string& domain_id) {
    if (!enabled_ || domain_id.empty()) return nullptr;
    const std::uint64_t epoch = cloud_.state<store::Epoch>().value.load();
    {
        std::lock_guard lock(mutex_);
        if (const auto found = fixed_.find(domain_id); found != fixed_.end()) return found->second;
        const auto found = known_.find(domain_id);
        if (found != known_.end() && found->second.epoch == epoch) return found->second.directory;
    }
    const Json options = options_of(domain_id);
    const std::string text = options.dump();
    std::lock_guard lock(mutex_);
    Known& known = known_[domain_id];
    known.epoch = epoch;
    if (known.options != text) {
        known.options = text;
        known.directory = options.is_null() ? nullptr : make_ldap_directory(options);
    }
    return known.directory;
}

std::optional<InDirectory> find_in_directory(Cloud& cloud, const std::string& id) {
    if (!cloud.has_state<Directories>() || !cloud.state<Directories>().enabled())
        return std::nullopt;
    auto mapping = cloud.db().read(
        [&](db::Tx& tx) { return find(tx, table::id_mappings(), Scope::all(), id); });
    if (!mapping) return std::nullopt;
    auto directory = cloud.state<Directories>().of(mapping->domain_id);
    if (!directory) return std::nullopt;
    return InDirectory{std::move(directory), std::move(*mapping)};
}

bool is_absent(db::Tx& tx, const std::string& id) {
    const auto mapping = find(tx, table::id_mappings(), Scope::all(), id);
    return mapping && mapping->absent;
}

DirectoryUser directory_user_of(const User& user, const std::string& local_id) {
    return {.id = local_id,
            .name = user.name,
            .description = user.description,
            .email = user.email,
            .default_project_id = user.default_project_id,
            .enabled = user.enabled};
}

User mirror_user(Context& context, const std::string& domain_id, const DirectoryUser& entry) {
    const std::string id = IdMapping::id_of(domain_id, "user", entry.id);
    remember(context, {id, domain_id, "user", entry.id});
    auto stored = find(context.tx, table::users(), Scope::all(), id);
    User user = stored ? *stored : User{};
    user.id = id;
    user.domain_id = domain_id;
    user.name = entry.name;
    user.description = entry.description;
    user.email = entry.email;
    user.enabled = entry.enabled;
    user.extra = entry.extra;
    if (entry.default_project_id) user.default_project_id = entry.default_project_id;
    if (stored && User::shape().image(&user) == User::shape().image(&*stored)) return user;
    free_name(context, table::users(), domain_id, user.name, id);
    if (stored) {
        store::update(context, table::users(), user);
    } else {
        user.created_at = context.now;
        store::insert(context, table::users(), user);
    }
    return user;
}

Group mirror_group(Context& context, const std::string& domain_id, const DirectoryGroup& entry) {
    const std::string id = IdMapping::id_of(domain_id, "group", entry.id);
    remember(context, {id, domain_id, "group", entry.id});
    auto stored = find(context.tx, table::groups(), Scope::all(), id);
    Group group = stored ? *stored : Group{};
    group.id = id;
    group.domain_id = domain_id;
    group.name = entry.name;
    group.description = entry.description;
    group.extra = entry.extra;
    if (stored && Group::shape().image(&group) == Group::shape().image(&*stored)) return group;
    free_name(context, table::groups(), domain_id, group.name, id);
    if (stored)
        store::update(context, table::groups(), group);
    else
        store::insert(context, table::groups(), group);
    return group;
}

std::optional<DirectoryLogin> log_in_by_directory(Cloud& cloud, const std::string& user_id,
                                                  const std::string& name,
                                                  const std::string& domain_id,
                                                  const Secret<std::string>& password) {
    std::shared_ptr<Directory> directory;
    DirectoryQuery query;
    std::string domain = domain_id;
    if (!user_id.empty()) {
        auto found = find_in_directory(cloud, user_id);
        if (!found) return std::nullopt;
        directory = std::move(found->directory);
        domain = found->mapping.domain_id;
        query.id = found->mapping.local_id;
    } else {
        if (!cloud.has_state<Directories>()) return std::nullopt;
        directory = cloud.state<Directories>().of(domain);
        if (!directory) return std::nullopt;
        query.name = name;
    }
    const auto found = directory->users(query);
    const std::string local_id = found.empty() ? name : found.front().id;
    if (!directory->authenticate(local_id, password) || found.empty()) return DirectoryLogin{};
    User user = write_as_cloud(
        cloud, "", [&](Context& context) { return mirror_user(context, domain, found.front()); });
    refresh_groups_of(cloud, user.id);
    if (!user.enabled) return DirectoryLogin{};
    return DirectoryLogin{std::move(user)};
}

} // namespace nephele::keystone
