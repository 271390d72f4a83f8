// SPDX-License-Identifier: Apache-2.0
// A plain run tells which steps there are; then each trouble at each place gets a run of its own.
// Undo steps are reached by failing a step for good first.
#include "platform/operation/sweep.h"

#include "base/strings.h"
#include "platform/operation/probe.h"

#include <algorithm>
#include <set>

namespace nephele::ops {
namespace {

using Point = Probe::Point;

enum class Trouble {
    none,
    transient_before,
    transient_inside,
    permanent_before,
    permanent_inside,
    unknown_inside,
    crash_before,
    crash_inside,
    crash_after,
    repeat,
    cancel_after,
};
const std::vector<std::pair<Trouble, const char*>>& trouble_names() {
    static const std::vector<std::pair<Trouble, const char*>> names{
        {Trouble::transient_before, "fails for a while before"},
        {Trouble::transient_inside, "fails for a while after its work in"},
        {Trouble::permanent_before, "fails for good before"},
        {Trouble::permanent_inside, "fails for good after its work in"},
        {Trouble::unknown_inside, "ends unknown after its work in"},
        {Trouble::crash_before, "dies before"},
        {Trouble::crash_inside, "dies inside"},
        {Trouble::crash_after, "dies after"},
        {Trouble::repeat, "repeats"},
        {Trouble::cancel_after, "is cancelled after"}};
    return names;
}
Point point_of(Trouble trouble) {
    switch (trouble) {
    case Trouble::transient_before:
    case Trouble::permanent_before:
    case Trouble::crash_before:
        return Point::before;
    case Trouble::crash_after:
    case Trouble::cancel_after:
        return Point::after;
    default:
        return Point::inside;
    }
}

/// A border of the operation under test.
struct Place {
    std::string step;
    bool undoing = false, asking = false;
    auto operator<=>(const Place&) const = default;
    std::string text() const {
        return format("{}{} '{}'", asking ? "the question of " : "", undoing ? "undo" : "step",
                      step.empty() ? "if_undone" : step);
    }
};

struct Injection {
    Trouble trouble = Trouble::none;
    Place place;
    std::string text() const {
        for (auto& [candidate, name] : trouble_names())
            if (candidate == trouble) return format("{} {}", name, place.text());
        return "runs through";
    }
};

/// Makes the given troubles, each once, and notes the places the operation passed.
class Injector : public Probe {
  public:
    explicit Injector(std::vector<Injection> injections) : open_(std::move(injections)) {}
    std::string operation_id; ///< others pass untouched
    bool cancel = false;      ///< the sweep is to cancel now
    std::vector<Place> passed;

    void at(Point point, const At& at) override {
        if (at.operation_id != operation_id) return;
        Place place{at.step, at.undoing, at.asking};
        if (point == Point::before &&
            std::find(passed.begin(), passed.end(), place) == passed.end())
            passed.push_back(place);
        for (auto it = open_.begin(); it != open_.end(); ++it) {
            if (it->place != place || it->trouble == Trouble::repeat ||
                point_of(it->trouble) != point)
                continue;
            Trouble trouble = it->trouble;
            open_.erase(it);
            return make(trouble);
        }
    }
    bool repeat(const At& at) override {
        if (at.operation_id != operation_id) return false;
        return std::erase_if(open_, [&](const Injection& i) {
                   return i.trouble == Trouble::repeat &&
                          i.place == Place{at.step, at.undoing, at.asking};
               }) > 0;
    }
    bool all_made() const { return open_.empty(); }

  private:
    void make(Trouble trouble) {
        switch (trouble) {
        case Trouble::transient_before:
        case Trouble::transient_inside:
            throw EngineFailure(EngineFailure::Kind::transient, "injected by the sweep");
        case Trouble::permanent_before:
        case Trouble::permanent_inside:
            throw Failure(Fault::conflict, "InjectedBySweep", "injected by the sweep");
        case Trouble::unknown_inside:
            throw EngineFailure(EngineFailure::Kind::unknown, "injected by the sweep");
        case Trouble::cancel_after:
            cancel = true;
            return;
        default:
            throw Crash{};
        }
    }
    std::vector<Injection> open_;
};

class Run {
  public:
    Run(SweepWorld& world, Injector& injector) : world_(world), injector_(injector) {
        options_.threads = 0;
        options_.probe = &injector;
    }

    /// To the end of the operation and of all others it started.
    Record to_end() {
        world_.cloud().runner = nullptr;
        restart();
        injector_.operation_id = world_.start();
        constexpr int rounds = 1000;
        for (int round = 0; round < rounds; ++round) {
            if (work()) continue;
            world_.settle();
            if (work()) continue;
            auto left = world_.cloud().db().read([](db::Tx& tx) { return unfinished(tx, 100); });
            std::erase_if(left, [](const Record& r) { return r.status == Status::parked; });
            if (left.empty()) break;
            Time next;
            for (auto& record : left)
                if (record.wake_at.us && (!next.us || record.wake_at < next)) next = record.wake_at;
            if (!next.us) throw std::runtime_error("an operation waits behind nothing");
            Time now = world_.clock().now();
            world_.clock().advance_ms(std::max<std::int64_t>((next.us - now.us + 999) / 1000, 0));
        }
        auto end =
            world_.cloud().db().read([&](db::Tx& tx) { return find(tx, injector_.operation_id); });
        runner_.reset();
        if (!end) throw std::runtime_error("the operation is gone");
        return *end;
    }

  private:
    void restart() {
        runner_.reset();
        runner_ = std::make_unique<Runner>(world_.cloud(), world_.operations(), options_);
    }
    /// Everything that is ready now; true when there was something.
    bool work() {
        bool worked = false;
        try {
            while (runner_->run_one()) {
                worked = true;
                if (std::exchange(injector_.cancel, false)) cancel_now();
            }
        } catch (const Crash&) {
            world_.crashed();
            restart();
            worked = true;
        }
        return worked;
    }
    void cancel_now() {
        write_as_cloud(world_.cloud(), "", [&](Context& context) {
            auto record = find(context.tx, injector_.operation_id);
            if (record) cancel(context, record->resource_kind, record->resource_id, "by the sweep");
        });
    }

    SweepWorld& world_;
    Injector& injector_;
    RunnerOptions options_;
    std::unique_ptr<Runner> runner_;
};

class Sweep {
  public:
    explicit Sweep(const std::function<std::unique_ptr<SweepWorld>()>& fresh) : fresh_(fresh) {}

    SweepResult all() {
        auto forward = one({});
        if (!result_.problems.empty()) return result_;
        for (auto& place : forward) {
            each_trouble({}, place, true);
            if (place.asking) continue;
            Injection fall{Trouble::permanent_inside, place};
            for (auto& undo : one({fall}))
                if (undo.undoing) each_trouble({fall}, undo, false);
        }
        return result_;
    }

  private:
    void each_trouble(const std::vector<Injection>& before, const Place& place, bool forward) {
        for (auto& [trouble, name] : trouble_names()) {
            if (!forward && trouble == Trouble::cancel_after) continue;
            if (place.asking && trouble == Trouble::repeat) continue;
            auto injections = before;
            injections.push_back({trouble, place});
            one(injections);
        }
    }

    /// Returns the places it passed.
    std::vector<Place> one(const std::vector<Injection>& injections) {
        ++result_.runs;
        Injector injector(injections);
        std::vector<std::string> said;
        for (auto& injection : injections) said.push_back(injection.text());
        std::string title = said.empty() ? "runs through" : join(said, ", then ");
        try {
            auto world = fresh_();
            Record end = Run(*world, injector).to_end();
            if (end.status != Status::done && end.status != Status::undone)
                throw std::runtime_error(format("it ended {} ({})", shape::text_of_enum(end.status),
                                                end.failure.dump()));
            if (injections.empty() && (end.status == Status::done) != world->succeeds())
                throw std::runtime_error(format("without trouble it ended {} ({})",
                                                shape::text_of_enum(end.status),
                                                end.failure.dump()));
            if (!injector.all_made()) throw std::runtime_error("it never came to that place");
            world->check(end);
        } catch (const std::exception& e) {
            result_.problems.push_back(format("{}: {}", title, e.what()));
        }
        return injector.passed;
    }

    const std::function<std::unique_ptr<SweepWorld>()>& fresh_;
    SweepResult result_;
};

} // namespace

SweepResult sweep(const std::function<std::unique_ptr<SweepWorld>()>& fresh) {
    return Sweep(fresh).all();
}

} // namespace nephele::ops
