// SPDX-License-Identifier: Apache-2.0
// Lists of images without reading them all. What a project sees is the sum of a few sets, each of
// which an index holds in the order asked for: own images, public ones, those shared with it. A
// filter that few images pass goes first instead. A test looks at the plans.
#include "services/glance/store/images.h"

namespace nephele::glance::store {
namespace {
/// Up to here looking at each is cheaper than reading in order and leaving most out.
constexpr std::int64_t few_images = 1000;

/// A condition that an index answers: the ids that meet it, and the same of one image.
struct Narrow {
    Where ids;    ///< "SELECT image_id AS found FROM ..."
    Where of_row; ///< empty: the page's filters say it anyway
};

Where owned(const std::string& project) { return {"glance_images.owner = ?", {project}}; }

// Not through the index of visibilities, where the owner's is meant.
Where owned(const std::string& project, const std::string& visibility) {
    return {"glance_images.owner = ? AND glance_images.visibility || '' = ?",
            {project, visibility}};
}
Where of_visibility(const std::string& visibility) {
    return {"glance_images.visibility = ?", {visibility}};
}
Where of_others(const std::string& visibility, const std::string& project) {
    return {"glance_images.visibility = ? AND (glance_images.owner IS NULL OR glance_images.owner "
            "<> ?)",
            {visibility, project}};
}
// Found through the membership, of which there are fewer than of shared images.
Where shared_with(const std::string& project, const std::string& status) {
    Where where{"glance_images.visibility || '' = 'shared' AND (glance_images.owner IS NULL OR "
                "glance_images.owner || '' <> ?) AND glance_images.id IN (SELECT image_id FROM "
                "glance_image_members WHERE member_id = ?",
                {project, project}};
    if (status != "all") {
        where.sql += " AND status = ?";
        where.params.emplace_back(status);
    }
    where.sql += ")";
    return where;
}

std::vector<Where> seen_by_all(const std::string& project,
                               const std::optional<std::string>& visibility) {
    if (visibility && *visibility != "all") return {of_visibility(*visibility)};
    std::vector<Where> out;
    for (auto each : {"public", "private", "shared"}) out.push_back(of_visibility(each));
    if (visibility)
        out.push_back(of_visibility("community"));
    else if (!project.empty())
        out.push_back(owned(project, "community"));
    return out;
}

std::vector<Where> seen_by(const std::string& project, const Search& search) {
    auto& wanted = search.visibility;
    bool any = !wanted || *wanted == "all";
    if (!any && (*wanted == "public" || *wanted == "community")) return {of_visibility(*wanted)};
    std::vector<Where> out;
    if (any)
        out = {owned(project), of_others("public", project)};
    else
        out = {owned(project, *wanted)};
    if (any || *wanted == "shared") out.push_back(shared_with(project, search.member_status));
    if (wanted && *wanted == "all") out.push_back(of_others("community", project));
    return out;
}

std::string marks(std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += i ? ", ?" : "?";
    return out;
}

std::optional<Narrow> narrow_filter(const Filter& filter) {
    bool equal = filter.op == Filter::Op::in || filter.op == Filter::Op::eq;
    bool after = filter.op == Filter::Op::gt || filter.op == Filter::Op::ge;
    Where ids{"SELECT id AS found FROM glance_images WHERE ", {}};
    for (std::string field : {"id", "name", "status", "checksum", "os_hash_value"}) {
        if (filter.field != field || !equal || filter.values.empty()) continue;
        ids.sql += field + " IN (" + marks(filter.values.size()) + ")";
        ids.params.assign(filter.values.begin(), filter.values.end());
        return Narrow{ids, {}};
    }
    if (filter.field != "updated_at" || !after || filter.values.size() != 1) return std::nullopt;
    ids.sql += "updated_at >= ?";
    ids.params.emplace_back(parse_time(filter.values.front()).value_or(Time{}).us);
    return Narrow{ids, {}};
}

std::vector<Narrow> narrow_conditions(const Page& page, const Search& search) {
    std::vector<Narrow> out;
    for (auto& tag : search.tags)
        out.push_back({{"SELECT image_id AS found FROM glance_image_tags WHERE tag = ?", {tag}},
                       {"EXISTS (SELECT 1 FROM glance_image_tags t WHERE t.image_id = "
                        "glance_images.id AND t.tag = ?)",
                        {tag}}});
    for (auto& [name, value] : search.properties)
        out.push_back(
            {{"SELECT image_id AS found FROM glance_image_properties WHERE name = ? AND value = ?",
              {name, search_value(value)}},
             {"EXISTS (SELECT 1 FROM glance_image_properties p WHERE p.image_id = "
              "glance_images.id AND p.name = ? AND p.value = ?)",
              {name, search_value(value)}}});
    for (auto& filter : page.filters)
        if (auto narrow = narrow_filter(filter)) out.push_back(std::move(*narrow));
    return out;
}

bool gives_few(db::Tx& tx, const Where& ids) {
    return tx.count("SELECT COUNT(*) FROM (" + ids.sql + " LIMIT " +
                        std::to_string(few_images + 1) + ") AS counted",
                    ids.params) <= few_images;
}

void also(Where& where, const Where& more) {
    where.sql += (where.sql.empty() ? "" : " AND ") + more.sql;
    where.params.insert(where.params.end(), more.params.begin(), more.params.end());
}
} // namespace

const std::vector<db::Migration>& list_migrations() {
    static const std::vector<db::Migration> all{
        {"glance.lists_001",
         {"CREATE INDEX glance_images_own ON glance_images (owner, os_hidden, created_at, id, "
          "visibility)",
          "CREATE INDEX glance_images_seen ON glance_images (visibility, os_hidden, created_at, "
          "id, owner)",
          "CREATE INDEX glance_images_own_name ON glance_images (owner, os_hidden, "
          "(COALESCE(name, '')), id, visibility)",
          "CREATE INDEX glance_images_seen_name ON glance_images (visibility, os_hidden, "
          "(COALESCE(name, '')), id, owner)",
          "CREATE INDEX glance_images_checksum ON glance_images (checksum)",
          "CREATE INDEX glance_images_hash ON glance_images (os_hash_value)",
          "CREATE INDEX glance_images_updated ON glance_images (updated_at)",
          "DROP INDEX glance_images_owner", "DROP INDEX glance_images_visibility"}},
    };
    return all;
}

Listed<Image> list(db::Tx& tx, const Scope& scope, const std::string& project, const Page& page,
                   const Search& search) {
    ListPlan plan;
    plan.branches = scope.sees_all()
                        ? seen_by_all(project, search.visibility)
                        : seen_by(scope.kind == Scope::Kind::project ? scope.id : "", search);
    Where where;
    for (auto& condition : narrow_conditions(page, search)) {
        if (plan.few.sql.empty() && gives_few(tx, condition.ids))
            plan.few = condition.ids;
        else if (!condition.of_row.sql.empty())
            also(where, condition.of_row);
    }
    if (search.size_min) also(where, {"glance_images.size >= ?", {*search.size_min}});
    if (search.size_max) also(where, {"glance_images.size <= ?", {*search.size_max}});
    return shape::list(tx, images(), scope, page, where, plan);
}

} // namespace nephele::glance::store
