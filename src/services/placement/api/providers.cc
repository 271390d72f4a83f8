// SPDX-License-Identifier: Apache-2.0
// Resource providers, their aggregates and usages.
#include "base/strings.h"
#include "services/placement/api/manners.h"
#include "services/placement/store/store.h"

namespace nephele::placement {
using namespace api;
namespace {
struct NewProvider {
    std::string name;
    std::optional<std::string> uuid, parent_provider_uuid;
    static const Shape<NewProvider>& shape() {
        static const auto s =
            Shape<NewProvider>()
                .field("name", &NewProvider::name, {required, not_blank, max_length(200)})
                .field("uuid", &NewProvider::uuid, {shape::uuid})
                .field("parent_provider_uuid", &NewProvider::parent_provider_uuid,
                       {shape::uuid, since(1, 14)});
        return s;
    }
};
struct Aggregates {
    std::vector<std::string> aggregates;
    std::int64_t generation = 0;
    static const Shape<Aggregates>& shape() {
        static const auto s =
            Shape<Aggregates>()
                .field("aggregates", &Aggregates::aggregates, {required, shape::uuid})
                .field("resource_provider_generation", &Aggregates::generation, {required});
        return s;
    }
};

Provider need_provider(Call& call) {
    return need(call.tx, providers(), Scope::all(), call.path("uuid"));
}

Json write_provider(Call& call, const Provider& p) {
    std::string self = "/resource_providers/" + p.uuid;
    auto link = [&](const char* rel, const char* tail) {
        return Json::object({{"rel", rel}, {"href", self + tail}});
    };
    Json out = Json::object({{"uuid", p.uuid}, {"name", p.name}, {"generation", p.generation}});
    if (call.version >= Version{1, 14}) {
        out["parent_provider_uuid"] = p.parent_provider_uuid;
        out["root_provider_uuid"] = p.root_provider_uuid;
    }
    Json links = Json::array(
        {link("self", ""), link("inventories", "/inventories"), link("usages", "/usages")});
    if (call.version >= Version{1, 1}) links.push_back(link("aggregates", "/aggregates"));
    if (call.version >= Version{1, 6}) links.push_back(link("traits", "/traits"));
    if (call.version >= Version{1, 11}) links.push_back(link("allocations", "/allocations"));
    out["links"] = std::move(links);
    return out;
}

void fill_parent(Call& call, Provider& p, const std::optional<std::string>& parent) {
    p.parent_provider_uuid = parent;
    p.root_provider_uuid = p.uuid;
    if (!parent) return;
    auto found = find(call.tx, providers(), Scope::all(), *parent);
    if (!found)
        throw bad_request("placement.undefined_code",
                          nephele::format("parent provider UUID '{}' does not exist.", *parent));
    p.root_provider_uuid = found->root_provider_uuid;
}

[[noreturn]] void duplicate(const std::string& name) {
    throw conflict(
        "placement.duplicate_name",
        nephele::format("Conflicting resource provider name or uuid: {} already exists.", name));
}

Reply create(Call& call, const NewProvider& wanted) {
    Provider p;
    p.uuid = wanted.uuid ? dashed_uuid(*wanted.uuid) : call.new_uuid();
    p.name = wanted.name;
    p.created_at = p.updated_at = call.now;
    fill_parent(call, p, wanted.parent_provider_uuid);
    try {
        insert(call, providers(), p);
    } catch (const db::ConstraintError&) {
        duplicate(p.name);
    }
    Reply reply;
    reply.headers.set("Location", call.in.base_url + "/resource_providers/" + p.uuid);
    bool with_body = call.version >= Version{1, 20};
    reply.status = with_body ? 200 : 201;
    if (with_body) reply.body = write_provider(call, p);
    return reply;
}

Json show(Call& call) { return write_provider(call, need_provider(call)); }

Json change(Call& call, const NewProvider& wanted) {
    Provider p = need_provider(call);
    if (call.given("uuid"))
        throw bad_request("placement.undefined_code", "The uuid of a provider cannot be changed.");
    if (call.given("parent_provider_uuid") && wanted.parent_provider_uuid != p.parent_provider_uuid)
        throw bad_request("placement.undefined_code",
                          "Re-parenting a provider needs microversion 1.37, which is not served.");
    if (!call.given("name"))
        throw bad_request("placement.undefined_code", "'name' is a required property");
    p.name = wanted.name;
    try {
        update(call, providers(), p);
    } catch (const db::ConstraintError&) {
        duplicate(p.name);
    }
    return write_provider(call, p);
}

void remove(Call& call) {
    Provider p = need_provider(call);
    if (!store::allocations_on(call.tx, p.uuid).empty())
        throw conflict(
            "placement.resource_provider.inuse",
            nephele::format("Unable to delete resource provider {}: it has allocations.", p.uuid));
    if (call.tx.count("SELECT COUNT(*) FROM placement_providers WHERE parent_provider_uuid = ?",
                      {p.uuid}))
        throw conflict("placement.resource_provider.cannot_delete_parent",
                       nephele::format("Unable to delete parent resource provider {}: it has child "
                                       "resource providers.",
                                       p.uuid));
    store::set_traits(call.tx, p.uuid, {});
    store::set_aggregates(call.tx, p.uuid, {});
    store::set_inventories(call, p, {});
    erase(call, providers(), p);
}

Where provider_filters(Call& call, Page& page) {
    Where where{"1 = 1", {}};
    auto with = [&](const std::string& sql, const std::string& value) {
        where.sql += " AND " + sql;
        where.params.emplace_back(value);
    };
    if (auto in_tree = page.take("in_tree"))
        with("root_provider_uuid = (SELECT root_provider_uuid FROM placement_providers WHERE uuid "
             "= ?)",
             *in_tree);
    for (auto& member : page.take_all("member_of")) {
        auto uuids = split(member.rfind("in:", 0) == 0 ? member.substr(3) : member, ',');
        std::string marks;
        for (auto& uuid : uuids) {
            if (!is_uuid_like(uuid))
                throw bad_request("placement.query.bad_value",
                                  nephele::format("'{}' in member_of is not a uuid.", uuid));
            marks += marks.empty() ? "?" : ", ?";
            where.params.emplace_back(uuid);
        }
        where.sql +=
            " AND uuid IN (SELECT provider FROM placement_aggregates WHERE aggregate IN (" + marks +
            "))";
    }
    if (auto required = page.take("required"))
        for (auto& trait : split(*required, ',')) {
            bool forbidden = trait.rfind('!', 0) == 0;
            std::string name = forbidden ? trait.substr(1) : trait;
            if (!store::has_name(call.tx, "placement_traits", name))
                throw bad_request("placement.query.bad_value",
                                  nephele::format("No such trait(s): {}.", name));
            with(std::string("uuid ") + (forbidden ? "NOT " : "") +
                     "IN (SELECT provider FROM placement_provider_traits WHERE trait = ?)",
                 name);
        }
    if (auto resources = page.take("resources"))
        for (auto& part : split(*resources, ',')) {
            auto pair = split(part, ':');
            auto amount = pair.size() == 2 ? to_int(pair[1]) : std::nullopt;
            if (!amount || *amount < 1)
                throw bad_request("placement.query.bad_value",
                                  nephele::format("Badly formed resources parameter: '{}'.", part));
            where.sql +=
                " AND uuid IN (SELECT provider FROM placement_inventories WHERE "
                "resource_class = ? AND used + ? <= (total - reserved) * allocation_ratio)";
            where.params.emplace_back(pair[0]);
            where.params.emplace_back(*amount);
        }
    return where;
}

Json list_providers(Call& call, Page& page) {
    Where where = provider_filters(call, page);
    for (auto& name : page.take_all("name"))
        page.filters.push_back({"name", Filter::Op::eq, {name}});
    for (auto& id : page.take_all("uuid")) page.filters.push_back({"uuid", Filter::Op::eq, {id}});
    Json list = Json::array();
    for (auto& p : shape::list(call.tx, providers(), Scope::all(), page, where).items)
        list.push_back(write_provider(call, p));
    return Json::object({{"resource_providers", std::move(list)}});
}

Json show_aggregates(Call& call) {
    Provider p = need_provider(call);
    Json out = Json::object({{"aggregates", store::aggregates_of(call.tx, p.uuid)}});
    if (call.version >= Version{1, 19}) out["resource_provider_generation"] = p.generation;
    return out;
}

Json set_aggregates(Call& call, const Json& body) {
    Provider p = need_provider(call);
    Aggregates wanted;
    Reading reading = call.reading;
    reading.mode = Reading::Mode::create;
    bool with_generation = call.version >= Version{1, 19};
    Json given =
        with_generation
            ? body
            : Json::object({{"aggregates", body}, {"resource_provider_generation", p.generation}});
    Aggregates::shape().read(given, &wanted, reading);
    store::check_generation(p, wanted.generation);
    std::sort(wanted.aggregates.begin(), wanted.aggregates.end());
    wanted.aggregates.erase(std::unique(wanted.aggregates.begin(), wanted.aggregates.end()),
                            wanted.aggregates.end());
    store::set_aggregates(call.tx, p.uuid, wanted.aggregates);
    if (with_generation) store::bump(call, p);
    return show_aggregates(call);
}

Json usages(Call& call) {
    Provider p = need_provider(call);
    Json out = Json::object();
    for (auto& row : store::inventories_of(call.tx, p.uuid)) out[row.resource_class] = row.used;
    return Json::object(
        {{"resource_provider_generation", p.generation}, {"usages", std::move(out)}});
}

Json allocations_on(Call& call) {
    Provider p = need_provider(call);
    Json out = Json::object();
    for (auto& a : store::allocations_on(call.tx, p.uuid))
        out[a.consumer]["resources"][a.resource_class] = a.amount;
    return Json::object(
        {{"allocations", std::move(out)}, {"resource_provider_generation", p.generation}});
}
} // namespace

Resource provider_resource() {
    return Resource()
        .on("GET /resource_providers", "placement:resource_providers:list", list_providers)
        .on("POST /resource_providers", "placement:resource_providers:create", create)
        .on("GET /resource_providers/{uuid}", "placement:resource_providers:show", show)
        .on("PUT /resource_providers/{uuid}", "placement:resource_providers:update", change)
        .on("DELETE /resource_providers/{uuid}", "placement:resource_providers:delete", remove)
        .on("GET /resource_providers/{uuid}/aggregates",
            "placement:resource_providers:aggregates:list", show_aggregates, {.since = {1, 1}})
        .on("PUT /resource_providers/{uuid}/aggregates",
            "placement:resource_providers:aggregates:update", set_aggregates, {.since = {1, 1}})
        .on("GET /resource_providers/{uuid}/usages", "placement:resource_providers:usages", usages)
        .on("GET /resource_providers/{uuid}/allocations",
            "placement:resource_providers:allocations:list", allocations_on);
}

} // namespace nephele::placement
