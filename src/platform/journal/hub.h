// SPDX-License-Identifier: Apache-2.0
// One reader of the journal for everybody in this process: it reads each record once and tells the
// subscribers, in order. Commits wake it at once, those of other nodes too as long as hints come
// through (PostgreSQL); else it looks every poll_ms.
#pragma once
#include "platform/journal/journal.h"

#include <functional>
#include <memory>
#include <string>

namespace nephele::journal {

struct HubOptions {
    int poll_ms = 200;
    int batch = 500; ///< records read at once
};

class Hub {
  public:
    /// Reads from the journal's end at this moment. Nothing runs before start().
    explicit Hub(db::Database& database, HubOptions options = {});
    ~Hub();
    Hub(const Hub&) = delete;

    void start();
    /// Also ends every wait().
    void stop();
    /// What the hub's thread does at each wake-up, in the calling thread (tests, simulation);
    /// returns the number of records read.
    std::size_t pump();

    /// Up to where the subscribers have been told.
    std::string position() const;

    /// Called on the hub's thread with each batch, until the handle is dropped. Must be quick, must
    /// not throw, and neither subscribe nor drop a handle. A page may be `lost`: then anything may
    /// have changed.
    using Heard = std::function<void(const Page&)>;
    struct Subscription {
        std::string from; ///< what lies after this will be heard; earlier records are for read()
        std::shared_ptr<void> handle;
    };
    [[nodiscard]] Subscription subscribe(Heard heard);

    /// Blocks until there is something after the cursor; false when the time is over or the hub
    /// stops.
    bool wait(const std::string& cursor, int timeout_ms);
    bool stopped() const;
    /// Something may be new.
    void notify();

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_; ///< shared with the handles
};

} // namespace nephele::journal
