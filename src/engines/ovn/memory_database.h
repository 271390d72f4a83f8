// SPDX-License-Identifier: Apache-2.0
// Carries out transactions on a replica in memory, with the parts of OVSDB's semantics that the
// planner relies on: named uuids, mutations, unique names, rows that vanish when nothing holds
// them, weak references that vanish with their row.
#pragma once
#include "engines/ovsdb/replica.h"

namespace nephele::ovn {

class MemoryDatabase {
  public:
    MemoryDatabase();
    const ovsdb::Replica& replica() const { return replica_; }
    /// Results as a server gives them. Throws ovsdb::TransactionFailure; then nothing has happened.
    Json::Array transact(const Json::Array& operations);
    /// What the last transaction changed.
    const std::vector<ovsdb::Change>& changes() const { return changes_; }

  private:
    using Names = std::map<std::string, std::string>;
    Json run(const Json& operation, Names& names);
    Json run_insert(const Json& operation, Names& names);
    std::vector<std::string> matching(const std::string& table, const Json& where) const;
    void put(const std::string& table, const std::string& uuid, ovsdb::RowPointer row);
    void collect_garbage();
    void check_references() const;
    void check_names() const;

    ovsdb::Replica replica_;
    std::vector<ovsdb::Change> changes_;
    int next_uuid_ = 1;
};

} // namespace nephele::ovn
