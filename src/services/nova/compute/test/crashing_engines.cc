// SPDX-License-Identifier: Apache-2.0
#include "services/nova/compute/test/crashing_engines.h"

#include "base/strings.h"
#include "services/nova/compute/host_files.h"

namespace nephele::nova::compute {

void CrashingFiles::write_note(const std::string& id, const GuestNote& note) {
    borders_.around([&] { GuestFiles::write_note(id, note); });
}

void CrashingFiles::ensure_folder(const std::string& id) {
    borders_.around([&] { GuestFiles::ensure_folder(id); });
}

void CrashingFiles::ensure_base(const GuestSpec& guest) {
    borders_.around([&] {
        make_folder(directory() + "/_base");
        write_file(base_path(base_name(guest)), "image");
    });
}

void CrashingFiles::make_disk(const GuestSpec& guest) {
    borders_.around([&] {
        write_file(disk(guest.server_id),
                   format("disk {} over {}", ++disks_made, base_name(guest)));
    });
}

void CrashingFiles::make_config_drive(const GuestSpec& guest) {
    borders_.around([&] { write_file(config_drive(guest.server_id), "documents"); });
}

void CrashingFiles::remove(const std::string& id) {
    borders_.around([&] { GuestFiles::remove(id); });
}

} // namespace nephele::nova::compute
