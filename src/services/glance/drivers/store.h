// SPDX-License-Identifier: Apache-2.0
// Where image data lies. An object is written once under a name nobody used before, becomes whole
// in one instant, and never changes.
#pragma once
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace nephele::glance {

/// The store said no. `full`: no room; `denied`: not allowed to write; `failed`: anything else.
class StoreError : public std::runtime_error {
  public:
    enum class Kind { full, denied, failed };
    StoreError(Kind kind, const std::string& message) : std::runtime_error(message), kind(kind) {}
    Kind kind;
};

/// An object being written. Dropped before finish() succeeded, it leaves nothing behind.
class ObjectWriter {
  public:
    virtual ~ObjectWriter() = default;
    virtual void write(std::string_view piece) = 0;
    /// Durable under its name when this returns.
    virtual void finish() = 0;
};

/// A whole object opened for reading; removing the object does not disturb it.
struct OpenObject {
    std::shared_ptr<int> descriptor; ///< null: there is no such object
    std::uint64_t size = 0;
};

struct StoredObject {
    std::string name;
    bool partial = false; ///< being written, or left over from a writer that died
    std::uint64_t size = 0;
};

/// Every function throws StoreError. Names are made by new_object_name() and nothing else.
class Store {
  public:
    virtual ~Store() = default;
    virtual std::unique_ptr<ObjectWriter> create(const std::string& name) = 0;
    virtual OpenObject open(const std::string& name) = 0;
    /// No error when it is not there. `partial`: only the unfinished one.
    virtual void remove(const std::string& name, bool partial = false) = 0;
    virtual std::vector<StoredObject> list() = 0;
    /// What an image's row keeps: "file:///..." for stores of files.
    virtual std::string location(const std::string& name) const = 0;
    /// The name of a location of this store; empty for others.
    std::string name_at(const std::string& location) const;
};

/// An image's id and eight digits: every upload writes an object of its own, so that a late cleaner
/// can never hit a newer one.
std::string new_object_name(const std::string& image_id, const std::string& random_hex);
bool is_object_name(std::string_view name);
std::string image_of_object(std::string_view name);
/// "/var/lib/..." of "file:///var/lib/..."; empty for other locations.
std::string path_of_location(std::string_view location);

} // namespace nephele::glance
