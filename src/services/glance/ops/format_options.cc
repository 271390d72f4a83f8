// SPDX-License-Identifier: Apache-2.0
#include "services/glance/ops/format_options.h"

#include <algorithm>

namespace nephele::glance {

std::vector<Option> format_options() {
    return {
        {"glance.require_image_format_match", true,
         "Refuse data in a bare container whose format is not the declared disk format. When off "
         "such data is stored, but no service opens it."},
        {"glance.image_virtual_size_cap", std::int64_t(64) << 40,
         "Bytes the disk in an image may have, however small its file."},
        {"glance.concurrent_uploads", 64,
         "Uploads one node takes at once, some 10 MiB of memory each; more are told to come back. "
         "0: no limit."},
        {"glance.concurrent_downloads", 4000,
         "Downloads one node serves at once; more are told to come back. 0: no limit."},
        {"glance.certificate_directory", "",
         "Certificates of image signatures for everybody, <uuid>.pem each; empty: certificates in "
         "data.directory. Users keep their own as credentials of type cert."},
        {"glance.image_import_plugins", Json::array(),
         "What an import does to the data: image_decompression, image_conversion, "
         "inject_image_metadata; no_op is nothing."},
        {"glance.image_conversion_output_format", "raw",
         "Disk format image_conversion converts to: raw, qcow2, vmdk, vhd, vhdx, vdi, ploop."},
        {"glance.image_conversion_timeout", 3600, "Seconds one unpacking or conversion may take."},
        {"glance.image_expansion_cap", std::int64_t(1) << 40,
         "Bytes unpacking or converting may make of an image."},
        {"glance.inject", Json::array(),
         "Properties inject_image_metadata adds to every import: \"name=value\"."},
        {"glance.inject_ignore_user_roles", Json::array({"admin"}),
         "Imports of users with one of these roles get no injected properties."},
    };
}

FormatRules format_rules(const Config& config) {
    FormatRules rules;
    rules.require_match = config.boolean("glance.require_image_format_match");
    rules.virtual_size_cap = static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, config.integer("glance.image_virtual_size_cap")));
    return rules;
}

} // namespace nephele::glance
