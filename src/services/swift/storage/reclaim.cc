// SPDX-License-Identifier: Apache-2.0
// Room is got back by moving what still counts out of volumes that are mostly dead. Each move is a
// change like any other, so it meets overwrites and deletes in order; who reads the old volume
// meanwhile keeps it open. The file goes when all moves are durable.
#include "base/crc32c.h"
#include "base/strings.h"
#include "platform/fault/fault.h"
#include "platform/log/log.h"
#include "services/swift/storage/device.h"

namespace nephele::swift {
namespace {

constexpr std::size_t moves_at_once = 64;
constexpr std::uint64_t move_bytes = 4 << 20;

struct Candidate {
    Needle needle;
    Place place;
    std::string payload;
};

} // namespace

// While an older needle of the name lies in any volume, a rebuild would bring it back.
bool Device::needed(const Catalog& catalog, const Entry& tombstone) const {
    auto age = Timestamp::at(clock_.now()).ticks - tombstone.timestamp.ticks;
    if (age < options_.reclaim_age_seconds * 100'000) return true;
    for (auto volume : tombstone.dead_in) {
        if (volume != tombstone.place.volume && catalog.volume(volume).bytes > 0) return true;
    }
    return false;
}

// One needle of a volume that goes: moved when it counts.
Outcome Device::move_needle(Batch& batch, const Needle& needle, const std::string& payload,
                            const Place& from, Reclaimed& out) {
    auto& catalog = batch.catalog();
    auto entry = catalog.entry(needle.key);
    bool is_meta = entry && entry->meta_timestamp && entry->meta == from;
    if (!entry || (!(entry->place == from) && !is_meta)) return Outcome::absent;
    if (entry->gone && !needed(catalog, *entry)) {
        catalog.drop(needle.key, *entry);
        ++out.tombstones;
        return Outcome::updated;
    }
    auto copy = needle;
    catalog.move(needle.key, from, batch.append(copy, payload));
    ++out.moved;
    if (is_meta || !entry->meta_timestamp) return Outcome::updated;
    // What is said of data must stand behind it for a rebuild to apply it.
    auto meta = fetch(needle.key, entry->meta, false);
    if (!meta) return Outcome::updated;
    catalog.move(needle.key, entry->meta, batch.append(meta->needle, {}));
    return Outcome::updated;
}

bool Device::reclaim_volume(std::uint32_t id, Reclaimed& out) {
    auto file = volumes_->open(id);
    if (!file) return false;
    std::vector<Candidate> some;
    std::uint64_t bytes = 0;
    bool whole = true;
    auto move_some = [&] {
        if (some.empty()) return;
        Reclaimed moved;
        committer_->commit(
            [&](Batch& batch) {
                moved = {};
                for (auto& one : some)
                    move_needle(batch, one.needle, one.payload, one.place, moved);
                return Outcome::updated;
            },
            bytes);
        out.moved += moved.moved;
        out.tombstones += moved.tombstones;
        some.clear();
        bytes = 0;
    };
    auto scanned = scan_volume(
        files_, *file, id, volumes_->seed(), 0, [&](const Needle& needle, const Place& place) {
            {
                Transaction transaction(*index_, Transaction::Kind::read);
                auto entry = Catalog(transaction).entry(needle.key);
                if (!entry ||
                    (!(entry->place == place) && !(entry->meta_timestamp && entry->meta == place)))
                    return;
                if (entry->quarantined) return;
            }
            std::string payload(place.payload_bytes, '\0');
            payload.resize(files_.read(*file, payload.data(), payload.size(),
                                       place.offset + place.head_bytes, volumes_->path(id)));
            if (!payload_problem(needle, payload).empty()) {
                whole = false; // the auditor's to tell; the volume stays until then
                return;
            }
            bytes += place.total_bytes();
            some.push_back({needle, place, std::move(payload)});
            if (some.size() >= moves_at_once || bytes >= move_bytes) move_some();
        });
    move_some();
    return whole && scanned.damaged.empty();
}

Device::Reclaimed Device::reclaim(double dead_share, std::size_t limit) {
    std::lock_guard care(care_mutex_);
    Reclaimed out;
    std::map<std::uint32_t, VolumeFacts> volumes;
    Position position;
    {
        Transaction transaction(*index_, Transaction::Kind::read);
        Catalog catalog(transaction);
        volumes = catalog.volumes();
        position = catalog.position();
    }
    for (const auto& [id, facts] : volumes) {
        if (id == position.volume || (!facts.removed && out.volumes >= limit)) continue;
        if (!facts.removed) {
            if (static_cast<double>(facts.dead) <
                dead_share * static_cast<double>(facts.bytes - Volumes::header_bytes))
                continue;
            if (!reclaim_volume(id, out)) continue;
            ++out.volumes;
            out.bytes += facts.bytes;
            committer_->commit(
                [&, id = id](Batch& batch) {
                    auto now = batch.catalog().volume(id);
                    now.removed = true;
                    batch.catalog().set_volume(id, now);
                    return Outcome::updated;
                },
                0);
        }
        // Only when the file is surely gone may tombstones go that kept its dead from coming back.
        volumes_->remove(id);
        files_.sync_directory(options_.directory + "/volumes");
        committer_->commit(
            [id = id](Batch& batch) {
                batch.catalog().forget_volume(id);
                return Outcome::updated;
            },
            0);
    }
    if (out.volumes)
        log::info("volumes were reclaimed", {{"device", options_.directory},
                                             {"volumes", out.volumes},
                                             {"bytes", out.bytes},
                                             {"moved", out.moved}});
    return out;
}

std::uint64_t Device::sweep_large() {
    return large_.sweep([this](std::uint64_t id) {
        {
            std::lock_guard lock(large_mutex_);
            if (arriving_.contains(id)) return true;
        }
        Transaction transaction(*index_, Transaction::Kind::read);
        return Catalog(transaction).owner_of_large(id).has_value();
    });
}

} // namespace nephele::swift
