// SPDX-License-Identifier: Apache-2.0
#include "platform/node/watch.h"

#include "base/strings.h"
#include "platform/journal/hub.h"

namespace nephele {
using namespace api;
namespace {
constexpr int page_size = 200;
constexpr int heartbeat_ms = 15'000;

struct Wanted {
    journal::Filter filter;
    std::string cursor;
    bool from_now = true;
    bool follow = true;
};

Wanted read_wanted(const FreeCall& call) {
    Wanted wanted;
    for (auto& [key, value] : call.in.query) {
        if (key == "service")
            wanted.filter.service = value;
        else if (key == "kind")
            wanted.filter.kind = value;
        else if (key == "id")
            wanted.filter.id = value;
        else if (key == "project_id")
            wanted.filter.project_id = value;
        else if (key == "follow")
            wanted.follow = !iequals(value, "false") && value != "0";
        else if (key == "cursor")
            wanted.cursor = value, wanted.from_now = false;
        else
            throw bad_request(
                "InvalidInput",
                format("'{}' is none of service, kind, id, project_id, cursor, follow.",
                       key.substr(0, 50)));
    }
    if (auto* last = call.in.head.headers.find("Last-Event-ID"))
        wanted.cursor = *last, wanted.from_now = false;
    return wanted;
}

Json record_json(const journal::Record& record) {
    return Json::object({{"cursor", record.cursor},
                         {"at", iso_time(record.at, 6)},
                         {"actor", record.actor},
                         {"request_id", record.request_id},
                         {"service", record.service},
                         {"kind", record.kind},
                         {"id", record.id},
                         {"project_id", record.project_id},
                         {"change", record.change},
                         {"image", Json::parse(record.image)}});
}

std::string event(const std::string& name, const std::string& cursor, const std::string& data) {
    return "id: " + cursor + "\nevent: " + name + "\ndata: " + data + "\n\n";
}

journal::Page read_page(Cloud& cloud, const Wanted& wanted, const std::string& cursor) {
    return cloud.db().read(
        [&](db::Tx& tx) { return journal::read(tx, cursor, page_size, wanted.filter); });
}

void follow(Cloud& cloud, const Wanted& wanted, std::string cursor, http::BodyWriter& out) {
    auto& hub = cloud.state<journal::Hub>();
    out.write(": watching\n\n");
    for (;;) {
        journal::Page page = read_page(cloud, wanted, cursor);
        std::string text;
        for (auto& record : page.records)
            text += event("change", record.cursor, record_json(record).dump());
        if (page.lost) text += event("lost", page.cursor, "{}");
        cursor = page.cursor;
        if (!text.empty()) out.write(text);
        if (page.more) continue;
        // The write of the heartbeat is what finds out that the client has left.
        if (!hub.wait(cursor, heartbeat_ms)) {
            if (hub.stopped()) return;
            out.write(": still here\n\n");
        }
    }
}
} // namespace

Reply watch_journal(FreeCall& call) {
    Wanted wanted = read_wanted(call);
    call.read([&](Call& inner) {
        if (!inner.is_admin()) {
            if (inner.project().empty() ||
                (!wanted.filter.project_id.empty() && wanted.filter.project_id != inner.project()))
                throw forbidden("PolicyNotAuthorized",
                                "Only records of your own project can be watched.");
            wanted.filter.project_id = inner.project();
        }
        if (wanted.from_now && wanted.follow) wanted.cursor = journal::end(inner.tx);
    });
    try {
        journal::Page first = read_page(call.cloud, wanted, wanted.cursor);
        if (!wanted.follow) {
            Json records = Json::array();
            for (auto& record : first.records) records.push_back(record_json(record));
            return {.body = Json::object({{"records", std::move(records)},
                                          {"cursor", first.cursor},
                                          {"more", first.more},
                                          {"lost", first.lost}})};
        }
    } catch (const journal::BadCursor&) {
        throw bad_request("InvalidInput", "The cursor is not one this API gave.");
    }
    Reply reply;
    reply.content_type = "text/event-stream";
    reply.headers.set("Cache-Control", "no-cache");
    Cloud& cloud = call.cloud;
    reply.stream = [&cloud, wanted](http::BodyWriter& out) {
        follow(cloud, wanted, wanted.cursor, out);
    };
    return reply;
}

} // namespace nephele
