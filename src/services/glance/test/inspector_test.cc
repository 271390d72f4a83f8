// SPDX-License-Identifier: Apache-2.0
// A corpus of headers, built in code: each is good but for one thing.
#include "services/glance/logic/inspector.h"
#include "services/glance/logic/qcow2.h"

#include <doctest/doctest.h>
#include <functional>

using namespace nephele::glance;
using namespace std::string_view_literals;

namespace {
constexpr std::size_t cluster = 64 * 1024;

void put32(std::string& bytes, std::size_t at, std::uint32_t value) {
    for (int i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(value >> (24 - 8 * i));
}
void put64(std::string& bytes, std::size_t at, std::uint64_t value) {
    put32(bytes, at, static_cast<std::uint32_t>(value >> 32));
    put32(bytes, at + 4, static_cast<std::uint32_t>(value));
}

// What qemu-img makes of an empty disk: header, refcount table, refcount block, L1 table.
std::string qcow2(std::uint32_t version = 3, std::uint64_t size = std::uint64_t(1) << 30) {
    std::string b(4 * cluster, '\0');
    b.replace(0, 4, "QFI\xfb");
    put32(b, 4, version);
    put32(b, 20, 16);
    put64(b, 24, size);
    put32(b, 36, static_cast<std::uint32_t>((size + (std::uint64_t(1) << 29) - 1) >> 29));
    put64(b, 40, 3 * cluster);
    put64(b, 48, cluster);
    put32(b, 56, 1);
    if (version == 3) {
        put32(b, 96, 4);
        put32(b, 100, 104);
    }
    return b;
}

struct Result {
    std::string refusal;
    Inspection found;
};
Result inspect(const std::string& declared, std::string_view bytes, std::size_t step = 4096) {
    Inspector inspector(declared);
    for (std::size_t at = 0; at < bytes.size(); at += step) inspector.feed(bytes.substr(at, step));
    auto found = inspector.finish();
    CHECK(found.has_value() != inspector.refusal().has_value());
    return {inspector.refusal().value_or(""), found.value_or(Inspection{})};
}
bool refused(const Result& result, const char* word) {
    INFO(result.refusal);
    return result.refusal.find(word) != std::string::npos;
}
void refuses(const char* word, const std::function<void(std::string&)>& change,
             std::uint32_t version = 3) {
    CAPTURE(word);
    std::string b = qcow2(version);
    change(b);
    CHECK(refused(inspect("qcow2", b), word));
    CHECK(refused(inspect("qcow2", b, 333), word));
}
} // namespace

TEST_CASE("inspector: raw is what carries no other format's signature") {
    CHECK(inspect("raw", "").found.virtual_size == 0);
    auto small = inspect("raw", std::string(1000, 'x'));
    CHECK(small.found.format == "raw");
    CHECK(small.found.virtual_size == 1000);
    std::string disk(1 << 20, '\0');
    disk[510] = '\x55', disk[511] = '\xaa'; // MBR
    disk.replace(512, 8, "EFI PART");       // GPT
    CHECK(inspect("raw", disk).refusal.empty());
    CHECK(inspect("raw", disk).found.virtual_size == 1 << 20);
}

TEST_CASE("inspector: other formats declared as raw or qcow2 are named and refused") {
    struct Case {
        const char* format;
        std::size_t at;
        std::string_view bytes;
    };
    const Case cases[] = {
        {"qed", 0, "QED\0"sv},
        {"vmdk", 0, "KDMV"sv},
        {"vmdk", 0, "COWD"sv},
        {"vmdk", 0, "# Disk DescriptorFile\nversion=1\nRW 1 FLAT \"/etc/shadow\" 0\n"sv},
        {"vmdk", 0, "\n# disk descriptorfile\n"sv},
        {"vmdk", 0, "# nothing to see\n\n version=3\nRW 63 FLAT \"/etc/passwd\" 0"sv},
        {"vhd", 0, "conectix"sv},
        {"vhdx", 0, "vhdxfile"sv},
        {"vdi", 64, "\xbe\xda\x10\x7f"sv},
        {"luks", 0, "LUKS\xba\xbe\0\1"sv},
        {"ploop", 0, "WithoutFreeSpace"sv},
        {"ploop", 0, "WithouFreSpacExt"sv},
        {"bochs", 0, "Bochs Virtual HD Image"sv},
        {"iso", 32769, "CD001"sv},
        {"iso", 32769 + 2048, "CD001"sv},
        {"iso", 32769, "BEA01"sv},
        {"iso", 32769 + 2048, "NSR03"sv},
    };
    for (auto& c : cases) {
        CAPTURE(c.format);
        std::string bytes(64 * 1024, '\0');
        bytes.replace(c.at, c.bytes.size(), c.bytes);
        CHECK(signature_of(bytes) == c.format);
        CHECK(refused(inspect("raw", bytes), c.format));
        CHECK(refused(inspect("qcow2", bytes), c.format));
        // The piece's size must not matter.
        CHECK(refused(inspect("raw", bytes, 7), c.format));
        CHECK(refused(inspect("raw", bytes, bytes.size()), c.format));
    }
    CHECK(refused(inspect("raw", qcow2()), "qcow2"));
}

TEST_CASE("inspector: an ordinary text or script is raw") {
    CHECK(inspect("raw", "#!/bin/sh\necho version=1\n").refusal.empty());
    CHECK(inspect("raw", "# comment only").refusal.empty());
    CHECK(inspect("raw", "QFI").refusal.empty());
}

TEST_CASE("inspector: formats that are not taken are refused before the first byte") {
    for (auto format : {"vmdk", "vhd", "iso", "ami", "ploop", "gpt", ""}) {
        Inspector inspector(format);
        REQUIRE(inspector.refusal());
        CHECK(inspector.refusal()->find("only raw and qcow2") != std::string::npos);
        CHECK(!inspector.finish());
    }
}

TEST_CASE("inspector: good qcow2 gives its virtual size") {
    for (std::uint32_t version : {2u, 3u}) {
        for (std::size_t step : {1000u, 4096u, 1u << 20}) {
            auto result = inspect("qcow2", qcow2(version), step);
            CHECK(result.refusal == "");
            CHECK(result.found.format == "qcow2");
            CHECK(result.found.virtual_size == 1 << 30);
        }
    }
    CHECK(inspect("qcow2", qcow2(3, 0)).found.virtual_size == 0);
    CHECK(inspect("qcow2", qcow2(3, 513)).found.virtual_size == 513);
}

TEST_CASE("inspector: qcow2 with what is harmless is taken") {
    auto accepts = [](const char* what, const std::function<void(std::string&)>& change) {
        CAPTURE(what);
        std::string b = qcow2();
        change(b);
        CHECK(inspect("qcow2", b).refusal == "");
    };
    accepts("zstd compression", [](auto& b) {
        put64(b, 72, 8);
        put32(b, 100, 112);
        b[104] = 1;
    });
    accepts("extended L2 entries", [](auto& b) {
        put64(b, 72, 16);
        put32(b, 36, 8);
    });
    accepts("compatible features nobody knows", [](auto& b) { put64(b, 80, ~std::uint64_t(0)); });
    accepts("feature names", [](auto& b) {
        put32(b, 104, 0x6803F857);
        put32(b, 108, 96);
    });
    accepts("an unknown extension", [](auto& b) {
        put32(b, 104, 0x12345678);
        put32(b, 108, 5);
    });
    accepts("internal snapshots", [](auto& b) {
        put32(b, 60, 2);
        put64(b, 64, 2 * cluster);
    });
}

TEST_CASE("inspector: malformed and dangerous qcow2 is refused with the reason") {
    refuses("version 1", [](auto& b) { put32(b, 4, 1); });
    refuses("version 4", [](auto& b) { put32(b, 4, 4); });
    for (std::uint32_t version : {2u, 3u}) {
        refuses(
            "backing file", [](auto& b) { put64(b, 8, 200), put32(b, 16, 11); }, version);
        refuses(
            "backing file", [](auto& b) { put64(b, 8, 200); }, version);
        refuses(
            "backing file", [](auto& b) { put32(b, 16, 1); }, version);
        refuses(
            "encrypted", [](auto& b) { put32(b, 32, 1); }, version);
        refuses(
            "encrypted", [](auto& b) { put32(b, 32, 2); }, version);
        refuses(
            "cluster size", [](auto& b) { put32(b, 20, 8); }, version);
        refuses(
            "cluster size", [](auto& b) { put32(b, 20, 22); }, version);
        refuses(
            "cluster size", [](auto& b) { put32(b, 20, 0xffffffff); }, version);
        refuses(
            "absurd", [](auto& b) { put64(b, 24, ~std::uint64_t(0)); }, version);
        refuses(
            "absurd", [](auto& b) { put64(b, 24, (std::uint64_t(1) << 50) + 512); }, version);
        refuses(
            "L1 table is too small", [](auto& b) { put32(b, 36, 1); }, version);
        refuses(
            "L1 table is too small", [](auto& b) { put32(b, 36, 0); }, version);
        refuses(
            "over the limit", [](auto& b) { put32(b, 36, 0xffffffff); }, version);
        refuses(
            "L1 table lies", [](auto& b) { put64(b, 40, 0); }, version);
        refuses(
            "L1 table lies", [](auto& b) { put64(b, 40, 3 * cluster + 1); }, version);
        refuses(
            "L1 table lies", [](auto& b) { put64(b, 40, ~std::uint64_t(0) - 65535); }, version);
        refuses(
            "cut off", [](auto& b) { put64(b, 40, 4 * cluster); }, version);
        refuses(
            "cut off", [](auto& b) { put64(b, 40, std::uint64_t(1) << 60); }, version);
        refuses(
            "refcount table of", [](auto& b) { put32(b, 56, 0); }, version);
        refuses(
            "refcount table of", [](auto& b) { put32(b, 56, 1 << 20); }, version);
        refuses(
            "refcount table lies", [](auto& b) { put64(b, 48, 512); }, version);
        refuses(
            "internal snapshots", [](auto& b) { put32(b, 60, 65537); }, version);
        refuses(
            "snapshot table lies", [](auto& b) { put32(b, 60, 1); }, version);
        refuses(
            "cut off", [](auto& b) { put32(b, 60, 1), put64(b, 64, 64 * cluster); }, version);
    }
}

TEST_CASE("inspector: qcow2 version 3 features that are dangerous or unknown are refused") {
    refuses("external data file", [](auto& b) { put64(b, 72, 4); });
    refuses("not known", [](auto& b) { put64(b, 72, 32); });
    refuses("not known", [](auto& b) { put64(b, 72, std::uint64_t(1) << 63); });
    refuses("corrupt", [](auto& b) { put64(b, 72, 2); });
    refuses("dirty", [](auto& b) { put64(b, 72, 1); });
    refuses("raw external data", [](auto& b) { put64(b, 88, 2); });
    refuses("refcount order", [](auto& b) { put32(b, 96, 7); });
    refuses("header length", [](auto& b) { put32(b, 100, 96); });
    refuses("header length", [](auto& b) { put32(b, 100, 105); });
    refuses("header length", [](auto& b) { put32(b, 100, 0x80000000); });
    refuses("compression type", [](auto& b) { put32(b, 100, 112), b[104] = 1; });
    refuses("compression type", [](auto& b) { put64(b, 72, 8), put32(b, 100, 112), b[104] = 2; });
}

TEST_CASE("inspector: qcow2 header extensions are read to their end") {
    auto with = [](std::uint32_t type, std::uint32_t length, std::size_t at = 104) {
        std::string b = qcow2();
        put32(b, at, type);
        put32(b, at + 4, length);
        return inspect("qcow2", b);
    };
    CHECK(refused(with(0xE2792ACA, 5), "backing"));
    CHECK(refused(with(0x44415441, 8), "external data file"));
    CHECK(refused(with(0x0537BE77, 16), "encryption"));
    CHECK(refused(with(0x6803F857, 47), "feature names"));
    CHECK(refused(with(0x23852875, 8), "bitmaps"));
    CHECK(refused(with(0x12345678, 0xffffffff), "longer than"));
    CHECK(refused(with(0x12345678, 70000), "longer than"));
    // Behind an unknown one that is skipped.
    std::string b = qcow2();
    put32(b, 104, 0x12345678);
    put32(b, 108, 9);
    put32(b, 104 + 8 + 16, 0x44415441);
    CHECK(refused(inspect("qcow2", b), "external data file"));
    // Version 2 has them too, from byte 72 on.
    std::string two = qcow2(2);
    put32(two, 72, 0xE2792ACA);
    CHECK(refused(inspect("qcow2", two), "backing"));
}

TEST_CASE("inspector: qcow2 cut anywhere is refused") {
    std::string whole = qcow2();
    for (std::size_t length :
         {0u, 1u, 4u, 8u, 71u, 72u, 103u, 104u, 111u, 512u, 65536u, 196608u, 196623u}) {
        CAPTURE(length);
        CHECK(!inspect("qcow2", whole.substr(0, length)).refusal.empty());
    }
    CHECK(inspect("qcow2", whole.substr(0, 3 * cluster + 16)).refusal.empty());
}

TEST_CASE("inspector: a qcow2 header that is also an ISO image is refused") {
    std::string b = qcow2();
    b.replace(32769, 5, "CD001");
    CHECK(refused(inspect("qcow2", b), "ISO"));
}

TEST_CASE("inspector: a refusal comes as soon as the head is there") {
    Inspector inspector("qcow2");
    inspector.feed(std::string(Inspector::head_bytes, 'x'));
    REQUIRE(inspector.refusal());
    inspector.feed("more");
    CHECK(!inspector.finish());
}

TEST_CASE("inspector: no header, however random, makes it read outside or accept a reference") {
    // Every byte of the header in turn takes every one of some hostile values.
    for (std::uint32_t version : {2u, 3u})
        for (std::size_t at = 4; at < 120; ++at)
            for (int value : {1, 0x7f, 0x80, 0xff}) {
                std::string b = qcow2(version);
                b[at] = static_cast<char>(value);
                for (std::size_t length : {b.size(), at + 1}) {
                    Qcow2 header = read_qcow2(std::string_view(b).substr(0, length));
                    bool references = at >= 8 && at < 20;
                    if (references) CHECK(header.refusal);
                    if (!header.refusal) CHECK(header.virtual_size <= std::uint64_t(1) << 50);
                }
            }
}
