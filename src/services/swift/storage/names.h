// SPDX-License-Identifier: Apache-2.0
// Names in the order of their bytes, in many trees of one table: the accounts, the containers of
// each account, the objects of each container. A key of LMDB holds 511 bytes and a name may be
// longer: a name of more than `segment` bytes is its first segment's pointer to a tree of rests.
#pragma once
#include "services/swift/storage/index.h"

#include <functional>

namespace nephele::swift {

using TreeId = std::uint64_t;

class Names {
  public:
    static constexpr std::size_t segment = 480;

    explicit Names(Transaction& transaction) : transaction_(transaction) {}
    std::optional<std::string_view> get(TreeId tree, std::string_view name) const;
    /// `next_id` is asked for a tree when a long name needs one.
    void put(TreeId tree, std::string_view name, std::string_view value,
             const std::function<TreeId()>& next_id);
    void erase(TreeId tree, std::string_view name);
    bool empty(TreeId tree) const;

  private:
    Transaction& transaction_;
};

/// Walks the names of a tree in order.
class NameCursor {
  public:
    NameCursor(const Transaction& transaction, TreeId tree);
    /// The first name that is not less. False: none.
    bool seek(std::string_view name);
    /// The last name that is less; of all names when `name` is nothing.
    bool seek_before(std::optional<std::string_view> name);
    bool next();
    bool previous();
    /// Hold until the next move.
    std::string_view name() const;
    std::string_view value() const { return cursor_.value(); }

  private:
    bool settle(bool found, bool forward);
    bool to_last(TreeId tree);
    bool leave(bool forward);
    void enter();

    Cursor cursor_;
    std::vector<TreeId> trees_;  ///< from the tree asked for down to where the cursor is
    std::string before_;         ///< segments above the cursor's tree
    mutable std::string joined_; ///< the whole of a long name
};

} // namespace nephele::swift
