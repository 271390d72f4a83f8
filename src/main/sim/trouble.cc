// SPDX-License-Identifier: Apache-2.0
#include "main/sim/trouble.h"

namespace nephele::sim {

std::uint64_t Random::next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

const std::vector<std::pair<const char*, double Rates::*>>& names_of(const Rates&) {
    static const std::vector<std::pair<const char*, double Rates::*>> names{
        {"crash", &Rates::crash},
        {"serialization", &Rates::serialization},
        {"unavailable", &Rates::unavailable},
        {"engine", &Rates::engine},
        {"lost", &Rates::lost},
        {"host", &Rates::host},
        {"silence", &Rates::silence},
        {"clock", &Rates::clock},
        {"replay", &Rates::replay},
    };
    return names;
}

void Trouble::arm(Kind kind, int border) {
    kind_ = kind;
    happened_ = Kind::none;
    left_ = border;
}

void Trouble::at(Point point) {
    if (kind_ == Kind::none) return;
    // Once committed, a transaction can neither lose nor be refused.
    if (point == Point::after && kind_ != Kind::death) return;
    if (point == Point::before && kind_ == Kind::serialization) return;
    if (left_-- > 0) return;
    happened_ = kind_;
    kind_ = Kind::none;
    switch (happened_) {
    case Kind::death:
        throw Death{};
    case Kind::serialization:
        throw db::SerializationError("simulated: lost against another");
    case Kind::unavailable:
        throw db::Unavailable("simulated: database is full");
    case Kind::none:
        break;
    }
}

} // namespace nephele::sim
