// SPDX-License-Identifier: Apache-2.0
// `nephele sim`: runs the simulation for one seed, or for many.
#include "base/strings.h"
#include "base/time.h"
#include "main/commands.h"
#include "main/sim/run.h"
#include "platform/fault/fault.h"

#include <cstdio>

namespace nephele::main {
namespace {

struct Wanted {
    sim::Options options;
    std::uint64_t seeds = 1;
    std::int64_t seconds = 0;
    bool shrink = false;
};

Wanted wanted_of(const std::vector<std::string>& words) {
    Wanted out;
    for (auto& word : words) {
        auto equals = word.find('=');
        std::string name = word.substr(0, equals);
        std::string value = equals == word.npos ? "" : word.substr(equals + 1);
        auto number = to_int(value);
        bool known = true;
        if (name == "trace")
            out.options.trace = true;
        else if (name == "shrink")
            out.shrink = true;
        else if (name == "seed" && number)
            out.options.seed = static_cast<std::uint64_t>(*number);
        else if (name == "seeds" && number)
            out.seeds = static_cast<std::uint64_t>(*number);
        else if (name == "seconds" && number)
            out.seconds = *number, out.seeds = ~0ull;
        else if (name == "events" && number)
            out.options.events = static_cast<int>(*number);
        else if (name == "hosts" && number)
            out.options.hosts = static_cast<int>(*number);
        else {
            known = false;
            for (auto& [rate, member] : names_of(out.options.rates))
                if (name == rate && !value.empty())
                    out.options.rates.*member = std::stod(value), known = true;
        }
        if (!known)
            throw bad_request(
                "BadArgument",
                "sim takes seed=N seeds=N seconds=N events=N hosts=N trace shrink and "
                "the rates crash, serialization, unavailable, engine, lost, host, "
                "silence, clock, replay (0 to 1), not " +
                    word);
    }
    return out;
}

void print(const sim::Options& options, const sim::Outcome& outcome) {
    std::printf("seed %llu: %s, %d requests, %d made, %d deaths, at rest after %lld s, digest "
                "%016llx\n",
                static_cast<unsigned long long>(options.seed), outcome.failed() ? "FAILED" : "good",
                outcome.requests, outcome.made, outcome.deaths,
                static_cast<long long>(outcome.quiet_ms / 1000),
                static_cast<unsigned long long>(outcome.digest));
    for (auto& problem : outcome.problems) std::printf("    %s\n", problem.c_str());
}

void print_shrunk(const sim::Options& small) {
    std::printf("    again: nephele sim trace seed=%llu events=%d hosts=%d",
                static_cast<unsigned long long>(small.seed), small.events, small.hosts);
    for (auto& [name, rate] : names_of(small.rates))
        if (small.rates.*rate != sim::Rates{}.*rate) std::printf(" %s=%g", name, small.rates.*rate);
    std::printf("\n");
}

} // namespace

int simulate(const Arguments& arguments) {
    Wanted wanted = wanted_of(arguments.words);
    std::int64_t began = system_clock().monotonic_ns();
    std::uint64_t done = 0, failed = 0;
    for (; done < wanted.seeds; ++done) {
        double so_far = static_cast<double>(system_clock().monotonic_ns() - began) / 1e9;
        if (wanted.seconds && so_far >= static_cast<double>(wanted.seconds)) break;
        auto outcome = sim::run(wanted.options);
        if (outcome.failed() || wanted.seeds == 1) print(wanted.options, outcome);
        if (outcome.failed()) {
            ++failed;
            print_shrunk(wanted.shrink ? sim::shrink(wanted.options) : wanted.options);
        }
        ++wanted.options.seed;
    }
    double took = static_cast<double>(system_clock().monotonic_ns() - began) / 1e9;
    std::printf("%llu seeds in %.1f s, %llu failed\n", static_cast<unsigned long long>(done), took,
                static_cast<unsigned long long>(failed));
    return failed ? 1 : 0;
}

} // namespace nephele::main
