// SPDX-License-Identifier: Apache-2.0
#include "services/nova/compute/metadata_application.h"

#include "base/ids.h"
#include "base/strings.h"
#include "platform/log/log.h"
#include "platform/metrics/metrics.h"
#include "services/nova/compute/host_files.h"
#include "services/nova/logic/metadata_tree.h"

namespace nephele::nova::compute {
namespace {

constexpr std::size_t password_bytes_max = 1020; // Four pieces of 255, as upstream keeps it.
constexpr std::size_t seed_bytes = 512;

http::Response answer(int status, std::string body,
                      const std::string& media_type = "text/plain; charset=UTF-8") {
    http::Response response;
    response.status = status;
    response.headers.set("Content-Type", media_type);
    response.body = std::move(body);
    return response;
}

bool asks_for_password(const std::string& path) {
    auto parts = split(path, '/');
    std::erase(parts, "");
    return parts.size() == 3 && parts[0] == "openstack" && parts[2] == "password";
}

} // namespace

http::BodyPlan MetadataApplication::plan(const http::RequestHead&) {
    http::BodyPlan plan;
    plan.limit = 64 * 1024;
    return plan;
}

http::Response MetadataApplication::handle(const http::RequestHead& head, std::string body) {
    const std::string path = percent_decode(head.path, false).value_or("");
    auto guest = guests_.at(network_id_, head.peer);
    if (!guest) {
        log::info("metadata: nobody known asks",
                  {{"network", network_id_}, {"address", head.peer}, {"path", path}});
        return answer(404, "No server has this address on this network.\n");
    }
    try {
        if (asks_for_password(path)) return password(*guest, head, body);
        if (head.method != "GET" && head.method != "HEAD") {
            auto refused = answer(405, "");
            refused.headers.set("Allow", "GET, HEAD");
            return refused;
        }
        auto found = metadata_answer(*guest, path, system_ids().random_bytes(seed_bytes));
        metrics::add("nephele_metadata_requests_total",
                     {{"status", found.status == 200 ? "200" : "404"}});
        return answer(found.status, std::move(found.body), found.media_type);
    } catch (const std::exception& e) {
        log::error("metadata: cannot answer", {{"server", guest->server_id}, {"error", e.what()}});
        return answer(500, "");
    }
}

/// The guest's own encrypted password: posted once, then read.
http::Response MetadataApplication::password(const GuestSpec& guest, const http::RequestHead& head,
                                             const std::string& body) {
    const std::string file = instances_ + "/" + guest.server_id + "/password";
    if (head.method == "GET" || head.method == "HEAD")
        return answer(200, read_file(file).value_or(""));
    if (head.method != "POST") return answer(405, "");
    if (exists(file)) return answer(409, "");
    if (body.size() > password_bytes_max) return answer(400, "");
    write_file(file, body);
    return answer(200, "");
}

http::Response MetadataApplication::handle_stream(const http::RequestHead& head,
                                                  http::BodyReader& body) {
    // plan() streams nothing; read what came all the same.
    std::string text(64 * 1024, '\0');
    text.resize(body.read(text.data(), text.size()));
    return handle(head, std::move(text));
}

http::Response MetadataApplication::refuse(const http::RequestHead&, int status,
                                           const std::string& reason) {
    return answer(status, reason);
}

} // namespace nephele::nova::compute
