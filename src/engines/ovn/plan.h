// SPDX-License-Identifier: Apache-2.0
// Compares what the northbound database contains with what it should contain. Pure: the same
// replica and desired rows give the same operations.
#pragma once
#include "engines/ovn/model.h"
#include "engines/ovsdb/replica.h"

#include <limits>
#include <set>

namespace nephele::ovn {

/// Which rows of ours the desired set speaks for: those that it does not contain are deleted.
/// Desired rows outside the scope are still made so. Rows without our external_ids are never
/// touched.
struct Scope {
    bool everything = true;
    std::set<std::string> ids;   ///< unless everything: rows with this id, or with this owner
    std::set<std::string> kinds; ///< when not empty: only rows of these kinds
    /// Rows with a later revision than the desired set knows of are not deleted.
    std::int64_t as_of = std::numeric_limits<std::int64_t>::max();

    static Scope all() { return {}; }
    static Scope of(std::set<std::string> ids) { return {false, std::move(ids)}; }
};

struct PlanLimits {
    /// More inserts than these are left for the next plan.
    std::size_t inserts = 4'000;
    /// Up to so many inserts carry a guard against a second writer making the same row; a guard
    /// scans the table, so bulk loads go without and leave duplicates to the next repair.
    std::size_t guarded_inserts = 50;
};

struct Plan {
    Json::Array operations;
    /// Indexes of operations that must have met a row; a count of 0 there means that the replica
    /// was behind.
    std::vector<std::size_t> must_match;
    int inserted = 0;
    int changed = 0;
    int deleted = 0;
    int stale = 0; ///< left alone: the database has a later revision
    bool partial = false;
    /// Rows that cannot be written because a row that they need is neither there nor desired.
    std::vector<std::string> unresolved;

    bool empty() const { return operations.empty(); }
};

Plan diff(const ovsdb::Replica& replica, const Desired& desired, const Scope& scope = {},
          const PlanLimits& limits = {});

} // namespace nephele::ovn
