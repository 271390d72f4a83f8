// SPDX-License-Identifier: Apache-2.0
#include "services/swift/logic/manifest.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "services/swift/logic/conditions.h"

#include <set>

namespace nephele::swift::logic {
namespace {

// Text of a number or the number itself.
std::optional<std::uint64_t> size_of(const Json& value) {
    if (value.is_integer() && value.as_double() >= 0) return value.as_uint();
    if (!value.is_string()) return std::nullopt;
    auto number = to_int(value.as_string());
    if (!number || *number < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*number);
}

std::string fault_of_range(const std::string& range) {
    if (range.find(',') != std::string::npos) return "multiple ranges (only one allowed)";
    if (!ranges_of("bytes=" + range, 1)) return "invalid range";
    return "";
}

// Why this member of the list is no segment; empty when it is one.
std::string read_object_segment(const Json& from, bool last, std::string_view own_path,
                                Segment& into) {
    static const std::set<std::string, std::less<>> known{"path", "etag", "size_bytes", "range"};
    for (auto& [name, value] : from.as_object())
        if (!known.count(name)) return "extraneous keys \"" + name + "\"";
    const Json& path = from.at("path");
    if (!path.is_string()) return "\"path\" must be a string";
    std::string_view text = trim(path.as_string());
    while (!text.empty() && text[0] == '/') text.remove_prefix(1);
    auto slash = text.find('/');
    if (slash == std::string_view::npos || slash + 1 == text.size() ||
        text.find('\0') != std::string_view::npos)
        return "path does not refer to an object. Path must be of the form /container/object.";
    into.container = text.substr(0, slash);
    into.object = text.substr(slash + 1);
    if (into.path() == own_path) return "manifest must not include itself as a segment";
    if (auto* etag = from.find("etag"); etag && !etag->is_null()) {
        if (!etag->is_string()) return "\"etag\" must be a string or null (if provided)";
        into.etag = lower(trim(etag->as_string()));
    }
    if (auto* size = from.find("size_bytes"); size && !size->is_null()) {
        into.size = size_of(*size);
        if (!into.size) return "invalid size_bytes";
        if (*into.size < 1 && !last) return "too small; each segment must be at least 1 byte.";
    }
    if (auto* range = from.find("range"); range && !range->is_null()) {
        if (!range->is_string()) return "invalid range";
        into.range = range->as_string();
        if (auto fault = into.range.empty() ? "" : fault_of_range(into.range); !fault.empty())
            return fault;
    }
    return "";
}

std::string read_data_segment(const Json& from, Segment& into) {
    if (from.size() != 1) return "extraneous keys";
    auto bytes =
        from.at("data").is_string() ? base64_decode(from.at("data").as_string()) : std::nullopt;
    if (!bytes) return "data must be valid base64";
    if (bytes->empty()) return "too small; each segment must be at least 1 byte.";
    into.data = std::move(*bytes);
    into.length = into.data.size();
    return "";
}

} // namespace

std::vector<Segment> parse_manifest(std::string_view json, std::string_view own_path,
                                    std::vector<std::string>& faults) {
    std::vector<Segment> out;
    Json list;
    try {
        list = Json::parse(json, 8);
    } catch (const JsonError&) {
        faults.push_back("Manifest must be valid JSON.");
        return out;
    }
    if (!list.is_array()) {
        faults.push_back("Manifest must be a list.");
        return out;
    }
    const auto& items = list.as_array();
    bool any_object = items.empty();
    for (std::size_t i = 0; i < items.size(); ++i) {
        Segment segment;
        std::string fault = "expected keys to include one of 'path' or 'data'";
        if (!items[i].is_object())
            fault = "not a JSON object";
        else if (items[i].has("path"))
            fault = read_object_segment(items[i], i + 1 == items.size(), own_path, segment);
        else if (items[i].has("data"))
            fault = read_data_segment(items[i], segment);
        if (!fault.empty()) faults.push_back(format("Index {}: {}", i, fault));
        any_object = any_object || segment.data.empty();
        out.push_back(std::move(segment));
    }
    if (!any_object)
        faults.push_back("Inline data segments require at least one object-backed segment.");
    return out;
}

std::string write_manifest(const std::vector<Segment>& segments) {
    Json list = Json::array();
    for (auto& segment : segments) {
        if (!segment.data.empty()) {
            list.push_back(Json::object({{"data", base64_encode(segment.data)}}));
            continue;
        }
        Json one = Json::object({{"name", segment.path()},
                                 {"bytes", segment.size.value_or(0)},
                                 {"hash", segment.etag},
                                 {"content_type", segment.content_type},
                                 {"last_modified", segment.last_modified}});
        if (!segment.range.empty())
            one["range"] = format("{}-{}", segment.first, segment.first + segment.length - 1);
        if (segment.is_manifest) one["sub_slo"] = true;
        list.push_back(std::move(one));
    }
    return list.dump();
}

std::optional<std::vector<Segment>> read_manifest(std::string_view json) {
    std::vector<Segment> out;
    try {
        Json list = Json::parse(json, 8);
        for (auto& each : list.as_array()) {
            Segment segment;
            if (auto* data = each.find("data")) {
                segment.data = base64_decode(data->as_string()).value_or("");
                segment.length = segment.data.size();
                out.push_back(std::move(segment));
                continue;
            }
            std::string name = each.at("name").as_string();
            name.erase(0, name.find_first_not_of('/'));
            auto slash = name.find('/');
            if (slash == std::string::npos) return std::nullopt;
            segment.container = name.substr(0, slash);
            segment.object = name.substr(slash + 1);
            segment.size = each.at("bytes").as_uint();
            segment.etag = each.at("hash").as_string();
            segment.content_type = each.text("content_type");
            segment.last_modified = each.text("last_modified");
            segment.range = each.text("range");
            segment.is_manifest = each.find("sub_slo") && each.at("sub_slo").as_bool();
            if (!settle_range(segment)) segment.length = 0;
            out.push_back(std::move(segment));
        }
    } catch (const JsonError&) {
        return std::nullopt;
    }
    return out;
}

std::string raw_manifest(std::string_view kept) {
    Json list = Json::array();
    auto segments = read_manifest(kept);
    for (auto& segment : segments.value_or(std::vector<Segment>{})) {
        if (!segment.data.empty()) {
            list.push_back(Json::object({{"data", base64_encode(segment.data)}}));
            continue;
        }
        Json one = Json::object({{"etag", segment.etag}, {"path", segment.path()}});
        if (!segment.range.empty()) one["range"] = segment.range;
        one["size_bytes"] = segment.size.value_or(0);
        list.push_back(std::move(one));
    }
    return list.dump();
}

std::string manifest_etag(const std::vector<Segment>& segments) {
    crypto::Hasher all(crypto::Digest::md5);
    for (auto& segment : segments) {
        if (!segment.data.empty())
            all.update(hex_encode(crypto::md5(segment.data)));
        else if (!segment.range.empty())
            all.update(format("{}:{}-{};", segment.etag, segment.first,
                              segment.first + segment.length - 1));
        else
            all.update(segment.etag);
    }
    return all.hex();
}

bool settle_range(Segment& segment) {
    auto size = segment.size.value_or(0);
    segment.first = 0;
    segment.length = size;
    if (segment.range.empty()) return true;
    auto ranges = ranges_of("bytes=" + segment.range, size);
    if (!ranges || ranges->size() != 1) return false;
    segment.first = ranges->front().first;
    segment.length = ranges->front().length();
    return true;
}

} // namespace nephele::swift::logic
