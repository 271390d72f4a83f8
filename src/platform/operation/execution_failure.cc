// SPDX-License-Identifier: Apache-2.0
// When a step fails: retrying, undoing in reverse, parking.
#include "base/strings.h"
#include "platform/log/log.h"
#include "platform/operation/execution_internal.h"

namespace nephele::ops {

using store::Stored;

namespace {
constexpr std::int64_t back_off_first_ms = 100;
constexpr std::int64_t back_off_last_ms = 30'000;

bool has_undo(const StepSpec& spec) { return spec.undo || spec.undo_outside || spec.undo_until; }
} // namespace

Failure step_timed_out(const Stored& row, const StepSpec& spec) {
    Failure failure(Fault::timeout, "StepTimedOut",
                    format("Step {} of {} was not done within {} s.", row.step, row.name,
                           spec.deadline_ms / 1000));
    if (!row.waits.is_null()) failure = std::move(failure).with("waited_for", row.waits);
    if (!row.undoing && row.failure.is_object())
        failure = std::move(failure).with("last_failure", row.failure);
    return failure;
}

Time Execution::back_off(int attempt) {
    std::int64_t ms = back_off_first_ms;
    for (int i = 1; i < attempt && ms < back_off_last_ms; ++i) ms *= 2;
    ms = std::min(ms, back_off_last_ms);
    // A quarter up or down, so that many that failed together do not come back together.
    auto spread = static_cast<std::int64_t>(cloud_.ids().number() % static_cast<std::uint64_t>(ms));
    return cloud_.now().plus_ms(ms - ms / 4 + spread / 2);
}

Outcome Execution::failed(const Tried& tried, Kind kind, const Failure& failure) {
    Moved moved;
    commit(moved, [&](db::Tx& tx) {
        auto row = store::load(tx, tried.id);
        if (!row) return;
        moved.found(*row);
        // Somebody else has moved it on meanwhile: this failure is history.
        bool same = row->step == tried.step || (row->step.empty() && !row->undoing);
        if (!same || row->undoing != tried.undoing || row->status != tried.status ||
            row->lease_owner != tried.owner || row->attempt != tried.attempt)
            return;
        row->updated_at = cloud_.now();
        count_failure(tx, *row, tried, kind, failure, moved);
    });
    if (moved.written) {
        log::RequestScope scope(moved.row.request_id);
        log::warning("operation step failed",
                     {{"operation", moved.row.name},
                      {"id", moved.row.id},
                      {"step", tried.step},
                      {"undoing", tried.undoing},
                      {"attempt", tried.outside ? tried.attempt : tried.attempt + 1},
                      {"code", failure.code()},
                      {"error", failure.what()},
                      {"internals", failure.internals()},
                      {"next", shape::text_of_enum(moved.row.status)}});
    }
    return committed(moved);
}

void Execution::count_failure(db::Tx& tx, Stored& row, const Tried& tried, Kind kind,
                              const Failure& failure, Moved& moved) {
    const Operation& operation = operations_.at(row.name);
    int index = index_of_step(operation, row);
    StepSpec hook; // For its attempts and deadline.
    const StepSpec& spec = index < 0 ? hook : operation.steps[static_cast<std::size_t>(index)];
    Time now = row.updated_at;
    if (index >= 0) row.step = spec.name;
    row.lease_owner.clear();
    row.lease_until = {};
    if (tried.outside && stopping_) {
        --row.attempt;
        row.status = row.undoing ? Status::undoing : Status::ready;
        row.wake_at = now;
        store::save(tx, row);
        return moved.saved(row, Outcome::Next::rest);
    }
    if (!tried.outside) {
        ++row.attempt;
        row.step_deadline = tried.deadline;
    }
    // A permanent failure of an undo counts like any other: what was begun must be taken away.
    bool given_up = row.attempt >= spec.max_attempts;
    if (!row.undoing && (kind == Kind::permanent || given_up))
        return begin_undo(tx, row, operation, failure, true, moved);
    if (row.undoing && given_up) return park(tx, row, &operation, failure, moved);

    Json kept = store::json_of(failure, spec.name);
    if (row.undoing) {
        row.failure["undo"] = std::move(kept);
        if (now >= row.step_deadline) row.step_deadline = {}; // Each try of an undo has its own.
    } else {
        row.failure = std::move(kept);
    }
    // A question is asked again; what ended unknown, was late, or never came to the question runs
    // again.
    bool ask_again = row.status == Status::waiting && kind == Kind::transient;
    if (!ask_again) {
        moved.clear_waits = row.status == Status::waiting;
        row.waits = Json();
        row.status = row.undoing ? Status::undoing : Status::ready;
    }
    row.wake_at = back_off(row.attempt);
    store::save(tx, row);
    moved.saved(row, Outcome::Next::rest);
}

void Execution::begin_undo(db::Tx& tx, Stored& row, const Operation& operation,
                           const Failure& failure, bool include_current, Moved& moved) {
    int index = index_of_step(operation, row);
    std::string name = index < 0 ? "" : operation.steps[static_cast<std::size_t>(index)].name;
    moved.clear_waits = row.status == Status::waiting;
    row.failure = store::json_of(failure, name);
    row.undoing = true;
    undo_from(tx, row, operation, include_current ? index : index - 1, moved);
}

void Execution::undo_from(db::Tx& tx, Stored& row, const Operation& operation, int index,
                          Moved& moved) {
    while (index >= 0 && !has_undo(operation.steps[static_cast<std::size_t>(index)])) --index;
    row.waits = Json();
    row.attempt = 0;
    row.step_deadline = {};
    row.lease_owner.clear();
    row.lease_until = {};
    if (index < 0 && !operation.undone) {
        moved.others_ready = store::finish(tx, row, Status::undone, row.updated_at);
        return moved.saved(row, Outcome::Next::rest);
    }
    row.step = index < 0 ? "" : operation.steps[static_cast<std::size_t>(index)].name;
    row.status = Status::undoing;
    row.wake_at = row.updated_at;
    store::save(tx, row);
    moved.saved(row, Outcome::Next::again);
}

void Execution::park(db::Tx& tx, Stored& row, const Operation* operation, const Failure& failure,
                     Moved& moved) {
    moved.clear_waits = row.status == Status::waiting;
    row.updated_at = cloud_.now();
    row.failure["parked"] = store::json_of(failure, row.step);
    moved.parking = true;
    if (operation && operation->parked && moved.with_hook) {
        auto state = operation->make_state();
        operation->state_shape->from_image(row.state, state.get());
        Step step{{cloud_, tx, internal_principal(), row.updated_at, row.request_id},
                  row.id,
                  row.attempt,
                  row.undoing,
                  &failure};
        operation->parked(step, state.get());
    }
    moved.others_ready = store::park(tx, row, row.updated_at);
    moved.saved(row, Outcome::Next::rest);
}

} // namespace nephele::ops
