// SPDX-License-Identifier: Apache-2.0
// A client of one database of an OVSDB server (RFC 7047). A thread of its own keeps the connection,
// a local replica of the watched columns, and reconnects for as long as the object lives.
//
// The server sends the "update" of a transaction before its reply, so when transact() returns, the
// replica shows what the transaction did.
#pragma once
#include "engines/ovsdb/operations.h"
#include "engines/ovsdb/replica.h"
#include "platform/fault/fault.h"

#include <functional>
#include <memory>

namespace nephele::ovsdb {

/// Columns to keep a replica of. Those that the server's schema does not have are left out.
struct Watch {
    std::string table;
    std::vector<std::string> columns;
};

struct ClientOptions {
    std::string remote; ///< "unix:/path" or "tcp:host:port"; several with commas, tried in turn
    std::string database;
    std::vector<Watch> watches;
    /// Declares the indexes of the replica.
    std::function<void(Replica&)> prepare;
    int probe_ms = 5'000; ///< an echo after so much silence; after three times that, reconnect
    int backoff_ms_max = 4'000;
};

/// The server refused the transaction; nothing of it happened.
class TransactionFailure : public EngineFailure {
  public:
    TransactionFailure(Kind kind, const std::string& message, std::string error_name, int index)
        : EngineFailure(kind, message), error(std::move(error_name)), operation(index) {}
    std::string error; ///< RFC 7047 name: "constraint violation", "timed out", ...
    int operation;     ///< index of the operation, or their number when the commit failed
};

class Client {
  public:
    explicit Client(ClientOptions options);
    ~Client();
    Client(const Client&) = delete;

    /// True while connected and the replica is complete.
    bool ready() const;
    bool wait_ready(int timeout_ms);
    /// Why the last attempt to connect failed, or why the connection ended.
    std::string last_problem() const;
    /// Whether the server's schema has it; false before the first connection.
    bool has_column(const std::string& table, const std::string& column) const;

    /// Calls `look` with the replica locked: be quick, and do not call the client from inside.
    void read(const std::function<void(const Replica&)>& look) const;
    /// Waits until the predicate holds on the replica; false after the timeout.
    bool wait_until(const std::function<bool(const Replica&)>& predicate, int timeout_ms);

    /// Called on the client's thread with what changed, after the replica shows it. Must not block
    /// and must not call transact(). Register before changes matter; there is no removal.
    void on_change(std::function<void(const std::vector<Change>&)> callback);
    /// Called on the client's thread when ready() changes.
    void on_ready(std::function<void(bool)> callback);

    /// Runs the operations as one transaction and returns a result for each. Waits for a connection
    /// within the timeout. Throws TransactionFailure when the server refuses, EngineFailure
    /// `transient` when nothing was sent, `unknown` when it was sent and no reply came.
    Json::Array transact(const Json::Array& operations, int timeout_ms = 30'000);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nephele::ovsdb
