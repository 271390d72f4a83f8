// SPDX-License-Identifier: Apache-2.0
// The engine-independent part: opening, the short forms of Tx, and the rules both engines keep.
#include "platform/db/db.h"

#include "platform/db/internal.h"

#include <algorithm>

namespace nephele::db {

namespace {
thread_local TransactionScope* innermost = nullptr;
}

bool Tx::first(std::string_view sql, const Params& params,
               const std::function<void(const Row&)>& row) {
    bool seen = false;
    each(sql, std::span<const Value>(params), [&](const Row& r) {
        if (!seen) row(r);
        seen = true;
    });
    return seen;
}

std::int64_t Tx::count(std::string_view sql, const Params& params, std::int64_t fallback) {
    std::int64_t result = fallback;
    first(sql, params, [&](const Row& r) { result = r.integer(0); });
    return result;
}

std::uint64_t Hints::add(std::string channel, std::function<void()> heard) {
    std::lock_guard lock(mutex_);
    listeners_.push_back({++last_, std::move(channel), std::move(heard)});
    return last_;
}

void Hints::remove(std::uint64_t number) {
    std::lock_guard lock(mutex_);
    std::erase_if(listeners_, [&](const Listener& l) { return l.number == number; });
}

void Hints::tell(const std::string& channel) {
    std::lock_guard lock(mutex_);
    for (const Listener& l : listeners_) {
        if (l.channel == channel) l.heard();
    }
}

void Hints::tell_all(const std::string& channel) {
    tell(channel);
    if (others_) others_(channel);
}

void Database::probed_write(const std::function<void(Tx&)>& body) {
    constexpr int tries = 20;
    for (int i = 1;; ++i) {
        probe_->at(Probe::Point::before);
        try {
            write_tx([&](Tx& tx) {
                body(tx);
                probe_->at(Probe::Point::inside);
            });
            break;
        } catch (const SerializationError&) {
            if (i == tries) throw;
        }
    }
    probe_->at(Probe::Point::after);
}

Database::Database() : hints_(std::make_shared<Hints>()) {}
Database::~Database() = default;

std::shared_ptr<void> Database::listen(std::string channel, std::function<void()> heard) {
    struct Handle {
        std::shared_ptr<Hints> hints;
        std::uint64_t number;
        ~Handle() { hints->remove(number); }
    };
    std::uint64_t number = hints_->add(std::move(channel), std::move(heard));
    return std::shared_ptr<Handle>(new Handle{hints_, number});
}

void BaseTx::hint(std::string_view channel) {
    if (std::find(hinted_.begin(), hinted_.end(), channel) != hinted_.end()) return;
    hinted_.emplace_back(channel);
    on_commit([&hints = hints_, name = hinted_.back()] { hints.tell_all(name); });
}

void BaseTx::check_call(std::span<const Value> params) {
    throw_if_failed();
    for (const Value& v : params) {
        auto* text = std::get_if<std::string>(&v);
        // PostgreSQL cannot hold it; callers refuse it long before as bad input.
        if (text && text->find('\0') != std::string::npos)
            fail(std::make_exception_ptr(DatabaseError("a text parameter holds a NUL byte")));
    }
}

void BaseTx::check_writable() {
    if (!writable_)
        fail(std::make_exception_ptr(
            DatabaseError("a statement that writes in a read transaction")));
}

TransactionScope::TransactionScope(const Database* database)
    : database_(database), outer_(innermost) {
    check_none(database);
    innermost = this;
}

TransactionScope::~TransactionScope() { innermost = outer_; }

void TransactionScope::check_none(const Database* database) {
    for (auto* s = innermost; s; s = s->outer_) {
        if (s->database_ == database)
            throw DatabaseError("a transaction inside a transaction of the same database");
    }
}

void run_actions(const Actions& actions) noexcept {
    for (const auto& action : actions) action();
}

std::unique_ptr<Database> Database::open(const Options& options) {
    std::string_view url = options.url;
    if (url.starts_with("sqlite:")) return open_sqlite(options);
    if (url.starts_with("postgresql:") || url.starts_with("postgres:"))
        return open_postgresql(options);
    throw DatabaseError("a database url starts with sqlite: or postgresql:");
}

} // namespace nephele::db
