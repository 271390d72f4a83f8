// SPDX-License-Identifier: Apache-2.0
// Where image data lies. An object is written once at a location nobody used before, becomes whole
// in one instant, and never changes. A location is a URL: all that an image's row keeps.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace nephele::glance {

/// The store said no. `full`: no room; `denied`: not allowed to write; `in_use`: somebody else
/// needs the data (clones); `failed`: anything else.
class StoreError : public std::runtime_error {
  public:
    enum class Kind { full, denied, in_use, failed };
    StoreError(Kind kind, const std::string& message) : std::runtime_error(message), kind(kind) {}
    Kind kind;
};

/// An object being written. Dropped before finish() succeeded, it leaves nothing behind.
class ObjectWriter {
  public:
    virtual ~ObjectWriter() = default;
    virtual void write(std::string_view piece) = 0;
    /// Durable and whole when this returns.
    virtual void finish() = 0;
};

/// Reads an object that is no file.
class ObjectReader {
  public:
    using Sink = std::function<bool(std::string_view)>;
    virtual ~ObjectReader() = default;
    /// Hands the bytes to `sink` piece by piece, until it says false.
    virtual void read(std::uint64_t offset, std::uint64_t length, const Sink& sink) = 0;
};

/// A whole object opened for reading: as a file, or else through `reader`. Removing the object does
/// not disturb the reader of a file.
struct OpenObject {
    std::shared_ptr<int> descriptor;
    std::shared_ptr<ObjectReader> reader;
    std::uint64_t size = 0;
    bool found() const { return descriptor || reader; }
};

struct StoredObject {
    std::string location;
    bool partial = false;              ///< being written, or left over from a writer that died
    std::optional<std::uint64_t> size; ///< where the store tells it without being asked for each
};

/// Every function throws StoreError. Locations are this store's own: made by new_location(), or for
/// read-only stores whatever knows() accepts.
class Store {
  public:
    virtual ~Store() = default;
    /// Where an object of this name is to be written; the name is one of new_object_name().
    virtual std::string new_location(const std::string& name) = 0;
    virtual std::unique_ptr<ObjectWriter> create(const std::string& location) = 0;
    /// Not found() when there is no whole object.
    virtual OpenObject open(const std::string& location) = 0;
    /// No error when it is not there. `partial`: only the unfinished one.
    virtual void remove(const std::string& location, bool partial = false) = 0;
    /// Everything that was written through this interface, whoever names it now.
    virtual std::vector<StoredObject> list() = 0;
    /// Whether a location is one of this store's.
    virtual bool knows(const std::string& location) const = 0;
};

/// An image's id and eight digits: every upload writes an object of its own, so that a late cleaner
/// can never hit a newer one.
std::string new_object_name(const std::string& image_id, const std::string& random_hex);
bool is_object_name(std::string_view name);
/// The last part of a location's path, when it is the name of an object; else empty.
std::string object_of(std::string_view location);
std::string image_of_object(std::string_view name);
/// "/var/lib/..." of "file:///var/lib/..."; empty for other locations.
std::string path_of_location(std::string_view location);

} // namespace nephele::glance
