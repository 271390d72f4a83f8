// SPDX-License-Identifier: Apache-2.0
// The stores of this site under their names, and which of them is the default.
#pragma once
#include "platform/json/json.h"
#include "services/glance/drivers/store.h"

#include <memory>
#include <string>
#include <vector>

namespace nephele {
class Config;
}
namespace nephele::glance {

struct NamedStore {
    std::string id, type; ///< type: upstream's driver name ("file", "rbd", "s3" ...)
    std::string description;
    bool read_only = false;
    std::int64_t weight = 0;          ///< of several copies the one in the heaviest store is read
    Json properties = Json::object(); ///< what administrators are told
    std::unique_ptr<Store> driver;
};

class Stores {
  public:
    /// The first one is the default until another is said to be.
    NamedStore& add(NamedStore store, bool is_default = false);
    const std::vector<std::unique_ptr<NamedStore>>& all() const { return all_; }
    NamedStore& standard() const { return *all_.at(default_); }
    bool is_standard(const NamedStore& store) const { return &store == &standard(); }
    /// Null when there is none of that name.
    NamedStore* find(const std::string& id) const;
    /// The one a location belongs to; null when none knows it.
    NamedStore* of_location(const std::string& location) const;
    /// Those images may be written to, in the order configured.
    std::vector<std::string> writable() const;

  private:
    std::vector<std::unique_ptr<NamedStore>> all_;
    std::size_t default_ = 0;
};

/// As glance.stores_file says; without one a store "local" in glance.store_directory. Throws
/// Failure(bad_request, "BadConfig") with file and line.
Stores configured_stores(const Config& config);

} // namespace nephele::glance
