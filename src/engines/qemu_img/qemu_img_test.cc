// SPDX-License-Identifier: Apache-2.0
#include "engines/qemu_img/qemu_img.h"

#include "base/process.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <fstream>
#include <unistd.h>

using namespace nephele;
using namespace nephele::qemu_img;

namespace {

constexpr std::uint64_t mib = 1024 * 1024;

class Folder {
  public:
    Folder() {
        char pattern[] = "/tmp/nephele-img-XXXXXX";
        path_ = ::mkdtemp(pattern);
    }
    ~Folder() { run_process({"rm", "-r", path_}); }
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

  private:
    std::string path_;
};

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }
std::string head(const std::string& path, std::size_t count) {
    std::string text(count, '\0');
    std::ifstream(path).read(text.data(), static_cast<std::streamsize>(count));
    return text;
}

bool available() {
    if (run_process({"qemu-img", "--version"}).ok()) return true;
    MESSAGE("qemu-img is not installed: skipped");
    return false;
}

} // namespace

TEST_CASE("overlay, growth, flat copy") {
    if (!available()) return;
    Folder folder;
    write(folder / "base", std::string(mib, 'b'));
    create_overlay(folder / "disk", folder / "base", Format::raw, 4 * mib);
    auto disk = info(folder / "disk", Format::qcow2);
    CHECK(disk.virtual_bytes == 4 * mib);
    CHECK(disk.backing_file == folder / "base");
    CHECK(disk.backing_format == "raw");
    CHECK(disk.stored_bytes < mib);

    resize(folder / "disk", Format::qcow2, 8 * mib);
    CHECK(info(folder / "disk", Format::qcow2).virtual_bytes == 8 * mib);
    CHECK_THROWS_AS(resize(folder / "disk", Format::qcow2, 2 * mib), EngineFailure);
    resize(folder / "disk", Format::qcow2, 2 * mib, Shrink::allow);

    convert(folder / "disk", folder / "flat", {Format::qcow2, Format::raw});
    CHECK(info(folder / "flat", Format::raw).virtual_bytes == 2 * mib);
    CHECK(head(folder / "flat", 3) == "bbb");
    convert(folder / "disk", folder / "packed", {Format::qcow2, Format::qcow2, true});
    CHECK(info(folder / "packed", Format::qcow2).backing_file == "");

    rebase(folder / "disk", "", Format::raw);
    CHECK(info(folder / "disk", Format::qcow2).backing_file == "");
    ::unlink((folder / "base").c_str());
    convert(folder / "disk", folder / "again", {Format::qcow2, Format::raw});
    CHECK(head(folder / "again", 3) == "bbb");
}

TEST_CASE("a format is what the caller says") {
    if (!available()) return;
    Folder folder;
    // A qcow2 header with a backing file inside what is said to be raw stays plain bytes.
    create_overlay(folder / "evil", "/etc/passwd", Format::raw, mib);
    const auto bytes = info(folder / "evil", Format::raw);
    CHECK(bytes.backing_file == "");
    convert(folder / "evil", folder / "copy", {Format::raw, Format::raw});
    CHECK(head(folder / "copy", 3) == "QFI");
    write(folder / "text", "no image at all");
    CHECK_THROWS_AS(info(folder / "text", Format::qcow2), EngineFailure);
}

TEST_CASE("names that mean something else to qemu-img are refused or taken as files") {
    if (!available()) return;
    Folder folder;
    CHECK_THROWS_AS(info("nbd:localhost:10809", Format::raw), EngineFailure);
    CHECK_THROWS_AS(info("json:{}", Format::raw), EngineFailure);
    CHECK_THROWS_AS(info("", Format::raw), EngineFailure);
    create(folder / "a:b,c=d", Format::qcow2, mib);
    CHECK(info(folder / "a:b,c=d", Format::qcow2).virtual_bytes == mib);
    create_overlay(folder / "over", folder / "a:b,c=d", Format::qcow2);
    CHECK(info(folder / "over", Format::qcow2).virtual_bytes == mib);
}

TEST_CASE("a failure leaves nothing behind, a deadline is an unknown outcome") {
    if (!available()) return;
    Folder folder;
    CHECK_THROWS_AS(convert(folder / "absent", folder / "out", {}), EngineFailure);
    CHECK_FALSE(::access((folder / "out").c_str(), F_OK) == 0);
    CHECK_FALSE(::access((folder / "out.part").c_str(), F_OK) == 0);
    CHECK_THROWS_AS(create_overlay(folder / "x", folder / "absent", Format::raw), EngineFailure);
    create(folder / "big", Format::raw, mib);
    try {
        convert(folder / "big", folder / "out", {.timeout_ms = 0});
        FAIL("in time");
    } catch (const EngineFailure& failure) {
        CHECK(failure.kind == EngineFailure::Kind::unknown);
    }
    CHECK(format_of("qcow2") == Format::qcow2);
    CHECK_FALSE(format_of("cow"));
}
