// SPDX-License-Identifier: Apache-2.0
#include "services/glance/drivers/s3.h"

#include "base/strings.h"
#include "base/time.h"
#include "platform/crypto/aws_signature.h"
#include "platform/crypto/crypto.h"
#include "services/glance/drivers/remote.h"

#include <mutex>

namespace nephele::glance {
namespace {
using Query = crypto::aws::Fields;

std::string host_of(const std::string& endpoint) {
    return endpoint.substr(endpoint.find("://") + 3);
}

/// Signs requests (AWS signature version 4) and sends them.
class S3Client {
  public:
    explicit S3Client(const S3Options& options) : options_(options) {}

    http::ClientResponse send(http::ClientRequest request, const std::string& key,
                              const Query& query, const std::string& body = "") const {
        std::string path = "/" + options_.bucket + (key.empty() ? "" : "/" + percent_encode(key));
        std::string text = crypto::aws::canonical_query(query);
        request.url = options_.endpoint + path + (text.empty() ? "" : "?" + text);
        request.body = body;
        request.ca_file = options_.ca_file;
        if (!request.sink) request.timeout_ms = 300'000;
        sign(request, path, text);
        return exchange(request);
    }
    http::ClientResponse send(const char* method, const std::string& key, Query query = {},
                              const std::string& body = "") const {
        http::ClientRequest request;
        request.method = method;
        return send(std::move(request), key, std::move(query), body);
    }

  private:
    void sign(http::ClientRequest& request, const std::string& path,
              const std::string& query) const {
        std::string time = iso_time(system_clock().now());
        std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
        std::string digest = hex_encode(crypto::sha256(request.body));
        std::string host = host_of(options_.endpoint);
        request.headers.set("Host", host);
        request.headers.set("x-amz-content-sha256", digest);
        request.headers.set("x-amz-date", time);
        const crypto::aws::SigningScope scope{time.substr(0, 8), options_.region, "s3"};
        const crypto::aws::CanonicalRequest canonical{
            request.method,
            path,
            query,
            {{"host", host}, {"x-amz-content-sha256", digest}, {"x-amz-date", time}},
            digest};
        request.headers.set(
            "Authorization",
            format("{} Credential={}/{}, SignedHeaders={}, Signature={}", crypto::aws::algorithm_4,
                   options_.access_key, scope.text(), canonical.signed_headers(),
                   crypto::aws::signature_4(options_.secret_key.reveal(), time, scope, canonical)));
    }
    const S3Options& options_;
};

std::string only_text(const http::ClientResponse& response, const char* tag,
                      const std::string& what) {
    check_status(response, what);
    auto found = xml_texts(response.body, tag);
    if (found.empty())
        throw StoreError(StoreError::Kind::failed,
                         what + ": unexpected answer " + response.body.substr(0, 300));
    return found.front();
}

void abort_upload(const S3Client& client, const std::string& key, const std::string& upload) {
    check_status(client.send("DELETE", key, {{"uploadId", upload}}), "abort of " + key, 404);
}

class S3Writer final : public ObjectWriter {
  public:
    S3Writer(const S3Client& client, std::string key, std::size_t part_bytes)
        : client_(client), key_(std::move(key)), parts_(part_bytes) {}
    ~S3Writer() override {
        if (finished_ || upload_.empty()) return;
        try {
            abort_upload(client_, key_, upload_);
        } catch (const StoreError&) {
            // The sweep finds it.
        }
    }
    void write(std::string_view piece) override {
        parts_.add(piece, [&](const std::string& part) { send_part(part); });
    }
    void finish() override {
        if (upload_.empty()) {
            check_status(client_.send("PUT", key_, {}, parts_.rest()), "put of " + key_);
            finished_ = true;
            return;
        }
        if (!parts_.rest().empty()) send_part(parts_.rest());
        std::string body = "<CompleteMultipartUpload>";
        for (std::size_t i = 0; i < tags_.size(); ++i)
            body +=
                format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", i + 1, tags_[i]);
        body += "</CompleteMultipartUpload>";
        auto response = client_.send("POST", key_, {{"uploadId", upload_}}, body);
        // A failure may come under the status of a success.
        only_text(response, "ETag", "completion of " + key_);
        finished_ = true;
    }

  private:
    void send_part(const std::string& part) {
        if (upload_.empty())
            upload_ = only_text(client_.send("POST", key_, {{"uploads", ""}}), "UploadId",
                                "upload of " + key_);
        auto response = client_.send(
            "PUT", key_, {{"partNumber", std::to_string(tags_.size() + 1)}, {"uploadId", upload_}},
            part);
        check_status(response, "part of " + key_);
        tags_.push_back(response.headers.get("ETag"));
    }
    const S3Client& client_;
    std::string key_, upload_;
    Parts parts_;
    std::vector<std::string> tags_;
    bool finished_ = false;
};

class S3Store final : public Store {
  public:
    explicit S3Store(S3Options options) : options_(std::move(options)), client_(options_) {}

    std::string new_location(const std::string& name) override {
        if (!is_object_name(name))
            throw StoreError(StoreError::Kind::failed, "not the name of an object: " + name);
        return prefix() + name;
    }
    std::unique_ptr<ObjectWriter> create(const std::string& location) override {
        std::string key = checked(location);
        ensure_bucket();
        auto response = client_.send("HEAD", key);
        if (response.status != 404) {
            check_status(response, "look for " + key);
            throw StoreError(StoreError::Kind::failed, "is there already: " + location);
        }
        return std::make_unique<S3Writer>(client_, key, options_.part_bytes);
    }
    OpenObject open(const std::string& location) override {
        std::string key = checked(location);
        OpenObject object;
        auto response = client_.send("HEAD", key);
        if (response.status == 404) return object;
        check_status(response, "look for " + key);
        object.size =
            static_cast<std::uint64_t>(to_int(response.headers.get("Content-Length")).value_or(0));
        object.reader = std::make_shared<RangeReader>([this, key](http::ClientRequest& request) {
            return client_.send(std::move(request), key, {});
        });
        return object;
    }
    void remove(const std::string& location, bool partial) override {
        std::string key = checked(location);
        for (auto& [name, upload] : uploads(key)) abort_upload(client_, name, upload);
        if (!partial) check_status(client_.send("DELETE", key), "delete of " + key, 404);
    }
    std::vector<StoredObject> list() override {
        ensure_bucket();
        std::vector<StoredObject> out;
        Query query{{"list-type", "2"}, {"max-keys", "1000"}};
        for (;;) {
            auto response = client_.send("GET", "", query);
            check_status(response, "list of bucket " + options_.bucket);
            auto keys = xml_texts(response.body, "Key"), sizes = xml_texts(response.body, "Size");
            for (std::size_t i = 0; i < keys.size() && i < sizes.size(); ++i)
                if (is_object_name(keys[i]))
                    out.push_back({prefix() + keys[i], false,
                                   static_cast<std::uint64_t>(to_int(sizes[i]).value_or(0))});
            auto next = xml_texts(response.body, "NextContinuationToken");
            if (next.empty()) break;
            query = {{"list-type", "2"}, {"max-keys", "1000"}, {"continuation-token", next[0]}};
        }
        for (auto& [key, upload] : uploads(""))
            if (is_object_name(key)) out.push_back({prefix() + key, true, std::nullopt});
        return out;
    }
    bool knows(const std::string& location) const override {
        return location.rfind(prefix(), 0) == 0 && is_object_name(location.substr(prefix().size()));
    }

  private:
    std::string prefix() const {
        return "s3://" + host_of(options_.endpoint) + "/" + options_.bucket + "/";
    }
    std::string checked(const std::string& location) const {
        if (!knows(location))
            throw StoreError(StoreError::Kind::failed, "not a location of this store: " + location);
        return location.substr(prefix().size());
    }
    // Unfinished multipart uploads: key and id.
    std::vector<std::pair<std::string, std::string>> uploads(const std::string& key) {
        std::vector<std::pair<std::string, std::string>> out;
        Query query{{"uploads", ""}};
        if (!key.empty()) query.push_back({"prefix", key});
        for (;;) {
            auto response = client_.send("GET", "", query);
            if (response.status == 404) return out;
            check_status(response, "list of uploads in " + options_.bucket);
            auto keys = xml_texts(response.body, "Key"), ids = xml_texts(response.body, "UploadId");
            for (std::size_t i = 0; i < keys.size() && i < ids.size(); ++i)
                out.emplace_back(keys[i], ids[i]);
            auto next = xml_texts(response.body, "NextKeyMarker");
            auto next_id = xml_texts(response.body, "NextUploadIdMarker");
            auto more = xml_texts(response.body, "IsTruncated");
            if (more.empty() || more[0] != "true" || next.empty() || next_id.empty()) return out;
            query = {{"uploads", ""}, {"key-marker", next[0]}, {"upload-id-marker", next_id[0]}};
            if (!key.empty()) query.push_back({"prefix", key});
        }
    }
    void ensure_bucket() {
        std::lock_guard lock(mutex_);
        if (bucket_there_ || !options_.create_bucket) return;
        if (client_.send("HEAD", "").status == 404)
            check_status(client_.send("PUT", ""), "bucket " + options_.bucket, 409);
        bucket_there_ = true;
    }

    S3Options options_;
    S3Client client_;
    std::mutex mutex_;
    bool bucket_there_ = false;
};
} // namespace

std::unique_ptr<Store> s3_store(S3Options options) {
    while (!options.endpoint.empty() && options.endpoint.back() == '/') options.endpoint.pop_back();
    return std::make_unique<S3Store>(std::move(options));
}

} // namespace nephele::glance
