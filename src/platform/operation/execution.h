// SPDX-License-Identifier: Apache-2.0
// Carries out one step of one operation: the rules of success, waiting, failure, undo and parking.
// A step in a transaction needs no lease: the transaction that runs it also moves the row on, so of
// two runners one finds the row moved. A step outside of one is leased first and saved afterwards.
#pragma once
#include "platform/operation/operation.h"
#include "platform/operation/probe.h"
#include "platform/operation/store.h"
#include "platform/operation/wait_index.h"

#include <atomic>
#include <map>
#include <memory>
#include <string>

namespace nephele::ops {

/// A leased step to be run outside of a transaction.
struct OutsideJob {
    std::string id, request_id;
    const Operation* operation = nullptr;
    const StepSpec* spec = nullptr;
    bool undoing = false;
    int attempt = 1;
    Json state;
};

/// What is known after a step was carried out (and committed).
struct Outcome {
    enum class Next {
        rest,    ///< nothing to do now (waiting, backing off, finished, or another's)
        again,   ///< its next step may run at once
        outside, ///< run `job` outside of a transaction, then go on
    };
    Next next = Next::rest;
    std::int64_t revision = 0; ///< of the row as written
    Time wake_at;              ///< {0}: never by itself
    bool worked = false;       ///< something was written
    bool others_ready = false; ///< an operation behind this one may run now
    std::shared_ptr<OutsideJob> job;
};

class Execution {
  public:
    Execution(Cloud& cloud, const std::map<std::string, Operation>& operations,
              const RunnerOptions& options, std::string owner, WaitIndex& waits);

    /// One transaction of the operation. `hinted`: an entry it waits for has appeared.
    Outcome step(const std::string& id, bool hinted);
    Outcome outside(const OutsideJob& job);
    /// From now on a failing outside step is given back instead of counted.
    void stopping() { stopping_ = true; }

  private:
    struct Moved;
    struct Tried;
    enum class Kind { transient, permanent, unknown };

    void in_transaction(db::Tx& tx, const std::string& id, bool hinted, Tried& tried, Moved& moved);
    void run_step(db::Tx& tx, store::Stored& row, const Operation& operation, Tried& tried,
                  Moved& moved);
    void claim(db::Tx& tx, store::Stored& row, const Operation& operation, const StepSpec& spec,
               Moved& moved);
    void save_outside(db::Tx& tx, const OutsideJob& job, const Json& state, Moved& moved);
    void advance(db::Tx& tx, store::Stored& row, const Operation& operation, Time now,
                 Moved& moved);
    void wait(db::Tx& tx, store::Stored& row, const StepSpec& spec, const Step& step, Moved& moved);
    void begin_undo(db::Tx& tx, store::Stored& row, const Operation& operation,
                    const Failure& failure, bool include_current, Moved& moved);
    void undo_from(db::Tx& tx, store::Stored& row, const Operation& operation, int index,
                   Moved& moved);
    void park(db::Tx& tx, store::Stored& row, const Operation* operation, const Failure& failure,
              Moved& moved);
    Outcome failed(const Tried& tried, Kind kind, const Failure& failure);
    void count_failure(db::Tx& tx, store::Stored& row, const Tried& tried, Kind kind,
                       const Failure& failure, Moved& moved);
    Outcome committed(const Moved& moved);
    void probe(Probe::Point point, const Probe::At& at);
    Time back_off(int attempt);
    /// Writes, reporting in `moved`. When the operation is parked and its if_parked function
    /// throws, it is parked without.
    void commit(Moved& moved, const std::function<void(db::Tx&)>& body);
    /// Runs `body`; a failure of the step's own code goes to failed(), others come through.
    template <class Body> Outcome guarded(Tried& tried, const Body& body);

    Cloud& cloud_;
    const std::map<std::string, Operation>& operations_;
    const RunnerOptions& options_;
    std::string owner_;
    WaitIndex& waits_;
    std::atomic<bool> stopping_{false};
};

} // namespace nephele::ops
