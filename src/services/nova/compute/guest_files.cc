// SPDX-License-Identifier: Apache-2.0
#include "services/nova/compute/guest_files.h"

#include "base/ids.h"
#include "base/process.h"
#include "base/strings.h"
#include "engines/qemu_img/qemu_img.h"
#include "services/nova/compute/host_files.h"
#include "services/nova/logic/metadata_tree.h"

#include <algorithm>
#include <set>

namespace nephele::nova::compute {
namespace {

constexpr std::size_t seed_bytes = 512;
constexpr int config_drive_timeout_ms = 60'000;
constexpr std::uint64_t gigabyte = 1ULL << 30;

[[noreturn]] void refuse(const std::string& message) {
    throw EngineFailure(EngineFailure::Kind::permanent, message);
}

qemu_img::Format image_format(const GuestSpec& guest) {
    auto format = qemu_img::format_of(guest.image_format);
    if (!format || (*format != qemu_img::Format::raw && *format != qemu_img::Format::qcow2))
        refuse(nephele::format("Guests boot from images of format raw or qcow2, and image {} is "
                               "\"{}\". Convert it and upload it again.",
                               guest.image_id, guest.image_format));
    return *format;
}

std::uint64_t wanted_bytes(const GuestSpec& guest, std::uint64_t image_bytes) {
    return std::max(image_bytes, static_cast<std::uint64_t>(guest.root_gb) * gigabyte);
}

} // namespace

GuestFiles::GuestFiles(std::string directory, std::unique_ptr<ImageSource> images)
    : directory_(std::move(directory)), images_(std::move(images)) {}

std::vector<std::string> GuestFiles::ids() const {
    auto names = names_in(directory_);
    std::erase_if(names, [](const std::string& name) { return !is_uuid(name); });
    return names;
}

GuestNote GuestFiles::note(const std::string& server_id) const {
    GuestNote note;
    auto text = read_file(folder(server_id) + "/note.json");
    if (!text) return note;
    const Json json = Json::parse(*text);
    note.generation = json.integer("generation");
    note.base = json.text("base");
    note.machine = json.text("machine");
    note.documents = json.text("documents");
    note.rebuilds = json.integer("rebuilds");
    note.rescue_base = json.text("rescue_base");
    for (const auto& tap : json.at("taps").as_array()) note.taps.push_back(tap.as_string());
    return note;
}

void GuestFiles::write_note(const std::string& server_id, const GuestNote& note) {
    const Json json = Json::object({{"generation", note.generation},
                                    {"base", note.base},
                                    {"taps", Json(note.taps)},
                                    {"machine", note.machine},
                                    {"documents", note.documents},
                                    {"rebuilds", note.rebuilds},
                                    {"rescue_base", note.rescue_base}});
    write_file(folder(server_id) + "/note.json", json.dump());
}

void GuestFiles::ensure_folder(const std::string& server_id) { make_folder(folder(server_id)); }

std::string GuestFiles::base_name(const GuestSpec& guest) {
    std::string key = guest.image_checksum.empty() ? guest.image_id : guest.image_checksum;
    for (char& c : key)
        if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_') c = '_';
    if (key.empty()) refuse(format("Guest {} names no image", guest.server_id));
    // The same bytes read as another format are another disk.
    return key + "." + guest.image_format;
}

GuestSpec GuestFiles::rescuer(const GuestSpec& guest) {
    GuestSpec out = guest;
    out.image_id = guest.rescue_image_id;
    out.image_path = guest.rescue_image_path;
    out.image_format = guest.rescue_image_format;
    out.image_checksum = guest.rescue_image_checksum;
    return out;
}

void GuestFiles::ensure_base(const GuestSpec& guest) {
    const auto format = image_format(guest);
    const std::string path = base_path(base_name(guest));
    std::lock_guard lock(base_);
    if (exists(path)) return touch(path); // Not to be pruned while its guest is being made.
    make_folder(directory_ + "/_base");
    const std::string arriving = path + ".new";
    images_->bring(guest, arriving);
    // The inspector has looked at it; a disk that leads out of itself is not begun with all the
    // same.
    auto info = qemu_img::info(arriving, format);
    if (!info.backing_file.empty() || !info.data_file.empty()) {
        remove_all(arriving);
        refuse(nephele::format("Image {} refers to another file. Flatten it and upload it again.",
                               guest.image_id));
    }
    move_file(arriving, path);
}

void GuestFiles::make_disk(const GuestSpec& guest) {
    const auto format = image_format(guest);
    const std::string base = base_path(base_name(guest));
    const auto size = wanted_bytes(guest, qemu_img::info(base, format).virtual_bytes);
    qemu_img::create_overlay(disk(guest.server_id), base, format, size);
}

void GuestFiles::grow_disk(const GuestSpec& guest) {
    const std::string path = disk(guest.server_id);
    const auto size = qemu_img::info(path, qemu_img::Format::qcow2).virtual_bytes;
    if (wanted_bytes(guest, size) > size)
        qemu_img::resize(path, qemu_img::Format::qcow2, wanted_bytes(guest, size));
}

void GuestFiles::settle_old_disk(const GuestSpec& guest) {
    const std::string old = old_disk(guest.server_id), present = disk(guest.server_id);
    if (guest.old_disk == "kept") {
        if (!exists(old)) copy_file(present, old);
    } else if (guest.old_disk == "restored") {
        if (exists(old)) move_file(old, present);
    } else {
        remove_all(old);
    }
}

void GuestFiles::make_rescue_disk(const GuestSpec& guest) {
    const GuestSpec with = rescuer(guest);
    const auto format = image_format(with);
    const std::string base = base_path(base_name(with));
    const auto size = wanted_bytes(guest, qemu_img::info(base, format).virtual_bytes);
    qemu_img::create_overlay(rescue_disk(guest.server_id), base, format, size);
}

void GuestFiles::make_config_drive(const GuestSpec& guest) {
    const std::string tree = folder(guest.server_id) + "/config.tree";
    const std::string image = config_drive(guest.server_id), part = image + ".part";
    remove_all(tree);
    const std::string documents = tree + "/openstack/latest";
    make_folder(documents);
    const std::string seed = system_ids().random_bytes(seed_bytes);
    write_file(documents + "/meta_data.json", meta_data_json(guest, seed).dump(), 0644);
    write_file(documents + "/network_data.json", network_data_json(guest).dump(), 0644);
    write_file(documents + "/vendor_data.json", "{}", 0644);
    if (!guest.user_data.empty()) write_file(documents + "/user_data", user_data_of(guest), 0644);
    ProcessOptions options;
    options.timeout_ms = config_drive_timeout_ms;
    auto result = run_process({"genisoimage", "-quiet", "-o", part, "-ldots", "-allow-lowercase",
                               "-allow-multidot", "-l", "-publisher", "nephele", "-J", "-r", "-V",
                               "config-2", tree},
                              options);
    if (!result.ok())
        throw EngineFailure(result.end == ProcessResult::End::timed_out
                                ? EngineFailure::Kind::transient
                                : EngineFailure::Kind::permanent,
                            "genisoimage: " + result.describe());
    move_file(part, image);
    remove_all(tree);
}

void GuestFiles::prune_bases(std::int64_t unused_seconds) {
    std::lock_guard lock(base_);
    std::set<std::string> used;
    for (const auto& id : ids()) {
        const GuestNote known = note(id);
        used.insert(known.base);
        used.insert(known.rescue_base);
    }
    for (const auto& name : names_in(directory_ + "/_base"))
        if (!used.count(name) && age_seconds(base_path(name)) > unused_seconds)
            remove_all(base_path(name));
}

void GuestFiles::remove(const std::string& server_id) {
    if (is_uuid(server_id)) remove_all(folder(server_id));
}

} // namespace nephele::nova::compute
