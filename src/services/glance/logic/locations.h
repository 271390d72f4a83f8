// SPDX-License-Identifier: Apache-2.0
// Locations that clients name: what a patch of /locations may do to an image. Each refusal is the
// failure upstream answers.
#pragma once
#include "platform/fault/fault.h"
#include "services/glance/model/image.h"

#include <map>
#include <string>
#include <vector>

namespace nephele::glance::logic {

/// A location as a client writes it.
struct GivenLocation {
    std::string url;
    Json metadata = Json::object();
    Json validation; ///< checksum, os_hash_algo, os_hash_value; null: none given
};
/// Throws 400 for what is no location: other keys, other kinds, no plain http(s) address.
GivenLocation read_location(const Json& value);
std::vector<GivenLocation> read_locations(const Json& value);
/// {"checksum"?, "os_hash_algo", "os_hash_value"}: texts of their proper length.
void check_validation_shape(const Json& validation);
/// Only addresses a store of others' data can read: http or https, without a user's name.
void check_external_url(const std::string& url);

/// What the site and the stores say of the locations a patch names.
struct LocationRights {
    bool visible = false; ///< show_multiple_locations
    std::int64_t quota = 10;
    struct External {
        std::string store;
        std::int64_t size = 0;
    };
    std::map<std::string, External> externals; ///< by URL: those that were asked for and are there
    std::vector<Location> removed;             ///< what a patch took out
};

/// `position`: a number or "-" for the end.
void add_location(Image& image, const std::string& position, const GivenLocation& given,
                  LocationRights& rights);
void replace_locations(Image& image, const std::vector<GivenLocation>& given,
                       LocationRights& rights);
void remove_location(Image& image, const std::string& position, LocationRights& rights);

/// The image's checksum and hash as given with a location, where it has none yet. Throws 409 when
/// they contradict the image or each other.
void take_validation(Image& image, const std::vector<GivenLocation>& given);

} // namespace nephele::glance::logic
