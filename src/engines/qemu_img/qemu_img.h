// SPDX-License-Identifier: Apache-2.0
// Disk images by qemu-img, run by argument array with deadlines and resource limits. Formats are
// always said, never guessed; a backing file is only ever one that the caller names. Tenant bytes
// should have passed the strict inspector before they come here.
#pragma once
#include "platform/fault/fault.h"

#include <cstdint>
#include <optional>
#include <string>

namespace nephele::qemu_img {

enum class Format { raw, qcow2, vmdk, vdi, vhdx, vpc };
const char* format_name(Format format);
std::optional<Format> format_of(const std::string& name);

struct Info {
    Format format = Format::raw;
    std::uint64_t virtual_bytes = 0;
    std::uint64_t stored_bytes = 0;
    std::string backing_file; ///< as written in the image; empty: none
    std::string backing_format;
    std::string data_file; ///< an outside data file of qcow2: refuse such images of tenants
    bool encrypted = false;
};

/// What is in an image when it is read as this format. Backing files are not opened.
Info info(const std::string& path, Format format);

/// A new qcow2 image on top of another. Replaces a file that is there.
void create_overlay(const std::string& path, const std::string& backing, Format backing_format,
                    std::optional<std::uint64_t> virtual_bytes = {});
/// A new empty image. Replaces a file that is there.
void create(const std::string& path, Format format, std::uint64_t virtual_bytes);

struct Conversion {
    Format from = Format::raw;
    Format to = Format::raw;
    bool compressed = false;
    int timeout_ms = 30 * 60 * 1000;
};
/// Writes a whole copy without any backing file; `to` appears only when it is complete.
void convert(const std::string& from, const std::string& to, const Conversion& conversion);

enum class Shrink { refuse, allow };
void resize(const std::string& path, Format format, std::uint64_t virtual_bytes,
            Shrink shrink = Shrink::refuse);

/// Makes an overlay stand on its own or on another base: `backing` empty or the new backing file.
/// The content that the guest sees stays.
void rebase(const std::string& path, const std::string& backing, Format backing_format);

} // namespace nephele::qemu_img
