// SPDX-License-Identifier: Apache-2.0
#include "base/files.h"
#include "base/ids.h"
#include "base/strings.h"
#include "base/time.h"
#include "platform/fault/fault.h"
#include "services/swift/client.h"
#include "services/swift/ring/file.h"

#include <cstdio>
#include <optional>

namespace nephele::swift {
namespace {

constexpr std::size_t max_file_bytes = 1 << 30;

[[noreturn]] void usage() {
    throw bad_request("swift.ring_usage",
                      "ring FILE create PART_POWER REPLICAS MIN_PART_HOURS\n"
                      "ring FILE import UPSTREAM.ring.gz\n"
                      "ring FILE add rREGIONzZONE-ADDRESS:PORT/DEVICE WEIGHT [META]\n"
                      "ring FILE remove ID | weight ID WEIGHT | overload FACTOR | replicas COUNT\n"
                      "ring FILE rebalance [SEED]\n"
                      "ring FILE show");
}

std::string read(const std::string& path) {
    auto text = files::read(path, max_file_bytes);
    if (!text) throw bad_request("swift.ring_file", format("there is no file {}", path));
    return std::move(*text);
}

double real(const std::string& text) {
    auto value = to_double(text);
    if (!value) usage();
    return *value;
}
int whole(const std::string& text, std::int64_t most = INT32_MAX) {
    auto value = to_int(text);
    if (!value || *value < 0 || *value > most) usage();
    return static_cast<int>(*value);
}
DeviceId device_id(const std::string& text) {
    return static_cast<DeviceId>(whole(text, no_device - 1));
}

// "r1z2-10.0.0.1:6200/sda"; an IPv6 address in brackets.
RingDevice parse_device(std::string_view text) {
    auto part = [&](char first, std::string_view until) {
        if (text.empty() || text.front() != first) usage();
        auto end = text.find(until);
        if (end == text.npos) usage();
        auto out = std::string(text.substr(1, end - 1));
        text.remove_prefix(end);
        return out;
    };
    RingDevice out;
    out.region = whole(part('r', "z"));
    out.zone = whole(part('z', "-"));
    auto slash = text.rfind('/');
    auto colon = text.rfind(':', slash);
    if (slash == text.npos || colon == text.npos || colon < 2) usage();
    out.address = text.substr(1, colon - 1);
    out.port = whole(std::string(text.substr(colon + 1, slash - colon - 1)), UINT16_MAX);
    out.name = text.substr(slash + 1);
    return out;
}

std::string report_text(const RingBuilder::Report& report) {
    char out[120];
    std::snprintf(out, sizeof out, "balance %.2f %%, dispersion %.2f %%\n", report.balance,
                  report.dispersion);
    return out;
}

std::string show(const RingBuilder& builder) {
    const auto& ring = builder.ring();
    auto out =
        format("{} partitions, {} replicas, min_part_hours {}, overload {}\n", ring.partitions(),
               ring.replicas, builder.min_part_hours(), builder.overload());
    std::vector<std::uint64_t> held(ring.devices.size());
    for (const auto& row : ring.table)
        for (auto id : row)
            if (id != no_device) ++held[id];
    for (const auto& device : ring.devices) {
        if (device.id == no_device || (device.removed && held[device.id] == 0)) continue;
        out += format("{}  r{}z{}-{}:{}/{}  weight {}  partitions {}{}{}\n", device.id,
                      device.region, device.zone, device.address, device.port, device.name,
                      device.weight, held[device.id], device.removed ? "  removed" : "",
                      device.meta.empty() ? "" : "  " + device.meta);
    }
    return ring.table.empty() ? out : out + report_text(builder.report());
}

std::optional<RingBuilder> start(const std::string& verb, const std::vector<std::string>& rest) {
    if (verb == "create" && rest.size() == 3)
        return RingBuilder(whole(rest[0]), real(rest[1]), whole(rest[2]));
    if (verb == "import" && rest.size() == 1) return RingBuilder(import_ring_gz(read(rest[0])));
    return std::nullopt;
}

std::string change(RingBuilder& builder, const std::string& verb,
                   const std::vector<std::string>& rest) {
    if (verb == "add" && (rest.size() == 2 || rest.size() == 3)) {
        auto device = parse_device(rest[0]);
        device.weight = real(rest[1]);
        if (rest.size() == 3) device.meta = rest[2];
        return format("device {}; rebalance to use it\n", builder.add(device));
    }
    if (verb == "remove" && rest.size() == 1)
        builder.remove(device_id(rest[0]));
    else if (verb == "weight" && rest.size() == 2)
        builder.set_weight(device_id(rest[0]), real(rest[1]));
    else if (verb == "overload" && rest.size() == 1)
        builder.set_overload(real(rest[0]));
    else if (verb == "replicas" && rest.size() == 1)
        builder.set_replicas(real(rest[0]));
    else if (verb == "rebalance" && rest.size() <= 1) {
        auto hour = static_cast<std::uint32_t>(system_clock().now().seconds() / 3600);
        auto seed =
            rest.empty() ? system_ids().number() : static_cast<std::uint64_t>(whole(rest[0]));
        auto report = builder.rebalance(hour, seed);
        return format("{} replicas placed, {} moved; ", report.assigned, report.moved) +
               report_text(report);
    } else
        usage();
    return "done; rebalance to have it so\n";
}

} // namespace

std::string ring_command(const std::vector<std::string>& words) {
    if (words.size() < 2) usage();
    const auto &path = words[0], &verb = words[1];
    std::vector<std::string> rest(words.begin() + 2, words.end());
    if (auto fresh = start(verb, rest)) {
        if (files::read(path, max_file_bytes))
            throw bad_request("swift.ring_file", format("{} is there already", path));
        files::replace_durably(path, encode_ring(*fresh), 0644);
        return show(*fresh);
    }
    auto builder = decode_ring(read(path));
    if (verb == "show" && rest.empty()) return show(builder);
    auto said = change(builder, verb, rest);
    files::replace_durably(path, encode_ring(builder), 0644);
    return said;
}

} // namespace nephele::swift
