// SPDX-License-Identifier: Apache-2.0
#include "services/nova/store/server_filters.h"

#include "base/strings.h"
#include "services/nova/model/states.h"

namespace nephele::nova::store {
using shape::Page;
using shape::Version;
using shape::Where;
namespace {
void add(Where& where, const std::string& sql, std::vector<db::Value> params) {
    where.sql += (where.sql.empty() ? "(" : " AND (") + sql + ")";
    for (auto& param : params) where.params.push_back(std::move(param));
}

Failure invalid(const std::string& name, const std::string& value, const std::string& why) {
    return bad_request("ValidationError",
                       format("Invalid input for query parameters {}. Value: {}. {}", name,
                              value.substr(0, 100), why));
}

enum class How { equal, pattern, number, truth, time };
struct Known {
    const char *name, *column;
    How how;
    int everybody_since; ///< minor version since which all may use it; 0: always, -1: admins only
};
constexpr Known filters[] = {
    {"name", "name", How::pattern, 0},
    {"display_name", "name", How::pattern, -1},
    {"image", "image_ref", How::equal, 0},
    {"image_ref", "image_ref", How::equal, -1},
    {"flavor", "flavor_id", How::equal, 0},
    {"reservation_id", "reservation_id", How::equal, 0},
    {"hostname", "hostname", How::pattern, -1},
    {"description", "description", How::pattern, -1},
    {"display_description", "description", How::pattern, -1},
    {"host", "host", How::equal, -1},
    {"node", "node", How::equal, -1},
    {"user_id", "user_id", How::equal, 83},
    {"uuid", "id", How::equal, -1},
    {"launch_index", "launch_index", How::number, -1},
    {"power_state", "power_state", How::number, 83},
    {"availability_zone", "availability_zone", How::equal, 83},
    {"key_name", "key_name", How::equal, 83},
    {"config_drive", "config_drive", How::truth, 83},
    {"vm_state", "vm_state", How::equal, 83},
    {"task_state", "task_state", How::equal, 83},
    {"created_at", "created_at", How::time, 83},
    {"launched_at", "launched_at", How::time, 83},
    {"access_ip_v4", "access_ipv4", How::equal, -1},
    {"access_ip_v6", "access_ipv6", How::equal, -1},
};
// Known upstream, true of every server here or of none.
const char* const accepted_and_ignored[] = {"kernel_id",    "ramdisk_id",       "locked_by",
                                            "progress",     "root_device_name", "terminated_at",
                                            "soft_deleted", "auto_disk_config"};

std::string text_of_column(const std::string& column, const Server& server) {
    if (column == "hostname") return server.hostname;
    return column == "description" ? server.description.value_or("") : server.name;
}

// As the database's LIKE where that can say it.
void add_pattern(ServerQuery& query, const Known& known, const std::string& value) {
    std::string why;
    auto pattern = Pattern::parse(value, &why);
    if (!pattern) throw invalid(known.name, value, "It is no regular expression: " + why + ".");
    std::string column = known.column;
    if (auto like = like_pattern(value))
        return add(query.where, column + " LIKE ? ESCAPE '\\'", {*like});
    auto text = column == "hostname" ? [](const Server& s) { return text_of_column("hostname", s); }
                : column == "description"
                    ? [](const Server& s) { return text_of_column("description", s); }
                    : [](const Server& s) { return text_of_column("name", s); };
    query.expressions.push_back({text, std::move(*pattern)});
}

void add_known(ServerQuery& query, const Known& known, const std::string& value) {
    Where& where = query.where;
    std::string column = known.column;
    switch (known.how) {
    case How::equal:
        return add(where, column + " = ?", {value});
    case How::pattern:
        return add_pattern(query, known, value);
    case How::number: {
        auto number = to_int(value);
        if (!number) throw invalid(known.name, value, "It is not an integer.");
        return add(where, column + " = ?", {*number});
    }
    case How::truth: {
        bool yes = iequals(value, "true") || value == "1" || iequals(value, "on");
        return add(where, column + " = ?", {std::int64_t(yes)});
    }
    case How::time: {
        auto time = parse_time(value);
        if (!time) throw invalid(known.name, value, "It is not a date-time.");
        return add(where, column + " = ?", {time->us});
    }
    }
}

// The condition for servers of one vm_state that show this status; empty when none can.
Where shows(VmState vm, const char* name, const std::string& status) {
    Where where;
    std::string others, these;
    for (auto& [task, task_name] : names_of(TaskState{})) {
        bool shown = status_of(vm, task) == status;
        if (shown == (status_of(vm, std::nullopt) == status)) continue;
        std::string& list = shown ? these : others;
        list += (list.empty() ? "'" : ", '") + std::string(task_name) + "'";
    }
    if (status_of(vm, std::nullopt) != status) {
        if (!these.empty()) add(where, "vm_state = ? AND task_state IN (" + these + ")", {name});
        return where;
    }
    std::string but = others.empty()
                          ? std::string()
                          : " AND (task_state IS NULL OR task_state NOT IN (" + others + "))";
    add(where, "vm_state = ?" + but, {name});
    return where;
}

void add_status(ServerQuery& query, const std::vector<std::string>& wanted, bool admin) {
    Where any;
    for (auto& one : wanted) {
        std::string status;
        for (char c : one) status += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
        if (status == "DELETED") {
            if (!admin)
                throw forbidden("Forbidden", "Only administrators may list deleted instances");
            query.deleted = ServerQuery::Deleted::only;
        }
        for (auto& [vm, name] : names_of(VmState{})) {
            Where where = shows(vm, name, status);
            if (where.sql.empty()) continue;
            any.sql += (any.sql.empty() ? "" : " OR ") + where.sql;
            for (auto& param : where.params) any.params.push_back(param);
        }
    }
    if (any.sql.empty())
        query.nothing = true;
    else
        add(query.where, any.sql, any.params);
}

// Each tag must be (or must not be) in the stored JSON list.
void add_tags(Where& where, const std::string& value, bool any, bool wanted) {
    std::string sql;
    std::vector<db::Value> params;
    for (auto& tag : split(value, ',')) {
        std::string quoted = Json(tag).dump(), pattern;
        for (char c : quoted) {
            if (c == '%' || c == '_' || c == '\\') pattern += '\\';
            pattern += c;
        }
        sql += (sql.empty() ? "" : any ? " OR " : " AND ") + std::string("tags LIKE ? ESCAPE '\\'");
        params.emplace_back("%" + pattern + "%");
    }
    add(where, wanted ? sql : "NOT (" + sql + ")", std::move(params));
}

// With these, what is gone since then is shown too.
void add_changes(ServerQuery& query, Page& page, const char* name, const char* comparison) {
    auto value = page.take(name);
    if (!value) return;
    auto time = parse_time(*value);
    if (!time) throw invalid(name, *value, "It is not a date-time.");
    add(query.where, std::string("updated_at ") + comparison + " ?", {time->us});
    if (query.deleted == ServerQuery::Deleted::without) query.deleted = ServerQuery::Deleted::with;
}
} // namespace

bool ServerQuery::fits(const Server& server) const {
    for (auto& expression : expressions)
        if (!expression.pattern.matches(expression.text(server))) return false;
    return true;
}

std::optional<std::string> like_pattern(std::string_view expression) {
    bool from_start = !expression.empty() && expression.front() == '^';
    if (from_start) expression.remove_prefix(1);
    bool escaped = expression.size() > 1 && expression[expression.size() - 2] == '\\';
    bool to_end = !escaped && !expression.empty() && expression.back() == '$';
    if (to_end) expression.remove_suffix(1);
    std::string out = from_start ? "" : "%";
    auto literal = [&](char c) {
        if (c == '%' || c == '_' || c == '\\') out += '\\';
        out += c;
    };
    for (std::size_t i = 0; i < expression.size(); ++i) {
        char c = expression[i];
        char next = i + 1 < expression.size() ? expression[i + 1] : '\0';
        bool star = c == '.' && next == '*';
        if (star) {
            out += '%';
            ++i;
        } else if (c == '.') {
            out += '_';
        } else if (c == '\\' && i + 1 < expression.size()) {
            // \d and the like are classes.
            if (std::isalnum(static_cast<unsigned char>(expression[i + 1]))) return std::nullopt;
            literal(expression[++i]);
        } else if (std::string_view("*+?()[]{}|^$").find(c) != std::string_view::npos) {
            return std::nullopt;
        } else {
            literal(c);
        }
    }
    return out + (to_end ? "" : "%");
}

ServerQuery server_query(Page& page, const Version& version, bool admin) {
    ServerQuery query;
    for (auto& known : filters) {
        bool allowed = admin || known.everybody_since == 0 ||
                       (known.everybody_since > 0 && version.minor >= known.everybody_since);
        for (auto& value : page.take_all(known.name))
            if (allowed) add_known(query, known, value);
    }
    for (auto* name : accepted_and_ignored) page.take_all(name);
    if (auto status = page.take_all("status"); !status.empty())
        add_status(query, status, admin);
    else if (query.where.sql.find("vm_state") == std::string::npos)
        add(query.where, "vm_state <> 'soft-delete'", {});
    add_changes(query, page, "changes-since", ">=");
    if (version.minor >= 66) add_changes(query, page, "changes-before", "<=");
    if (version.minor >= 26) {
        if (auto tags = page.take("tags")) add_tags(query.where, *tags, false, true);
        if (auto tags = page.take("tags-any")) add_tags(query.where, *tags, true, true);
        if (auto tags = page.take("not-tags")) add_tags(query.where, *tags, false, false);
        if (auto tags = page.take("not-tags-any")) add_tags(query.where, *tags, true, false);
    }
    if (auto locked = page.take("locked"); locked && version.minor >= 73) {
        std::string word = lower(*locked);
        if (word != "true" && word != "false" && word != "1" && word != "0")
            throw invalid("locked", *locked, "It is not a boolean.");
        bool yes = word == "true" || word == "1";
        add(query.where, yes ? "locked_by IS NOT NULL" : "locked_by IS NULL", {});
    }
    if (auto deleted = page.take("deleted"); deleted && admin) {
        bool yes = iequals(*deleted, "true") || *deleted == "1";
        query.deleted = yes ? ServerQuery::Deleted::only : ServerQuery::Deleted::without;
    }
    if (auto ip = page.take("ip")) query.ip = *ip;
    if (auto ip = page.take("ip6")) query.ip6 = *ip;
    return query;
}

void map_sort_keys(Page& page, const Version& version) {
    static const std::pair<const char*, const char*> keys[] = {
        {"access_ip_v4", "accessIPv4"},
        {"access_ip_v6", "accessIPv6"},
        {"availability_zone", "OS-EXT-AZ:availability_zone"},
        {"created_at", "created"},
        {"display_description", "description"},
        {"display_name", "name"},
        {"host", "OS-EXT-SRV-ATTR:host"},
        {"hostname", "OS-EXT-SRV-ATTR:hostname"},
        {"image_ref", "image_ref"},
        {"key_name", "key_name"},
        {"launch_index", "OS-EXT-SRV-ATTR:launch_index"},
        {"launched_at", "OS-SRV-USG:launched_at"},
        {"locked_by", "locked_by"},
        {"node", "OS-EXT-SRV-ATTR:hypervisor_hostname"},
        {"power_state", "OS-EXT-STS:power_state"},
        {"project_id", "tenant_id"},
        {"task_state", "OS-EXT-STS:task_state"},
        {"updated_at", "updated"},
        {"user_id", "user_id"},
        {"uuid", "id"},
        {"vm_state", "OS-EXT-STS:vm_state"},
        {"config_drive", "drive"},
        {"auto_disk_config", "OS-DCF:diskConfig"},
        {"locked", "locked_by"}};
    static const char* const dropped[] = {"instance_type_id", "kernel_id",        "progress",
                                          "ramdisk_id",       "root_device_name", "terminated_at"};
    std::vector<shape::Sort> mapped;
    for (auto& sort : page.sort) {
        const char* field = nullptr;
        for (auto& [upstream, ours] : keys)
            if (sort.field == upstream) field = ours;
        bool same_for_all = false;
        for (auto* key : dropped) same_for_all = same_for_all || sort.field == key;
        if (sort.field == "locked" && version.minor < 73) field = nullptr, same_for_all = true;
        if (field)
            mapped.push_back({field, sort.descending});
        else if (!same_for_all)
            throw invalid("sort_key", sort.field, "It is not a sort key of servers.");
    }
    // Newest first, as upstream.
    if (mapped.empty()) mapped.push_back({"created", true});
    page.sort = std::move(mapped);
}

} // namespace nephele::nova::store
