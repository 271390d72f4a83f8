// SPDX-License-Identifier: Apache-2.0
#include "services/swift/storage/names.h"

#include "services/swift/storage/codec.h"

namespace nephele::swift {
namespace {

constexpr std::size_t id_bytes = 8;

std::string key_of(TreeId tree, std::string_view name) { return big_endian(tree).append(name); }
// Sorts right behind the name that is just this segment, before all others.
std::string pointer_key(TreeId tree, std::string_view segment) {
    return key_of(tree, segment).append(1, '\0');
}
bool is_pointer(std::string_view key) { return key.size() > id_bytes + Names::segment; }
TreeId tree_of(std::string_view key) { return from_big_endian(key); }

} // namespace

std::optional<std::string_view> Names::get(TreeId tree, std::string_view name) const {
    while (name.size() > segment) {
        auto child = transaction_.get(Table::names, pointer_key(tree, name.substr(0, segment)));
        if (!child) return std::nullopt;
        tree = from_big_endian(*child);
        name.remove_prefix(segment);
    }
    return transaction_.get(Table::names, key_of(tree, name));
}

void Names::put(TreeId tree, std::string_view name, std::string_view value,
                const std::function<TreeId()>& next_id) {
    while (name.size() > segment) {
        auto pointer = pointer_key(tree, name.substr(0, segment));
        auto child = transaction_.get(Table::names, pointer);
        if (child) {
            tree = from_big_endian(*child);
        } else {
            tree = next_id();
            transaction_.put(Table::names, pointer, big_endian(tree));
        }
        name.remove_prefix(segment);
    }
    transaction_.put(Table::names, key_of(tree, name), value);
}

void Names::erase(TreeId tree, std::string_view name) {
    if (name.size() <= segment) return transaction_.erase(Table::names, key_of(tree, name));
    auto pointer = pointer_key(tree, name.substr(0, segment));
    auto child = transaction_.get(Table::names, pointer);
    if (!child) return;
    auto below = from_big_endian(*child);
    erase(below, name.substr(segment));
    if (empty(below)) transaction_.erase(Table::names, pointer);
}

bool Names::empty(TreeId tree) const {
    Cursor cursor(transaction_, Table::names);
    return !cursor.seek(key_of(tree, "")) || tree_of(cursor.key()) != tree;
}

NameCursor::NameCursor(const Transaction& transaction, TreeId tree)
    : cursor_(transaction, Table::names), trees_{tree} {}

std::string_view NameCursor::name() const {
    auto own = cursor_.key().substr(id_bytes);
    if (before_.empty()) return own;
    joined_.assign(before_).append(own);
    return joined_;
}

void NameCursor::enter() {
    before_.append(cursor_.key().substr(id_bytes, Names::segment));
    trees_.push_back(from_big_endian(cursor_.value()));
}

// Back to the pointer that led here, and past it.
bool NameCursor::leave(bool forward) {
    trees_.pop_back();
    auto pointer = pointer_key(trees_.back(),
                               std::string_view(before_).substr(before_.size() - Names::segment));
    before_.resize(before_.size() - Names::segment);
    cursor_.seek(pointer);
    return forward ? cursor_.next() : cursor_.previous();
}

bool NameCursor::to_last(TreeId tree) {
    return cursor_.seek(key_of(tree + 1, "")) ? cursor_.previous() : cursor_.last();
}

// From where the cursor fell to a name: into pointers, out of trees that end.
bool NameCursor::settle(bool found, bool forward) {
    while (true) {
        if (!found || tree_of(cursor_.key()) != trees_.back()) {
            if (trees_.size() == 1) return false;
            found = leave(forward);
        } else if (is_pointer(cursor_.key())) {
            enter();
            found = forward ? cursor_.seek(key_of(trees_.back(), "")) : to_last(trees_.back());
        } else {
            return true;
        }
    }
}

bool NameCursor::seek(std::string_view name) {
    trees_.resize(1);
    before_.clear();
    while (name.size() > Names::segment) {
        auto pointer = pointer_key(trees_.back(), name.substr(0, Names::segment));
        bool found = cursor_.seek(pointer);
        if (!found || cursor_.key() != pointer) return settle(found, true);
        enter();
        name.remove_prefix(Names::segment);
    }
    return settle(cursor_.seek(key_of(trees_.back(), name)), true);
}

bool NameCursor::seek_before(std::optional<std::string_view> name) {
    if (name && seek(*name)) return previous();
    trees_.resize(1);
    before_.clear();
    return settle(to_last(trees_.front()), false);
}

bool NameCursor::next() { return settle(cursor_.next(), true); }
bool NameCursor::previous() { return settle(cursor_.previous(), false); }

} // namespace nephele::swift
