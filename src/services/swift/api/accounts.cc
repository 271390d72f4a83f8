// SPDX-License-Identifier: Apache-2.0
// Accounts: their counters and metadata, and the list of containers. One that nobody wrote to yet
// answers as an empty one.
#include "services/swift/api/core.h"

#include "base/strings.h"
#include "services/swift/api/listing.h"
#include "services/swift/api/login.h"
#include "services/swift/logic/metadata.h"

namespace nephele::swift {
namespace {

constexpr const char* access_control = "X-Account-Sysmeta-Core-Access-Control";

void check_name(const Request& request) {
    if (request.account.size() > request.limits().max_account_name_length)
        throw Refused(400,
                      format("Account name length of {} longer than {}", request.account.size(),
                             request.limits().max_account_name_length));
}

void describe(Answer& answer, const AccountInfo& info, const Request& request) {
    auto number = [&](const std::string& name, std::uint64_t value) {
        answer.headers.set(name, std::to_string(value));
    };
    number("X-Account-Container-Count", info.containers);
    number("X-Account-Object-Count", info.objects);
    number("X-Account-Bytes-Used", info.bytes);
    answer.headers.set("X-Timestamp", info.put_timestamp.text());
    answer.headers.set("Accept-Ranges", "bytes");
    for (auto& [index, policy] : info.policies) {
        const auto& names = request.site.settings.policies;
        if (index < 0 || static_cast<std::size_t>(index) >= names.size()) continue;
        std::string prefix = "X-Account-Storage-Policy-" + names[static_cast<std::size_t>(index)];
        number(prefix + "-Container-Count", policy.containers);
        number(prefix + "-Object-Count", policy.objects);
        number(prefix + "-Bytes-Used", policy.bytes);
    }
    for (auto& [name, value] : info.metadata) {
        bool key = name == "X-Account-Meta-Temp-Url-Key" || name == "X-Account-Meta-Temp-Url-Key-2";
        if (name == access_control && request.owner && value != "{}")
            answer.headers.set("X-Account-Access-Control", value);
        if (!logic::is_system_metadata(name) && (!key || request.owner))
            answer.headers.set(name, value);
    }
    auto quota = info.metadata.find("X-Account-Sysmeta-Quota-Bytes");
    if (quota != info.metadata.end()) answer.headers.set("X-Account-Quota-Bytes", quota->second);
    for (auto& [name, value] : info.metadata)
        if (starts_with_icase(name, "X-Account-Sysmeta-Quota-Bytes-Policy-"))
            answer.headers.set("X-Account-Quota-Bytes-Policy-" + name.substr(37), value);
}

Answer read_account(Request& request) {
    authorize(request, "");
    check_name(request);
    auto form = listing_form(request);
    ListQuery query = list_query(request, request.limits().account_listing_limit);
    AccountInfo info;
    bool there = false;
    if (auto found = request.backend().account(request.account)) info = *found, there = true;
    if (!there) info.put_timestamp = request.backend().now();
    Answer answer;
    describe(answer, info, request);
    std::string text;
    if (request.method == "GET")
        text = write_listing(form, request.account,
                             there ? request.backend().containers(request.account, query)
                                   : std::vector<ListedContainer>{});
    answer_listing(answer, form, std::move(text), request);
    return answer;
}

// TempAuth's lists of who else may use the account; keystone knows no such thing.
void take_access_control(const Request& request, Metadata& change) {
    auto* header = request.headers.find("X-Account-Access-Control");
    if (!header || !request.site.settings.tempauth || !request.owner) return;
    std::string fault;
    auto cleaned = header->empty() ? std::string() : logic::clean_account_acl(*header, fault);
    if (!cleaned) throw Refused(400, format("X-Account-Access-Control invalid: {}", fault));
    change[access_control] = *cleaned;
}

Metadata checked_change(Request& request) {
    auto fault = logic::metadata_fault(request.headers.all(), "account", request.limits());
    if (!fault.empty()) throw Refused(400, fault, true);
    Metadata change = logic::metadata_change(request.headers.all(), "account", {});
    take_access_control(request, change);
    for (auto& [name, value] : request.system) change[name] = value;
    Metadata kept;
    if (auto found = request.backend().account(request.account)) kept = found->metadata;
    fault = logic::overall_fault(kept, change, "account", request.limits());
    if (!fault.empty()) throw Refused(400, fault, true);
    return change;
}

Answer change_account(Request& request) {
    authorize(request, "");
    check_name(request);
    Metadata change = checked_change(request);
    note_domain(request);
    auto outcome = request.backend().save_account(request.account, change, request.backend().now());
    if (request.method == "POST") return page(204);
    return page(outcome == Outcome::created ? 201 : 202);
}

Answer remove_account(Request& request) {
    authorize(request, "");
    // A parameter that some other step should have taken: nobody means to lose an account by it.
    if (!request.query.empty()) throw Refused(400);
    auto outcome = request.backend().delete_account(request.account, request.backend().now());
    if (outcome == Outcome::not_empty) throw Refused(409);
    return page(outcome == Outcome::absent ? 404 : 204);
}

} // namespace

Answer of_account(Request& request) {
    bool managed = request.site.settings.account_management;
    if (request.reads()) return read_account(request);
    if (request.method == "POST" || (request.method == "PUT" && managed))
        return change_account(request);
    if (request.method == "DELETE" && managed) return remove_account(request);
    if (request.method == "DELETE" && !request.query.empty()) throw Refused(400);
    throw Refused(405).with("Allow", managed ? "GET, HEAD, OPTIONS, POST, PUT, DELETE"
                                             : "GET, HEAD, OPTIONS, POST");
}

} // namespace nephele::swift
