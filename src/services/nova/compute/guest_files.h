// SPDX-License-Identifier: Apache-2.0
// What a guest has on this host's disk: <directory>/<server id>/ with disk, config drive, console
// log and a note of ours; and <directory>/_base/ with the images that disks are layered on. Every
// call asks for an end state and survives a crash in the middle.
#pragma once
#include "services/nova/compute/image_source.h"

#include <mutex>
#include <string>
#include <vector>

namespace nephele::nova::compute {

/// What this host must remember about a guest and the hypervisor does not know.
struct GuestNote {
    std::int64_t generation = 0;   ///< of the desired record that was reached last
    std::string base;              ///< what the disk is layered on
    std::string rescue_base;       ///< the same of the disk that a rescued guest boots from
    std::vector<std::string> taps; ///< that may exist
    /// Digests of the spec's two parts as they were reached; `machine` is empty while it is
    /// changed.
    std::string machine, documents;
    std::int64_t rebuilds = 0; ///< how often the disk was made anew on purpose
};

class GuestFiles {
  public:
    explicit GuestFiles(std::string directory,
                        std::unique_ptr<ImageSource> images = local_images());
    virtual ~GuestFiles() = default;

    std::string folder(const std::string& server_id) const { return directory_ + "/" + server_id; }
    std::string disk(const std::string& server_id) const { return folder(server_id) + "/disk"; }
    /// As it was before a resize that is not confirmed.
    std::string old_disk(const std::string& server_id) const {
        return folder(server_id) + "/disk.old";
    }
    /// That a rescued guest boots from.
    std::string rescue_disk(const std::string& server_id) const {
        return folder(server_id) + "/disk.rescue";
    }
    std::string config_drive(const std::string& server_id) const {
        return folder(server_id) + "/disk.config";
    }
    std::string console_log(const std::string& server_id) const {
        return folder(server_id) + "/console.log";
    }
    /// That the guest posted.
    std::string password(const std::string& server_id) const {
        return folder(server_id) + "/password";
    }
    std::string console_socket(const std::string& server_id) const {
        return folder(server_id) + "/console.sock";
    }
    std::string vnc_socket(const std::string& server_id) const {
        return folder(server_id) + "/vnc.sock";
    }
    const std::string& directory() const { return directory_; }
    /// Servers that have a folder here.
    std::vector<std::string> ids() const;

    /// Of a guest without one: empty.
    virtual GuestNote note(const std::string& server_id) const;
    virtual void write_note(const std::string& server_id, const GuestNote& note);
    virtual void ensure_folder(const std::string& server_id);

    static std::string base_name(const GuestSpec& guest);
    /// A guest whose image is the one that this one is rescued with.
    static GuestSpec rescuer(const GuestSpec& guest);
    std::string base_path(const std::string& base) const { return directory_ + "/_base/" + base; }
    /// The image in the cache; brought when it is not there yet.
    virtual void ensure_base(const GuestSpec& guest);
    /// A new disk over the base; whatever was there is lost.
    virtual void make_disk(const GuestSpec& guest);
    /// Makes the disk as large as the guest is to have it, never smaller. Not while the guest runs.
    virtual void grow_disk(const GuestSpec& guest);
    /// Brings the disk of before a resize to where the guest says; not while it runs.
    virtual void settle_old_disk(const GuestSpec& guest);
    /// A new disk over the image that the guest is rescued with.
    virtual void make_rescue_disk(const GuestSpec& guest);
    virtual void make_config_drive(const GuestSpec& guest);
    virtual void remove(const std::string& server_id);
    /// Removes cached images that no guest here is layered on and none began with for so long.
    void prune_bases(std::int64_t unused_seconds);

  private:
    const std::string directory_;
    const std::unique_ptr<ImageSource> images_;
    std::mutex base_; ///< one copies, others wait for the same image
};

} // namespace nephele::nova::compute
