// SPDX-License-Identifier: Apache-2.0
#include "services/glance/logic/locations.h"

#include "base/strings.h"
#include "services/glance/logic/rules.h"

#include <algorithm>

namespace nephele::glance::logic {
namespace {
constexpr std::size_t url_length = 255, metadata_bytes = 16 * 1024, md5_digits = 32,
                      sha512_digits = 128;
constexpr const char* hash_algorithm = "sha512";

Failure refused(const std::string& why) { return bad_request("InvalidInput", why); }

void check_visible(const LocationRights& rights, const char* verb) {
    if (!rights.visible)
        throw forbidden("Forbidden", format("It's not allowed to {} locations if locations are "
                                            "invisible.",
                                            verb));
}

void check_status(const Image& image, const char* verb, bool queued_too) {
    if (image.status == Status::active || (queued_too && image.status == Status::queued)) return;
    throw conflict("Conflict", format("It's not allowed to {} locations if image status is {}.",
                                      verb, text_of_enum(image.status)));
}

bool is_hex(const std::string& text) {
    return text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
}

bool has_url(const Image& image, const std::string& url) {
    return std::any_of(image.locations.begin(), image.locations.end(),
                       [&](auto& one) { return one.url == url; });
}

Location located(const GivenLocation& given, const LocationRights& rights) {
    auto found = rights.externals.find(given.url);
    if (found == rights.externals.end())
        throw bad_request("BadStoreUri", format("Invalid location: {}", given.url));
    return {.url = given.url, .store = found->second.store, .metadata = given.metadata};
}

// The image has data from now on: nobody has looked at it.
void fill(Image& image, const LocationRights& rights) {
    image.location = image.locations.front().url;
    if (image.status != Status::queued) return;
    image.status = Status::active;
    image.size = rights.externals.at(*image.location).size;
}

// "-" or past the end is the end.
std::size_t position_of(const std::string& text, std::size_t end, const char* verb) {
    if (text == "-") return end;
    auto number = to_int(text);
    if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos || !number)
        throw refused(format("Invalid position for {} a location.", verb));
    return std::min(static_cast<std::size_t>(*number), end);
}

// The same value twice is fine, another one is not.
void agree(std::string& value, const std::string& more, const char* name) {
    if (!value.empty() && !iequals(value, more))
        throw conflict("Conflict", format("Conflicting values for {}", name));
    value = more;
}

// Says whether the image has to take the value.
bool is_new(const std::optional<std::string>& now, const std::string& given, const char* name) {
    if (given.empty() || (now && iequals(*now, given))) return false;
    if (now) throw conflict("Conflict", format("{} is already set with a different value", name));
    return true;
}
} // namespace

void check_external_url(const std::string& url) {
    bool web = starts_with_icase(url, "http://") || starts_with_icase(url, "https://");
    if (!web)
        throw bad_request("BadStoreUri", format("Invalid location: {}. Only http:// and https:// "
                                                "addresses may be named.",
                                                url.substr(0, url_length)));
    auto host = url.substr(url.find("//") + 2);
    host = host.substr(0, host.find_first_of("/?#"));
    bool odd = host.empty() || host.find('@') != std::string::npos ||
               std::any_of(url.begin(), url.end(),
                           [](unsigned char c) { return c <= ' ' || c == 127 || c == '\\'; });
    if (odd)
        throw bad_request("BadStoreUri", "Invalid location: a host without a user's name, and no "
                                         "spaces, are expected.");
}

void check_validation_shape(const Json& validation) {
    if (!validation.is_object()) throw refused("validation_data must be an object.");
    const std::map<std::string, std::pair<std::size_t, std::size_t>> lengths{
        {"checksum", {md5_digits, md5_digits}},
        {"os_hash_algo", {1, 64}},
        {"os_hash_value", {1, sha512_digits}}};
    for (auto& [name, value] : validation.as_object()) {
        auto known = lengths.find(name);
        if (known == lengths.end())
            throw refused(format("validation_data has no '{}'.", name.substr(0, 100)));
        if (!value.is_string() || value.as_string().size() < known->second.first ||
            value.as_string().size() > known->second.second)
            throw refused(format("validation_data: '{}' must be text of {} to {} characters.", name,
                                 known->second.first, known->second.second));
    }
    for (auto* name : {"os_hash_algo", "os_hash_value"})
        if (!validation.has(name)) throw refused(format("validation_data needs '{}'.", name));
}

GivenLocation read_location(const Json& value) {
    if (!value.is_object()) throw refused("A location is an object of url and metadata.");
    GivenLocation given;
    for (auto& [name, member] : value.as_object()) {
        if (name == "url" && member.is_string() && member.as_string().size() <= url_length)
            given.url = member.as_string();
        else if (name == "metadata" && member.is_object() && member.dump().size() <= metadata_bytes)
            given.metadata = member;
        else if (name == "validation_data")
            given.validation = member;
        else
            throw refused(format("Invalid location: '{}' is not known, too long or of another kind "
                                 "than expected.",
                                 name.substr(0, 100)));
    }
    if (given.url.empty() || !value.has("metadata"))
        throw refused("A location needs both url and metadata.");
    // Ours to say, shown to clients that write back what they read.
    given.metadata.erase("store");
    if (!given.validation.is_null()) check_validation_shape(given.validation);
    return given;
}

std::vector<GivenLocation> read_locations(const Json& value) {
    if (!value.is_array()) throw refused("Locations are a list.");
    std::vector<GivenLocation> out;
    for (auto& item : value.as_array()) {
        out.push_back(read_location(item));
        for (std::size_t i = 0; i + 1 < out.size(); ++i)
            if (out[i].url == out.back().url)
                throw bad_request("DuplicateLocation",
                                  format("The location {} is there twice", out[i].url));
    }
    return out;
}

void take_validation(Image& image, const std::vector<GivenLocation>& given) {
    std::string checksum, algorithm, hash;
    for (auto& one : given) {
        if (one.validation.is_null()) continue;
        if (one.validation.has("checksum"))
            agree(checksum, one.validation.text("checksum"), "checksum");
        agree(algorithm, one.validation.text("os_hash_algo"), "os_hash_algo");
        agree(hash, one.validation.text("os_hash_value"), "os_hash_value");
    }
    bool new_checksum = is_new(image.checksum, checksum, "checksum");
    bool new_algorithm = is_new(image.os_hash_algo, algorithm, "os_hash_algo");
    bool new_hash = is_new(image.os_hash_value, hash, "os_hash_value");
    if (!new_checksum && !new_algorithm && !new_hash) return;
    if (image.status != Status::queued)
        throw conflict("Conflict", "New values of validation_data may only be provided when the "
                                   "image's status is 'queued'");
    if (new_checksum && !is_hex(checksum))
        throw bad_request("InvalidInput", "checksum is not a valid hexadecimal value");
    if (!algorithm.empty() && algorithm != hash_algorithm)
        throw bad_request("InvalidInput",
                          format("os_hash_algo must be {}, not {}", hash_algorithm, algorithm));
    if (new_hash && (!is_hex(hash) || hash.size() != sha512_digits))
        throw bad_request("InvalidInput",
                          format("os_hash_value must be {} hexadecimal digits", sha512_digits));
    if (new_checksum) image.checksum = lower(checksum);
    if (new_algorithm) image.os_hash_algo = algorithm;
    if (new_hash) image.os_hash_value = lower(hash);
}

void add_location(Image& image, const std::string& position, const GivenLocation& given,
                  LocationRights& rights) {
    check_visible(rights, "add");
    check_status(image, "add", true);
    take_validation(image, {given});
    auto at = position_of(position, image.locations.size(), "adding");
    if (has_url(image, given.url))
        throw bad_request("DuplicateLocation", format("The location {} already exists", given.url));
    Location location = located(given, rights);
    check_limit("locations", static_cast<std::int64_t>(image.locations.size()) + 1, rights.quota);
    image.locations.insert(image.locations.begin() + static_cast<std::ptrdiff_t>(at),
                           std::move(location));
    fill(image, rights);
}

void replace_locations(Image& image, const std::vector<GivenLocation>& given,
                       LocationRights& rights) {
    check_visible(rights, "update");
    check_status(image, "replace", true);
    if (given.empty() && !image.locations.empty())
        throw forbidden("Forbidden", "Cannot set locations to empty list.");
    take_validation(image, given);
    std::vector<Location> wanted;
    for (auto& one : given) {
        auto kept = std::find_if(image.locations.begin(), image.locations.end(),
                                 [&](auto& now) { return now.url == one.url; });
        if (kept == image.locations.end() && !image.locations.empty())
            throw bad_request("Invalid", "Original locations is not empty: they are added and "
                                         "removed one by one.");
        wanted.push_back(
            kept == image.locations.end()
                ? located(one, rights)
                : Location{.url = one.url, .store = kept->store, .metadata = one.metadata});
    }
    if (wanted.size() < image.locations.size())
        throw bad_request("Invalid", "Original locations is not empty: they are added and removed "
                                     "one by one.");
    check_limit("locations", static_cast<std::int64_t>(wanted.size()), rights.quota);
    if (wanted.empty()) return;
    image.locations = std::move(wanted);
    fill(image, rights);
}

void remove_location(Image& image, const std::string& position, LocationRights& rights) {
    check_visible(rights, "remove");
    check_status(image, "remove", false);
    if (image.locations.size() == 1)
        throw forbidden("Forbidden", "Cannot remove last location in the image.");
    auto last = image.locations.size() - 1;
    auto at = image.locations.begin() +
              static_cast<std::ptrdiff_t>(position_of(position, last, "removing"));
    rights.removed.push_back(*at);
    image.locations.erase(at);
    image.location = image.locations.front().url;
}

} // namespace nephele::glance::logic
