// SPDX-License-Identifier: Apache-2.0
// Idempotency-Key for handlers that open their own transactions: the key is claimed before they
// begin, so that of several calls with one key only one runs; the others are told so (409) until it
// ends. The answer is kept with the last transaction, the one that makes the effect.
#pragma once
#include "platform/api/idempotency.h"

#include <mutex>
#include <set>

namespace nephele::api {

/// The keys whose handlers run in this process. Claims of a process that died on this node are void
/// at once, those of another node when they were not renewed in time.
class RunningKeys {
  public:
    explicit RunningKeys(const Cloud& cloud);
    const std::string& holder() const { return holder_; }
    void add(const KeyedRequest& request);
    void remove(const KeyedRequest& request);
    void renew(Cloud& cloud);

  private:
    std::string holder_;
    std::mutex mutex_;
    std::set<std::pair<std::string, std::string>> running_;
};

/// One key while the handler of its request runs outside any transaction of the platform.
class KeyClaim {
  public:
    /// Throws Failure(conflict, "IdempotencyKeyInUse") while another call with the key runs.
    KeyClaim(Cloud& cloud, KeyedRequest request);
    ~KeyClaim();
    KeyClaim(const KeyClaim&) = delete;

    /// Set when the request was carried out before: the handler must not run.
    std::optional<http::Response> kept;
    /// Keeps the answer with the effect. Throws Failure(conflict) when the claim was lost
    /// meanwhile.
    void keep(db::Tx& tx, const http::Response& answer);
    bool is_kept() const { return done_; }
    /// The handler failed: a repeat runs it again.
    void release();

  private:
    Cloud& cloud_;
    KeyedRequest request_;
    bool held_ = false, done_ = false;
};

/// Keeps the claims of long uploads.
task::Task renew_keys();

} // namespace nephele::api
