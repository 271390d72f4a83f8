// SPDX-License-Identifier: Apache-2.0
// Where objects, containers and accounts are kept, as the HTTP side sees it: one device in this
// process, or many on a ring. Both pass the same contract test.
#pragma once
#include "platform/http/http.h"
#include "services/swift/model/outcome.h"
#include "services/swift/model/records.h"

#include <memory>

namespace nephele::swift {

/// One object as it was when opened; a newer PUT does not change what is read.
class ObjectReader {
  public:
    virtual ~ObjectReader() = default;
    virtual const ObjectInfo& info() const = 0;
    /// Up to `size` bytes from `offset`; 0 at the end. Throws Failure(internal) on damaged bytes.
    virtual std::size_t read(std::uint64_t offset, char* into, std::size_t size) = 0;
    /// The same bytes as part of a file, where they are one (sendfile); nothing otherwise.
    virtual std::optional<http::FileBody> file(std::uint64_t offset, std::uint64_t length) = 0;
};

/// A PUT under way. Destroyed without commit it leaves nothing.
class ObjectWriter {
  public:
    virtual ~ObjectWriter() = default;
    virtual void write(std::string_view bytes) = 0;
    /// Durable when it returns, and in the container's listing (at once, or soon when the container
    /// is elsewhere). Bytes and MD5 are the writer's own; of `info` the rest counts.
    virtual Outcome commit(ObjectInfo info) = 0;
    /// MD5 of what was written so far, in hexadecimal.
    virtual std::string etag() const = 0;
    virtual std::uint64_t bytes() const = 0;
};

class Backend {
  public:
    virtual ~Backend() = default;

    virtual std::optional<AccountInfo> account(const std::string& account) = 0;
    /// Makes the account when it is not there; an empty value of `change` removes that name.
    virtual Outcome save_account(const std::string& account, const Metadata& change,
                                 Timestamp when) = 0;
    virtual Outcome delete_account(const std::string& account, Timestamp when) = 0;
    virtual std::vector<ListedContainer> containers(const std::string& account,
                                                    const ListQuery& query) = 0;

    virtual std::optional<ContainerInfo> container(const std::string& account,
                                                   const std::string& container) = 0;
    /// Makes the container (and its account) when it is not there and `create`; an empty value of
    /// `change` removes that name. `policy`: nothing keeps it or takes the default.
    virtual Outcome save_container(const std::string& account, const std::string& container,
                                   const Metadata& change, std::optional<int> policy, bool create,
                                   Timestamp when) = 0;
    virtual Outcome delete_container(const std::string& account, const std::string& container,
                                     Timestamp when) = 0;
    virtual std::vector<ListedObject>
    objects(const std::string& account, const std::string& container, const ListQuery& query) = 0;

    virtual std::optional<ObjectInfo> head(const ObjectName& name) = 0;
    virtual std::unique_ptr<ObjectReader> open(const ObjectName& name) = 0; ///< null when absent
    /// `expected`: bytes to come, when known. The container must be there: the caller looked.
    virtual std::unique_ptr<ObjectWriter> put(const ObjectName& name, int policy,
                                              std::optional<std::uint64_t> expected) = 0;
    /// Replaces user metadata and kept headers; the data and its etag stay.
    virtual Outcome save_metadata(const ObjectName& name, const ObjectInfo& info) = 0;
    virtual Outcome remove(const ObjectName& name, Timestamp when) = 0;

    /// A time later than any this backend has given before, for the next change.
    virtual Timestamp now() = 0;
};

} // namespace nephele::swift
