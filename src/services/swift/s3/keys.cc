// SPDX-License-Identifier: Apache-2.0
// Where access keys come from, and what the operator chose.
#include "services/keystone/client.h"
#include "services/swift/s3/face.h"

namespace nephele::swift::s3 {
namespace {

class KeystoneKeys final : public Keys {
  public:
    explicit KeystoneKeys(Cloud& cloud) : cloud_(cloud) {}
    std::optional<Login> find(const std::string& access) override {
        return cloud_.db().read([&](db::Tx& tx) -> std::optional<Login> {
            auto login = keystone::client::find_ec2_login(cloud_, tx, access);
            if (!login) return std::nullopt;
            return Login{std::move(login->secret), std::move(login->principal)};
        });
    }

    void wrong(const std::string& access) override {
        keystone::client::note_wrong_signature(cloud_, access);
    }

  private:
    Cloud& cloud_;
};

class ListedKeys final : public Keys {
  public:
    explicit ListedKeys(std::vector<ListedKey> keys) : keys_(std::move(keys)) {}
    std::optional<Login> find(const std::string& access) override {
        for (const auto& key : keys_) {
            if (key.access != access) continue;
            Principal who;
            who.user_id = who.user_name = access;
            who.project_id = who.project_name = key.project;
            who.roles = key.roles;
            return Login{key.secret, std::move(who)};
        }
        return std::nullopt;
    }

  private:
    std::vector<ListedKey> keys_;
};
} // namespace

std::shared_ptr<Keys> keystone_keys(Cloud& cloud) { return std::make_shared<KeystoneKeys>(cloud); }

std::shared_ptr<Keys> listed_keys(std::vector<ListedKey> keys) {
    return std::make_shared<ListedKeys>(std::move(keys));
}

Settings read_settings(const Config& config, logic::KeystoneRules rules) {
    Settings settings;
    settings.region = config.text("swift.s3_region");
    settings.domains = config.list("swift.s3_domains");
    settings.min_part = static_cast<std::uint64_t>(config.integer("swift.s3_min_part_bytes"));
    settings.rules = std::move(rules);
    return settings;
}

const std::vector<Option>& options() {
    static const std::vector<Option> all{
        {"swift.s3_region", "us-east-1", "The region S3 clients must sign for."},
        {"swift.s3_domains", Json::array(),
         "Domains below which a host names a bucket: with \"s3.example.org\" the bucket b is also "
         "b.s3.example.org."},
        {"swift.s3_min_part_bytes", 5 * 1024 * 1024,
         "Parts of a multipart upload, but for the last one, are at least this long."}};
    return all;
}

} // namespace nephele::swift::s3
