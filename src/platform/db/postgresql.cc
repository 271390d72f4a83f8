// SPDX-License-Identifier: Apache-2.0
// PostgreSQL: a pool of connections, serializable writes that are run again when they lose against
// another, repeatable-read snapshots.
#include "base/strings.h"
#include "platform/db/connection_pool.h"
#include "platform/db/internal.h"
#include "platform/db/postgresql_bell.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <deque>
#include <libpq-fe.h>
#include <optional>
#include <random>
#include <thread>
#include <unordered_map>

namespace nephele::db {

namespace {

constexpr std::size_t statement_limit = 256; ///< prepared a connection
constexpr int pause_limit_ms = 100;          ///< between two attempts of a transaction
constexpr int polite_retries = 3;            ///< after these, contenders of this process take turns
/// Any number that no other program on the database uses: "nephele" in ASCII.
constexpr const char* migration_lock = "SELECT pg_advisory_xact_lock(31072841650857061)";
constexpr const char* begin_write = "BEGIN ISOLATION LEVEL SERIALIZABLE";
constexpr const char* begin_read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// A migration must see what the node that held the lock before has committed.
constexpr const char* begin_migration = "BEGIN ISOLATION LEVEL READ COMMITTED";

// From the server's catalog/pg_type.h, which libpq does not install.
constexpr Oid oid_bool = 16, oid_bytea = 17, oid_int8 = 20, oid_text = 25, oid_float8 = 701;

struct Clear {
    void operator()(PGresult* r) const { PQclear(r); }
};
using Result = std::unique_ptr<PGresult, Clear>;

std::string field(const PGresult* result, int code) {
    const char* text = result ? PQresultErrorField(result, code) : nullptr;
    return text ? text : "";
}

/// The constraint's name and its columns: "users_name_key users (domain_id, name)".
std::string constraint_text(const PGresult* result) {
    std::string text = field(result, PG_DIAG_CONSTRAINT_NAME);
    std::string table = field(result, PG_DIAG_TABLE_NAME);
    std::string column = field(result, PG_DIAG_COLUMN_NAME);
    if (!column.empty()) return text + " " + table + "." + column;
    // "Key (domain_id, name)=(default, admin) already exists.", whatever the server's language.
    std::string detail = field(result, PG_DIAG_MESSAGE_DETAIL);
    std::size_t open = detail.find('('), close = detail.find(")=(");
    if (open == std::string::npos || close == std::string::npos || close < open) return text;
    return text + " " + table + " " + detail.substr(open, close + 1 - open);
}

std::exception_ptr constraint_error(const std::string& state, const PGresult* result,
                                    const std::string& message) {
    using Kind = ConstraintError::Kind;
    Kind kind = Kind::unique; // 23505, and 23P01 of EXCLUDE
    if (state == "23503") kind = Kind::foreign_key;
    if (state == "23502") kind = Kind::not_null;
    if (state == "23514") kind = Kind::check;
    return std::make_exception_ptr(ConstraintError(kind, constraint_text(result), message));
}

class PostgresRow : public Row {
  public:
    explicit PostgresRow(const PGresult* result) : result_(result), columns_(PQnfields(result)) {}
    void move_to(int row) {
        row_ = row;
        decoded_.clear();
    }
    bool is_null(int c) const override { return PQgetisnull(result_, row_, checked(c)) != 0; }
    std::int64_t integer(int c) const override {
        std::string_view value = raw(c);
        if (PQftype(result_, c) == oid_bool) return value == "t";
        if (auto number = to_int(value)) return *number;
        return static_cast<std::int64_t>(real(c)); // numeric, double precision
    }
    double real(int c) const override { return to_double(raw(c)).value_or(0); }
    std::string_view text(int c) const override {
        std::string_view value = raw(c);
        if (PQftype(result_, c) != oid_bytea || is_null(c)) return value;
        decoded_.push_back(hex_decode(value.substr(2)).value_or("")); // "\x0a0b"
        return decoded_.back();
    }
    int columns() const override { return columns_; }

  private:
    int checked(int c) const {
        if (c < 0 || c >= columns_) throw DatabaseError("a column outside the row");
        return c;
    }
    std::string_view raw(int c) const {
        return {PQgetvalue(result_, row_, checked(c)),
                static_cast<std::size_t>(PQgetlength(result_, row_, c))};
    }
    const PGresult* result_;
    int columns_, row_ = 0;
    mutable std::deque<std::string> decoded_; ///< grows without moving what was handed out
};

/// Parameters as libpq takes them, in binary form: no text with a hidden end, no rounding.
class Arguments {
  public:
    explicit Arguments(std::span<const Value> params) : numbers_(params.size()) {
        for (std::size_t i = 0; i < params.size(); ++i)
            std::visit([&](auto& v) { add(v, i); }, params[i]);
        formats_.assign(params.size(), 1);
    }
    int count() const { return static_cast<int>(values_.size()); }
    const Oid* types() const { return types_.data(); }
    const char* const* values() const { return values_.data(); }
    const int* lengths() const { return lengths_.data(); }
    const int* formats() const { return formats_.data(); }
    /// The server plans a statement for the types it is given, so they are part of its name.
    void append_types(std::string& key) const {
        for (Oid type : types_) key += static_cast<char>('A' + type % 23);
    }

  private:
    void add(const std::monostate&, std::size_t) { put(0, nullptr, 0); }
    void add(const std::int64_t& v, std::size_t at) {
        number(oid_int8, static_cast<std::uint64_t>(v), at);
    }
    void add(const double& v, std::size_t at) {
        std::uint64_t bits;
        std::memcpy(&bits, &v, sizeof bits);
        number(oid_float8, bits, at);
    }
    void add(const std::string& v, std::size_t) { put(oid_text, v.data(), v.size()); }
    void add(const Blob& v, std::size_t) { put(oid_bytea, v.bytes.data(), v.bytes.size()); }
    void number(Oid type, std::uint64_t bits, std::size_t at) {
        for (int i = 0; i < 8; ++i) numbers_[at].bytes[i] = static_cast<char>(bits >> (56 - 8 * i));
        put(type, numbers_[at].bytes, 8);
    }
    void put(Oid type, const char* data, std::size_t size) {
        types_.push_back(type);
        values_.push_back(data);
        lengths_.push_back(static_cast<int>(size));
    }
    struct Number {
        char bytes[8];
    };
    std::vector<Number> numbers_;
    std::vector<Oid> types_;
    std::vector<const char*> values_;
    std::vector<int> lengths_, formats_;
};

/// One connection with its prepared statements.
class Link {
  public:
    explicit Link(const std::string& url) {
        // What the url says wins over what stands before it.
        // A node that died inside a transaction must not hold its locks, nor the journal's readers.
        const char* keys[] = {"application_name", "connect_timeout", "client_encoding",
                              "options",          "dbname",          nullptr};
        const char* values[] = {"nephele",   "10",
                                "UTF8",      "-c idle_in_transaction_session_timeout=60000",
                                url.c_str(), nullptr};
        connection_ = PQconnectdbParams(keys, values, 1);
        if (PQstatus(connection_) != CONNECTION_OK) {
            std::string why(trim(PQerrorMessage(connection_)));
            PQfinish(connection_);
            throw Unavailable("PostgreSQL: " + why);
        }
        PQsetNoticeProcessor(
            connection_, [](void*, const char*) {}, nullptr);
    }
    ~Link() { PQfinish(connection_); }
    Link(const Link&) = delete;

    bool fresh() const { return fresh_; }
    /// False when this connection must not be used again.
    bool usable() const {
        return !stale_ && PQstatus(connection_) == CONNECTION_OK &&
               PQtransactionStatus(connection_) == PQTRANS_IDLE;
    }
    bool in_transaction() const {
        PGTransactionStatusType status = PQtransactionStatus(connection_);
        return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
    }

    /// BEGIN, COMMIT and the like.
    void control(const char* sql) {
        Result result(PQexec(connection_, sql));
        fresh_ = false;
        check(result.get(), sql, true);
        if (std::string_view(sql) == "COMMIT" &&
            std::string_view(PQcmdStatus(result.get())) != "COMMIT")
            throw DatabaseError("a failed transaction was committed");
    }
    void roll_back() noexcept { Result result(PQexec(connection_, "ROLLBACK")); }

    Result run(std::string_view sql, std::span<const Value> params, bool writable) {
        Arguments arguments(params);
        if (is_ddl(sql)) {
            std::string text = spelled(sql, params.size());
            Result result(PQexecParams(connection_, text.c_str(), arguments.count(),
                                       arguments.types(), arguments.values(), arguments.lengths(),
                                       arguments.formats(), 0));
            check(result.get(), sql, writable);
            return result;
        }
        const std::string& name = prepared(sql, arguments, writable);
        Result result(PQexecPrepared(connection_, name.c_str(), arguments.count(),
                                     arguments.values(), arguments.lengths(), arguments.formats(),
                                     0));
        check(result.get(), sql, writable);
        return result;
    }

  private:
    static std::string spelled(std::string_view sql, std::size_t given) {
        int wanted = 0;
        std::string text = postgresql_text(sql, &wanted);
        if (wanted != static_cast<int>(given))
            throw DatabaseError(format("{} parameters for {} in: {}", given, wanted, sql));
        return text;
    }
    const std::string& prepared(std::string_view sql, const Arguments& arguments, bool writable);
    void check(const PGresult* result, std::string_view sql, bool writable);

    PGconn* connection_ = nullptr;
    std::unordered_map<std::string, std::string> statements_; ///< SQL and types to name
    std::uint64_t prepared_count_ = 0;
    bool fresh_ = true, stale_ = false;
};

const std::string& Link::prepared(std::string_view sql, const Arguments& arguments, bool writable) {
    std::string key(sql);
    key += '\0';
    arguments.append_types(key);
    auto found = statements_.find(key);
    if (found != statements_.end()) return found->second;
    std::string text = spelled(sql, arguments.count());
    if (statements_.size() >= statement_limit) {
        control("DEALLOCATE ALL");
        statements_.clear();
    }
    std::string name = "s" + std::to_string(++prepared_count_);
    Result result(
        PQprepare(connection_, name.c_str(), text.c_str(), arguments.count(), arguments.types()));
    check(result.get(), sql, writable);
    return statements_.emplace(std::move(key), std::move(name)).first->second;
}

void Link::check(const PGresult* result, std::string_view sql, bool writable) {
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return;
    std::string state = field(result, PG_DIAG_SQLSTATE);
    std::string message = field(result, PG_DIAG_MESSAGE_PRIMARY);
    if (message.empty()) message = trim(PQerrorMessage(connection_));
    message = "PostgreSQL: " + message;
    std::string_view kind = std::string_view(state).substr(0, 2);
    bool replanned = state == "0A000" && message.find("cached plan") != std::string::npos;
    // The server became a standby under us: another connection may find the new primary.
    bool demoted = state == "25006" && writable;
    // Only the server gives a state: without one the connection broke, whatever its status says.
    bool lost = state.empty();
    if (replanned || demoted || lost) stale_ = true;

    if (state == "40001" || state == "40P01" || state == "55P03" || (replanned && writable))
        throw SerializationError(message);
    if (kind == "23") std::rethrow_exception(constraint_error(state, result, message));
    bool away = kind == "08" || kind == "53" || kind == "57" || kind == "58" || kind == "XX";
    if (away || replanned || demoted || lost || PQstatus(connection_) != CONNECTION_OK)
        throw Unavailable(message);
    throw DatabaseError(message + " in: " + std::string(sql));
}

class PostgresTx : public BaseTx {
  public:
    PostgresTx(Link& link, Hints& hints, bool writable) : BaseTx(hints, writable), link_(link) {}
    Dialect dialect() const override { return Dialect::postgresql; }

    void each(std::string_view sql, std::span<const Value> params,
              const std::function<void(const Row&)>& callback) override {
        Result result = run(sql, params);
        PostgresRow row(result.get());
        int rows = PQntuples(result.get());
        for (int i = 0; i < rows; ++i) {
            row.move_to(i);
            callback(row);
        }
    }

    std::int64_t exec(std::string_view sql, std::span<const Value> params) override {
        throw_if_failed();
        check_writable();
        Result result = run(sql, params);
        if (std::string_view(PQcmdStatus(result.get())).starts_with("SELECT")) return 0;
        return to_int(PQcmdTuples(result.get())).value_or(0);
    }

  private:
    Result run(std::string_view sql, std::span<const Value> params) {
        check_call(params);
        try {
            return link_.run(sql, params, writable());
        } catch (const std::runtime_error&) {
            fail(std::current_exception());
        }
    }
    Link& link_;
};

void pause_before(int attempt) {
    thread_local std::minstd_rand random(
        static_cast<unsigned>(std::hash<std::thread::id>()(std::this_thread::get_id())));
    int limit_ms = std::min(1 << std::min(attempt, 10), pause_limit_ms);
    std::uniform_int_distribution<int> pick(0, limit_ms * 1000);
    std::this_thread::sleep_for(std::chrono::microseconds(pick(random)));
}

class PostgresDatabase : public Database {
  public:
    explicit PostgresDatabase(const Options& options)
        : max_retries_(options.max_retries),
          pool_(options.readers, [url = options.url] { return std::make_unique<Link>(url); }) {
        pool_.acquire(); // A wrong url is told at the start, not at the first request.
        // Not NOTIFY in the transaction itself: all commits that hold one wait for each other.
        bell_.emplace(options.url, [this](const std::string& channel) { hints().tell(channel); });
        hints().carry_to([this](const std::string& channel) { bell_->ring(channel); });
    }

    Dialect dialect() const override { return Dialect::postgresql; }
    Stats stats() const override { return {reads_, writes_, commits_, retries_}; }
    void migrate(const std::vector<Migration>& migrations) override {
        apply_migrations(Dialect::postgresql, migrations, [&](const std::vector<Body>& bodies) {
            for (const Body& body : bodies)
                run_actions(transaction(body, begin_migration, true, migration_lock));
        });
    }

  protected:
    void read_tx(const Body& body) override {
        run_actions(transaction(body, begin_read, false));
        ++reads_;
    }

    void write_tx(const Body& body) override {
        ++writes_;
        for (int attempt = 0;; ++attempt) {
            try {
                // Taken before a connection is, so that nobody who holds one waits for it.
                std::unique_lock turn(turns_, std::defer_lock);
                if (attempt > polite_retries) turn.lock();
                Actions actions = transaction(body, begin_write, true);
                if (turn.owns_lock()) turn.unlock();
                ++commits_;
                run_actions(actions);
                return;
            } catch (const SerializationError& e) {
                if (attempt >= max_retries_)
                    throw Unavailable(
                        format("{} attempts lost against others: {}", attempt + 1, e.what()));
            }
            ++retries_;
            pause_before(attempt);
        }
    }

  private:
    using Lease = ConnectionPool<Link>::Lease;

    /// A connection with an open transaction. One that the server closed while it lay in the pool
    /// is replaced: nothing has been done on it yet.
    Lease begin(const char* sql) {
        while (true) {
            Lease lease = pool_.acquire();
            bool fresh = lease->fresh();
            try {
                lease->control(sql);
                return lease;
            } catch (const Unavailable&) {
                lease.discard();
                if (fresh) throw;
            }
        }
    }

    Actions transaction(const Body& body, const char* begin_sql, bool writable,
                        const char* lock_sql = nullptr) {
        TransactionScope scope(this);
        Lease lease = begin(begin_sql);
        struct End {
            Lease& lease;
            ~End() {
                if (lease->in_transaction()) lease->roll_back();
                if (!lease->usable()) lease.discard();
            }
        } end{lease};
        if (lock_sql) lease->control(lock_sql);
        PostgresTx tx(*lease, hints(), writable);
        body(tx);
        tx.throw_if_failed();
        lease->control("COMMIT");
        return tx.take_actions();
    }

    int max_retries_;
    ConnectionPool<Link> pool_;
    std::optional<PostgresBell> bell_;
    std::mutex turns_;
    std::atomic<std::uint64_t> reads_{0}, writes_{0}, commits_{0}, retries_{0};
};

} // namespace

std::unique_ptr<Database> open_postgresql(const Options& options) {
    return std::make_unique<PostgresDatabase>(options);
}

} // namespace nephele::db
