// SPDX-License-Identifier: Apache-2.0
// How tests reach into the runner: told at the borders of every step, a probe fails it, repeats it,
// or lets the process "die" there.
#pragma once
#include <string>

namespace nephele::ops {

/// Thrown by a probe: the process dies here. No handler of ours catches it; what was not committed
/// is gone, and a new runner goes on from the database.
struct Crash {};

class Probe {
  public:
    enum class Point {
        before, ///< nothing of the step has happened
        inside, ///< its function (or question) ran, nothing is saved
        after,  ///< saved
    };
    struct At {
        std::string operation, operation_id;
        std::string step; ///< empty: the if_undone function
        bool undoing = false;
        bool asking = false; ///< the until-question alone, on a wake-up
    };
    virtual ~Probe() = default;
    virtual void at(Point point, const At& at) = 0;
    /// True: run the step's function once more.
    virtual bool repeat(const At&) { return false; }
};

} // namespace nephele::ops
