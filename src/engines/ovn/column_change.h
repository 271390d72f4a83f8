// SPDX-License-Identifier: Apache-2.0
// The smallest operations that turn the columns of one stored row into the wanted ones.
#pragma once
#include "engines/ovsdb/operations.h"

namespace nephele::ovn {

class RowChange {
  public:
    /// The column shall have exactly this value. Large sets and maps are changed by what differs.
    void column(const std::string& name, const ovsdb::Value& before, const ovsdb::Value& after);
    /// Of a map column, the entries with this prefix shall be exactly these; others stay.
    void own_entries(const std::string& name, const ovsdb::Value& before,
                     const ovsdb::StringMap& after, const std::string& prefix);

    bool empty() const { return updates_.empty() && mutations_.empty(); }
    std::vector<Json> operations(const std::string& table, const std::string& uuid) const;

  private:
    void items(const std::string& name, const ovsdb::Value& before, const ovsdb::Value& after);
    void entries(const std::string& name, const ovsdb::Value& before, const ovsdb::Value& after);

    ovsdb::Columns updates_;
    std::vector<ovsdb::Mutation> mutations_;
};

} // namespace nephele::ovn
