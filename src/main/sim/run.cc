// SPDX-License-Identifier: Apache-2.0
#include "main/sim/run.h"

#include "base/strings.h"
#include "main/sim/checks.h"

#include <cstdio>
#include <filesystem>
#include <mutex>
#include <unistd.h>

namespace nephele::sim {
namespace {

std::string scratch() {
    std::string base = std::filesystem::exists("/dev/shm") ? "/dev/shm" : "/tmp";
    return format("{}/nephele-sim-{}", base, static_cast<std::int64_t>(getpid()));
}

const Template& shared_template(const std::string& directory) {
    static std::mutex mutex;
    static std::unique_ptr<Template> made;
    std::lock_guard lock(mutex);
    if (!made) made = std::make_unique<Template>(make_template(directory + "/template"));
    return *made;
}

class Run {
  public:
    Run(const Options& options, const Template& made, const std::string& directory)
        : options_(options), rates_(options.rates),
          world_(made, directory, options.seed, options.hosts), client_(world_, made),
          random_(world_.random) {}

    Outcome go() {
        for (auto& host : world_.hosts) host.hello(world_.cloud());
        world_.node().tasks().run_all();
        for (int i = 0; i < options_.events; ++i) event();
        calm_down();
        if (options_.lose_a_guest)
            for (auto& host : world_.hosts) host.lose_guests();
        outcome_.problems = all_problems(world_, client_);
        for (auto& [name, thing] : client_.things()) outcome_.made += thing.made;
        return outcome_;
    }

  private:
    void note(const std::string& what) {
        for (char c : what)
            outcome_.digest = (outcome_.digest ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
        if (options_.trace) std::printf("%10.3f %s\n", seconds(), what.c_str());
    }
    double seconds() const {
        return static_cast<double>(world_.clock.now().us - 1'700'000'000'000'000) / 1e6;
    }

    /// Carries out one event, perhaps with trouble in it.
    template <class F> void with_trouble(const char* what, F&& event) {
        using Kind = Trouble::Kind;
        Kind kind = random_.chance(rates_.crash)           ? Kind::death
                    : random_.chance(rates_.serialization) ? Kind::serialization
                    : random_.chance(rates_.unavailable)   ? Kind::unavailable
                                                           : Kind::none;
        int border = static_cast<int>(random_.below(6));
        world_.trouble.arm(kind, border);
        try {
            event();
        } catch (const Death&) {
            note(format("{}: died", what));
            ++outcome_.deaths;
            client_.died();
            world_.restart();
        } catch (const db::Unavailable& e) {
            note(format("{}: {}", what, e.what()));
        } catch (const std::exception& e) {
            // Tasks and agents' links try again; what they say is theirs to log.
            note(format("{}: {}", what, e.what()));
            if (world_.trouble.happened() == Kind::none)
                client_.complaints.push_back(
                    format("{} failed without trouble: {}", what, e.what()));
        }
        world_.trouble.disarm();
    }

    void event() {
        switch (random_.below(12)) {
        case 0:
        case 1:
        case 2:
            return request();
        case 3:
        case 4:
        case 5:
            return with_trouble("operations", [&] {
                note(world_.node().runner().run_one() ? "an operation moved"
                                                      : "no operation moved");
            });
        case 6:
            return task();
        case 7:
        case 8:
        case 9:
            return on_host(random_.pick(host_numbers()));
        default:
            return time_passes();
        }
    }

    void request() {
        ++outcome_.requests;
        with_trouble("request", [&] {
            client_.act();
            note("request");
        });
    }

    void task() {
        std::string name = random_.pick(world_.node().tasks().names());
        with_trouble(name.c_str(), [&] {
            world_.node().tasks().run(name);
            note("task " + name);
        });
    }

    std::vector<std::size_t> host_numbers() {
        std::vector<std::size_t> out;
        for (std::size_t i = 0; i < world_.hosts.size(); ++i) out.push_back(i);
        return out;
    }

    std::optional<EngineFailure::Kind> engine_trouble() {
        if (!random_.chance(rates_.engine)) return std::nullopt;
        switch (random_.below(6)) {
        case 0:
            return EngineFailure::Kind::permanent;
        case 1:
            return EngineFailure::Kind::unknown;
        default:
            return EngineFailure::Kind::transient;
        }
    }

    void on_host(std::size_t number) {
        Host& host = world_.hosts[number];
        if (random_.chance(rates_.host)) {
            bool reboot = random_.chance(0.5);
            reboot ? host.reboot() : host.restart_agent();
            return note(host.name() + (reboot ? " rebooted" : "'s agent restarted"));
        }
        if (random_.chance(rates_.silence))
            host.away_until =
                world_.clock.now().plus_ms(static_cast<std::int64_t>(random_.below(300)) * 1000);
        bool away = host.away_until > world_.clock.now();
        bool lost = random_.chance(rates_.lost);
        with_trouble(host.name().c_str(), [&] {
            switch (random_.below(8)) {
            case 0:
            case 1:
            case 2:
                if (!away && host.pull(world_.cloud(), lost)) note(host.name() + " pulled");
                break;
            case 3:
            case 4:
                if (host.work(world_.clock.now(), engine_trouble(), random_))
                    note(host.name() + " worked");
                break;
            case 5:
                if (random_.chance(0.1) && host.stop_a_guest(random_))
                    note(host.name() + ": a guest stopped");
                else
                    host.compare();
                break;
            default:
                if (!away && host.report(world_.cloud(), lost)) note(host.name() + " reported");
            }
        });
    }

    void time_passes() {
        std::int64_t ms = random_.chance(rates_.clock)
                              ? static_cast<std::int64_t>(random_.below(3'600'000))
                              : static_cast<std::int64_t>(random_.below(3'000));
        world_.clock.advance_ms(ms);
    }

    /// One round of everything without trouble; false when nothing moved.
    bool round() {
        bool moved = client_.flush();
        while (world_.node().runner().run_one()) moved = true;
        for (auto& host : world_.hosts) {
            host.away_until = {};
            moved = host.pull(world_.cloud(), false) || moved;
            while (host.work(world_.clock.now(), std::nullopt, random_)) moved = true;
            moved = host.report(world_.cloud(), false) || moved;
        }
        return moved;
    }

    /// No more trouble: everything comes to rest by itself.
    void calm_down() {
        constexpr std::int64_t longest_ms = 3'600'000, step_ms = 1'000, tasks_every_ms = 10'000;
        note("calm");
        std::int64_t since_rest = 0;
        for (std::int64_t ms = 0; ms < longest_ms; ms += step_ms) {
            bool moved = false;
            for (int i = 0; i < 1000 && round(); ++i) moved = true;
            if (ms % tasks_every_ms == 0) {
                for (auto& host : world_.hosts) host.compare();
                world_.node().tasks().run_all();
                while (round()) moved = true;
            }
            if (moved) outcome_.quiet_ms = ms;
            since_rest = moved ? 0 : since_rest + step_ms;
            // At rest, unless an operation waits for its hour.
            if (since_rest >= 3 * tasks_every_ms && left_undone(world_).empty()) return;
            world_.clock.advance_ms(step_ms);
        }
    }

    Options options_;
    Rates rates_;
    World world_;
    Client client_;
    Random& random_;
    Outcome outcome_;
};

} // namespace

Outcome run(const Options& options) {
    std::string directory = options.directory.empty() ? scratch() : options.directory;
    const Template& made = shared_template(directory);
    return Run(options, made, directory + "/run-" + std::to_string(options.seed)).go();
}

Options shrink(Options failing) {
    failing.trace = false;
    for (auto& [name, rate] : names_of(failing.rates)) {
        Options fewer = failing;
        fewer.rates.*rate = 0;
        if (run(fewer).failed()) failing = fewer;
    }
    // Fewer events: what follows the first that matters is noise.
    for (int step = failing.events / 2; step > 0; step /= 2) {
        while (failing.events > step) {
            Options fewer = failing;
            fewer.events -= step;
            if (!run(fewer).failed()) break;
            failing = fewer;
        }
    }
    return failing;
}

} // namespace nephele::sim
