// SPDX-License-Identifier: Apache-2.0
// What a handler is given, and what handlers share: the bucket with its rules, answers, locks.
#pragma once
#include "base/ids.h"
#include "base/secret.h"
#include "services/swift/logic/acl.h"
#include "services/swift/logic/versions.h"
#include "services/swift/proxy/backend.h"
#include "services/swift/s3/error.h"
#include "services/swift/s3/payload.h"
#include "services/swift/s3/request.h"
#include "services/swift/s3/xml_writer.h"

#include <array>
#include <mutex>
#include <shared_mutex>

namespace nephele::swift::s3 {

struct Settings {
    std::string region = "us-east-1";
    std::vector<std::string> domains;
    std::uint64_t max_object = std::uint64_t{5} << 30, min_part = 5 << 20;
    std::uint64_t max_parts = 10000, max_listed = 1000, max_deleted = 1000;
    logic::KeystoneRules rules;
};

/// Where access keys come from: the identity service, or a list (TempAuth).
struct Login {
    Secret<std::string> secret;
    std::optional<Principal> who; ///< nothing: the key is good for nothing any more
};
class Keys {
  public:
    virtual ~Keys() = default;
    virtual std::optional<Login> find(const std::string& access) = 0;
    /// A signature by this access key did not fit: whoever counts guesses wants to know.
    virtual void wrong(const std::string&) {}
};

/// What is looked at and then changed is so by one request at a time, in this process.
class Locks {
  public:
    std::unique_lock<std::shared_mutex> hold(const ObjectName& name);
    /// Many at once, but none while it is held.
    std::shared_lock<std::shared_mutex> share(const ObjectName& name);

  private:
    std::shared_mutex& stripe(const ObjectName& name);
    std::array<std::shared_mutex, 256> stripes_;
};

struct Call {
    Backend& backend;
    const Settings& settings;
    IdSource& ids;
    Locks& locks;
    Request& request;
    Payload& body;
    const char* action = ""; ///< "PutObject"

    ObjectName object() const { return {request.account, request.bucket(), request.key()}; }
    const std::string& owner_id() const { return request.account; }
};

/// What a call needs the bucket for; the owner of the account may do all.
enum class Need { read, write, owner };

struct Bucket {
    std::string name;
    ContainerInfo info;
    logic::Versioning versioning = logic::Versioning::off;
    /// Of its metadata; empty when it is not there.
    std::string get(const std::string& header) const;
    /// What S3 alone keeps: "X-Container-Sysmeta-S3api-<name>".
    std::string setting(const std::string& name) const;
    std::string versions_container() const { return logic::versions_container_name(name); }
    std::string segments_container() const { return name + std::string(segments_suffix); }
};
std::string setting_header(const std::string& name);
/// The request's bucket. Throws NoSuchBucket, AccessDenied.
Bucket need_bucket(Call& call, Need need);
/// Another of the same account (the source of a copy); `action` is what its policy is asked.
Bucket need_bucket(Call& call, const std::string& name, Need need, const std::string& action,
                   const std::string& key);
/// Sets or removes (empty) metadata of the bucket.
void save_bucket(Call& call, const Metadata& change);
/// Throws QuotaExceeded when so many more bytes do not fit the container's or account's quota.
void check_quota(Call& call, const Bucket& bucket, std::uint64_t bytes);

/// The whole body, of at most so many bytes. Throws what the payload throws, MalformedXML.
std::string read_body(Call& call, std::size_t limit);
http::Response xml_answer(std::string document, int status = 200);
http::Response empty_answer(int status = 200);
Failure no_such_key(const std::string& key);

/// "2026-11-22T14:21:42.000Z"
std::string xml_time(Timestamp timestamp);
std::string quoted(const std::string& etag);
/// An etag as S3 shows that of an object.
std::string shown_etag(const ObjectInfo& info, bool large);
std::string metadata_of(const Metadata& metadata, const std::string& name);
/// What S3 alone keeps with an object: "X-Object-Sysmeta-S3api-<name>".
std::string object_setting(const std::string& name);

using Handler = http::Response (*)(Call&);

} // namespace nephele::swift::s3
