// SPDX-License-Identifier: Apache-2.0
#include "engines/ceph/library.h"

#include "platform/fault/fault.h"

#include <dlfcn.h>
#include <mutex>
#include <optional>
#include <string>

namespace nephele::ceph {
namespace {
void* opened(const char* name) {
    void* handle = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (handle) return handle;
    throw EngineFailure(EngineFailure::Kind::permanent,
                        std::string("Ceph's library cannot be loaded (install librbd1): ") +
                            ::dlerror());
}

template <class F> void find(void* handle, const char* name, F& into) {
    into = reinterpret_cast<F>(::dlsym(handle, name));
    if (!into)
        throw EngineFailure(EngineFailure::Kind::permanent,
                            std::string("Ceph's library has no function ") + name);
}

Library loaded() {
    // Never unloaded: their threads and exit handlers do not bear it.
    void* rados = opened("librados.so.2");
    void* rbd = opened("librbd.so.1");
    Library l{};
    find(rados, "rados_create", l.rados_create);
    find(rados, "rados_conf_read_file", l.rados_conf_read_file);
    find(rados, "rados_conf_set", l.rados_conf_set);
    find(rados, "rados_connect", l.rados_connect);
    find(rados, "rados_shutdown", l.rados_shutdown);
    find(rados, "rados_cluster_fsid", l.rados_cluster_fsid);
    find(rados, "rados_ioctx_create", l.rados_ioctx_create);
    find(rados, "rados_ioctx_destroy", l.rados_ioctx_destroy);
    find(rbd, "rbd_create2", l.rbd_create2);
    find(rbd, "rbd_open", l.rbd_open);
    find(rbd, "rbd_open_read_only", l.rbd_open_read_only);
    find(rbd, "rbd_close", l.rbd_close);
    find(rbd, "rbd_get_size", l.rbd_get_size);
    find(rbd, "rbd_resize", l.rbd_resize);
    find(rbd, "rbd_write", l.rbd_write);
    find(rbd, "rbd_read", l.rbd_read);
    find(rbd, "rbd_flush", l.rbd_flush);
    find(rbd, "rbd_snap_create", l.rbd_snap_create);
    find(rbd, "rbd_snap_protect", l.rbd_snap_protect);
    find(rbd, "rbd_snap_unprotect", l.rbd_snap_unprotect);
    find(rbd, "rbd_snap_remove", l.rbd_snap_remove);
    find(rbd, "rbd_snap_is_protected", l.rbd_snap_is_protected);
    find(rbd, "rbd_rename", l.rbd_rename);
    find(rbd, "rbd_remove", l.rbd_remove);
    find(rbd, "rbd_list", l.rbd_list);
    return l;
}
} // namespace

const Library& library() {
    static std::mutex mutex;
    static std::optional<Library> all;
    std::lock_guard lock(mutex);
    if (!all) all = loaded();
    return *all;
}

} // namespace nephele::ceph
