// SPDX-License-Identifier: Apache-2.0
// The sweep every operation must pass: it runs the operation in a fresh world for each way it can
// go wrong at each step (fails for a while, fails for good, dies before, inside and after, is
// repeated, is cancelled) and looks each time whether it came to an end and left things in order.
//
//   struct BootWorld : ops::SweepWorld { ... };
//   TEST_CASE("nova.boot survives everything") {
//       auto result = ops::sweep([] { return std::make_unique<BootWorld>(); });
//       for (auto& problem : result.problems) FAIL_CHECK(problem);
//       CHECK(result.runs > 20);
//   }
#pragma once
#include "platform/operation/operation.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace nephele::ops {

/// One cloud on a private database with what the operation needs, fakes of the outside included.
class SweepWorld {
  public:
    virtual ~SweepWorld() = default;
    virtual Cloud& cloud() = 0;
    /// The clock the cloud was made with; the sweep moves it to whatever is due next.
    virtual ManualClock& clock() = 0;
    virtual std::vector<Operation> operations() = 0;
    /// Starts the operation under test; returns its id.
    virtual std::string start() = 0;
    /// Lets the outside move on (fake agents, engines). Called whenever no step is ready.
    virtual void settle() {}
    /// The control plane died and comes back: forget what lives in memory only. Called before the
    /// new runner is made.
    virtual void crashed() {}
    /// Looks whether everything is in order at the end; throws (std::exception) when it is not.
    virtual void check(const Record& end) = 0;
    /// Whether the run without any trouble ends in done; else in undone.
    virtual bool succeeds() { return true; }
};

struct SweepResult {
    int runs = 0;
    std::vector<std::string> problems; ///< each names the trouble and what was wrong then
};
SweepResult sweep(const std::function<std::unique_ptr<SweepWorld>()>& fresh);

} // namespace nephele::ops
