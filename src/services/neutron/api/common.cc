// SPDX-License-Identifier: Apache-2.0
// Shared parts of neutron's handlers.
#include "services/neutron/api/common.h"

#include "base/strings.h"
#include "platform/api/service.h"

namespace nephele::neutron {
namespace {
// "instr(tags, '"blue"') > 0": tags are stored as a JSON list of strings.
std::string holds_tag(db::Dialect dialect, const std::string& column) {
    return (dialect == db::Dialect::sqlite ? "instr(" : "strpos(") + column + ", ?) > 0";
}

Where tag_condition(db::Dialect dialect, const std::string& column, const std::string& list,
                    const char* joint, bool negated) {
    Where out;
    for (auto& tag : split(list, ',')) {
        if (!out.sql.empty()) out.sql += joint;
        out.sql += holds_tag(dialect, column);
        out.params.emplace_back(Json(tag).dump());
    }
    if (negated) out.sql = "NOT (" + out.sql + ")";
    return out;
}
} // namespace

const Json& wrapped(const Json& body, const std::string& name) {
    const Json* inner = body.find(name);
    if (!inner || !inner->is_object())
        throw bad_request("HTTPBadRequest", format("Unable to find '{}' in request body", name));
    return *inner;
}

Json with_one_project_name(const Json& fields) {
    const Json* tenant = fields.find("tenant_id");
    if (!tenant) return fields;
    Json out = fields;
    const Json* project = fields.find("project_id");
    if (project && !(*project == *tenant))
        throw bad_request("HTTPBadRequest", "'project_id' and 'tenant_id' do not match");
    if (!project) out["project_id"] = *tenant;
    out.erase("tenant_id");
    return out;
}

std::string owner_project(Call& call, const std::string& asked) {
    if (asked.empty() || asked == call.project()) {
        if (call.project().empty() && asked.empty())
            throw bad_request("HTTPBadRequest", "Running without keystone AuthN requires that "
                                                "project_id is specified: the token is not scoped "
                                                "to a project.");
        return call.project();
    }
    if (!call.is_admin())
        throw bad_request("HTTPBadRequest",
                          "Specifying 'project_id' or 'tenant_id' other than the authenticated "
                          "project in request requires admin privileges");
    return asked;
}

void check_revision(Call& call, std::int64_t revision) {
    auto* header = call.in.head.headers.find("If-Match");
    if (!header) return;
    std::string text(trim(*header));
    auto equals = text.find('=');
    auto wanted = text.substr(0, equals) == "revision_number" && equals != std::string::npos
                      ? to_int(text.substr(equals + 1))
                      : std::nullopt;
    if (!wanted)
        throw bad_request("HTTPBadRequest", "Invalid value for If-Match header: it must be "
                                            "revision_number=<integer>.");
    if (*wanted != revision)
        throw Failure(Fault::precondition_failed, "RevisionNumberConstraintFailed",
                      format("Constrained to {}, but current revision is {}", *wanted, revision));
}

policy::Target target_of(const std::string& project_id) { return owned_by(project_id); }

policy::Target target_on(const Network& network, const std::string& project_id) {
    auto target = owned_by(project_id);
    target.set("network:tenant_id", network.project_id);
    target.set("network:project_id", network.project_id);
    target.set("shared", network.shared);
    return target;
}

void enforce_fields(Call& call, const std::string& action, const ShapeBase& shape,
                    const void* record, const void* defaults, const policy::Target& target) {
    auto& policy = call.cloud.policy_of("neutron");
    for (auto& name : call.reading.given) {
        std::string rule = action + ":" + name;
        if (!policy.has(rule)) continue;
        auto* field = shape.field_named(name);
        if (defaults && field && field->codec) {
            auto value = [&](const void* of) {
                return field->codec->to_db(static_cast<const char*>(of) + field->offset);
            };
            auto asked = value(record), usual = value(defaults);
            auto* a = std::get_if<std::string>(&asked);
            auto* b = std::get_if<std::string>(&usual);
            auto* x = std::get_if<std::int64_t>(&asked);
            auto* y = std::get_if<std::int64_t>(&usual);
            if ((a && b && *a == *b) || (x && y && *x == *y) ||
                (asked.index() == 0 && usual.index() == 0))
                continue;
        }
        call.enforce(rule, target);
    }
}

void reset_nulls(const ShapeBase& shape, const Json& fields, const void* defaults, void* record) {
    const View view;
    for (auto& [name, value] : fields.as_object()) {
        auto* field = shape.field_named(name);
        if (!value.is_null() || !field || !field->codec || field->codec->optional) continue;
        Json usual =
            field->codec->to_json(static_cast<const char*>(defaults) + field->offset, *field, view);
        Reading reading;
        FieldInfo unchecked = *field; // "" is no MAC address, but it is how one is asked for.
        unchecked.format = nullptr;
        field->codec->from_json(static_cast<char*>(record) + field->offset, usual, unchecked,
                                reading, name);
    }
}

Where both(Where a, const Where& b) {
    if (b.sql.empty()) return a;
    if (a.sql.empty()) return b;
    a.sql = "(" + a.sql + ") AND (" + b.sql + ")";
    a.params.insert(a.params.end(), b.params.begin(), b.params.end());
    return a;
}

Where standard_filters(Call& call, Page& page, const TableBase& table) {
    if (auto tenants = page.take_all("tenant_id"); !tenants.empty())
        page.filters.push_back({"project_id", Filter::Op::eq, tenants});
    for (auto& sort : page.sort)
        if (sort.field == "tenant_id") sort.field = "project_id";
    const std::string column = table.name + ".tags";
    auto dialect = call.tx.dialect();
    Where out;
    if (!table.shape->field_named("tags")) return out;
    if (auto list = page.take("tags"))
        out = both(out, tag_condition(dialect, column, *list, " AND ", false));
    if (auto list = page.take("tags-any"))
        out = both(out, tag_condition(dialect, column, *list, " OR ", false));
    if (auto list = page.take("not-tags"))
        out = both(out, tag_condition(dialect, column, *list, " AND ", true));
    if (auto list = page.take("not-tags-any"))
        out = both(out, tag_condition(dialect, column, *list, " OR ", true));
    if (auto since = page.take("changed_since")) {
        auto time = parse_time(*since);
        if (!time)
            throw bad_request("InvalidInput",
                              "Invalid input for operation: changed_since is not a date-time.");
        out = both(out, {table.name + ".updated_at >= ?", {time->us}});
    }
    return out;
}

} // namespace nephele::neutron
