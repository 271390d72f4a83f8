// SPDX-License-Identifier: Apache-2.0
// What the two database engines share. Only files of this folder include it.
#pragma once
#include "platform/db/db.h"

#include <exception>
#include <mutex>

namespace nephele::db {

/// dump.cc's halves that know SQLite.
void dump_sqlite(const std::string& path, const std::string& file);
void restore_sqlite(const std::string& path, const std::string& file);

using Body = std::function<void(Tx&)>;
using Actions = std::vector<std::function<void()>>;

/// Who listens on which channel.
class Hints {
  public:
    std::uint64_t add(std::string channel, std::function<void()> heard);
    /// After its return the listener is not called any more.
    void remove(std::uint64_t number);
    /// The listeners of this process.
    void tell(const std::string& channel);
    /// After a commit: the listeners here, and other processes if there is a way to them.
    void tell_all(const std::string& channel);
    /// Before the first transaction.
    void carry_to(std::function<void(const std::string&)> others) { others_ = std::move(others); }

  private:
    struct Listener {
        std::uint64_t number;
        std::string channel;
        std::function<void()> heard;
    };
    std::mutex mutex_;
    std::vector<Listener> listeners_;
    std::function<void(const std::string&)> others_;
    std::uint64_t last_ = 0;
};

/// The part of a transaction that is the same everywhere. Once a statement has failed the
/// transaction stays failed: PostgreSQL works so, and code that passes its tests on SQLite must not
/// depend on less.
class BaseTx : public Tx {
  public:
    bool writable() const override { return writable_; }
    void on_commit(std::function<void()> action) override { actions_.push_back(std::move(action)); }
    void hint(std::string_view channel) override;
    Actions take_actions() { return std::move(actions_); }
    void throw_if_failed() const {
        if (failure_) std::rethrow_exception(failure_);
    }

  protected:
    BaseTx(Hints& hints, bool writable) : hints_(hints), writable_(writable) {}
    [[noreturn]] void fail(std::exception_ptr error) {
        failure_ = error;
        std::rethrow_exception(error);
    }
    /// What both engines refuse alike before they see the statement.
    void check_call(std::span<const Value> params);
    void check_writable();

  private:
    Hints& hints_;
    bool writable_;
    std::exception_ptr failure_;
    Actions actions_;
    std::vector<std::string> hinted_;
};

/// Marks this thread as being inside a transaction of `database`; a second one inside is our bug
/// (it would wait for itself on SQLite and may exhaust the pool on PostgreSQL).
class TransactionScope {
  public:
    explicit TransactionScope(const Database* database);
    ~TransactionScope();
    TransactionScope(const TransactionScope&) = delete;
    static void check_none(const Database* database);

  private:
    const Database* database_;
    TransactionScope* outer_;
};

/// Actions have nobody to report to after the commit, so they must not throw.
void run_actions(const Actions& actions) noexcept;

bool is_ddl(std::string_view sql);
/// SQL as the layer's users write it, in the engine's own spelling.
std::string sqlite_text(std::string_view sql);
/// Counts the parameters into `parameters` when asked to.
std::string postgresql_text(std::string_view sql, int* parameters = nullptr);

/// Runs the missing migrations. `each_in_order` runs every body in its own transaction, one after
/// the other, exclusively among all nodes, and stops at the first that throws.
void apply_migrations(Dialect dialect, const std::vector<Migration>& migrations,
                      const std::function<void(const std::vector<Body>&)>& each_in_order);

std::unique_ptr<Database> open_sqlite(const Options& options);
std::unique_ptr<Database> open_postgresql(const Options& options);

} // namespace nephele::db
