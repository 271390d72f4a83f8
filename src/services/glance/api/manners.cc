// SPDX-License-Identifier: Apache-2.0
#include "services/glance/api/manners.h"

#include "base/strings.h"
#include "services/glance/store/images.h"
#include "services/glance/store/members.h"

namespace nephele::glance {
using namespace api;
namespace {

std::string escaped(std::string text) {
    text = replace_all(std::move(text), "&", "&amp;");
    text = replace_all(std::move(text), "<", "&lt;");
    return replace_all(std::move(text), ">", "&gt;");
}

// The first of HTML, JSON and plain text that the client accepts best, as webob chooses.
std::string chosen_type(const http::RequestHead& head) {
    auto* accept = head.headers.find("Accept");
    if (!accept || trim(*accept).empty()) return "text/html";
    std::string best = "text/plain";
    double best_quality = 0;
    for (auto& part : split(lower(*accept), ',')) {
        auto pieces = split(part, ';');
        std::string type(trim(pieces[0]));
        double quality = 1;
        for (auto& piece : pieces)
            if (auto value = trim(piece); value.substr(0, 2) == "q=")
                quality = to_double(value.substr(2)).value_or(1);
        std::string offer = type == "*/*" || type == "text/*" || type == "text/html" ? "text/html"
                            : type == "application/json" || type == "application/*"
                                ? "application/json"
                                : "";
        if (offer.empty() || quality <= best_quality) continue;
        best = offer;
        best_quality = quality;
    }
    return best;
}

std::string message_of(const Failure& failure) {
    if (failure.code() == "PolicyNotAuthorized" && failure.details().has("rule"))
        return format("You are not authorized to complete {} action.",
                      failure.details().text("rule"));
    return failure.what();
}

http::Response error(const Failure& failure, const http::RequestHead& head, const std::string&) {
    int status = failure.status();
    std::string title = http::reason_phrase(status);
    std::string line = std::to_string(status) + " " + title;
    std::string message = message_of(failure);
    // Said by the token middleware in front of every service, in its own form.
    if (failure.kind() == Fault::unauthorized)
        return json_response(
            status,
            Json::object(
                {{"error",
                  Json::object({{"code", status}, {"title", title}, {"message", message}})}}));
    std::string type = chosen_type(head);
    if (type == "application/json")
        return json_response(
            status, Json::object({{"message", message}, {"code", line}, {"title", title}}));
    http::Response response;
    response.status = status;
    response.headers.set("Content-Type", type + "; charset=UTF-8");
    response.body = type == "text/html"
                        ? "<html>\n <head>\n  <title>" + line +
                              "</title>\n </head>\n <body>\n  <h1>" + line + "</h1>\n  " +
                              escaped(message) + "<br /><br />\n\n\n </body>\n</html>"
                        : line + "\n\n" + message + "\n";
    return response;
}
} // namespace

Manners manners() {
    Manners m;
    m.error = error;
    m.lenient = false;
    m.trailing_slash_is_absent = true; // An empty image id.
    m.paging.default_limit = 25;
    m.paging.max_limit = 1000;
    m.paging.default_sort = {{"created_at", true}, {"id", true}};
    m.paging.links = Paging::Links::glance;
    m.versions.max = {2, 18};
    return m;
}

std::vector<Option> options() {
    return {
        {"glance.store_directory", "",
         "Where the store \"local\" keeps image data; empty: images in data.directory."},
        {"glance.stores_file", "",
         "YAML list of stores (id, type, default, description, read_only, weight and the type's "
         "own options); empty: one store \"local\" of files."},
        {"glance.staging_directory", "",
         "Where data waits for its import; common to all control nodes. Empty: images-staging in "
         "data.directory."},
        {"glance.import_methods",
         Json::array({"glance-direct", "web-download", "copy-image", "glance-download"}),
         "Ways to import offered to users."},
        {"glance.import_allowed_schemes", Json::array({"http", "https"}),
         "Schemes a web-download may name."},
        {"glance.import_disallowed_schemes", Json::array(),
         "Schemes refused when none is listed as allowed."},
        {"glance.import_allowed_hosts", Json::array(),
         "Hosts a web-download may name; empty: all but the disallowed."},
        {"glance.import_disallowed_hosts", Json::array(),
         "Hosts refused when none is listed as allowed."},
        {"glance.import_allowed_ports", Json::array({"80", "443"}),
         "Ports a web-download may name; empty: all but the disallowed."},
        {"glance.import_disallowed_ports", Json::array(),
         "Ports refused when none is listed as allowed."},
        {"glance.import_allowed_networks", Json::array(),
         "Networks (CIDR) downloads may reach although they are private."},
        {"glance.download_properties",
         Json::array({"hw_", "trait:", "os_distro", "os_secure_boot", "os_type"}),
         "Beginnings of the names of properties a glance-download takes along."},
        {"glance.image_cache_dir", "",
         "Where this node keeps copies of images of remote stores; empty: images-cache in "
         "data.directory."},
        {"glance.image_cache_max_size", std::int64_t(10) << 30,
         "Bytes these copies may have; 0: none are kept."},
        {"glance.image_cache_fills", 4, "Copies made at once."},
        {"glance.task_time_to_live", 48, "Hours a task's record stays after its end."},
        {"glance.image_size_cap", std::int64_t(1) << 40, "Bytes an image may have."},
        {"glance.image_property_quota", 128, "Custom properties of an image; 0: no limit."},
        {"glance.image_tag_quota", 128, "Tags of an image; 0: no limit."},
        {"glance.image_member_quota", 128, "Members of an image; 0: no limit."},
        {"glance.image_location_quota", 10, "Locations of an image; 0: no limit."},
        {"glance.show_multiple_locations", false,
         "Show where the copies of an image lie, and let clients name addresses of a store of type "
         "http as locations."},
        {"glance.show_image_direct_url", false,
         "Show where an image's data is read from (direct_url)."},
        {"glance.user_storage_quota", 0, "Bytes all images of a project may have; 0: no limit."},
    };
}

policy::Target target_of(Call& call, const Image& image) {
    policy::Target target = owned_by(image.owner.value_or(""), "");
    target.set("owner", image.owner.value_or(""));
    target.set("visibility", text_of_enum(image.visibility));
    target.set("image_id", image.id);
    bool member = image.visibility == Visibility::shared && !call.project().empty() &&
                  store::member_of(call.tx, image.id, call.project());
    target.set("member_id", member ? std::string_view(call.project()) : std::string_view());
    return target;
}

Image need_image(Call& call) {
    Image image = need(call.tx, images(), call.scope(), call.path("image_id"));
    if (!call.allowed("get_image", target_of(call, image))) throw_not_found(images(), image.id);
    return image;
}

Image need_image(Call& call, std::string_view rule) {
    Image image = need_image(call);
    call.enforce(rule, target_of(call, image));
    return image;
}

} // namespace nephele::glance
