// SPDX-License-Identifier: Apache-2.0
// The auditor reads everything that counts, volume by volume: heads, checksums, and the MD5 that
// the client was given. It remembers where it stopped.
#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "platform/fault/fault.h"
#include "platform/log/log.h"
#include "services/swift/storage/device.h"

#include <fcntl.h>

namespace nephele::swift {
namespace {

constexpr std::size_t piece_bytes = 1 << 20;

struct Stop {}; // the round's share is read

} // namespace

bool Device::sound(const Needle& needle, const Place& place, Audited& out) {
    auto record = decode_object(needle.record);
    if (!record) return false;
    crypto::Hasher digest(crypto::Digest::md5);
    std::string piece(piece_bytes, '\0');
    FilePointer file = needle.large ? large_.open(record->large) : volumes_->open(place.volume);
    std::uint64_t at = needle.large ? 0 : place.offset + place.head_bytes;
    auto left = needle.large ? record->info.bytes : needle.payload_bytes;
    out.bytes += left;
    if (!file || (!needle.large && left != record->info.bytes)) return false;
    while (left > 0) {
        auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size()));
        if (files_.read(*file, piece.data(), size, at, "what is audited") < size) return false;
        digest.update(std::string_view(piece).substr(0, size));
        at += size;
        left -= size;
    }
    // An upload without an MD5 of its own has none to compare.
    return record->info.etag.size() != 32 || digest.hex() == record->info.etag;
}

Device::Audited Device::audit(std::uint64_t share) {
    std::lock_guard care(care_mutex_);
    Audited out;
    std::map<std::uint32_t, VolumeFacts> volumes;
    std::uint32_t at_volume;
    std::uint64_t at_offset;
    {
        Transaction transaction(*index_, Transaction::Kind::read);
        Catalog catalog(transaction);
        volumes = catalog.volumes();
        at_volume = static_cast<std::uint32_t>(catalog.fact("audit_volume"));
        at_offset = catalog.fact("audit_offset");
    }
    std::vector<std::pair<Needle, Place>> bad;
    auto look = [&](const Needle& needle, const Place& place) {
        if (out.bytes >= share) throw Stop();
        at_offset = place.offset + place.total_bytes();
        ++out.needles;
        if (needle.type != NeedleType::data) return;
        {
            Transaction transaction(*index_, Transaction::Kind::read);
            auto entry = Catalog(transaction).entry(needle.key);
            if (!entry || !(entry->place == place) || entry->quarantined) return;
        }
        out.bytes += place.head_bytes;
        if (!sound(needle, place, out)) bad.emplace_back(needle, place);
    };
    out.finished = true;
    for (auto found = volumes.lower_bound(at_volume); found != volumes.end(); ++found) {
        if (found->first != at_volume) at_offset = 0;
        at_volume = found->first;
        auto file = found->second.removed ? nullptr : volumes_->open(at_volume);
        if (!file) continue;
        try {
            auto scanned = scan_volume(files_, *file, at_volume, volumes_->seed(), at_offset, look);
            for (const auto& damage : scanned.damaged) {
                ++out.damaged;
                log::error("part of a volume is damaged", {{"volume", volumes_->path(at_volume)},
                                                           {"from", damage.from},
                                                           {"to", damage.to}});
            }
        } catch (const Stop&) {
            out.finished = false;
            break;
        }
    }
    for (const auto& [needle, place] : bad) quarantine(needle, place, out);
    committer_->commit(
        [&](Batch& batch) {
            batch.catalog().set_fact("audit_volume", out.finished ? 0 : at_volume);
            batch.catalog().set_fact("audit_offset", out.finished ? 0 : at_offset);
            return Outcome::updated;
        },
        0);
    return out;
}

void Device::quarantine(const Needle& needle, const Place& place, Audited& out) {
    auto outcome = committer_->commit(
        [&](Batch& batch) {
            return batch.catalog().quarantine(needle.key, place) ? Outcome::updated
                                                                 : Outcome::absent;
        },
        0);
    if (outcome == Outcome::absent) return; // replaced or moved meanwhile
    ++out.damaged;
    auto record = decode_object(needle.record);
    log::error("an object is damaged and quarantined",
               {{"account", record ? record->name.account : ""},
                {"container", record ? record->name.container : ""},
                {"object", record ? record->name.object : ""},
                {"volume", volumes_->path(place.volume)},
                {"offset", place.offset}});
    if (needle.large && record && large_.open(record->large))
        return large_.quarantine(record->large);
    auto file = volumes_->open(place.volume);
    if (!file) return;
    // A copy for whoever looks into it: the volume goes when it is reclaimed.
    std::string bytes(place.total_bytes(), '\0');
    bytes.resize(files_.read(*file, bytes.data(), bytes.size(), place.offset, "what is damaged"));
    files_.replace(options_.directory + "/quarantine", format("{}-{}", place.volume, place.offset),
                   bytes);
}

} // namespace nephele::swift
