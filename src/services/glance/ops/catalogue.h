// SPDX-License-Identifier: Apache-2.0
// What a site says about images beside their stores: which custom properties are whose, what
// values they take, which limits hold.
#pragma once
#include "platform/api/service.h"
#include "services/glance/logic/protections.h"
#include "services/glance/logic/rules.h"

#include <memory>

namespace nephele::glance {

struct Catalogue {
    logic::Protections protections;
    Json image_schema; ///< of custom properties; null: none
    bool keystone_limits = false;
};
std::vector<Option> catalogue_options();
std::shared_ptr<Catalogue> make_catalogue(const Config& config);

/// The quotas of the site, narrowed by the project's unified limits where they are in use.
logic::Quotas quotas_of(Context& context, const std::string& project);
/// Throws 413 when one image more, or one upload more, is over the project's unified limits.
void check_image_count(Context& context, const std::string& project);
void check_uploading(Context& context, const std::string& project);
/// Bytes that the project may stage now, at most `most`; throws 413 when there is no room.
std::int64_t stageable(Context& context, const std::string& project, std::int64_t most);
/// The same two for an import by this method: those that fetch are uploads and are staged.
void check_fetching(Context& context, const Image& image, const std::string& method);
/// {"image_count_total": {"usage": 3, "limit": 10}, ...}; empty where they are not in use.
Json usage_and_limits(Context& context, const std::string& project);

/// Whether the site's protections let this caller do so.
bool permits_property(Cloud& cloud, const Principal& who, logic::PropertyAction action,
                      const std::string& name);
/// Throws 403 for a property that who asked for an import may not give the image.
void check_taken_properties(Cloud& cloud, const Image& image, const Json& properties,
                            const std::string& user, const std::string& project,
                            const std::vector<std::string>& roles);

/// All of a file the operator named. Throws Failure(bad_request, "BadConfig").
std::string read_site_file(const std::string& path);

struct LoadedMetadefs {
    int added = 0, kept = 0;
};
/// Adds the namespaces of every *.json of the directory (upstream's form) that are not there yet.
/// Throws Failure(bad_request) naming the file, having added nothing.
LoadedMetadefs load_metadefs(Context& context, const std::string& directory);

} // namespace nephele::glance
