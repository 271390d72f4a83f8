// SPDX-License-Identifier: Apache-2.0
// Durable operations: a named list of steps, each with its undo, one typed state saved after every
// step. The row and the operation that will fill it are written in one transaction. Steps are
// functions of the state and a transaction; they reach the outside by desired records (agents), and
// wait on the journal.
//
//   struct CreateVolume {                      // the saved state: a shape, so it survives upgrades
//       static constexpr const char* operation = "cinder.create_volume";
//       static const Shape<CreateVolume>& shape();
//       std::string volume; ...
//   };
//   Operation create_volume() {
//       return OperationOf<CreateVolume>()
//           .then("choose_backend", choose_backend)
//           .step("allocate", allocate, deallocate).until(allocated)
//           .then("finish", finish)
//           .if_undone(mark_error);
//   }
#pragma once
#include "platform/context/context.h"
#include "platform/fault/fault.h"
#include "platform/shape/shape.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nephele::ops {

/// What a step is handed. `tx` is a write transaction: what the step writes and the saved state are
/// committed together.
struct Step : Context {
    std::string operation_id;
    int attempt = 1; ///< of this step, counted from 1
    bool undoing = false;
    /// The failure that started the undoing; only in undo steps and if_undone.
    const Failure* failure = nullptr;

    /// Sleep until a journal entry of this kind and id appears (or the step's deadline passes);
    /// then the until-condition is asked again. Call from an until-function that returns false.
    void wait_for(std::string kind, std::string id);
    /// Ask again after so long even without a journal entry.
    void wait_ms(std::int64_t ms);
    void progress(int percent);

    struct Wait {
        std::string kind, id;
    };
    std::vector<Wait> waits;
    std::int64_t wake_after_ms = 0;
    int percent = -1;
};

/// Work outside of any transaction (reading a file, calling an engine). It may run again after a
/// crash.
struct Outside {
    Cloud& cloud;
    std::string operation_id;
    std::string request_id;
    int attempt = 1;
    std::function<bool()> cancelled;
};

/// One step, type-erased. The state is handed as void*.
struct StepSpec {
    std::string name;
    std::function<void(Step&, void*)> run;            ///< in a transaction, or
    std::function<void(Outside&, void*)> run_outside; ///< outside of one
    std::function<void(Step&, void*)> undo;           ///< may be empty: nothing to undo
    std::function<void(Outside&, void*)> undo_outside;
    std::function<bool(Step&, void*)> until; ///< may be empty: done when run returned
    std::function<bool(Step&, void*)> undo_until;
    std::int64_t deadline_ms =
        600'000;           ///< of run and until together; passing it is a permanent failure
    int max_attempts = 10; ///< of transient failures
};

/// One kind of operation, type-erased; made by OperationOf<S>.
struct Operation {
    std::string name;
    const shape::ShapeBase* state_shape = nullptr;
    std::function<std::shared_ptr<void>()> make_state;
    std::vector<StepSpec> steps;
    std::function<void(Step&, void*)> undone; ///< last, after all undo: mark the record ERROR
    std::function<void(Step&, void*)> parked; ///< when an undo itself fails for good
};

template <class S> class OperationOf {
  public:
    OperationOf() {
        spec_.name = S::operation;
        spec_.state_shape = &S::shape();
        spec_.make_state = [] { return std::static_pointer_cast<void>(std::make_shared<S>()); };
    }
    using Fn = void (*)(Step&, S&);
    using OutsideFn = void (*)(Outside&, S&);
    using Until = bool (*)(Step&, S&);

    /// A step that needs no undo.
    OperationOf& then(std::string name, Fn run) { return step(std::move(name), run, nullptr); }
    /// The undo also runs when `run` itself failed half way.
    OperationOf& step(std::string name, Fn run, Fn undo) {
        auto& s = add(std::move(name));
        s.run = wrap(run);
        if (undo) s.undo = wrap(undo);
        return *this;
    }
    OperationOf& outside(std::string name, OutsideFn run, Fn undo = nullptr) {
        auto& s = add(std::move(name));
        s.run_outside = [run](Outside& o, void* state) { run(o, *static_cast<S*>(state)); };
        if (undo) s.undo = wrap(undo);
        return *this;
    }
    /// How the last step is undone outside of any transaction.
    OperationOf& undo_outside(OutsideFn undo) {
        spec_.steps.back().undo_outside = [undo](Outside& o, void* state) {
            undo(o, *static_cast<S*>(state));
        };
        return *this;
    }
    /// The last step is done when this says so; it is asked after run and on each wake-up. It may
    /// throw: a Failure or a permanent EngineFailure undoes.
    OperationOf& until(Until ready) {
        spec_.steps.back().until = [ready](Step& s, void* state) {
            return ready(s, *static_cast<S*>(state));
        };
        return *this;
    }
    OperationOf& undo_until(Until ready) {
        spec_.steps.back().undo_until = [ready](Step& s, void* state) {
            return ready(s, *static_cast<S*>(state));
        };
        return *this;
    }
    OperationOf& within_ms(std::int64_t deadline) {
        spec_.steps.back().deadline_ms = deadline;
        return *this;
    }
    OperationOf& attempts(int n) {
        spec_.steps.back().max_attempts = n;
        return *this;
    }
    OperationOf& if_undone(Fn f) {
        spec_.undone = wrap(f);
        return *this;
    }
    OperationOf& if_parked(Fn f) {
        spec_.parked = wrap(f);
        return *this;
    }
    operator Operation() const { return spec_; }

  private:
    static std::function<void(Step&, void*)> wrap(Fn f) {
        return [f](Step& s, void* state) { f(s, *static_cast<S*>(state)); };
    }
    StepSpec& add(std::string name) {
        spec_.steps.emplace_back().name = std::move(name);
        return spec_.steps.back();
    }
    Operation spec_;
};

struct Start {
    std::string resource_kind, resource_id; ///< what it works on; listed by `nephele operations`
    std::string project_id;
    /// Operations with the same key run one after the other, in the order they were started. Empty:
    /// the resource itself ("kind/id") when given.
    std::string serialize;
};

namespace detail {
std::string start(Context&, const std::string& name, Json state, const Start&);
}
/// Writes the operation row; the runner is woken when the transaction commits. Returns its id.
template <class S> std::string start(Context& context, const S& state, const Start& how = {}) {
    return detail::start(context, S::operation, S::shape().image(&state), how);
}
/// Asks running operations on a resource to stop at the next step border and undo. Returns how
/// many.
int cancel(Context& context, const std::string& resource_kind, const std::string& resource_id,
           const std::string& reason);

enum class Status { ready, running, waiting, undoing, done, undone, parked };
const std::vector<std::pair<Status, const char*>>& names_of(Status);

/// The row, as `nephele operations` and GET /nephele/v1/operations show it.
struct Record {
    std::string id, name, resource_kind, resource_id, project_id, request_id, serialize;
    Status status = Status::ready;
    bool undoing = false;
    std::string step; ///< name of the current step
    int attempt = 0;
    int percent = 0;
    Json state, failure, waits;
    std::string lease_owner;
    Time lease_until, wake_at, step_deadline, created_at, updated_at;
    bool cancel_requested = false;
    static const shape::Shape<Record>& shape();
};

const std::vector<db::Migration>& migrations();
std::optional<Record> find(db::Tx& tx, const std::string& id);
std::vector<Record> unfinished(db::Tx& tx, int limit);
std::vector<Record> of_resource(db::Tx& tx, const std::string& kind, const std::string& id);
/// Puts a parked operation back to work.
void resume_parked(Context& context, const std::string& id);
/// Deletes finished operations last written before `before`, and the oldest beyond `keep_rows`; at
/// most some 2000 at a time. Returns how many. The runner calls it now and then.
int prune(Context& context, Time before, int keep_rows);

class Probe; // probe.h

struct RunnerOptions {
    int threads = 4;
    std::int64_t lease_ms = 30'000;
    std::int64_t poll_ms = 1000;             ///< the net below the hints
    int outside_threads = 4;                 ///< steps outside of a transaction at a time
    std::int64_t keep_ms = 7 * 86'400'000LL; ///< finished operations
    int keep_rows = 10'000;
    Probe* probe = nullptr; ///< tests: told at the borders of every step
};

/// Leases and runs operations. One a node. With threads = 0 nothing runs by itself and a test or
/// the simulation calls run_one().
class Runner {
  public:
    Runner(Cloud& cloud, std::vector<Operation> operations, RunnerOptions options = {});
    ~Runner();
    void start();
    void stop();
    /// A hint that something may be ready: new operation, journal entries committed. Cheap; may be
    /// called from a commit action.
    void wake();
    /// Runs one ready step in the calling thread; false when none is ready now.
    bool run_one();
    /// Runs until nothing is ready now (waiting operations stay waiting).
    void run_ready();
    const Operation* find(const std::string& name) const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace nephele::ops
