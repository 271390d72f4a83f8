// SPDX-License-Identifier: Apache-2.0
#include "platform/agent/records.h"

#include "platform/shape/shape.h"

namespace nephele::agent {

Json to_json(const Desired& desired) {
    return Json::object({{"kind", desired.kind},
                         {"id", desired.id},
                         {"generation", desired.generation},
                         {"absent", desired.absent},
                         {"spec", desired.spec}});
}

Json to_json(const Observed& observed) {
    return Json::object({{"kind", observed.kind},
                         {"id", observed.id},
                         {"generation", observed.generation},
                         {"phase", shape::text_of_enum(observed.phase)},
                         {"status", observed.status},
                         {"error", observed.error},
                         {"permanent", observed.permanent}});
}

Desired desired_of(const Json& json) {
    return {json.at("kind").as_string(), json.at("id").as_string(), json.at("generation").as_int(),
            json.at("absent").as_bool(), json.at("spec")};
}

Observed observed_of(const Json& json) {
    auto phase = shape::enum_of_text<Phase>(json.at("phase").as_string());
    if (!phase) throw JsonError("an unknown phase: " + json.at("phase").as_string());
    return {json.at("kind").as_string(),
            json.at("id").as_string(),
            json.at("generation").as_int(),
            *phase,
            json.at("status"),
            json.at("error").as_string(),
            json.at("permanent").as_bool()};
}

} // namespace nephele::agent
