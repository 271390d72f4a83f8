// SPDX-License-Identifier: Apache-2.0
// Chance from a seed, and the trouble it makes: at a border of some write transaction of an event
// the process dies, the database refuses, or the transaction loses against another.
#pragma once
#include "platform/db/db.h"

#include <cstdint>
#include <string>
#include <vector>

namespace nephele::sim {

/// The same numbers for the same seed, on every machine (splitmix64).
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next();
    /// 0 .. n-1
    std::size_t below(std::size_t n) { return n ? next() % n : 0; }
    bool chance(double probability) {
        return static_cast<double>(next() >> 11) * 0x1.0p-53 < probability;
    }
    template <class T> const T& pick(const std::vector<T>& from) {
        return from[below(from.size())];
    }

  private:
    std::uint64_t state_;
};

/// How often what goes wrong, each a probability an event. A run is shrunk by setting some to 0.
struct Rates {
    double crash = 0.10;         ///< the control plane dies before, inside or after a transaction
    double serialization = 0.05; ///< a transaction has to run again
    double unavailable = 0.02;   ///< the database refuses (disk full, connection lost)
    double engine = 0.08;        ///< an engine fails: transient mostly, permanent now and then
    double lost = 0.10;          ///< a message between agent and control plane, or its answer
    double host = 0.01;          ///< an agent restarts or a host reboots
    double silence = 0.005;      ///< a host is away for a while
    double clock = 0.01;         ///< the clock jumps
    double replay = 0.15;        ///< a request is sent again although it was answered
};
/// Name and member of each, for the command line and for shrinking.
const std::vector<std::pair<const char*, double Rates::*>>& names_of(const Rates&);

/// Thrown where the process dies. Derived from nothing: no handler of ours catches it.
struct Death {};

class Trouble : public db::Probe {
  public:
    enum class Kind { none, death, serialization, unavailable };
    /// At the `border`th border (counted from 0) of write transactions from now on.
    void arm(Kind kind, int border);
    void disarm() { kind_ = Kind::none; }
    /// What happened since it was armed.
    Kind happened() const { return happened_; }
    void at(Point point) override;

  private:
    Kind kind_ = Kind::none, happened_ = Kind::none;
    int left_ = 0;
};

} // namespace nephele::sim
