// SPDX-License-Identifier: Apache-2.0
// A value that cannot be formatted, logged or written by accident.
#pragma once
#include <utility>

namespace nephele {

template <class T> class Secret {
  public:
    Secret() = default;
    explicit Secret(T value) : value_(std::move(value)) {}
    /// The only way out; grep for it to see who looks.
    const T& reveal() const { return value_; }

  private:
    T value_{};
};

} // namespace nephele
