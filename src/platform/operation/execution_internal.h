// SPDX-License-Identifier: Apache-2.0
// Shared by the two files that implement Execution.
#pragma once
#include "platform/operation/execution.h"

namespace nephele::ops {

/// What a transaction did with the row; true once it is committed.
struct Execution::Moved {
    store::Stored row;
    bool written = false;
    bool ran = false; ///< the step's own code ran
    bool others_ready = false;
    bool clear_waits = false;
    bool parking = false;
    bool with_hook = true; ///< call if_parked
    Outcome::Next next = Outcome::Next::rest;
    Probe::At at;
    std::shared_ptr<OutsideJob> job;

    void found(const store::Stored& as) { row = as; }
    void saved(const store::Stored& as, Outcome::Next then) {
        row = as;
        written = true;
        next = then;
    }
};

/// Which step was being tried when something was thrown.
struct Execution::Tried {
    bool reached = false; ///< the step's own code may have been running
    std::string id, step, owner;
    Status status = Status::ready;
    bool undoing = false;
    bool outside = false; ///< its attempt is counted already
    int attempt = 0;
    Time deadline;

    void begin(const store::Stored& row, const StepSpec& spec, Time now) {
        reached = true;
        id = row.id;
        step = row.step;
        status = row.status;
        undoing = row.undoing;
        owner = row.lease_owner;
        attempt = row.attempt;
        deadline = row.step_deadline.us ? row.step_deadline : now.plus_ms(spec.deadline_ms);
    }
    void begin(const OutsideJob& job, const std::string& by) {
        reached = outside = true;
        id = job.id;
        step = job.spec->name;
        owner = by;
        status = Status::running;
        undoing = job.undoing;
        attempt = job.attempt;
    }
};

/// -1: the if_undone function (step name empty), or a name this version does not know.
int index_of_step(const Operation& operation, const store::Stored& row);
Failure step_timed_out(const store::Stored& row, const StepSpec& spec);

template <class Body> Outcome Execution::guarded(Tried& tried, const Body& body) {
    try {
        return body();
    } catch (const Failure& e) {
        if (!tried.reached) throw;
        bool lasting = e.status() < 500 || e.kind() == Fault::not_implemented;
        return failed(tried, lasting ? Kind::permanent : Kind::transient, e);
    } catch (const EngineFailure& e) {
        if (!tried.reached) throw;
        auto kind = e.kind == EngineFailure::Kind::transient   ? Kind::transient
                    : e.kind == EngineFailure::Kind::permanent ? Kind::permanent
                                                               : Kind::unknown;
        return failed(tried, kind, Failure(Fault::bad_gateway, "EngineFailure", e.what()));
    } catch (const std::exception& e) {
        if (!tried.reached) throw;
        return failed(tried, Kind::transient,
                      Failure(Fault::internal, "UnexpectedError", e.what()));
    }
}

} // namespace nephele::ops
