// SPDX-License-Identifier: Apache-2.0
#include "services/swift/logic/metadata.h"

#include "base/strings.h"

#include <algorithm>
#include <array>

namespace nephele::swift::logic {
namespace {

constexpr std::array<std::string_view, 9> kept_headers{
    "Content-Disposition",  "Content-Encoding", "X-Delete-At", "X-Object-Manifest",
    "Cache-Control",        "Content-Language", "Expires",     "X-Robots-Tag",
    "X-Static-Large-Object"};

std::string meta_prefix(std::string_view kind) { return title_case(format("x-{}-meta-", kind)); }

} // namespace

std::string metadata_fault(const HeaderList& headers, std::string_view kind, const Limits& limits) {
    const std::string prefix = format("x-{}-meta-", kind);
    std::size_t count = 0, size = 0;
    for (auto& [name, value] : headers) {
        if (value.size() > limits.max_header_size)
            return format("Header value too long: {}", name.substr(0, limits.max_meta_name_length));
        if (!starts_with_icase(name, prefix)) continue;
        std::string key = name.substr(prefix.size());
        if (key.empty()) return "Metadata name cannot be empty";
        if (kind != "object" && (!is_utf8(key) || !is_utf8(value)))
            return "Metadata must be valid UTF-8";
        ++count;
        size += key.size() + value.size();
        if (key.size() > limits.max_meta_name_length)
            return format("Metadata name too long: {}{}", prefix, key);
        if (value.size() > limits.max_meta_value_length)
            return format("Metadata value longer than {}: {}{}", limits.max_meta_value_length,
                          prefix, key);
        if (count > limits.max_meta_count)
            return format("Too many metadata items; max {}", limits.max_meta_count);
        if (size > limits.max_meta_overall_size)
            return format("Total metadata too large; max {}", limits.max_meta_overall_size);
    }
    return "";
}

Metadata metadata_change(const HeaderList& headers, std::string_view kind,
                         const std::vector<std::string>& also) {
    const std::string meta = format("x-{}-meta-", kind);
    auto counts = [&](std::string_view name) {
        if (starts_with_icase(name, meta)) return true;
        return std::any_of(also.begin(), also.end(),
                           [&](const std::string& each) { return iequals(each, name); });
    };
    Metadata out;
    for (auto& [name, value] : headers) {
        if (counts(name)) {
            out[title_case(name)] = std::string(trim(value));
        } else if (starts_with_icase(name, "x-remove-")) {
            std::string removed = "x-" + name.substr(9);
            if (counts(removed)) out.emplace(title_case(removed), "");
        }
    }
    return out;
}

std::string overall_fault(const Metadata& kept, const Metadata& change, std::string_view kind,
                          const Limits& limits) {
    Metadata all = kept;
    for (auto& [name, value] : change) {
        if (value.empty())
            all.erase(name);
        else
            all[name] = value;
    }
    const std::string prefix = meta_prefix(kind);
    std::size_t count = 0, size = 0;
    for (auto& [name, value] : all) {
        if (name.rfind(prefix, 0) != 0) continue;
        ++count;
        size += name.size() - prefix.size() + value.size();
    }
    if (count > limits.max_meta_count)
        return format("Too many metadata items; max {}", limits.max_meta_count);
    if (size > limits.max_meta_overall_size)
        return format("Total metadata too large; max {}", limits.max_meta_overall_size);
    return "";
}

Metadata object_metadata(const HeaderList& headers) {
    Metadata out;
    for (auto& [name, value] : headers) {
        bool kept = !value.empty() &&
                    std::any_of(kept_headers.begin(), kept_headers.end(),
                                [&](std::string_view each) { return iequals(each, name); });
        if (kept || starts_with_icase(name, "x-object-meta-")) out[title_case(name)] = value;
    }
    return out;
}

bool is_system_metadata(std::string_view name) {
    return name.find("-Sysmeta-") != std::string_view::npos ||
           starts_with_icase(name, "x-backend-");
}

bool is_user_metadata(std::string_view name, std::string_view kind) {
    return starts_with_icase(name, format("x-{}-meta-", kind));
}

Expiry expiry_of(std::string_view delete_at, std::string_view delete_after, Time now) {
    constexpr std::int64_t latest = 9999999999;
    if (!delete_after.empty()) {
        auto after = to_int(trim(delete_after));
        if (!after) return {{}, "Non-integer X-Delete-After"};
        if (*after <= 0) return {{}, "X-Delete-After in past"};
        return {std::min(latest, now.seconds() + std::min(*after, latest)), ""};
    }
    if (delete_at.empty()) return {};
    auto at = to_int(trim(delete_at));
    if (!at) return {{}, "Non-integer X-Delete-At"};
    if (*at <= now.seconds()) return {{}, "X-Delete-At in past"};
    return {std::min(*at, latest), ""};
}

bool is_expired(const Metadata& metadata, Time now) {
    auto found = metadata.find("X-Delete-At");
    if (found == metadata.end()) return false;
    auto at = to_int(found->second);
    return at && *at <= now.seconds();
}

Time last_modified(Timestamp timestamp) {
    auto seconds = (timestamp.ticks + 99'999) / 100'000;
    return Time{seconds * 1'000'000};
}

} // namespace nephele::swift::logic
