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

void add_known(Where& where, const Known& known, const std::string& value) {
    std::string column = known.column;
    switch (known.how) {
    case How::equal:
        return add(where, column + " = ?", {value});
    case How::pattern:
        return add(where, column + " LIKE ? ESCAPE '\\'", {like_pattern(value)});
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

void add_status(ServerQuery& query, const std::vector<std::string>& wanted) {
    static const auto names = [](VmState vm, const char* name, const std::string& status,
                                 Where& where) {
        if (status_of(vm, std::nullopt) != status) return;
        if (vm == VmState::active)
            add(where,
                "vm_state = ? AND (task_state IS NULL OR task_state NOT IN ('rebooting', "
                "'rebooting_hard'))",
                {name});
        else
            add(where, "vm_state = ?", {name});
    };
    Where any;
    for (auto& one : wanted) {
        std::string status;
        for (char c : one) status += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
        Where where;
        for (auto& [vm, name] : names_of(VmState{})) names(vm, name, status, where);
        if (status == "REBOOT") add(where, "vm_state = 'active' AND task_state = 'rebooting'", {});
        if (status == "HARD_REBOOT")
            add(where, "vm_state = 'active' AND task_state = 'rebooting_hard'", {});
        if (where.sql.empty()) continue;
        any.sql += (any.sql.empty() ? "" : " OR ") + where.sql;
        for (auto& param : where.params) any.params.push_back(param);
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

void add_changes(Where& where, Page& page, const char* name, const char* comparison) {
    auto value = page.take(name);
    if (!value) return;
    auto time = parse_time(*value);
    if (!time) throw invalid(name, *value, "It is not a date-time.");
    add(where, std::string("updated_at ") + comparison + " ?", {time->us});
}
} // namespace

std::string like_pattern(std::string_view expression) {
    bool from_start = !expression.empty() && expression.front() == '^';
    if (from_start) expression.remove_prefix(1);
    bool to_end = !expression.empty() && expression.back() == '$';
    if (to_end) expression.remove_suffix(1);
    std::string out = from_start ? "" : "%";
    auto literal = [&](char c) {
        if (c == '%' || c == '_' || c == '\\') out += '\\';
        out += c;
    };
    for (std::size_t i = 0; i < expression.size(); ++i) {
        char c = expression[i];
        bool star = c == '.' && i + 1 < expression.size() && expression[i + 1] == '*';
        if (star) {
            out += '%';
            ++i;
        } else if (c == '.') {
            out += '_';
        } else if (c == '\\' && i + 1 < expression.size()) {
            literal(expression[++i]);
        } else if (std::string_view("*+?()[]{}|^$").find(c) != std::string_view::npos) {
            throw bad_request("ValidationError",
                              format("The pattern '{}' uses '{}': only ^ $ . and .* are understood "
                                     "here. Put a backslash before it to mean the character.",
                                     std::string(expression.substr(0, 100)), c));
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
            if (allowed) add_known(query.where, known, value);
    }
    for (auto* name : accepted_and_ignored) page.take_all(name);
    if (auto status = page.take_all("status"); !status.empty()) add_status(query, status);
    add_changes(query.where, page, "changes-since", ">=");
    if (version.minor >= 66) add_changes(query.where, page, "changes-before", "<=");
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
    if (auto deleted = page.take("deleted"))
        query.nothing = query.nothing || (admin && (iequals(*deleted, "true") || *deleted == "1"));
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
