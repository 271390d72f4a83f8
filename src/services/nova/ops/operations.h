// SPDX-License-Identifier: Apache-2.0
// Nova's durable operations and their saved states.
#pragma once
#include "platform/operation/operation.h"
#include "services/nova/model/server.h"

namespace nephele::nova {

struct CreateServer {
    static constexpr const char* operation = "nova.create_server";
    std::string server;
    std::vector<std::string> hosts; ///< tried, the last one is current
    std::int64_t generation = 0;    ///< of the guest on the current host
    static const Shape<CreateServer>& shape();
};
ops::Operation create_server();

struct DeleteServer {
    static constexpr const char* operation = "nova.delete_server";
    std::string server, host;
    static const Shape<DeleteServer>& shape();
};
ops::Operation delete_server();

struct ChangePower {
    static constexpr const char* operation = "nova.change_power";
    std::string server;
    std::string action; ///< "start", "stop", "reboot", "hard reboot", "pause" ...
    std::string power_before;
    std::int64_t generation = 0;
    static const Shape<ChangePower>& shape();
};
ops::Operation change_power();

struct AttachInterface {
    static constexpr const char* operation = "nova.attach_interface";
    std::string server, port;
    std::int64_t generation = 0, undo_generation = 0;
    static const Shape<AttachInterface>& shape();
};
ops::Operation attach_interface();

struct DetachInterface {
    static constexpr const char* operation = "nova.detach_interface";
    std::string server, port;
    std::int64_t generation = 0;
    static const Shape<DetachInterface>& shape();
};
ops::Operation detach_interface();

struct RebuildServer {
    static constexpr const char* operation = "nova.rebuild_server";
    std::string server;
    std::int64_t generation = 0;
    static const Shape<RebuildServer>& shape();
};
ops::Operation rebuild_server();

struct ResizeServer {
    static constexpr const char* operation = "nova.resize_server";
    std::string server;
    FlavorCopy to;
    std::int64_t generation = 0;
    static const Shape<ResizeServer>& shape();
};
ops::Operation resize_server();

struct RevertResize {
    static constexpr const char* operation = "nova.revert_resize";
    std::string server;
    std::int64_t generation = 0;
    static const Shape<RevertResize>& shape();
};
ops::Operation revert_resize();
/// The old disk and the old claim go.
void confirm_resize(Context&, Server&);

/// A guest's disk on its way to an image.
struct DiskCopy {
    std::string image, host;
    std::int64_t generation = 0; ///< of the host's record of it
    std::string path, format;    ///< where the host has put it
    static const Shape<DiskCopy>& shape();
};

struct SnapshotServer {
    static constexpr const char* operation = "nova.snapshot_server";
    std::string server;
    DiskCopy copy;
    std::string backup_type;    ///< empty: no backup
    std::int64_t rotation = -1; ///< so many backups of the type are kept
    static const Shape<SnapshotServer>& shape();
};
ops::Operation snapshot_server();

/// Off, to an image, and then off its host at once when the site says so.
struct ShelveServer {
    static constexpr const char* operation = "nova.shelve_server";
    std::string server;
    DiskCopy copy;
    std::string power_before;
    std::int64_t generation = 0;
    static const Shape<ShelveServer>& shape();
};
ops::Operation shelve_server();

struct OffloadServer {
    static constexpr const char* operation = "nova.offload_server";
    std::string server, host;
    static const Shape<OffloadServer>& shape();
};
ops::Operation offload_server();
/// Of a shelved server that is on a host still.
void start_offload(Context&, Server&);

struct UnshelveServer {
    static constexpr const char* operation = "nova.unshelve_server";
    std::string server;
    std::string host;            ///< that was claimed for it; empty: it never left its host
    std::int64_t generation = 0; ///< of the guest
    static const Shape<UnshelveServer>& shape();
};
ops::Operation unshelve_server();

struct RescueServer {
    static constexpr const char* operation = "nova.rescue_server";
    std::string server, image;
    std::string power_before;
    std::int64_t generation = 0;
    static const Shape<RescueServer>& shape();
};
ops::Operation rescue_server();

struct UnrescueServer {
    static constexpr const char* operation = "nova.unrescue_server";
    std::string server;
    std::int64_t generation = 0;
    static const Shape<UnrescueServer>& shape();
};
ops::Operation unrescue_server();

/// What an action does: the task meanwhile, the state afterwards.
struct PowerAction {
    const char* name;
    const char* event; ///< of the action's record, upstream's name
    TaskState task;
    VmState becomes;
};
const PowerAction& power_action(const std::string& name);

/// Starts the operation: task_state set, action recorded.
void start_power_action(Context&, Server&, const std::string& name);
/// Cancels what is being done with the server and starts its removal.
void start_delete(Context&, Server&);

/// ERROR with a fault that says why; task_state cleared.
void mark_error(Context&, Server&, const std::string& message, const std::string& details);
/// Ports made for the server are deleted, given ones are let go.
void release_ports(Context&, const Server&);

} // namespace nephele::nova
