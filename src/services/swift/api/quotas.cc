// SPDX-License-Identifier: Apache-2.0
// Quotas of accounts (set by reseller administrators) and of containers (set by whoever owns them).
#include "services/swift/api/core.h"
#include "services/swift/api/steps.h"

#include "base/strings.h"

namespace nephele::swift {
namespace {

std::optional<std::uint64_t> number(const Metadata& metadata, const std::string& name) {
    auto value = to_int(metadata_value(metadata, name));
    if (!value || *value < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*value);
}

[[noreturn]] void exceeds() { throw Refused(413, "Upload exceeds quota."); }

/// A body in chunks, which may not grow past what is left.
class QuotaBody final : public http::BodyReader {
  public:
    QuotaBody(http::BodyReader& inner, std::uint64_t left) : inner_(inner), left_(left) {}
    std::size_t read(char* into, std::size_t size) override {
        auto count = inner_.read(into, size);
        if (count > left_) exceeds();
        left_ -= count;
        return count;
    }
    std::optional<std::uint64_t> length() const override { return inner_.length(); }

  private:
    http::BodyReader& inner_;
    std::uint64_t left_;
};

void check_setting(const Request& request, const std::string& header, const char* fault) {
    auto* value = request.headers.find(header);
    if (!value || value->empty()) return;
    auto given = to_int(*value);
    if (!given || *given < 0) throw Refused(400, fault);
}

Answer change_account(Request& request, const Next& next) {
    bool touches = false;
    for (auto& [name, value] : request.headers.all()) {
        if (iequals(name, "X-Account-Meta-Quota-Bytes") ||
            iequals(name, "X-Remove-Account-Meta-Quota-Bytes"))
            touches = true;
        if (!starts_with_icase(name, "X-Account-Quota-Bytes-Policy-")) continue;
        touches = true;
        auto given = to_int(value);
        if (!value.empty() && (!given || *given < 0)) throw Refused(400, "Invalid quota.");
        request
            .system["X-Account-Sysmeta-Quota-Bytes-Policy-" + logic::title_case(name.substr(29))] =
            value;
    }
    check_setting(request, "X-Account-Meta-Quota-Bytes", "Invalid quota.");
    if (touches && !is_reseller(request)) {
        authorize(request, "");
        throw Refused(403);
    }
    return next(request);
}

// What may still be stored in the account, in this policy; nothing: no limit.
std::optional<std::uint64_t> left_in_account(const Request& request, int policy) {
    auto account = request.backend().account(request.account);
    if (!account) return std::nullopt;
    std::optional<std::uint64_t> left;
    if (auto quota = number(account->metadata, "X-Account-Meta-Quota-Bytes"))
        left = *quota > account->bytes ? *quota - account->bytes : 0;
    const auto& names = request.site.settings.policies;
    auto index = static_cast<std::size_t>(policy);
    if (index >= names.size()) return left;
    if (auto quota = number(account->metadata, "X-Account-Sysmeta-Quota-Bytes-Policy-" +
                                                   logic::title_case(names[index]))) {
        auto used = account->policies.count(policy) ? account->policies.at(policy).bytes : 0;
        auto of_policy = *quota > used ? *quota - used : 0;
        left = left ? std::min(*left, of_policy) : of_policy;
    }
    return left;
}

Answer store(Request& request, const Next& next) {
    auto container = request.backend().container(request.account, request.container);
    if (!container) return next(request);
    if (auto most = number(container->metadata, "X-Container-Meta-Quota-Count");
        most && container->objects + 1 > *most) {
        authorize(request, metadata_value(container->metadata, "X-Container-Write"));
        exceeds();
    }
    std::optional<std::uint64_t> left;
    if (auto most = number(container->metadata, "X-Container-Meta-Quota-Bytes"))
        left = *most > container->bytes ? *most - container->bytes : 0;
    if (!is_reseller(request))
        if (auto of_account = left_in_account(request, container->policy))
            left = left ? std::min(*left, *of_account) : *of_account;
    if (!left) return next(request);
    if (request.length && *request.length > *left) {
        // Who may not write at all hears that, and not how full it is.
        authorize(request, metadata_value(container->metadata, "X-Container-Write"));
        exceeds();
    }
    if (request.length || !request.body) return next(request);
    QuotaBody limited(*request.body, *left);
    request.body = &limited;
    return next(request);
}

} // namespace

bool is_reseller(const Request& request) {
    const Caller& caller = request.caller;
    if (request.internal) return true;
    if (caller.kind == Caller::Kind::keystone)
        for (auto& role : caller.principal->roles)
            if (iequals(role, request.site.settings.keystone.reseller_admin_role)) return true;
    if (caller.kind == Caller::Kind::tempauth)
        for (auto& group : caller.temp_user.groups)
            if (group == ".reseller_admin") return true;
    return false;
}

Answer quotas(Request& request, const Next& next) {
    if (request.of_object()) return request.method == "PUT" ? store(request, next) : next(request);
    bool changes = request.method == "PUT" || request.method == "POST";
    if (!changes) return next(request);
    if (request.of_account()) return change_account(request, next);
    check_setting(request, "X-Container-Meta-Quota-Bytes", "Invalid bytes quota.");
    check_setting(request, "X-Container-Meta-Quota-Count", "Invalid count quota.");
    return next(request);
}

} // namespace nephele::swift
