// SPDX-License-Identifier: Apache-2.0
#include "services/swift/storage/listing.h"

namespace nephele::swift {
namespace {

// The least text that is greater than all that start with `prefix`; nothing when there is none.
std::optional<std::string> behind_all(std::string prefix) {
    while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
    if (prefix.empty()) return std::nullopt;
    prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
    return prefix;
}

class Lister {
  public:
    Lister(NameCursor& cursor, const ListQuery& query)
        : cursor_(cursor), reverse_(query.reverse), limit_(query.limit), path_(query.path),
          prefix_(query.prefix), delimiter_(query.delimiter),
          low_(query.reverse ? query.end_marker : query.marker),
          high_(query.reverse ? query.marker : query.end_marker) {
        if (!path_) return;
        prefix_ = *path_;
        while (prefix_.ends_with('/')) prefix_.pop_back();
        if (!prefix_.empty()) prefix_ += '/';
        delimiter_ = "/";
    }

    template <class Emit> void run(const Emit& emit) {
        std::uint64_t count = 0;
        bool found = limit_ > 0 && start();
        while (found && count < limit_ && !outside(cursor_.name())) {
            auto name = cursor_.name();
            auto end = delimiter_.empty() ? name.npos : name.find(delimiter_, prefix_.size());
            if (path_ && end != name.npos && name.size() == end + 1) end = name.npos;
            if (end == name.npos) {
                bool itself = path_ && name == prefix_;
                if (!itself && emit(name, false, cursor_.value())) ++count;
                found = reverse_ ? cursor_.previous() : cursor_.next();
                continue;
            }
            std::string directory(name.substr(0, end + delimiter_.size()));
            // A page that ended with this directory is followed by what is behind it.
            if (!path_ && directory != low_ && emit(directory, true, {})) ++count;
            found = pass(directory);
        }
    }

  private:
    bool start() {
        if (!reverse_) {
            if (low_.empty() || low_ < prefix_) return cursor_.seek(prefix_);
            return cursor_.seek(low_) && (cursor_.name() != low_ || cursor_.next());
        }
        auto end = behind_all(prefix_);
        if (!high_.empty() && (!end || high_ < *end)) end = high_;
        return cursor_.seek_before(end);
    }

    bool outside(std::string_view name) const {
        if (!name.starts_with(prefix_)) return true;
        return reverse_ ? !low_.empty() && name <= low_ : !high_.empty() && name >= high_;
    }

    bool pass(const std::string& directory) {
        if (reverse_) return cursor_.seek_before(directory);
        auto next = behind_all(directory);
        return next && cursor_.seek(*next);
    }

    NameCursor& cursor_;
    const bool reverse_;
    const std::uint64_t limit_;
    const std::optional<std::string> path_;
    std::string prefix_, delimiter_;
    const std::string low_, high_; ///< exclusive
};

} // namespace

void list_names(NameCursor& cursor, const ListQuery& query,
                const std::function<bool(std::string_view, bool, std::string_view)>& emit) {
    Lister(cursor, query).run(emit);
}

} // namespace nephele::swift
