// SPDX-License-Identifier: Apache-2.0
#include "services/glance/drivers/stores.h"

namespace nephele::glance {

NamedStore& Stores::add(NamedStore store, bool is_default) {
    all_.push_back(std::make_unique<NamedStore>(std::move(store)));
    if (is_default) default_ = all_.size() - 1;
    return *all_.back();
}

NamedStore* Stores::find(const std::string& id) const {
    for (auto& store : all_)
        if (store->id == id) return store.get();
    return nullptr;
}

NamedStore* Stores::of_location(const std::string& location) const {
    for (auto& store : all_)
        if (store->driver->knows(location)) return store.get();
    return nullptr;
}

std::vector<std::string> Stores::writable() const {
    std::vector<std::string> out;
    for (auto& store : all_)
        if (!store->read_only) out.push_back(store->id);
    return out;
}

} // namespace nephele::glance
