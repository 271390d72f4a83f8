// SPDX-License-Identifier: Apache-2.0
// SQLite: a writer connection behind the group writer, a pool of read-only connections (WAL gives
// each its snapshot). The only file that includes sqlite3.h.
#include "base/strings.h"
#include "platform/db/connection_pool.h"
#include "platform/db/copied_rows.h"
#include "platform/db/group_writer.h"
#include "platform/db/scratch_dir.h"

#include <algorithm>
#include <optional>
#include <sqlite3.h>
#include <unordered_map>

namespace nephele::db {

namespace {

constexpr int busy_timeout_ms = 10'000;
constexpr std::size_t statement_limit = 256; ///< cached a connection
constexpr int extended_mask = 0xff;

std::exception_ptr constraint_error(int code, const std::string& message) {
    // "UNIQUE constraint failed: users.domain_id, users.name"
    std::size_t colon = message.find(": ");
    std::string columns = colon == std::string::npos ? "" : message.substr(colon + 2);
    using Kind = ConstraintError::Kind;
    switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return std::make_exception_ptr(ConstraintError(Kind::unique, columns, message));
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return std::make_exception_ptr(ConstraintError(Kind::foreign_key, columns, message));
    case SQLITE_CONSTRAINT_NOTNULL:
        return std::make_exception_ptr(ConstraintError(Kind::not_null, columns, message));
    case SQLITE_CONSTRAINT_CHECK:
        return std::make_exception_ptr(ConstraintError(Kind::check, columns, message));
    default:
        return std::make_exception_ptr(DatabaseError(message));
    }
}

std::exception_ptr error_of(sqlite3* handle, std::string_view sql) {
    int code = sqlite3_extended_errcode(handle);
    std::string message = sqlite3_errmsg(handle);
    switch (code & extended_mask) {
    case SQLITE_CONSTRAINT:
        return constraint_error(code, message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_CANTOPEN:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_READONLY: // The file itself: statements that write are refused before.
    case SQLITE_PROTOCOL:
    case SQLITE_INTERRUPT:
        return std::make_exception_ptr(Unavailable("SQLite: " + message));
    default:
        return std::make_exception_ptr(
            DatabaseError("SQLite: " + message + " in: " + std::string(sql)));
    }
}

class StatementRow : public Row {
  public:
    explicit StatementRow(sqlite3_stmt* s) : s_(s) {}
    bool is_null(int c) const override { return sqlite3_column_type(s_, c) == SQLITE_NULL; }
    std::int64_t integer(int c) const override { return sqlite3_column_int64(s_, c); }
    double real(int c) const override { return sqlite3_column_double(s_, c); }
    std::string_view text(int c) const override {
        const void* data = sqlite3_column_type(s_, c) == SQLITE_BLOB
                               ? sqlite3_column_blob(s_, c)
                               : static_cast<const void*>(sqlite3_column_text(s_, c));
        if (!data) return {};
        return {static_cast<const char*>(data),
                static_cast<std::size_t>(sqlite3_column_bytes(s_, c))};
    }
    int columns() const override { return sqlite3_column_count(s_); }

  private:
    sqlite3_stmt* s_;
};

void copy_row(CopiedRows& rows, const StatementRow& row, sqlite3_stmt* statement) {
    rows.begin_row(row.columns());
    for (int c = 0; c < row.columns(); ++c) {
        switch (sqlite3_column_type(statement, c)) {
        case SQLITE_NULL:
            rows.add_null();
            break;
        case SQLITE_BLOB:
            rows.add(0, 0, row.text(c));
            break;
        default:
            rows.add(row.integer(c), row.real(c), row.text(c));
        }
    }
}

/// One connection with its prepared statements. Used by one thread at a time.
class Connection {
  public:
    Connection(const std::string& path, int flags) {
        int rc = sqlite3_open_v2(path.c_str(), &handle_, flags | SQLITE_OPEN_NOMUTEX, nullptr);
        if (rc != SQLITE_OK) {
            std::string why = handle_ ? sqlite3_errmsg(handle_) : "out of memory";
            sqlite3_close_v2(handle_);
            throw Unavailable("cannot open " + path + ": " + why);
        }
        sqlite3_extended_result_codes(handle_, 1);
        sqlite3_busy_timeout(handle_, busy_timeout_ms);
        // "name" is a column, never a text: as PostgreSQL has it.
        sqlite3_db_config(handle_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
        sqlite3_db_config(handle_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
        sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    }
    ~Connection() {
        drop_idle();
        sqlite3_close_v2(handle_);
    }
    Connection(const Connection&) = delete;

    sqlite3* handle() { return handle_; }
    void run(const char* sql) {
        if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
            std::rethrow_exception(error_of(handle_, sql));
    }

    struct Idle; ///< the idle prepared statements of one SQL text
    /// A prepared statement for the time of one execution.
    class Lease {
      public:
        Lease(Connection& connection, std::string_view sql);
        ~Lease();
        Lease(const Lease&) = delete;
        sqlite3_stmt* get() { return statement_; }

      private:
        Connection& connection_;
        Idle* idle_ = nullptr; ///< null for DDL, which is not kept
        sqlite3_stmt* statement_ = nullptr;
    };

    struct Idle {
        std::vector<sqlite3_stmt*> statements;
        int leased = 0;
        std::uint64_t last_use = 0;
    };

  private:
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    sqlite3_stmt* prepare(std::string_view sql, bool keep);
    Idle& idle_for(std::string_view sql);
    void drop_idle(std::uint64_t used_before = UINT64_MAX);

    sqlite3* handle_ = nullptr;
    std::unordered_map<std::string, Idle, Hash, std::equal_to<>> cache_;
    std::uint64_t uses_ = 0;
};

sqlite3_stmt* Connection::prepare(std::string_view sql, bool keep) {
    std::string text = sqlite_text(sql);
    sqlite3_stmt* statement = nullptr;
    const char* rest = nullptr;
    int rc = sqlite3_prepare_v3(handle_, text.c_str(), static_cast<int>(text.size() + 1),
                                keep ? SQLITE_PREPARE_PERSISTENT : 0, &statement, &rest);
    if (rc != SQLITE_OK) std::rethrow_exception(error_of(handle_, sql));
    if (!statement) throw DatabaseError("an empty statement");
    if (trim(rest).find_first_not_of("; \t\r\n") != std::string_view::npos) {
        sqlite3_finalize(statement);
        throw DatabaseError("more than one statement in: " + text);
    }
    return statement;
}

Connection::Idle& Connection::idle_for(std::string_view sql) {
    auto found = cache_.find(sql);
    if (found == cache_.end()) {
        if (cache_.size() >= statement_limit) {
            // Drop the half that was not used for longest.
            std::vector<std::uint64_t> times;
            for (auto& [text, idle] : cache_) times.push_back(idle.last_use);
            std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
            drop_idle(times[times.size() / 2]);
        }
        found = cache_.try_emplace(std::string(sql)).first;
    }
    found->second.last_use = ++uses_;
    return found->second;
}

void Connection::drop_idle(std::uint64_t used_before) {
    for (auto at = cache_.begin(); at != cache_.end();) {
        if (at->second.last_use >= used_before || at->second.leased) {
            ++at;
            continue;
        }
        for (sqlite3_stmt* statement : at->second.statements) sqlite3_finalize(statement);
        at = cache_.erase(at);
    }
}

Connection::Lease::Lease(Connection& connection, std::string_view sql) : connection_(connection) {
    if (is_ddl(sql)) {
        statement_ = connection_.prepare(sql, false);
        return;
    }
    Idle& idle = connection_.idle_for(sql);
    if (idle.statements.empty()) {
        statement_ = connection_.prepare(sql, true);
    } else {
        statement_ = idle.statements.back();
        idle.statements.pop_back();
    }
    ++idle.leased;
    idle_ = &idle; // Elements of an unordered_map stay where they are.
}

Connection::Lease::~Lease() {
    if (!idle_) {
        sqlite3_finalize(statement_);
        return;
    }
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
    idle_->statements.push_back(statement_);
    --idle_->leased;
}

int bind(sqlite3_stmt* statement, int at, const Value& value) {
    if (auto* v = std::get_if<std::int64_t>(&value)) return sqlite3_bind_int64(statement, at, *v);
    if (auto* v = std::get_if<double>(&value)) return sqlite3_bind_double(statement, at, *v);
    if (auto* v = std::get_if<std::string>(&value))
        return sqlite3_bind_text64(statement, at, v->data(), v->size(), SQLITE_STATIC, SQLITE_UTF8);
    if (auto* v = std::get_if<Blob>(&value))
        return sqlite3_bind_blob64(statement, at, v->bytes.data(), v->bytes.size(), SQLITE_STATIC);
    return sqlite3_bind_null(statement, at);
}

class SqliteTx : public BaseTx {
  public:
    SqliteTx(Connection& connection, Hints& hints, bool writable)
        : BaseTx(hints, writable), connection_(connection) {}
    Dialect dialect() const override { return Dialect::sqlite; }

    void each(std::string_view sql, std::span<const Value> params,
              const std::function<void(const Row&)>& callback) override {
        check_call(params);
        if (writable()) {
            CopiedRows rows;
            {
                Ready ready(*this, sql, params);
                StatementRow row(ready.get());
                while (ready.step()) copy_row(rows, row, ready.get());
            }
            rows.for_each(callback);
        } else {
            Ready ready(*this, sql, params);
            StatementRow row(ready.get());
            while (ready.step()) callback(row);
        }
    }

    std::int64_t exec(std::string_view sql, std::span<const Value> params) override {
        check_call(params);
        check_writable();
        sqlite3* handle = connection_.handle();
        std::int64_t before = sqlite3_total_changes64(handle);
        Ready ready(*this, sql, params);
        while (ready.step()) {
        }
        // What changes() says is older than a statement that changed nothing.
        return sqlite3_total_changes64(handle) == before ? 0 : sqlite3_changes64(handle);
    }

    /// Constraints that wait for the commit would otherwise fail the whole group there.
    void check_deferred_constraints() {
        int current = 0, high = 0;
        sqlite3_db_status(connection_.handle(), SQLITE_DBSTATUS_DEFERRED_FKS, &current, &high, 0);
        if (current)
            throw ConstraintError(ConstraintError::Kind::foreign_key, "",
                                  "FOREIGN KEY constraint failed");
    }

  private:
    /// A statement with its parameters, ready to step; failures mark the transaction.
    class Ready {
      public:
        Ready(SqliteTx& tx, std::string_view sql, std::span<const Value> params)
            : tx_(tx), sql_(sql) {
            try {
                lease_.emplace(tx.connection_, sql);
            } catch (const std::runtime_error&) {
                tx.fail(std::current_exception());
            }
            int wanted = sqlite3_bind_parameter_count(get());
            if (wanted != static_cast<int>(params.size()))
                refuse(format("{} parameters for {}", params.size(), wanted));
            if (!tx.writable() && !sqlite3_stmt_readonly(get())) tx.check_writable();
            for (int i = 0; i < wanted; ++i) {
                if (bind(get(), i + 1, params[i]) != SQLITE_OK)
                    tx.fail(error_of(tx.connection_.handle(), sql));
            }
        }
        sqlite3_stmt* get() { return lease_->get(); }
        bool step() {
            int rc = sqlite3_step(get());
            if (rc == SQLITE_ROW) return true;
            if (rc != SQLITE_DONE) tx_.fail(error_of(tx_.connection_.handle(), sql_));
            return false;
        }

      private:
        [[noreturn]] void refuse(const std::string& why) {
            tx_.fail(std::make_exception_ptr(DatabaseError(why + " in: " + std::string(sql_))));
        }
        SqliteTx& tx_;
        std::string_view sql_;
        std::optional<Connection::Lease> lease_;
    };
    Connection& connection_;
};

/// Runs BEGIN, COMMIT and the like through the statement cache.
void control(Connection& connection, std::string_view sql) {
    Connection::Lease lease(connection, sql);
    if (sqlite3_step(lease.get()) != SQLITE_DONE)
        std::rethrow_exception(error_of(connection.handle(), sql));
}

bool in_transaction(Connection& connection) {
    return sqlite3_get_autocommit(connection.handle()) == 0;
}

void roll_back(Connection& connection) noexcept {
    if (in_transaction(connection))
        sqlite3_exec(connection.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

/// One job's part of the group's transaction.
class Savepoint {
  public:
    explicit Savepoint(Connection& connection) : connection_(connection) {
        control(connection_, "SAVEPOINT job");
    }
    void release() {
        control(connection_, "RELEASE job");
        released_ = true;
    }
    ~Savepoint() {
        if (released_ || !in_transaction(connection_)) return;
        const char* undo = "ROLLBACK TO job; RELEASE job";
        if (sqlite3_exec(connection_.handle(), undo, nullptr, nullptr, nullptr) != SQLITE_OK)
            roll_back(connection_); // Half a job must not be committed: the group goes with it.
    }

  private:
    Connection& connection_;
    bool released_ = false;
};

class SqliteStore : public GroupStore {
  public:
    SqliteStore(const Database* database, Hints& hints, const std::string& path, bool durable)
        : database_(database), hints_(hints),
          connection_(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) {
        connection_.run("PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON;"
                        "PRAGMA case_sensitive_like=ON; PRAGMA temp_store=MEMORY;"
                        "PRAGMA wal_autocheckpoint=1000; PRAGMA journal_size_limit=67108864;"
                        "PRAGMA cache_size=-8000;");
        connection_.run(durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=OFF");
    }
    void begin() override { control(connection_, "BEGIN IMMEDIATE"); }
    void run(const Body& body, Actions& actions) override {
        TransactionScope scope(database_);
        Savepoint savepoint(connection_);
        SqliteTx tx(connection_, hints_, true);
        body(tx);
        tx.throw_if_failed();
        tx.check_deferred_constraints();
        savepoint.release();
        actions = tx.take_actions();
    }
    bool in_transaction() const override { return db::in_transaction(connection_); }
    void commit() override { control(connection_, "COMMIT"); }
    void rollback() noexcept override { roll_back(connection_); }

  private:
    const Database* database_;
    Hints& hints_;
    mutable Connection connection_;
};

class SqliteDatabase : public Database {
  public:
    SqliteDatabase(std::unique_ptr<ScratchDir> scratch, const std::string& path, int readers)
        : scratch_(std::move(scratch)), path_(path), store_(this, hints(), path, !scratch_),
          readers_(readers, [this] { return open_reader(); }), writer_(store_) {}

    Dialect dialect() const override { return Dialect::sqlite; }
    void migrate(const std::vector<Migration>& migrations) override {
        apply_migrations(Dialect::sqlite, migrations, [&](const std::vector<Body>& bodies) {
            TransactionScope::check_none(this);
            writer_.write_in_order(bodies);
        });
    }
    Stats stats() const override { return {reads_, writer_.jobs(), writer_.commits(), 0}; }

  protected:
    void write_tx(const Body& body) override {
        TransactionScope::check_none(this);
        writer_.write(body);
    }
    void read_tx(const Body& body) override {
        run_actions(read_snapshot(body));
        ++reads_;
    }

  private:
    Actions read_snapshot(const Body& body) {
        TransactionScope scope(this);
        auto lease = readers_.acquire();
        control(*lease, "BEGIN"); // The snapshot is taken by the first statement that reads.
        struct End {
            Connection& connection;
            ~End() { roll_back(connection); }
        } end{*lease};
        SqliteTx tx(*lease, hints(), false);
        body(tx);
        tx.throw_if_failed();
        return tx.take_actions();
    }
    std::unique_ptr<Connection> open_reader() {
        auto connection = std::make_unique<Connection>(path_, SQLITE_OPEN_READONLY);
        // Not mmap: every connection would map the file for itself, and each mapping counts in the
        // process's memory (some 20 MB of file on nine connections were 180 MB).
        connection->run("PRAGMA case_sensitive_like=ON; PRAGMA temp_store=MEMORY;"
                        "PRAGMA cache_size=-3000");
        return connection;
    }

    std::unique_ptr<ScratchDir> scratch_; ///< set for "sqlite::memory:"
    std::string path_;
    SqliteStore store_; ///< its connection closes last, and so folds the WAL into the file
    ConnectionPool<Connection> readers_;
    std::atomic<std::uint64_t> reads_{0};
    GroupWriter writer_;
};

} // namespace

std::unique_ptr<Database> open_sqlite(const Options& options) {
    // Counting every allocation under one lock costs more than it tells.
    [[maybe_unused]] static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    std::string path = options.url.substr(std::string_view("sqlite:").size());
    std::unique_ptr<ScratchDir> scratch;
    if (path == ":memory:") {
        // SQLite's own memory databases give several connections no snapshots. A file on a RAM
        // disk, never synchronized, behaves as the real thing.
        scratch = std::make_unique<ScratchDir>();
        path = scratch->path() + "/memory.db";
    }
    return std::make_unique<SqliteDatabase>(std::move(scratch), path, options.readers);
}

} // namespace nephele::db
