// SPDX-License-Identifier: Apache-2.0
#include "services/nova/compute/image_source.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "platform/fault/fault.h"
#include "services/nova/compute/host_files.h"

#include <fcntl.h>
#include <unistd.h>

namespace nephele::nova::compute {
namespace {

class LocalImages : public ImageSource {
  public:
    void bring(const GuestSpec& guest, const std::string& to) override {
        copy_file(guest.image_path, to);
    }
};

std::string md5_of(const std::string& path) {
    crypto::Hasher hasher(crypto::Digest::md5);
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    std::string buffer(1 << 20, '\0');
    ssize_t count = 0;
    while (file >= 0 && (count = ::read(file, buffer.data(), buffer.size())) > 0)
        hasher.update(std::string_view(buffer).substr(0, static_cast<std::size_t>(count)));
    if (file >= 0) ::close(file);
    if (file < 0 || count < 0)
        throw EngineFailure(EngineFailure::Kind::transient, "cannot read " + path);
    return hasher.hex();
}

class RemoteImages : public ImageSource {
  public:
    using Fetch = std::function<void(const std::string&, const std::string&)>;
    explicit RemoteImages(Fetch fetch) : fetch_(std::move(fetch)) {}

    void bring(const GuestSpec& guest, const std::string& to) override {
        const std::string part = to + ".part";
        fetch_("/v1/images/" + guest.image_id, part);
        if (!guest.image_checksum.empty() && md5_of(part) != guest.image_checksum) {
            remove_all(part);
            throw EngineFailure(EngineFailure::Kind::transient,
                                format("What came of image {} is not what its checksum says. It "
                                       "is fetched again.",
                                       guest.image_id));
        }
        move_file(part, to);
    }

  private:
    const Fetch fetch_;
};

} // namespace

std::unique_ptr<ImageSource> local_images() { return std::make_unique<LocalImages>(); }

std::unique_ptr<ImageSource>
remote_images(std::function<void(const std::string& page, const std::string& to)> fetch) {
    return std::make_unique<RemoteImages>(std::move(fetch));
}

} // namespace nephele::nova::compute
