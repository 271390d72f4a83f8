// SPDX-License-Identifier: Apache-2.0
// Private to this folder: the functions of librados and librbd that are used, found at run time.
#pragma once
#include <cstddef>
#include <cstdint>
#include <sys/types.h>

namespace nephele::ceph {

using Handle = void*; ///< rados_t, rados_ioctx_t, rbd_image_t

struct Library {
    int (*rados_create)(Handle* cluster, const char* id);
    int (*rados_conf_read_file)(Handle cluster, const char* path);
    int (*rados_conf_set)(Handle cluster, const char* option, const char* value);
    int (*rados_connect)(Handle cluster);
    void (*rados_shutdown)(Handle cluster);
    int (*rados_cluster_fsid)(Handle cluster, char* into, std::size_t size);
    int (*rados_ioctx_create)(Handle cluster, const char* pool, Handle* io);
    void (*rados_ioctx_destroy)(Handle io);
    int (*rbd_create2)(Handle io, const char* name, std::uint64_t size, std::uint64_t features,
                       int* order);
    int (*rbd_open)(Handle io, const char* name, Handle* image, const char* snapshot);
    int (*rbd_open_read_only)(Handle io, const char* name, Handle* image, const char* snapshot);
    int (*rbd_close)(Handle image);
    int (*rbd_get_size)(Handle image, std::uint64_t* size);
    int (*rbd_resize)(Handle image, std::uint64_t size);
    ssize_t (*rbd_write)(Handle image, std::uint64_t offset, std::size_t size, const char* bytes);
    ssize_t (*rbd_read)(Handle image, std::uint64_t offset, std::size_t size, char* into);
    int (*rbd_flush)(Handle image);
    int (*rbd_snap_create)(Handle image, const char* name);
    int (*rbd_snap_protect)(Handle image, const char* name);
    int (*rbd_snap_unprotect)(Handle image, const char* name);
    int (*rbd_snap_remove)(Handle image, const char* name);
    int (*rbd_snap_is_protected)(Handle image, const char* name, int* is_protected);
    int (*rbd_rename)(Handle io, const char* from, const char* to);
    int (*rbd_remove)(Handle io, const char* name);
    int (*rbd_list)(Handle io, char* names, std::size_t* size);
};

/// Throws EngineFailure(permanent) that says which library or function is missing.
const Library& library();

} // namespace nephele::ceph
