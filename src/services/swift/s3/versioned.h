// SPDX-License-Identifier: Apache-2.0
// Objects of buckets with and without versioning: written, found, removed. The layout is that of
// logic/versions.h; the whole of an S3 upload belongs to its object, so its segments go with it.
#pragma once
#include "services/swift/proxy/open_object.h"
#include "services/swift/s3/call.h"

namespace nephele::swift::s3 {

/// An object to be. Destroyed without commit it leaves nothing.
class NewObject {
  public:
    NewObject(Call& call, const Bucket& bucket, const std::string& key,
              std::optional<std::uint64_t> expected);
    ObjectWriter& writer() { return *writer_; }
    struct Stored {
        std::optional<std::string> version; ///< none in a bucket without versioning
        Timestamp when;
    };
    /// If-Match and If-None-Match are held against what is there at this moment. Throws
    /// PreconditionFailed, NoSuchBucket, NoSuchKey.
    Stored commit(ObjectInfo info);

  private:
    void check_conditions() const;
    Call& call_;
    const Bucket& bucket_;
    ObjectName visible_; ///< where clients see it
    std::optional<Timestamp> version_;
    std::unique_ptr<ObjectWriter> writer_;
};

/// Which object a request with `versionId` means. Throws InvalidArgument, NoSuchVersion.
ObjectName version_object(const Bucket& bucket, const ObjectName& visible,
                          const std::string& version_id);

struct Removed {
    std::optional<std::string> version; ///< the version that went, or the marker that was made
    bool marker = false;                ///< a delete marker went or was made
};
/// Without `version_id`: as DELETE does, a marker in a bucket with versioning. Removing what is not
/// there is fine. `bypass`: of governance locks. Throws AccessDenied for what is locked.
Removed remove_object(Call& call, const Bucket& bucket, const std::string& key,
                      const std::string* version_id, bool bypass);

/// True when clients see a delete marker as the newest version of the key.
std::optional<Timestamp> newest_delete_marker(Call& call, const Bucket& bucket,
                                              const std::string& key);

/// Removes what a multipart upload stored, but for the numbers in `kept`.
void drop_parts(Call& call, const Bucket& bucket, const std::string& key,
                const std::string& upload_id, const std::vector<std::string>& kept = {});

/// A time no other version can have.
Timestamp new_version_id(Backend& backend);

} // namespace nephele::swift::s3
