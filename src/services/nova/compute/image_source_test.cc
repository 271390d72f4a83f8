// SPDX-License-Identifier: Apache-2.0
#include "services/nova/compute/image_source.h"

#include "base/files.h"
#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "platform/fault/fault.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>

namespace nephele::nova::compute {

TEST_CASE("an image from elsewhere counts only when it is what its checksum says") {
    test::TempDir dir("images");
    std::string asked, gives = "bytes of the image";
    auto images = remote_images([&](const std::string& page, const std::string& to) {
        asked = page;
        files::replace(to, gives);
    });
    GuestSpec guest;
    guest.image_id = "i1";
    guest.image_checksum = hex_encode(crypto::md5(gives));
    images->bring(guest, dir.file("a"));
    CHECK(asked == "/v1/images/i1");
    CHECK(files::read(dir.file("a")) == gives);
    gives = "something else";
    CHECK_THROWS_AS(images->bring(guest, dir.file("b")), EngineFailure);
    CHECK_FALSE(files::read(dir.file("b")));
    CHECK_FALSE(files::read(dir.file("b.part"))); // Begun anew next time.
}

TEST_CASE("where the control plane is here the image is copied") {
    test::TempDir dir("images");
    files::replace(dir.file("source"), "bytes");
    GuestSpec guest;
    guest.image_path = dir.file("source");
    local_images()->bring(guest, dir.file("a"));
    CHECK(files::read(dir.file("a")) == "bytes");
}

} // namespace nephele::nova::compute
