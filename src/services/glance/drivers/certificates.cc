// SPDX-License-Identifier: Apache-2.0
#include "services/glance/drivers/certificates.h"

#include "base/ids.h"
#include "base/strings.h"
#include "services/keystone/client.h"

#include <fstream>
#include <utility>

namespace nephele::glance {
namespace {
constexpr std::size_t pem_limit = 64 * 1024;

class SiteCertificates final : public Certificates {
  public:
    SiteCertificates(Cloud& cloud, std::string directory)
        : cloud_(cloud), directory_(std::move(directory)) {}

    std::optional<std::string> find(db::Tx& tx, const std::string& uuid,
                                    const std::string& user_id) override {
        if (!is_uuid(uuid)) return std::nullopt;
        if (auto pem = file(directory_ + "/" + uuid + ".pem")) return pem;
        // The identity service writes its ids without dashes.
        return keystone::client::stored_credential(cloud_, tx, replace_all(uuid, "-", ""), "cert",
                                                   user_id);
    }

  private:
    static std::optional<std::string> file(const std::string& path) {
        std::ifstream in(path, std::ios::binary);
        if (!in) return std::nullopt;
        std::string bytes(pem_limit, '\0');
        in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        bytes.resize(static_cast<std::size_t>(in.gcount()));
        return bytes;
    }
    Cloud& cloud_;
    std::string directory_;
};
} // namespace

std::unique_ptr<Certificates> site_certificates(Cloud& cloud, const std::string& directory) {
    return std::make_unique<SiteCertificates>(cloud, directory);
}

} // namespace nephele::glance
