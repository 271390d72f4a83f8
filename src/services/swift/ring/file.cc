// SPDX-License-Identifier: Apache-2.0
#include "services/swift/ring/file.h"

#include "base/crc32c.h"
#include "base/strings.h"
#include "platform/fault/fault.h"
#include "platform/json/json.h"

#include <algorithm>
#include <cmath>
#include <zlib.h>

namespace nephele::swift {
namespace {

constexpr std::string_view magic = "nephele ring 1\n";
constexpr std::size_t max_unpacked = 2u << 30;
constexpr int max_part_power = 24;

[[noreturn]] void refuse(const std::string& why) { throw bad_request("swift.ring_file", why); }

void put_number(std::string& out, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> 8 * i));
}
std::uint64_t number_at(std::string_view bytes, std::size_t at, int count, bool big = false) {
    std::uint64_t value = 0;
    for (int i = 0; i < count; ++i) {
        auto from = at + static_cast<std::size_t>(big ? i : count - 1 - i);
        value = value << 8 | static_cast<unsigned char>(bytes[from]);
    }
    return value;
}

double real(const Json& from, std::string_view key) {
    auto found = from.find(key);
    return found && found->is_number() ? found->as_double() : 0;
}

// Both formats call the fields of a device as upstream does.
Json to_json(const RingDevice& device) {
    if (device.id == no_device) return nullptr;
    return Json::object({{"id", device.id},
                         {"region", device.region},
                         {"zone", device.zone},
                         {"ip", device.address},
                         {"port", device.port},
                         {"device", device.name},
                         {"weight", device.weight},
                         {"removed", device.removed},
                         {"meta", device.meta}});
}
RingDevice from_json(const Json& json) {
    RingDevice out;
    if (json.is_null()) return out;
    out.id = static_cast<DeviceId>(json.at("id").as_uint());
    out.region = static_cast<int>(json.integer("region", 1));
    out.zone = static_cast<int>(json.integer("zone", 1));
    out.address = json.text("ip");
    out.port = static_cast<int>(json.integer("port"));
    out.name = json.text("device");
    out.weight = real(json, "weight");
    out.removed = json.boolean("removed");
    out.meta = json.text("meta");
    return out;
}

void read_devices(Ring& ring, const Json& list) {
    for (const auto& item : list.as_array()) {
        ring.devices.push_back(from_json(item));
        auto id = ring.devices.back().id;
        if (id != no_device && id + 1u != ring.devices.size())
            refuse("a device is not at the place of its id");
    }
}

void check_table(const Ring& ring) {
    for (const auto& row : ring.table)
        for (auto id : row) {
            if (id == no_device) continue;
            if (id >= ring.devices.size() || ring.devices[id].id == no_device)
                refuse(format("the table names device {}, which is not in the list", id));
        }
}

std::string unzip(std::string_view bytes) {
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) refuse("the file cannot be unpacked");
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    std::string out, piece(1 << 18, '\0');
    int status = Z_OK;
    while (status == Z_OK && out.size() < max_unpacked) {
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = static_cast<uInt>(piece.size());
        status = inflate(&stream, Z_NO_FLUSH);
        out.append(piece, 0, piece.size() - stream.avail_out);
    }
    inflateEnd(&stream);
    if (status != Z_STREAM_END) refuse("the file is no whole gzip file");
    return out;
}

Ring read_upstream(std::string_view bytes) {
    if (bytes.size() < 10 || bytes.substr(0, 4) != "R1NG" || number_at(bytes, 4, 2, true) != 1)
        refuse("the file is no ring of version 1");
    auto length = number_at(bytes, 6, 4, true);
    if (length > bytes.size() - 10) refuse("the ring file ends too early");
    auto json = Json::parse(bytes.substr(10, length));
    bytes.remove_prefix(10 + length);
    Ring ring;
    read_devices(ring, json.at("devs"));
    auto shift = json.at("part_shift").as_int();
    if (shift < 32 - max_part_power || shift > 32) refuse("the ring has too many partitions");
    ring.part_power = static_cast<int>(32 - shift);
    bool big = json.text("byteorder", "little") == "big";
    auto rows = json.at("replica_count").as_uint();
    for (std::uint64_t row = 0; row < rows; ++row) {
        auto count = std::min<std::size_t>(ring.partitions(), bytes.size() / 2);
        if (count == 0 || (count < ring.partitions() && row + 1 < rows))
            refuse("the ring file ends too early");
        auto& ids = ring.table.emplace_back(count);
        for (std::size_t i = 0; i < count; ++i)
            ids[i] = static_cast<DeviceId>(number_at(bytes, 2 * i, 2, big));
        bytes.remove_prefix(2 * count);
        ring.replicas += static_cast<double>(count) / ring.partitions();
    }
    check_table(ring);
    return ring;
}

RingBuilder read_own(std::string_view bytes) {
    if (!bytes.starts_with(magic)) refuse("the file is no ring of this program");
    if (bytes.size() < magic.size() + 16) refuse("the ring file ends too early");
    auto body = bytes.substr(0, bytes.size() - 4);
    if (number_at(bytes, body.size(), 4) != crc32c(body)) refuse("the ring file is damaged");
    std::size_t at = magic.size();
    auto take = [&](int count) {
        if (at + static_cast<std::size_t>(count) > body.size())
            refuse("the ring file ends too early");
        at += static_cast<std::size_t>(count);
        return number_at(body, at - static_cast<std::size_t>(count), count);
    };
    auto length = take(4);
    if (length > body.size() - at) refuse("the ring file ends too early");
    auto json = Json::parse(body.substr(at, length));
    at += length;
    Ring ring;
    ring.part_power = static_cast<int>(json.at("part_power").as_int());
    ring.replicas = json.at("replicas").as_double();
    if (ring.part_power < 0 || ring.part_power > max_part_power)
        refuse("the ring has too many partitions");
    read_devices(ring, json.at("devices"));
    auto rows = take(4);
    for (std::uint64_t row = 0; row < rows; ++row) {
        auto count = take(4);
        if (count > ring.partitions()) refuse("a row of the table is too long");
        auto& ids = ring.table.emplace_back();
        for (std::uint64_t i = 0; i < count; ++i) ids.push_back(static_cast<DeviceId>(take(2)));
    }
    check_table(ring);
    std::vector<std::uint32_t> hours;
    for (auto count = take(4); count > 0; --count)
        hours.push_back(static_cast<std::uint32_t>(take(4)));
    return RingBuilder(std::move(ring), std::move(hours),
                       static_cast<int>(json.integer("min_part_hours", 1)), real(json, "overload"));
}

} // namespace

std::string encode_ring(const RingBuilder& builder) {
    const auto& ring = builder.ring();
    Json devices = Json::array();
    for (const auto& device : ring.devices) devices.push_back(to_json(device));
    auto json = Json::object({{"part_power", ring.part_power},
                              {"replicas", ring.replicas},
                              {"min_part_hours", builder.min_part_hours()},
                              {"overload", builder.overload()},
                              {"devices", devices}})
                    .dump();
    std::string out(magic);
    put_number(out, json.size(), 4);
    out += json;
    put_number(out, ring.table.size(), 4);
    for (const auto& row : ring.table) {
        put_number(out, row.size(), 4);
        for (auto id : row) put_number(out, id, 2);
    }
    put_number(out, builder.moved_hours().size(), 4);
    for (auto hour : builder.moved_hours()) put_number(out, hour, 4);
    put_number(out, crc32c(out), 4);
    return out;
}

RingBuilder decode_ring(std::string_view bytes) {
    try {
        return read_own(bytes);
    } catch (const JsonError& error) {
        refuse(format("the ring file's head cannot be read: {}", error.what()));
    }
}

Ring import_ring_gz(std::string_view bytes) {
    auto plain = unzip(bytes);
    try {
        return read_upstream(plain);
    } catch (const JsonError& error) {
        refuse(format("the ring file's head cannot be read: {}", error.what()));
    }
}

} // namespace nephele::swift
