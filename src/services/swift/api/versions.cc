// SPDX-License-Identifier: Apache-2.0
// Former states of objects in another container: as a stack (deleting brings the one before back)
// or as a history (deleting leaves a marker).
#include "services/swift/api/versions.h"

#include "services/swift/api/core.h"
#include "services/swift/api/steps.h"

#include "base/strings.h"

namespace nephele::swift {
namespace {

constexpr const char *kept_place = "X-Container-Sysmeta-Versions-Location",
                     *kept_mode = "X-Container-Sysmeta-Versions-Mode",
                     *stack_header = "X-Versions-Location", *history_header = "X-History-Location";

struct Keeping {
    std::string container;
    bool stack = false;
};

std::optional<Keeping> keeping_of(const Request& request) {
    auto info = request.backend().container(request.account, request.container);
    if (!info) return std::nullopt;
    auto place = metadata_value(info->metadata, kept_place);
    if (place.empty()) return std::nullopt;
    return Keeping{place, metadata_value(info->metadata, kept_mode) != "history"};
}

std::string prefix_of(const std::string& object) {
    static constexpr char digits[] = "0123456789abcdef";
    auto size = utf8_length(object);
    std::string out;
    for (int shift = 8; shift >= 0; shift -= 4) out += digits[(size >> shift) & 15];
    return out + object + "/";
}

ObjectName version_name(const Request& request, const Keeping& keeping, Timestamp when) {
    return {request.account, keeping.container, prefix_of(request.object) + when.internal()};
}

void keep_current(Request& request, const Keeping& keeping) {
    need_container(request);
    auto current = find_object(request, request.name());
    if (!current) return;
    if (!request.backend().container(request.account, keeping.container)) throw Refused(412);
    store_again(request, request.name(), version_name(request, keeping, current->timestamp),
                request.backend().now());
}

Answer put(Request& request, const Next& next, const Keeping& keeping) {
    // A body that is announced as something it is not must not cost a state.
    keep_current(request, keeping);
    return next(request);
}

Answer remove_with_history(Request& request, const Next& next, const Keeping& keeping) {
    keep_current(request, keeping);
    auto when = request.backend().now();
    if (request.backend().container(request.account, keeping.container))
        store_marker(request, version_name(request, keeping, when), deleted_type, when);
    return next(request);
}

Answer pop(Request& request, const Next& next, const Keeping& keeping) {
    need_container(request);
    ListQuery query{.prefix = prefix_of(request.object), .reverse = true, .limit = 100};
    auto rows = request.backend().objects(request.account, keeping.container, query);
    for (auto& row : rows) {
        ObjectName former{request.account, keeping.container, row.name};
        if (row.content_type == deleted_type) {
            // Left by a time as history: deleting what is not there goes back past the marker.
            if (find_object(request, request.name())) return next(request);
            request.backend().remove(former, request.backend().now());
            continue;
        }
        if (!store_again(request, former, request.name(), request.backend().now())) continue;
        request.backend().remove(former, request.backend().now());
        return page(204);
    }
    return next(request);
}

Answer change_container(Request& request, const Next& next) {
    auto* stack = request.headers.find(stack_header);
    auto* history = request.headers.find(history_header);
    bool removes = request.headers.find("X-Remove-Versions-Location") ||
                   request.headers.find("X-Remove-History-Location");
    if (stack && history && !stack->empty() && !history->empty())
        throw Refused(400,
                      "Only one of X-Versions-Location or X-History-Location may be specified");
    const std::string* place = stack && !stack->empty()       ? stack
                               : history && !history->empty() ? history
                                                              : nullptr;
    if (place) {
        auto name = percent_decode(*place, false);
        if (!name || name->empty() || name->find('/') != std::string::npos || !is_utf8(*name))
            throw Refused(412, "X-Versions-Location header must be a container name");
        request.system[kept_place] = *name;
        request.system[kept_mode] = place == stack ? "stack" : "history";
        if (request.headers.find("X-Versions-Enabled"))
            throw Refused(400, "Only one of the versioning modes may be used");
    } else if (stack || history || removes) {
        request.system[kept_place] = "";
        request.system[kept_mode] = "";
    }
    return next(request);
}

} // namespace

bool store_again(Request& request, const ObjectName& from, const ObjectName& to, Timestamp when) {
    auto reader = request.backend().open(from);
    auto container = request.backend().container(to.account, to.container);
    if (!reader || !container) return false;
    ObjectInfo info = reader->info();
    auto writer = request.backend().put(to, container->policy, info.bytes);
    std::string piece(std::min<std::uint64_t>(info.bytes + 1, 256 * 1024), '\0');
    std::uint64_t at = 0;
    while (auto count = reader->read(at, piece.data(), piece.size())) {
        writer->write(std::string_view(piece).substr(0, count));
        at += count;
    }
    if (writer->etag() != info.etag)
        throw Failure(Fault::internal, "DamagedObject", "an object is not what its digest says");
    info.timestamp = info.data_timestamp = when;
    writer->commit(std::move(info));
    return true;
}

void store_marker(Request& request, const ObjectName& name, const std::string& type,
                  Timestamp when) {
    auto container = request.backend().container(name.account, name.container);
    auto writer = request.backend().put(name, container ? container->policy : 0, 0);
    ObjectInfo info;
    info.timestamp = info.data_timestamp = when;
    info.content_type = type;
    writer->commit(std::move(info));
}

Answer versions_elsewhere(Request& request, const Next& next) {
    if (request.of_container()) {
        if (request.method == "PUT" || request.method == "POST")
            return change_container(request, next);
        Answer answer = next(request);
        if (!request.reads() || !answer.good()) return answer;
        if (auto keeping = keeping_of(request))
            answer.headers.set(keeping->stack ? stack_header : history_header,
                               logic::quote_path(keeping->container));
        return answer;
    }
    if (!request.of_object() || (request.method != "PUT" && request.method != "DELETE"))
        return next(request);
    auto keeping = keeping_of(request);
    if (!keeping) return next(request);
    if (request.method == "PUT") return put(request, next, *keeping);
    return keeping->stack ? pop(request, next, *keeping)
                          : remove_with_history(request, next, *keeping);
}

Answer kept_versions(Request& request, const Next& next) {
    if (request.of_account()) return next(request);
    return versions_with_ids(request, next);
}

} // namespace nephele::swift
