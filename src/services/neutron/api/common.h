// SPDX-License-Identifier: Apache-2.0
// What neutron's handlers share: bodies of one or many, attributes with policies of their own,
// If-Match, filters that are no fields.
#pragma once
#include "platform/api/route.h"
#include "services/neutron/store/tables.h"

namespace nephele::neutron {
using namespace api;

/// The object under `name` in the body.
const Json& wrapped(const Json& body, const std::string& name);
/// `tenant_id` becomes `project_id`; both with different values are refused.
Json with_one_project_name(const Json& fields);
/// The project a new record is to belong to: only administrators may name another one.
std::string owner_project(Call& call, const std::string& asked);
/// 412 unless the If-Match header names this revision (or there is none).
void check_revision(Call& call, std::int64_t revision);

/// A target with the record's owner.
policy::Target target_of(const std::string& project_id);
/// A target for parts of a network: its owner is known too.
policy::Target target_on(const Network& network, const std::string& project_id);

/// Enforces "<action>:<field>" for each field of the body that has such a rule and, on creation, is
/// not what it would be anyway (`defaults`).
void enforce_fields(Call& call, const std::string& action, const ShapeBase& shape,
                    const void* record, const void* defaults, const policy::Target& target);

/// Reads a new record; its project is settled.
template <class T> T read_new(Call& call, const Json& fields) {
    T record{};
    call.reading.given.clear();
    call.reading.mode = Reading::Mode::create;
    T::shape().read(with_one_project_name(fields), &record, call.reading, "");
    record.project_id = owner_project(call, record.project_id);
    return record;
}
/// A change to null of a member that cannot be null means its default ("routes": null).
void reset_nulls(const ShapeBase& shape, const Json& fields, const void* defaults, void* record);
/// Reads a change onto the stored record.
template <class T> void read_edit(Call& call, const Json& body, T& record) {
    call.reading.given.clear();
    call.reading.mode = Reading::Mode::update;
    const Json& fields = wrapped(body, T::shape().name());
    T::shape().read(fields, &record, call.reading, "");
    T defaults{};
    reset_nulls(T::shape(), fields, &defaults, &record);
}

/// Makes one record from {"port": {...}}, or all of {"ports": [...]}, or none of them.
template <class T> Reply create_each(Call& call, const Json& body, T (*make)(Call&, const Json&)) {
    auto view = call.view();
    Reply reply{.status = 201, .body = Json::object()};
    const Json* many = body.find(T::shape().plural());
    if (!many) {
        T made = make(call, wrapped(body, T::shape().name()));
        reply.body[T::shape().name()] = T::shape().write(&made, view);
        return reply;
    }
    Json::Array out;
    if (!many->is_array() || many->size() == 0 || many->size() > 1000)
        throw bad_request("HTTPBadRequest", "Resources required: a list of 1 to 1000 of them.");
    for (auto& item : many->as_array()) {
        const Json* inner = item.find(T::shape().name());
        T made = make(call, inner ? *inner : item);
        out.push_back(T::shape().write(&made, view));
    }
    reply.body[T::shape().plural()] = std::move(out);
    return reply;
}

/// Takes the filters every standard resource has (tenant_id, tags, ...) from the page.
Where standard_filters(Call& call, Page& page, const TableBase& table);
/// Joined with AND.
Where both(Where a, const Where& b);

template <class T> Listed<T> list_of(Call& call, Page& page, const Table<T>& table, Where where) {
    return shape::list(call.tx, table, call.scope(), page,
                       both(standard_filters(call, page, table), where));
}

} // namespace nephele::neutron
