// SPDX-License-Identifier: Apache-2.0
// X-Versions-Enabled: every state of an object has an id and stays until it is deleted by that id.
// States lie in a container of the system's beside the one clients see; there, the object is an
// empty one that names the state it stands for. One from before versioning is the state "null".
#include "services/swift/api/core.h"
#include "services/swift/api/listing.h"
#include "services/swift/api/steps.h"
#include "services/swift/api/versions.h"

#include "base/strings.h"
#include "services/swift/logic/metadata.h"

#include <algorithm>
#include <set>

namespace nephele::swift {
namespace {

constexpr const char *kept_enabled = "X-Container-Sysmeta-Versions-Enabled",
                     *kept_id = "X-Object-Sysmeta-Version-Id", *id_header = "X-Object-Version-Id",
                     *null_id = "null";
constexpr std::int64_t last_tick = 999'999'999'999'999;

std::string states_of(const std::string& container) {
    return std::string("\0versions\0", 10) + container;
}

// Newest first: the time counted down.
std::string state_name(const std::string& object, Timestamp when) {
    std::string digits = std::to_string(last_tick - when.ticks);
    return object + '\0' + std::string(15 - std::min<std::size_t>(digits.size(), 15), '0') + digits;
}

std::optional<std::pair<std::string, std::string>> object_and_id(const std::string& state) {
    auto end = state.rfind('\0');
    if (end == std::string::npos) return std::nullopt;
    auto left = to_int(state.substr(end + 1));
    if (!left) return std::nullopt;
    return std::pair(state.substr(0, end), Timestamp{last_tick - *left, 0}.text());
}

ObjectName state_object(const Request& request, const std::string& id) {
    auto when = Timestamp::parse(id);
    if (!when) throw Refused(400, "Invalid version parameter", true);
    return {request.account, states_of(request.container), state_name(request.object, *when)};
}

enum class Mode { never, enabled, suspended };
Mode mode_of(const ContainerInfo& info) {
    auto text = metadata_value(info.metadata, kept_enabled);
    return text.empty() ? Mode::never : logic::is_true(text) ? Mode::enabled : Mode::suspended;
}

Request ask_state(const Request& request, const std::string& method, const ObjectName& state) {
    Request out = request.ask(method, state.container, state.object);
    out.headers = request.headers;
    out.query = request.query;
    out.drop_param("version-id");
    out.internal = true;
    return out;
}

// What clients see stands for this state from now on.
void point_at(Request& request, const std::string& id, const ObjectInfo& state, int policy) {
    auto writer = request.backend().put(request.name(), policy, 0);
    ObjectInfo link;
    link.timestamp = link.data_timestamp = request.backend().now();
    link.content_type = state.content_type;
    link.metadata[kept_id] = id;
    if (auto at = metadata_value(state.metadata, "X-Delete-At"); !at.empty())
        link.metadata["X-Delete-At"] = at;
    link.listed_etag =
        (state.listed_etag.empty() ? state.etag : state.listed_etag) + "; version_id=" + id;
    link.listed_bytes = state.listed_bytes.value_or(state.bytes);
    writer->commit(std::move(link));
}

// A state from before versioning moves to the others, so that it is not lost.
void keep_unversioned(Request& request) {
    auto current = find_object(request, request.name());
    if (!current || current->metadata.count(kept_id)) return;
    ObjectName state{request.account, states_of(request.container),
                     state_name(request.object, current->timestamp)};
    store_again(request, request.name(), state, current->timestamp);
}

Answer put(Request& request, const Next& next, const ContainerInfo& container) {
    need_container(request);
    std::string none_match = request.header("If-None-Match");
    if (none_match == "*" && find_object(request, request.name())) throw Refused(412);
    keep_unversioned(request);
    auto when = request.backend().now();
    ObjectName state{request.account, states_of(request.container),
                     state_name(request.object, when)};
    Request store = ask_state(request, "PUT", state);
    store.headers.erase("If-None-Match");
    store.body = request.body;
    store.length = request.length;
    store.when = when;
    store.system = request.system;
    store.listed_etag = request.listed_etag;
    store.listed_bytes = request.listed_bytes;
    if (store.header("Content-Type").empty())
        store.headers.set("Content-Type", logic::guess_content_type(request.object));
    if (request.object.size() > request.limits().max_object_name_length)
        throw Refused(400, "Object name too long", true);
    Answer answer = next(store);
    if (!answer.good()) return answer;
    auto info = request.backend().head(state);
    if (!info) throw Refused(503);
    point_at(request, when.text(), *info, container.policy);
    answer.headers.set(id_header, when.text());
    return answer;
}

Answer remove(Request& request, const Next& next) {
    need_container(request);
    keep_unversioned(request);
    auto when = request.backend().now();
    ObjectName marker{request.account, states_of(request.container),
                      state_name(request.object, when)};
    store_marker(request, marker, deleted_type, when);
    bool there = find_object(request, request.name()).has_value();
    Answer answer = there ? next(request) : page(404);
    answer.headers.set(id_header, when.text());
    return answer;
}

Answer read_state(Request& request, const Next& next, const std::string& id) {
    need_container(request);
    if (id == null_id) {
        request.drop_param("version-id");
        Answer answer = next(request);
        if (answer.headers.find(kept_id)) throw Refused(404);
        answer.headers.set(id_header, null_id);
        return answer;
    }
    ObjectName name = state_object(request, id);
    auto info = request.backend().head(name);
    if (!info) throw Refused(404);
    if (info->content_type == deleted_type)
        throw Refused(404).with(id_header, id).with("Content-Type", deleted_type);
    Request get = ask_state(request, request.method, name);
    Answer answer = next(get);
    answer.headers.set(id_header, id);
    return answer;
}

Answer remove_state(Request& request, const Next& next, const std::string& id) {
    need_container(request);
    auto current = request.backend().head(request.name());
    std::string current_id = current ? metadata_value(current->metadata, kept_id) : "";
    if (id == null_id) {
        if (!current || !current_id.empty()) throw Refused(404);
        request.drop_param("version-id");
        return next(request);
    }
    auto outcome = request.backend().remove(state_object(request, id), request.backend().now());
    if (outcome == Outcome::absent) throw Refused(404);
    if (current_id == id) request.backend().remove(request.name(), request.backend().now());
    Answer answer = page(204);
    answer.headers.set(id_header, id);
    answer.headers.set("X-Object-Current-Version-Id",
                       current_id.empty() || current_id == id ? null_id : current_id);
    return answer;
}

Answer restore_state(Request& request, const ContainerInfo& container, const std::string& id) {
    need_container(request);
    if (request.length.value_or(0) > 0)
        throw Refused(400, "PUT version-id requires a zero byte body");
    auto info = request.backend().head(state_object(request, id));
    if (!info || info->content_type == deleted_type) throw Refused(404);
    keep_unversioned(request);
    point_at(request, id, *info, container.policy);
    Answer answer = page(201);
    answer.headers.set("Etag", info->etag);
    answer.headers.set("Last-Modified", http_date(logic::last_modified(info->timestamp)));
    answer.headers.set(id_header, id);
    return answer;
}

Answer change_current(Request& request, const Next& next, const std::string& id) {
    need_container(request);
    Request post = ask_state(request, "POST", state_object(request, id));
    Answer answer = next(post);
    answer.headers.set(id_header, id);
    return answer;
}

Answer of_versioned_object(Request& request, const Next& next, const ContainerInfo& container,
                           Mode mode) {
    if (auto* asked = request.param("version-id"); asked && !asked->empty()) {
        std::string id = *asked;
        if (id != null_id && !Timestamp::parse(id))
            throw Refused(400, "Invalid version parameter", true);
        if (request.reads()) return read_state(request, next, id);
        if (request.method == "DELETE") return remove_state(request, next, id);
        if (request.method == "PUT" && id != null_id) return restore_state(request, container, id);
        if (request.method == "POST" && id != null_id) return change_current(request, next, id);
        throw Refused(400, "version-id parameter not supported here", true);
    }
    if (mode == Mode::enabled && request.method == "PUT") return put(request, next, container);
    if (mode == Mode::enabled && request.method == "DELETE") return remove(request, next);
    if (!request.reads() && request.method != "POST") return next(request);
    auto current = find_object(request, request.name());
    std::string id = current ? metadata_value(current->metadata, kept_id) : "";
    if (id.empty()) {
        Answer answer = next(request);
        if (answer.good()) answer.headers.set(id_header, null_id);
        return answer;
    }
    return request.reads() ? read_state(request, next, id) : change_current(request, next, id);
}

struct Row {
    ListedObject object;
    std::string id;
    bool latest = false;
};

void append(std::string& out, const Row& row) {
    out += out.size() > 1 ? ", {" : "{";
    auto text = [&](const char* name, const std::string& value) {
        out += format("\"{}\": ", name);
        append_json_string(out, value);
        out += ", ";
    };
    text("name", row.object.name);
    text("version_id", row.id);
    text("hash", row.object.etag.substr(0, row.object.etag.find(';')));
    text("content_type", row.object.content_type);
    text("last_modified", row.object.timestamp.iso());
    out += format("\"bytes\": {}, \"is_latest\": {}}", row.object.bytes, row.latest);
}

std::string id_of(const ListedObject& row) {
    auto at = row.etag.find("version_id=");
    return at == std::string::npos ? "" : row.etag.substr(at + 11);
}

// States and objects without one, in one list: by name, newest first.
std::vector<Row> all_states(const Request& request, const ListQuery& query) {
    std::vector<Row> out;
    std::map<std::string, ListedObject> current;
    ListQuery names = query;
    names.delimiter.clear();
    for (auto& row : request.backend().objects(request.account, request.container, names))
        current[row.name] = row;
    ListQuery hidden = names;
    if (!hidden.marker.empty()) {
        auto* version = request.param("version_marker");
        auto when = version ? Timestamp::parse(*version) : std::nullopt;
        hidden.marker = when ? state_name(query.marker, *when) : query.marker + '\x01';
    }
    std::set<std::string> marked;
    for (auto& row :
         request.backend().objects(request.account, states_of(request.container), hidden)) {
        auto parts = object_and_id(row.name);
        if (!parts) continue;
        Row state{row, parts->second};
        state.object.name = parts->first;
        auto shown = current.find(parts->first);
        state.latest = shown != current.end() ? id_of(shown->second) == parts->second
                                              : marked.insert(parts->first).second;
        out.push_back(std::move(state));
    }
    for (auto& [name, row] : current)
        if (id_of(row).empty()) out.push_back({row, null_id, true});
    std::stable_sort(out.begin(), out.end(), [](const Row& a, const Row& b) {
        return a.object.name != b.object.name ? a.object.name < b.object.name
                                              : a.latest && !b.latest;
    });
    if (out.size() > query.limit) out.resize(query.limit);
    return out;
}

Answer list_states(Request& request) {
    ListQuery query = list_query(request, request.limits().container_listing_limit);
    if (query.reverse || !query.delimiter.empty() || query.path)
        throw Refused(400, "Lists of versions know no reverse, delimiter or path", true);
    need_container(request);
    std::string text = "[";
    for (auto& row : all_states(request, query)) append(text, row);
    Answer answer;
    answer.headers.set("Content-Type", "application/json; charset=utf-8");
    answer.body = text + "]";
    return answer;
}

Answer change_container(Request& request, const Next& next, Mode mode) {
    auto* given = request.headers.find("X-Versions-Enabled");
    if (!given) return versions_elsewhere(request, next);
    bool enable = logic::is_true(*given);
    auto info = request.backend().container(request.account, request.container);
    if (info && !metadata_value(info->metadata, "X-Container-Sysmeta-Versions-Location").empty())
        throw Refused(400, "Cannot enable object versioning on a container configured with "
                           "source container versioning");
    request.system[kept_enabled] = enable ? "True" : mode == Mode::never ? "" : "False";
    Answer answer = versions_elsewhere(request, next);
    if (answer.good() && enable) {
        auto made = request.backend().container(request.account, request.container);
        request.backend().save_container(request.account, states_of(request.container), {},
                                         made ? std::optional(made->policy) : std::nullopt, true,
                                         request.backend().now());
    }
    return answer;
}

Answer remove_container(Request& request, const Next& next) {
    auto states = request.backend().container(request.account, states_of(request.container));
    if (states && states->objects > 0) {
        authorize(request, "");
        throw Refused(409, "Delete all versions before deleting container.");
    }
    Answer answer = next(request);
    if (answer.good() && states)
        request.backend().delete_container(request.account, states_of(request.container),
                                           request.backend().now());
    return answer;
}

Answer of_versioned_container(Request& request, const Next& next, Mode mode) {
    if (request.method == "PUT" || request.method == "POST")
        return change_container(request, next, mode);
    if (request.method == "DELETE" && mode != Mode::never) return remove_container(request, next);
    if (request.method == "GET" && request.has_param("versions")) return list_states(request);
    Answer answer = versions_elsewhere(request, next);
    if (mode == Mode::never || !request.reads() || !answer.good()) return answer;
    answer.headers.set("X-Versions-Enabled", mode == Mode::enabled ? "True" : "False");
    if (auto states = request.backend().container(request.account, states_of(request.container)))
        answer.headers.set(
            "X-Container-Bytes-Used",
            std::to_string(states->bytes +
                           static_cast<std::uint64_t>(
                               to_int(answer.headers.get("X-Container-Bytes-Used")).value_or(0))));
    return answer;
}

} // namespace

Answer versions_with_ids(Request& request, const Next& next) {
    auto info = request.backend().container(request.account, request.container);
    Mode mode = info ? mode_of(*info) : Mode::never;
    if (request.of_container()) return of_versioned_container(request, next, mode);
    if (mode != Mode::never) return of_versioned_object(request, next, *info, mode);
    if (auto* id = request.param("version-id"); id && *id != null_id && !id->empty()) {
        need_container(request);
        throw Refused(400, "version-aware operations require that the container is versioned",
                      true);
    }
    return versions_elsewhere(request, next);
}

} // namespace nephele::swift
