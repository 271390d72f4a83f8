// SPDX-License-Identifier: Apache-2.0
// What the inspector says of the corpus (test/corpus), of images qemu-img makes, and of headers
// built in code: each good but for one thing.
#include "services/glance/test/corpus.h"

#include "base/process.h"
#include "tests/support/temp_dir.h"

#include <doctest/doctest.h>
#include <fstream>
#include <functional>
#include <iterator>

using namespace nephele;
using namespace nephele::glance;
using namespace nephele::glance::test;
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

Judged inspect(const std::string& declared, std::string_view bytes, std::size_t step = 4096) {
    return judge({declared}, {}, bytes, step);
}
bool refused(const Judged& result, const char* word) {
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

TEST_CASE("inspector: the corpus") {
    auto corpus = read_corpus("src/services/glance/test/corpus");
    CHECK(corpus.size() >= 130);
    for (auto& one : corpus) {
        CAPTURE(one.name);
        for (std::size_t step : {7u, 4096u, 1u << 20}) {
            auto result = judge(one.declared, one.rules, one.bytes, step);
            CAPTURE(result.refusal);
            if (!one.refusal.empty()) {
                CHECK(result.refusal.find(one.refusal) != std::string::npos);
                continue;
            }
            CHECK(result.refusal == "");
            CHECK(result.found.format == one.format);
            CHECK(result.found.virtual_size == one.virtual_size);
        }
    }
}

TEST_CASE("inspector: what qemu-img makes is accepted") {
    if (!run_process({"qemu-img", "--version"}).ok()) {
        MESSAGE("qemu-img is not installed: skipped");
        return;
    }
    struct Kind {
        const char *format, *qemu, *options;
    };
    nephele::test::TempDir folder;
    std::string source = folder.file("source");
    {
        std::ofstream out(source, std::ios::binary);
        for (int i = 0; i < 3000; ++i) out << "some bytes of a disk " << i * 7919 << "\n";
        out << std::string(3 << 20, '\0') << "end" << std::string(509, 'x');
    }
    ::truncate(source.c_str(), 8 << 20);
    for (auto& kind : std::initializer_list<Kind>{
             {"qcow2", "qcow2", "compat=0.10"},
             {"qcow2", "qcow2", "compat=1.1,cluster_size=512"},
             {"qcow2", "qcow2", "compression_type=zstd,extended_l2=on,cluster_size=128k"},
             {"vmdk", "vmdk", "subformat=monolithicSparse"},
             {"vmdk", "vmdk", "subformat=streamOptimized"},
             {"vhd", "vpc", "subformat=dynamic"},
             {"vhd", "vpc", "subformat=fixed,force_size=on"},
             {"vhdx", "vhdx", "subformat=dynamic"},
             {"vhdx", "vhdx", "subformat=fixed"},
             {"vdi", "vdi", "static=off"},
             {"vdi", "vdi", "static=on"},
             {"ploop", "parallels", "cluster_size=1M"},
             {"raw", "raw", "size=8M"}}) {
        CAPTURE(kind.options);
        std::string path = folder.file("image");
        auto made = run_process({"qemu-img", "convert", "-f", "raw", "-O", kind.qemu, "-o",
                                 kind.options, source, path});
        CAPTURE(made.errors);
        REQUIRE(made.ok());
        std::ifstream in(path, std::ios::binary);
        std::string bytes((std::istreambuf_iterator<char>(in)), {});
        auto result = inspect(kind.format, bytes, 100'000);
        CHECK(result.refusal == "");
        CHECK(result.found.format == kind.format);
        CHECK(result.found.virtual_size >= 8 << 20);
        // As anything else it is refused.
        for (auto other : {"raw", "qcow2", "vmdk", "vhd", "vhdx", "vdi", "iso", "ploop", "gpt"})
            if (std::string(other) != kind.format) {
                CAPTURE(other);
                CHECK(inspect(other, bytes).refusal != "");
            }
    }
}

TEST_CASE("inspector: an ordinary text or script is raw") {
    CHECK(inspect("raw", "#!/bin/sh\necho version=1\n").refusal.empty());
    CHECK(inspect("raw", "# comment only").refusal.empty());
    CHECK(inspect("raw", "QFI").refusal.empty());
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
}

TEST_CASE("inspector: malformed and dangerous qcow2 is refused with the reason") {
    refuses("its content is qcow.", [](auto& b) { put32(b, 4, 1); });
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
            "L1 table is too small", [](auto& b) { put64(b, 24, ~std::uint64_t(0)); }, version);
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

TEST_CASE("inspector: a refusal comes as soon as the head is there") {
    Inspector inspector({"qcow2"}, {});
    CHECK(inspector.read_head(std::string(Inspector::head_bytes, 'x')).empty());
    CHECK(inspector.refusal());
}

TEST_CASE("inspector: what it wants to see is in order, apart and bounded") {
    std::string b = qcow2();
    put64(b, 40, 100 * cluster);
    put64(b, 48, 90 * cluster);
    Inspector inspector({"qcow2"}, {});
    auto wanted = inspector.read_head(b);
    REQUIRE(wanted.size() == 2);
    CHECK(wanted[0].offset == 90 * cluster);
    CHECK(wanted[0].length == cluster);
    CHECK(wanted[1].offset == 100 * cluster);
    CHECK(wanted[1].length == 16);
}

TEST_CASE("inspector: no header, however random, makes it read outside or accept a reference") {
    // Every byte of the header in turn takes every one of some hostile values.
    for (std::uint32_t version : {2u, 3u})
        for (std::size_t at = 4; at < 120; ++at)
            for (int value : {1, 0x7f, 0x80, 0xff}) {
                std::string b = qcow2(version);
                b[at] = static_cast<char>(value);
                for (std::size_t length : {b.size(), at + 1}) {
                    auto result = inspect("qcow2", std::string_view(b).substr(0, length));
                    bool references = at >= 8 && at < 20;
                    if (references) CHECK(result.refusal != "");
                    CHECK(result.found.virtual_size <= std::int64_t(64) << 40);
                }
            }
}
