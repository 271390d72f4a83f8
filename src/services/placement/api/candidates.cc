// SPDX-License-Identifier: Apache-2.0
// GET /allocation_candidates: providers that could take a request, one provider a candidate.
#include "base/strings.h"
#include "services/placement/api/manners.h"
#include "services/placement/store/store.h"

namespace nephele::placement {
using namespace api;
namespace {
Resources read_resources(Call& call, const std::optional<std::string>& text) {
    if (!text)
        throw bad_request("placement.query.missing_value", "'resources' is a required property");
    Resources out;
    for (auto& part : split(*text, ',')) {
        auto pair = split(part, ':');
        auto amount = pair.size() == 2 ? to_int(pair[1]) : std::nullopt;
        if (!amount || *amount < 1)
            throw bad_request("placement.query.bad_value",
                              nephele::format("Badly formed resources parameter. Expected a "
                                              "comma-separated list of CLASS:AMOUNT, got '{}'.",
                                              part.substr(0, 100)));
        if (!store::has_name(call.tx, "placement_classes", pair[0]))
            throw bad_request("placement.query.bad_value",
                              nephele::format("Invalid resource class in resources parameter: {}",
                                              pair[0].substr(0, 100)));
        out[pair[0]] = *amount;
    }
    return out;
}

void read_traits(Call& call, const std::optional<std::string>& text,
                 std::vector<std::string>& required, std::vector<std::string>& forbidden) {
    if (!text) return;
    for (auto& part : split(*text, ',')) {
        bool no = part.rfind('!', 0) == 0 && call.version >= Version{1, 22};
        std::string name = no ? part.substr(1) : part;
        if (!store::has_name(call.tx, "placement_traits", name))
            throw bad_request("placement.query.bad_value",
                              nephele::format("No such trait(s): {}.", name.substr(0, 100)));
        (no ? forbidden : required).push_back(name);
    }
}

// Keeps providers that are in one of the aggregates of every member_of parameter.
void keep_members(Call& call, Candidates& found, const std::vector<std::string>& member_of) {
    for (auto& text : member_of) {
        auto wanted = split(text.rfind("in:", 0) == 0 ? text.substr(3) : text, ',');
        auto outside = [&](const Candidate& c) {
            auto mine = store::aggregates_of(call.tx, c.provider);
            return std::none_of(wanted.begin(), wanted.end(), [&](auto& one) {
                return std::find(mine.begin(), mine.end(), one) != mine.end();
            });
        };
        auto& all = found.fitting;
        all.erase(std::remove_if(all.begin(), all.end(), outside), all.end());
    }
}

Json resources_json(const Resources& resources) {
    Json out = Json::object();
    for (auto& [name, amount] : resources) out[name] = amount;
    return out;
}

Json list(Call& call, Page& page) {
    auto wanted = read_resources(call, page.take("resources"));
    std::vector<std::string> required, forbidden;
    if (call.version >= Version{1, 17})
        read_traits(call, page.take("required"), required, forbidden);
    Candidates found = candidates(call.tx, wanted, required, forbidden);
    if (call.version >= Version{1, 21}) keep_members(call, found, page.take_all("member_of"));
    if (page.limit && call.version >= Version{1, 16} &&
        static_cast<std::int64_t>(found.fitting.size()) > *page.limit)
        found.fitting.resize(static_cast<std::size_t>(*page.limit));
    Json requests = Json::array(), summaries = Json::object();
    for (auto& c : found.fitting) {
        Json resources = Json::object({{"resources", resources_json(wanted)}});
        if (call.version < Version{1, 12}) {
            resources["resource_provider"] = Json::object({{"uuid", c.provider}});
            requests.push_back(Json::object({{"allocations", Json::array({resources})}}));
        } else {
            requests.push_back(
                Json::object({{"allocations", Json::object({{c.provider, resources}})}}));
        }
        Json summary = Json::object();
        for (auto& [name, amount] : wanted)
            summary["resources"][name] =
                Json::object({{"capacity", c.capacity.at(name)}, {"used", c.used.at(name)}});
        if (call.version >= Version{1, 17}) summary["traits"] = c.traits;
        summaries[c.provider] = std::move(summary);
    }
    return Json::object({{"allocation_requests", std::move(requests)},
                         {"provider_summaries", std::move(summaries)}});
}
} // namespace

Resource candidate_resource() {
    return Resource().on("GET /allocation_candidates", "placement:allocation_candidates:list", list,
                         {.since = {1, 10}});
}

} // namespace nephele::placement
