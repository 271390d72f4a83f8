// SPDX-License-Identifier: Apache-2.0
// LDAP servers: a connection that binds, searches and changes entries, and a pool of them. Blocking
// with deadlines; never inside a transaction.
#pragma once
#include "base/secret.h"
#include "base/time.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nephele::ldap {

struct Settings {
    std::string url; ///< "ldap://host:389"; several with blanks or commas between
    std::string user;
    Secret<std::string> password;
    bool use_tls = false; ///< StartTLS; ldaps:// needs no more than its URL
    std::string ca_file, ca_directory;
    std::string require_certificate = "demand"; ///< or "allow", "never"
    int timeout_seconds = 30;                   ///< of connecting and of each answer
    std::optional<bool> chase_referrals;
    std::string dereference = "default"; ///< or never, searching, finding, always
    int page_size = 0;                   ///< of searches; 0: not paged
};

/// Names of attributes are compared without case.
struct NameOrder {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const;
};
using Attributes = std::map<std::string, std::vector<std::string>, NameOrder>;

struct Entry {
    std::string dn;
    Attributes attributes;
    /// The first value, else the fallback.
    std::string text(std::string_view name, std::string_view fallback = "") const;
};

enum class Depth { base, one, subtree };

struct Modification {
    enum class Kind { add, remove, replace } kind = Kind::replace;
    std::string attribute;
    std::vector<std::string> values; ///< none: the attribute goes
};

/// Throws EngineFailure: transient when the server is away or busy, permanent when it said no.
class Connection {
  public:
    explicit Connection(const Settings& settings);
    ~Connection();
    Connection(const Connection&) = delete;

    /// False: wrong name or password. An empty password is refused here: servers take it for an
    /// anonymous bind and say yes.
    bool bind(const std::string& dn, const Secret<std::string>& password);
    /// A base that is not there gives nothing.
    std::vector<Entry> search(const std::string& base, Depth depth, const std::string& filter,
                              const std::vector<std::string>& attributes = {});
    /// False: there is such an entry already.
    bool add(const std::string& dn, const Attributes& attributes);
    /// False: there is no such entry.
    bool modify(const std::string& dn, const std::vector<Modification>& changes);
    bool remove(const std::string& dn);
    /// By the extended operation, so that the server hashes it.
    bool set_password(const std::string& dn, const Secret<std::string>& password);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Connections that are bound as settings.user, each used by one thread at a time. A connection
/// that failed is dropped; transient failures are tried again on a new one.
class Pool {
  public:
    Pool(Settings settings, std::size_t size, int lifetime_seconds, int retries);
    /// Runs `work` with a connection.
    void with(const std::function<void(Connection&)>& work);
    const Settings& settings() const { return settings_; }

  private:
    struct Idle {
        std::unique_ptr<Connection> connection;
        std::int64_t made_at_ms;
    };
    std::unique_ptr<Connection> make() const;

    Settings settings_;
    std::size_t size_;
    std::int64_t lifetime_ms_;
    int retries_;
    std::mutex mutex_;
    std::vector<Idle> idle_;
};

/// A value within a filter.
std::string escape_filter(std::string_view value);
/// A value within a name: "cn=" + escape_dn(value) + ",ou=..."
std::string escape_dn(std::string_view value);
/// The value of a name's first part: "bob" of "cn=bob,ou=people"; empty when it is no name.
std::string first_value(const std::string& dn);

} // namespace nephele::ldap
