// SPDX-License-Identifier: Apache-2.0
// How a device is opened. The index knows up to which position of which volume it is true; what was
// written behind that, by a group whose index commit the process did not live to see, is read from
// the volumes. An index that another run of the machine left open is not trusted, since nothing
// said in which order its pages reached the disk: it is built anew from all volumes.
#include "services/swift/storage/device.h"

#include "base/ids.h"
#include "base/strings.h"
#include "platform/fault/fault.h"
#include "platform/log/log.h"

#include <fcntl.h>
#include <sys/file.h>

namespace nephele::swift {
namespace {

constexpr std::string_view format_line = "nephele storage device 1\n";
constexpr std::size_t apply_needles = 4096; // in one transaction of the index

std::string boot_of_system(Files& files) {
    return std::string(trim(files.read_small("/proc/sys/kernel/random/boot_id")));
}

} // namespace

Device::Device(DeviceOptions options, Calls& calls, const Clock& clock)
    : options_(std::move(options)), clock_(clock), files_(calls),
      boot_(options_.boot.empty() ? boot_of_system(files_) : options_.boot),
      large_(files_, options_.directory) {
    files_.make_directory(options_.directory);
    lock();
    prepare();
    volumes_ = std::make_unique<Volumes>(files_, options_.directory + "/volumes", id_,
                                         options_.open_volumes);
    committer_.reset();
    recover();
    large_.clear_incoming();
}

Device::~Device() {
    try {
        committer_.reset();
        index_.reset();
        // Its pages are in the system's cache; LMDB was told not to sync.
        auto index = options_.directory + "/index/data.mdb";
        files_.sync(*files_.open(index, O_RDWR), index);
        files_.replace(options_.directory, "state", "clean\n");
    } catch (const Failure& failure) {
        log::warning("a storage device was not closed in order; its index will be built anew after "
                     "a restart of the machine",
                     {{"device", options_.directory}, {"cause", failure.internals()}});
    }
}

void Device::lock() {
    lock_ = files_.open(options_.directory + "/lock", O_RDWR | O_CREAT);
    if (::flock(lock_->descriptor, LOCK_EX | LOCK_NB) != 0)
        throw Failure(
            Fault::unavailable, "swift.device_in_use",
            format("The storage device {} is in use by another process.", options_.directory));
}

void Device::prepare() {
    auto text = files_.read_small(options_.directory + "/format");
    if (text.starts_with(format_line)) {
        id_ = trim(std::string_view(text).substr(format_line.size()));
        return;
    }
    if (!text.empty())
        throw Failure(Fault::unavailable, "swift.device_unknown",
                      format("{} has a format this program does not know.", options_.directory));
    files_.make_directory(options_.directory + "/volumes");
    large_.prepare();
    // Volumes without the file beside them: it was lost, they were not.
    for (const auto& name : files_.list(options_.directory + "/volumes")) {
        if (id_.empty()) id_ = Volumes::device_of(files_, options_.directory + "/volumes/" + name);
    }
    if (id_.empty()) id_ = system_ids().hex();
    files_.replace(options_.directory, "format", std::string(format_line) + id_ + "\n");
}

bool Device::index_is_sound() const {
    Files files;
    if (!files.open_if_there(options_.directory + "/index/data.mdb", O_RDONLY)) return false;
    std::string state(trim(files.read_small(options_.directory + "/state")));
    return state == "clean" || (!boot_.empty() && state == "open " + boot_);
}

void Device::open_index() {
    auto path = options_.directory + "/index";
    files_.make_directory(path);
    index_ = std::make_unique<Index>(path, options_.map_bytes);
    committer_ = std::make_unique<Committer>(
        files_, *volumes_, *index_, options_.directory,
        Committer::Limits{options_.volume_bytes, options_.reserve_bytes},
        [this](std::uint64_t file) {
            try {
                large_.remove(file);
            } catch (const Failure& failure) {
                log::warning("a file of an object that is gone stays until the next sweep",
                             {{"cause", failure.internals()}});
            }
        });
}

void Device::recover() {
    bool sound = !options_.rebuild && index_is_sound();
    if (sound) {
        files_.replace(options_.directory, "state", "open " + boot_ + "\n");
        open_index();
        if (replay()) return;
    }
    auto started = clock_.monotonic_ns();
    committer_.reset();
    index_.reset();
    for (auto name : {"data.mdb", "lock.mdb"}) files_.unlink(options_.directory + "/index/" + name);
    // Until it is whole no state says that it can be used.
    files_.replace(options_.directory, "state", "building\n");
    open_index();
    if (!replay())
        throw Failure(Fault::unavailable, "swift.device_failed",
                      format("The volumes of {} cannot be read.", options_.directory));
    files_.replace(options_.directory, "state", "open " + boot_ + "\n");
    auto seen = statistics();
    if (seen.volumes > 0)
        log::info("the index of a storage device was built anew",
                  {{"device", options_.directory},
                   {"volumes", seen.volumes},
                   {"objects", seen.objects},
                   {"ms", (clock_.monotonic_ns() - started) / 1'000'000}});
}

// False: the index does not belong to these volumes.
bool Device::replay() {
    Position position;
    std::map<std::uint32_t, VolumeFacts> known;
    {
        Transaction transaction(*index_, Transaction::Kind::read);
        Catalog catalog(transaction);
        position = catalog.position();
        known = catalog.volumes();
        latest_ticks_ = catalog.latest_ticks();
    }
    auto ids = volumes_->list();
    std::uint32_t last = position.volume;
    if (position.volume && volumes_->file_bytes(position.volume) < position.offset) {
        log::error("a volume is shorter than the index says",
                   {{"volume", volumes_->path(position.volume)}, {"position", position.offset}});
        return false;
    }
    for (auto id : ids) {
        last = std::max(last, id);
        if (id >= position.volume) continue;
        if (!known.contains(id)) {
            log::error("the index does not know a volume", {{"volume", volumes_->path(id)}});
            return false;
        }
    }
    for (auto id : ids) {
        if (id < position.volume) continue;
        scan_from(id, id == position.volume ? position.offset : 0, id == ids.back());
    }
    committer_->set_next_volume(last + 1);
    return true;
}

void Device::scan_from(std::uint32_t id, std::uint64_t offset, bool last) {
    auto file = volumes_->open(id);
    if (!file) return;
    std::vector<std::pair<Needle, Place>> needles;
    auto scanned = scan_volume(files_, *file, id, volumes_->seed(), offset,
                               [&](const Needle& needle, const Place& place) {
                                   needles.emplace_back(needle, place);
                                   if (needles.size() < apply_needles) return;
                                   apply(needles, {id, place.offset});
                                   needles.clear();
                               });
    for (const auto& damage : scanned.damaged)
        log::error("part of a volume is damaged; what was there is lost on this device",
                   {{"volume", volumes_->path(id)}, {"from", damage.from}, {"to", damage.to}});
    if (scanned.torn)
        log::info("the end of a volume was never acknowledged and is cut",
                  {{"volume", volumes_->path(id)}, {"tail", scanned.tail}});
    auto tail = std::max(scanned.tail, std::max(offset, Volumes::header_bytes));
    if (last) volumes_->resume(id, files_.size(*file) < Volumes::header_bytes ? 0 : tail);
    apply(needles, {id, tail});
}

void Device::apply(const std::vector<std::pair<Needle, Place>>& needles, Position position) {
    while (true) {
        try {
            Transaction transaction(*index_, Transaction::Kind::write);
            Catalog catalog(transaction);
            // The volume is one that exists, from its first needle on.
            catalog.set_position({position.volume, Volumes::header_bytes});
            for (const auto& [needle, place] : needles) {
                if (!catalog.apply(needle, place))
                    log::error(
                        "a needle cannot be understood",
                        {{"volume", volumes_->path(place.volume)}, {"offset", place.offset}});
                remember(needle.timestamp);
            }
            catalog.set_position(position);
            catalog.flush();
            transaction.commit();
            for (auto file : catalog.superfluous()) large_.remove(file);
            return;
        } catch (const IndexFull&) {
            index_->grow();
        }
    }
}

Device::Statistics Device::statistics() {
    Statistics out;
    Transaction transaction(*index_, Transaction::Kind::read);
    Catalog catalog(transaction);
    for (const auto& [id, facts] : catalog.volumes()) {
        if (facts.removed) continue;
        ++out.volumes;
        out.volume_bytes += facts.bytes;
        out.dead_bytes += facts.dead;
    }
    out.objects = transaction.count(Table::needles);
    out.free_bytes = files_.free_bytes(options_.directory);
    out.groups = committer_->groups();
    return out;
}

} // namespace nephele::swift
