// SPDX-License-Identifier: Apache-2.0
// What an upload does to its image's row: saving, active, or back to queued; and how data is read
// and removed again.
#pragma once
#include "services/glance/ops/receive.h"
#include "services/glance/ops/state.h"

namespace nephele::glance {

/// Chooses the object and says that this node will write it.
void mark_saving(Context& context, Image& image, Store& store);
/// Throws Failure(gone) when the image was deleted or given up meanwhile.
void mark_active(Context& context, const Image& begun, const NamedStore& store,
                 const Received& received, const logic::Quotas& quotas);
/// The image's facts as its data showed them.
void set_facts(Image& image, const Received& received);
/// Adds a copy; the row's first location is that in the heaviest store.
void add_location(Image& image, Location location, const Stores& stores);

/// The row to queued if it is still this upload's, the object away. Never throws: what it cannot do
/// the sweep does later.
void abandon(Cloud& cloud, const std::string& request_id, const Image& begun,
             const std::string& reason);

/// The first copy that can be opened. Throws Failure: not_found when all are gone, unavailable when
/// a store failed.
OpenObject open_data(State& state, const Image& image);
/// Takes the data away; what a store refuses is left to the sweep.
void remove_data(State& state, const std::vector<Location>& locations);

/// One object, also an unfinished one; what the store refuses is left to the sweep.
void remove_quietly(Store& store, const std::string& location);

Failure failure_of_store(const StoreError& error);
Failure failure_of_transfer(const http::TransferError& error);

} // namespace nephele::glance
