// SPDX-License-Identifier: Apache-2.0
#include "services/glance/logic/imports.h"

#include "base/ids.h"
#include "base/strings.h"

#include <algorithm>

namespace nephele::glance::logic {
namespace {
bool holds(const std::vector<std::string>& all, std::string_view one) {
    return std::any_of(all.begin(), all.end(), [&](auto& each) { return iequals(each, one); });
}

Failure refused(const std::string& why) { return bad_request("InvalidInput", why); }
Failure conflicting(const std::string& why) { return conflict("Conflict", why); }

std::string text_of_method(const Json& method, const char* key, bool needed) {
    auto* found = method.find(key);
    if (!found && !needed) return "";
    if (!found || !found->is_string() || found->as_string().empty())
        throw refused(format("'{}' needs to be set for {} import method", key,
                             method.text("name").substr(0, 100)));
    return found->as_string();
}

bool flag(const Json& body, const char* key, bool fallback) {
    auto* found = body.find(key);
    if (!found) return fallback;
    if (!found->is_bool()) throw refused(format("'{}' must be boolean value only", key));
    return found->as_bool();
}

std::optional<std::vector<std::string>> store_names(const Json& body) {
    auto* found = body.find("stores");
    if (!found) return std::nullopt;
    if (!found->is_array() || found->size() == 0 || found->size() > 100)
        throw refused("'stores' must be a list of store ids");
    std::vector<std::string> out;
    for (auto& item : found->as_array()) {
        if (!item.is_string()) throw refused("'stores' must be a list of store ids");
        if (!holds(out, item.as_string())) out.push_back(item.as_string());
    }
    return out;
}

bool listed(const std::vector<std::string>& allowed, const std::vector<std::string>& disallowed,
            std::string_view one) {
    return allowed.empty() ? !holds(disallowed, one) : holds(allowed, one);
}
} // namespace

ImportRequest read_import(const Json& body, const std::vector<std::string>& methods) {
    if (!body.is_object()) throw refused("Body expected in request.");
    auto* method = body.find("method");
    if (!method || !method->is_object()) throw refused("Import request requires a 'method' field.");
    if (!method->has("name")) throw refused("Import request requires a 'name' field.");
    ImportRequest out;
    out.method = method->at("name").is_string() ? method->text("name") : "";
    if (std::find(methods.begin(), methods.end(), out.method) == methods.end())
        throw refused(format("Unknown import method name '{}'.", out.method.substr(0, 100)));
    out.all_stores_must_succeed = flag(body, "all_stores_must_succeed", true);
    out.all_stores = flag(body, "all_stores", false);
    out.stores = store_names(body);
    if (out.method == web_download) out.uri = text_of_method(*method, "uri", true);
    if (out.method != glance_download) return out;
    out.region = text_of_method(*method, "glance_region", true);
    out.remote_image_id = text_of_method(*method, "glance_image_id", true);
    if (!is_uuid(out.remote_image_id))
        throw refused(format("Remote image id does not look like a UUID: {}",
                             out.remote_image_id.substr(0, 100)));
    std::string interface = text_of_method(*method, "glance_service_interface", false);
    if (!interface.empty()) out.interface = interface;
    return out;
}

void check_importable(const Image& image, const ImportRequest& request) {
    const std::string& method = request.method;
    if (image.status == Status::active && method != copy_image)
        throw conflicting("Image with status active cannot be target for import");
    if (image.status != Status::active && method == copy_image)
        throw conflicting("Only images with status active can be targeted for copying");
    if (image.properties.has("os_glance_import_task")) throw conflicting("Image has active task");
    if (image.status != Status::queued && (method == web_download || method == glance_download))
        throw conflicting(format("Image needs to be in 'queued' state to use '{}' method", method));
    if (method == glance_direct && (image.status != Status::uploading || image.upload_node))
        throw conflicting("Image needs to be staged before 'glance-direct' method can be used");
    // A download from another glance brings its formats along.
    if (method == glance_download) return;
    if (!image.container_format)
        throw conflicting("'container_format' needs to be set before import");
    if (!image.disk_format) throw conflicting("'disk_format' needs to be set before import");
}

std::vector<std::string> import_targets(const Image& image, const ImportRequest& request,
                                        const std::string* header,
                                        const std::vector<std::string>& writable,
                                        const std::string& standard) {
    if (request.all_stores && (request.stores || header))
        throw refused("All_stores parameter can't be used with x-image-meta-store header or stores "
                      "parameter");
    if (request.stores && header)
        throw refused("Stores parameter and x-image-meta-store header can't be both specified");
    std::vector<std::string> wanted;
    if (request.all_stores)
        wanted = writable;
    else if (request.stores)
        wanted = *request.stores;
    else
        wanted = {header ? *header : standard};
    for (auto& store : wanted)
        if (std::find(writable.begin(), writable.end(), store) == writable.end())
            throw conflicting(format("Store for identifier {} not found", store.substr(0, 100)));
    if (request.method != copy_image) return wanted;
    for (auto& location : image.locations) {
        auto found = std::find(wanted.begin(), wanted.end(), location.store);
        if (found == wanted.end()) continue;
        if (!request.all_stores)
            throw refused(format("Image is already present at store '{}'", location.store));
        wanted.erase(found);
    }
    return wanted;
}

std::string without_name(const std::string& names, const std::string& name) {
    std::vector<std::string> kept;
    for (auto& each : split(names, ','))
        if (!each.empty() && each != name) kept.push_back(each);
    return join(kept, ",");
}

std::string with_name(const std::string& names, const std::string& name) {
    std::string rest = without_name(names, name);
    return rest.empty() ? name : rest + "," + name;
}

bool UriFilter::passes(std::string_view scheme, std::string_view host, int port) const {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    return !host.empty() && listed(allowed_schemes, disallowed_schemes, scheme) &&
           listed(allowed_hosts, disallowed_hosts, host) &&
           listed(allowed_ports, disallowed_ports, std::to_string(port));
}

bool UriFilter::passes(std::string_view uri) const {
    auto colon = uri.find("://");
    if (colon == std::string_view::npos || uri.size() > 2048) return false;
    for (unsigned char c : uri)
        if (c <= ' ' || c == 127 || c == '\\') return false;
    std::string scheme = lower(uri.substr(0, colon));
    if (scheme != "http" && scheme != "https") return false;
    auto rest = uri.substr(colon + 3);
    auto authority = rest.substr(0, rest.find_first_of("/?#"));
    if (authority.find('@') != std::string_view::npos) return false;
    int port = scheme == "https" ? 443 : 80;
    auto bracket = authority.rfind(']');
    auto at = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (at != std::string_view::npos) {
        auto number = to_int(authority.substr(at + 1));
        if (!number || *number < 1 || *number > 65535) return false;
        port = static_cast<int>(*number);
        authority = authority.substr(0, at);
    }
    return passes(scheme, authority, port);
}

} // namespace nephele::glance::logic
