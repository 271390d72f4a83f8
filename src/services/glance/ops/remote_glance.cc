// SPDX-License-Identifier: Apache-2.0
#include "services/glance/ops/remote_glance.h"

#include "base/strings.h"
#include "platform/context/context.h"
#include "platform/http/http.h"
#include "services/keystone/client.h"

namespace nephele::glance {
namespace {
std::string text_or_empty(const Json& facts, const char* key) {
    auto* found = facts.find(key);
    return found && found->is_string() ? found->as_string() : "";
}

Json facts_at(const std::string& url, const std::string& token) {
    http::ClientRequest request;
    request.url = url;
    request.timeout_ms = 30'000;
    request.max_body = 4 << 20;
    request.headers.set("X-Auth-Token", token);
    http::ClientResponse response;
    try {
        response = http::fetch(request);
    } catch (const EngineFailure& error) {
        throw Failure(Fault::bad_gateway, "RemoteGlanceUnavailable",
                      "The image service of that region cannot be reached.")
            .inside(error.what());
    }
    if (response.status != 200)
        throw bad_request(
            "ImportTaskError",
            format("The image service of that region answered {} for the image.", response.status));
    try {
        return Json::parse(response.body);
    } catch (const JsonError& error) {
        throw Failure(Fault::bad_gateway, "RemoteGlanceUnavailable",
                      "The image service of that region gave no proper answer.")
            .inside(error.what());
    }
}
} // namespace

RemoteImage find_remote_image(Cloud& cloud, const logic::ImportRequest& request,
                              const std::string& token) {
    auto endpoint = cloud.db().read([&](db::Tx& tx) {
        return keystone::client::endpoint_url(tx, "image", request.interface, "", request.region);
    });
    if (!endpoint)
        throw not_found("GlanceEndpointNotFound",
                        format("Could not find {} glance endpoint for region {}",
                               request.interface.substr(0, 50), request.region.substr(0, 255)));
    while (!endpoint->empty() && endpoint->back() == '/') endpoint->pop_back();
    std::string url = *endpoint + "/v2/images/" + request.remote_image_id;
    RemoteImage remote{.data_url = url + "/file", .facts = facts_at(url, token)};
    std::string status = text_or_empty(remote.facts, "status");
    if (status != "active")
        throw bad_request(
            "InvalidGlanceDownloadImageStatus",
            format("Source image status should be active instead of {}", status.substr(0, 50)));
    return remote;
}

Json properties_of(const RemoteImage& remote, const std::vector<std::string>& prefixes) {
    Json out = Json::object();
    for (auto& [name, value] : remote.facts.as_object())
        for (auto& prefix : prefixes)
            if (value.is_string() && name.rfind(prefix, 0) == 0 &&
                name.rfind("os_glance", 0) != 0 && !Image::shape().field_named(name))
                out[name] = value;
    return out;
}

void take_over(Image& image, const RemoteImage& remote, const Json& properties) {
    std::string disk = text_or_empty(remote.facts, "disk_format"),
                container = text_or_empty(remote.facts, "container_format");
    Json formats = Json::object();
    if (!disk.empty()) formats["disk_format"] = disk;
    if (!container.empty()) formats["container_format"] = container;
    Reading reading;
    reading.mode = Reading::Mode::update;
    image_edit().read(formats, &image, reading);
    for (auto& [name, value] : properties.as_object()) image.properties[name] = value;
}

} // namespace nephele::glance
