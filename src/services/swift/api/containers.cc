// SPDX-License-Identifier: Apache-2.0
// Containers: counters, metadata and access lists, and the list of objects.
#include "services/swift/api/core.h"

#include "base/strings.h"
#include "services/swift/api/listing.h"
#include "services/swift/api/login.h"
#include "services/swift/logic/metadata.h"

#include <algorithm>

namespace nephele::swift {
namespace {

const std::vector<std::string> kept_headers{"X-Container-Read", "X-Container-Write",
                                            "X-Container-Sync-To", "X-Container-Sync-Key"};

bool for_owners(const std::string& name) {
    return std::find(kept_headers.begin(), kept_headers.end(), name) != kept_headers.end() ||
           name == "X-Container-Meta-Temp-Url-Key" || name == "X-Container-Meta-Temp-Url-Key-2";
}

void describe(Answer& answer, const ContainerInfo& info, const Request& request) {
    answer.headers.set("X-Container-Object-Count", std::to_string(info.objects));
    answer.headers.set("X-Container-Bytes-Used", std::to_string(info.bytes));
    answer.headers.set("X-Timestamp", info.put_timestamp.text());
    answer.headers.set("Last-Modified", http_date(logic::last_modified(info.put_timestamp)));
    answer.headers.set("Accept-Ranges", "bytes");
    const auto& policies = request.site.settings.policies;
    auto index = static_cast<std::size_t>(info.policy);
    if (index < policies.size()) answer.headers.set("X-Storage-Policy", policies[index]);
    for (auto& [name, value] : info.metadata)
        if (!logic::is_system_metadata(name) && (request.owner || !for_owners(name)))
            answer.headers.set(name, value);
}

Answer read_container(Request& request) {
    auto form = listing_form(request);
    ListQuery query = list_query(request, request.limits().container_listing_limit);
    ContainerInfo info = need_container(request);
    Answer answer;
    describe(answer, info, request);
    std::string text;
    if (request.method == "GET")
        text = write_listing(form, request.container,
                             request.backend().objects(request.account, request.container, query));
    answer_listing(answer, form, std::move(text), request);
    return answer;
}

std::optional<int> asked_policy(const Request& request) {
    auto* name = request.headers.find("X-Storage-Policy");
    if (!name || name->empty()) return std::nullopt;
    const auto& policies = request.site.settings.policies;
    for (std::size_t i = 0; i < policies.size(); ++i)
        if (iequals(policies[i], *name)) return static_cast<int>(i);
    throw Refused(400, format("Invalid X-Storage-Policy '{}'", *name), true);
}

void clean_lists(Metadata& change) {
    for (const char* name : {"X-Container-Read", "X-Container-Write"}) {
        auto found = change.find(name);
        if (found == change.end() || found->second.empty()) continue;
        std::string fault;
        auto cleaned = logic::clean_acl(name, found->second, fault);
        if (!cleaned) throw Refused(400, fault);
        found->second = *cleaned;
    }
}

Answer change_container(Request& request) {
    authorize(request, "");
    bool create = request.method == "PUT";
    auto fault = logic::metadata_fault(request.headers.all(), "container", request.limits());
    if (!fault.empty()) throw Refused(400, fault, true);
    if (request.container.size() > request.limits().max_container_name_length)
        throw Refused(400,
                      format("Container name length of {} longer than {}", request.container.size(),
                             request.limits().max_container_name_length));
    Metadata change = logic::metadata_change(request.headers.all(), "container", kept_headers);
    clean_lists(change);
    for (auto& [name, value] : request.system) change[name] = value;
    auto policy = create ? asked_policy(request) : std::nullopt;
    Metadata kept;
    if (auto found = request.backend().container(request.account, request.container))
        kept = found->metadata;
    fault = logic::overall_fault(kept, change, "container", request.limits());
    if (!fault.empty()) throw Refused(400, fault, true);
    if (create) note_domain(request);
    auto outcome = request.backend().save_container(request.account, request.container, change,
                                                    policy, create, request.backend().now());
    if (outcome == Outcome::conflict) throw Refused(409);
    if (outcome == Outcome::absent) throw Refused(404);
    if (!create) return page(204);
    Answer answer = page(outcome == Outcome::created ? 201 : 202);
    if (outcome == Outcome::created) answer.body.clear();
    return answer;
}

Answer remove_container(Request& request) {
    authorize(request, "");
    auto outcome = request.backend().delete_container(request.account, request.container,
                                                      request.backend().now());
    if (outcome == Outcome::absent) throw Refused(404);
    if (outcome == Outcome::not_empty) throw Refused(409);
    return page(204);
}

} // namespace

std::string metadata_value(const Metadata& metadata, const std::string& name) {
    auto found = metadata.find(name);
    return found == metadata.end() ? std::string() : found->second;
}

ContainerInfo need_container(Request& request) {
    auto info = request.backend().container(request.account, request.container);
    const char* list = request.reads() ? "X-Container-Read" : "X-Container-Write";
    authorize(request, info ? metadata_value(info->metadata, list) : "");
    if (!info) throw Refused(404);
    return *info;
}

Answer of_container(Request& request) {
    if (request.reads()) return read_container(request);
    if (request.method == "PUT" || request.method == "POST") return change_container(request);
    if (request.method == "DELETE") return remove_container(request);
    throw Refused(405).with("Allow", "GET, HEAD, OPTIONS, PUT, POST, DELETE");
}

} // namespace nephele::swift
