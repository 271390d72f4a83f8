// SPDX-License-Identifier: Apache-2.0
// A byte stream to an OVSDB server and the cutting of it into JSON texts (JSON-RPC on a stream has
// no framing of its own). Used by the client's thread only.
#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace nephele::ovsdb {

/// Cuts a stream into top-level JSON objects by counting brackets outside strings.
class MessageSplitter {
  public:
    /// Calls `take` for each object that `bytes` completes. False when the stream holds something
    /// that is no object, or a message over the limit: the connection is of no use then.
    bool feed(std::string_view bytes, const std::function<void(std::string_view)>& take);

  private:
    std::string message_;
    int depth_ = 0;
    bool in_string_ = false;
    bool escaped_ = false;
};

class Connection {
  public:
    ~Connection() { close(); }
    Connection() = default;
    Connection(const Connection&) = delete;

    /// `remote` is "unix:/path" or "tcp:host:port" ("tcp:[::1]:6641"). On failure the reason, else
    /// empty.
    std::string open(const std::string& remote, int timeout_ms);
    void close();
    int descriptor() const { return fd_; }

    enum class Result { again, closed };
    /// Appends what has arrived.
    Result receive(std::string& into);
    /// Sends from the front of `from` and removes what went out.
    Result send(std::string& from);

  private:
    int fd_ = -1;
};

} // namespace nephele::ovsdb
