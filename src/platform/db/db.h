// SPDX-License-Identifier: Apache-2.0
// One thin layer over SQLite (embedded) and PostgreSQL (scaled out). SQL is written as SQL, with
// '?' for parameters; the same text runs on both. Column types in DDL: TEXT, BIGINT, DOUBLE
// PRECISION, BLOB (spelled BYTEA on PostgreSQL by the layer). Booleans are BIGINT 0/1, times BIGINT
// microseconds, lists and free-form parts TEXT holding JSON.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace nephele::db {

struct Blob {
    std::string bytes;
};
using Value = std::variant<std::monostate, std::int64_t, double, std::string, Blob>;
using Params = std::vector<Value>;

/// A unique, foreign-key, not-null or check constraint said no. `what_columns` is SQLite's column
/// list
/// ("users.name") or PostgreSQL's constraint name: callers test with mentions().
class ConstraintError : public std::runtime_error {
  public:
    enum class Kind { unique, foreign_key, not_null, check };
    ConstraintError(Kind kind, std::string what_columns, const std::string& message)
        : std::runtime_error(message), kind(kind), what_columns(std::move(what_columns)) {}
    bool mentions(std::string_view word) const {
        return what_columns.find(word) != std::string::npos;
    }
    Kind kind;
    std::string what_columns;
};
/// The transaction lost against another and must be run again from its start. Database::write does
/// so by itself; nobody else catches this.
class SerializationError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};
/// The database is away (connection lost, disk full, shutting down).
class Unavailable : public std::runtime_error {
    using std::runtime_error::runtime_error;
};
/// Wrong SQL or wrong use: our bug.
class DatabaseError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// One row while it is being read. Valid only inside the callback.
class Row {
  public:
    virtual ~Row() = default;
    virtual bool is_null(int column) const = 0;
    virtual std::int64_t integer(int column) const = 0; ///< 0 for NULL
    virtual double real(int column) const = 0;
    virtual std::string_view text(int column) const = 0; ///< "" for NULL; bytes for a BLOB
    virtual int columns() const = 0;
    bool boolean(int column) const { return integer(column) != 0; }
    std::string str(int column) const { return std::string(text(column)); }
};

enum class Dialect { sqlite, postgresql };

/// An open transaction. Only for the thread it was handed to. A statement that failed fails the
/// whole transaction, also when its exception is caught: use ON CONFLICT where a conflict is
/// expected. LIKE tells cases apart and TEXT sorts by bytes on both engines.
class Tx {
  public:
    virtual ~Tx() = default;
    /// Calls `row` for each row of the answer. The statement may be used again from inside.
    virtual void each(std::string_view sql, std::span<const Value> params,
                      const std::function<void(const Row&)>& row) = 0;
    /// Rows changed.
    virtual std::int64_t exec(std::string_view sql, std::span<const Value> params = {}) = 0;
    virtual Dialect dialect() const = 0;
    virtual bool writable() const = 0;
    /// Runs after the commit succeeded and before write() returns, on the committing thread; not at
    /// all on roll-back. Must not throw, and must not write to this database.
    virtual void on_commit(std::function<void()> action) = 0;
    /// Once after the commit, calls who listens on the channel. Only a hint: it may be lost, come
    /// twice, or (other processes) not come at all.
    virtual void hint(std::string_view channel) = 0;

    std::int64_t exec(std::string_view sql, const Params& params) {
        return exec(sql, std::span<const Value>(params));
    }
    void each(std::string_view sql, const Params& params,
              const std::function<void(const Row&)>& row) {
        each(sql, std::span<const Value>(params), row);
    }
    /// True when the query gives a row; `row` sees the first one.
    bool first(std::string_view sql, const Params& params,
               const std::function<void(const Row&)>& row);
    /// First column of the first row as an integer; `fallback` without rows.
    std::int64_t count(std::string_view sql, const Params& params = {}, std::int64_t fallback = 0);
};

/// What one service (or platform part) has appended to the schema. Never edited once landed.
struct Migration {
    std::string name; ///< "keystone.001_users"; unique, applied in list order
    std::vector<std::string> statements;
    /// For one dialect only, when they must differ.
    std::vector<std::string> sqlite, postgresql;
};

struct Options {
    /// "sqlite:/path/file.db", "sqlite::memory:" (private) or a libpq URI "postgresql://...".
    std::string url = "sqlite::memory:";
    int readers = 8;      ///< read-only connections (SQLite) or pooled connections (PostgreSQL)
    int max_retries = 20; ///< of a transaction after SerializationError
};

struct Stats {
    std::uint64_t reads = 0, writes = 0, commits = 0, retries = 0;
};

/// How the simulation reaches into write transactions: told at their borders, it lets the process
/// "die" there (by throwing what no handler catches), the database refuse or the transaction lose
/// against another.
class Probe {
  public:
    enum class Point {
        before, ///< nothing has happened
        inside, ///< the body ran, nothing is committed
        after,  ///< committed
    };
    virtual ~Probe() = default;
    virtual void at(Point point) = 0;
};

class Hints;

class Database {
  public:
    Database();
    virtual ~Database();
    static std::unique_ptr<Database> open(const Options& options);

    virtual Dialect dialect() const = 0;
    /// Applies what is missing, each in its own transaction, in order; safe on several nodes at
    /// once.
    virtual void migrate(const std::vector<Migration>& migrations) = 0;
    virtual Stats stats() const = 0;
    /// Calls `heard` after commits that hinted at the channel, on the committing thread, until the
    /// handle is dropped. `heard` must be quick and use neither the database nor listen().
    [[nodiscard]] std::shared_ptr<void> listen(std::string channel, std::function<void()> heard);
    /// Null: none. Set before the database is used.
    void set_probe(Probe* probe) { probe_ = probe; }

    /// A consistent read-only snapshot.
    template <class F> auto read(F&& body) { return run<F>(std::forward<F>(body), false); }
    /// A serializable transaction: commits when `body` returns, rolls back when it throws. May run
    /// `body` again, so `body` depends on nothing but its inputs and the transaction. On SQLite it
    /// runs on the writer thread, where commits are grouped and durable (synchronous=FULL) before
    /// returning.
    template <class F> auto write(F&& body) { return run<F>(std::forward<F>(body), true); }

  protected:
    virtual void read_tx(const std::function<void(Tx&)>& body) = 0;
    virtual void write_tx(const std::function<void(Tx&)>& body) = 0;
    Hints& hints() { return *hints_; }

  private:
    void probed_write(const std::function<void(Tx&)>& body);

    std::shared_ptr<Hints> hints_; ///< shared with the handles, which may outlive the database
    Probe* probe_ = nullptr;
    template <class F> auto run(F&& body, bool writing) {
        using R = std::invoke_result_t<F, Tx&>;
        auto go = [&](const std::function<void(Tx&)>& f) {
            if (!writing)
                read_tx(f);
            else if (probe_)
                probed_write(f);
            else
                write_tx(f);
        };
        if constexpr (std::is_void_v<R>) {
            go([&](Tx& tx) { body(tx); });
        } else {
            std::unique_ptr<R> result;
            go([&](Tx& tx) { result = std::make_unique<R>(body(tx)); });
            return std::move(*result);
        }
    }
};

} // namespace nephele::db
