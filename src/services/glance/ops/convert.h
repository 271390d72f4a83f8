// SPDX-License-Identifier: Apache-2.0
// What an import may do to staged bytes before they are stored: decompress, convert, add
// properties. Each takes one file of this node and leaves one file; tenants' bytes are looked at by
// sandboxed children only. No rows, no stores.
#pragma once
#include "platform/config/config.h"
#include "services/glance/logic/inspector.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nephele::glance {

/// Which of the import's plugins are on (glance.image_import_plugins), and what they were told.
struct ImportPlugins {
    bool decompression = false;
    std::string conversion;                                  ///< target disk format; empty: off
    std::vector<std::pair<std::string, std::string>> inject; ///< properties of every import
    std::vector<std::string> inject_ignored_roles;           ///< whose imports get none
    std::uint64_t expansion_cap = 0;                         ///< bytes a result may have
    int timeout_ms = 0;                                      ///< for each step
};
ImportPlugins import_plugins(const Config& config);

/// What the plugins made of a staged file.
struct Prepared {
    std::string path; ///< the given one, or a new file beside it ("<path>.prepared")
    Declared declared;
    bool changed =
        false; ///< by decompression or conversion: `path` is new, the caller removes both
};
/// Decompresses (container format "compressed") and converts, as the plugins say, after the file
/// was inspected. Throws Failure(unsupported_media_type) with the reason when the content is
/// refused, Failure(too_large) when it expands too far; then only the given file is left. May run
/// again: an older "<path>.prepared" is replaced. Blocks for as long as it takes.
Prepared prepare_import(const std::string& path, const Declared& declared, const FormatRules& rules,
                        const ImportPlugins& plugins);

/// The properties inject_image_metadata gives an import asked for by somebody with these roles.
std::vector<std::pair<std::string, std::string>>
injected_properties(const ImportPlugins& plugins, const std::vector<std::string>& roles);

/// Judges a whole file of this node as an upload of it would be judged. Throws as above.
Inspection inspect_file(const std::string& path, const Declared& declared,
                        const FormatRules& rules);

} // namespace nephele::glance
