// SPDX-License-Identifier: Apache-2.0
// The sandboxed children: what they may not do, what their death means, inspection of whole
// streams, unpacking and converting.
#include "services/glance/ops/convert.h"
#include "services/glance/ops/decompress.h"
#include "services/glance/ops/inspect.h"
#include "services/glance/ops/sandboxed.h"
#include "services/glance/test/corpus.h"

#include "base/process.h"
#include "platform/fault/fault.h"
#include "tests/support/temp_dir.h"

#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace nephele;
using namespace nephele::glance;
using nephele::test::TempDir;

namespace {
/// Status of a fork that confines itself and then does what is given; -signal when it was killed.
template <class F> int confined(Confinement confinement, const AllowedFiles& files, F work) {
    pid_t child = ::fork();
    if (child == 0) {
        if (!confine(confinement, {2, 256 << 20, 1 << 20}, files)) ::_exit(125);
        ::_exit(work());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

std::string content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
void write_file(const std::string& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}
std::string corpus_bytes(const char* name) {
    return glance::test::read_case("src/services/glance/test/corpus", name).bytes;
}

struct Answer {
    int status = 0;
    std::string text;
};
template <class F> Answer failure_of(F work) {
    try {
        work();
    } catch (const Failure& failure) {
        return {failure.status(), failure.what()};
    }
    return {};
}
bool says(const Answer& answer, int status, const char* words) {
    INFO(answer.status << " " << answer.text);
    return answer.status == status && answer.text.find(words) != std::string::npos;
}

Inspection inspect(const std::string& bytes, const Declared& declared, std::size_t step) {
    StreamInspection inspection(declared, {});
    for (std::size_t at = 0; at < bytes.size(); at += step)
        inspection.feed(std::string_view(bytes).substr(at, step));
    return inspection.finish();
}
ImportPlugins plugins(const std::string& target = "") {
    ImportPlugins out;
    out.decompression = true;
    out.conversion = target;
    out.expansion_cap = 64 << 20;
    out.timeout_ms = 60'000;
    return out;
}
} // namespace

TEST_CASE("sandbox: with pipes only a process can compute and talk, and nothing else") {
    auto pipes = Confinement::pipes;
    CHECK(confined(pipes, {}, [] { return 7; }) == 7);
    CHECK(confined(pipes, {}, [] {
              std::string memory(1 << 20, 'x');
              return memory[77] == 'x' ? 8 : 9;
          }) == 8);
    CHECK(confined(pipes, {}, [] { return ::open("/etc/passwd", O_RDONLY); }) == -SIGSYS);
    CHECK(confined(pipes, {}, [] { return ::socket(AF_INET, SOCK_STREAM, 0); }) == -SIGSYS);
    CHECK(confined(pipes, {}, [] { return static_cast<int>(::fork()); }) == -SIGSYS);
    CHECK(confined(pipes, {}, [] { return ::execl("/bin/true", "true", nullptr); }) == -SIGSYS);
    CHECK(confined(pipes, {}, [] { return ::kill(::getppid(), 0); }) == -SIGSYS);
}

TEST_CASE("sandbox: processor time and memory are bounded") {
    CHECK(confined(Confinement::pipes, {}, [] {
              for (volatile long i = 0;; i = i + 1) {
              }
              return 0;
          }) == -SIGKILL);
#if !defined(__SANITIZE_ADDRESS__)
    CHECK(confined(Confinement::pipes, {},
                   [] { return ::malloc(std::size_t(512) << 20) == nullptr ? 5 : 6; }) == 5);
#endif
}

TEST_CASE("sandbox: a program may open what it was given and not what it was not") {
    TempDir folder;
    write_file(folder.file("read"), "r");
    write_file(folder.file("write"), "w");
    write_file(folder.file("other"), "o");
    AllowedFiles files{{folder.file("read")}, {folder.file("write")}};
    auto opens = [&](const char* name, int flags) {
        std::string path = folder.file(name);
        return confined(Confinement::program, files, [&] {
            int fd = ::open(path.c_str(), flags, 0600);
            return fd >= 0 ? 0 : 1;
        });
    };
    CHECK(opens("read", O_RDONLY) == 0);
    CHECK(opens("read", O_RDWR) == 1);
    CHECK(opens("write", O_RDWR) == 0);
    CHECK(opens("other", O_RDONLY) == 1);
    CHECK(opens("new", O_RDWR | O_CREAT) == 1);
    CHECK(confined(Confinement::program, files,
                   [] { return ::open("/etc/passwd", O_RDONLY) >= 0 ? 0 : 1; }) == 1);
    CHECK(confined(Confinement::program, files,
                   [] { return ::socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? 0 : 1; }) == 1);
}

TEST_CASE("inspection of streams: the child is shown what it needs, whatever the pieces") {
    std::string far = corpus_bytes("vhdx-good");
    std::string padded = corpus_bytes("qcow2-good") + std::string(1 << 20, '\0');
    for (std::size_t step : {100u, 65536u, 262144u, 8u << 20}) {
        CAPTURE(step);
        CHECK(inspect(far, {"vhdx"}, step).virtual_size == 64 << 20);
        auto found = inspect(padded, {"qcow2"}, step);
        CHECK(found.format == "qcow2");
        CHECK(found.virtual_size == 1 << 30);
    }
    CHECK(inspect("", {"raw"}, 1).virtual_size == 0);
    CHECK(inspect(corpus_bytes("vhd-fixed"), {"vhd"}, 1000).virtual_size == 4096);
    CHECK(
        says(failure_of([&] { inspect(corpus_bytes("qcow2-data-file-hidden"), {"qcow2"}, 4096); }),
             415, "external data file"));
    CHECK(says(failure_of([&] { inspect(padded, {"raw"}, 4096); }), 415, "its content is qcow2"));
}

TEST_CASE("inspection of streams: the death of the child is a refusal with its cause") {
    // An inspector that is shown a malformed frame ends; so does one that is killed.
    SandboxedChild child(inspect_command({"raw"}, {}));
    ::kill(child.pid(), SIGSEGV);
    CHECK(child.finish(monotonic_ms() + 10'000).find("signal 11") != std::string::npos);
    SandboxedChild idle(inspect_command({"raw"}, {}));
    CHECK(idle.finish(monotonic_ms()) == "it took too long");
    SandboxedChild wrong({"no such role"});
    CHECK(wrong.finish(monotonic_ms() + 10'000) == "exit status 2");
}

TEST_CASE("import: gzip, xz and zip are unpacked, then judged") {
    TempDir folder;
    std::string image = corpus_bytes("qcow2-good"), path = folder.file("staged");
    write_file(folder.file("disk.img"), image);
    auto pack = [&](const std::vector<std::string>& command) {
        auto result = run_process(command);
        INFO(result.describe());
        REQUIRE(result.ok());
        return result.output;
    };
    std::string script = "import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1],'w',int(sys.argv[2]))\n"
                         "for n in sys.argv[3:]: z.write(n, 'disk')\nz.close()";
    auto zip = [&](const char* method, std::vector<std::string> files) {
        std::vector<std::string> command{"python3", "-c", script, path, method};
        command.insert(command.end(), files.begin(), files.end());
        pack(command);
    };
    Declared declared{"qcow2", "compressed"};
    auto prepare = [&] { return prepare_import(path, declared, {}, plugins()); };
    auto check = [&] {
        auto prepared = prepare();
        CHECK(prepared.changed);
        CHECK(prepared.declared.container_format == "bare");
        CHECK(content(prepared.path) == image);
        ::unlink(prepared.path.c_str());
    };
    write_file(path, pack({"gzip", "-c", folder.file("disk.img")}));
    check();
    std::string cut = content(path);
    write_file(path, pack({"xz", "-c", folder.file("disk.img")}));
    check();
    zip("8", {folder.file("disk.img")});
    check();
    zip("0", {folder.file("disk.img")});
    check();
    zip("8", {folder.file("disk.img"), folder.file("disk.img")});
    CHECK(says(failure_of(prepare), 415, "several files"));
    write_file(path, cut.substr(0, cut.size() - 9));
    CHECK(says(failure_of(prepare), 415, "damaged or cut off"));
    cut[cut.size() - 6] ^= 1;
    write_file(path, cut);
    CHECK(says(failure_of(prepare), 415, "damaged or cut off"));
    // What was hidden in the archive is judged like any upload, and nothing stays behind.
    write_file(folder.file("disk.img"), corpus_bytes("qcow2-backing-file"));
    write_file(path, pack({"gzip", "-c", folder.file("disk.img")}));
    CHECK(says(failure_of(prepare), 415, "backing file"));
    CHECK(run_process({"ls", folder.path()}).output == "disk.img\nstaged\n");
}

TEST_CASE("import: a bomb is refused at the cap") {
    TempDir folder;
    std::string path = folder.file("staged");
    auto packed = run_process({"sh", "-c", "head -c 100M /dev/zero | gzip -9"});
    REQUIRE(packed.ok());
    CHECK(packed.output.size() < 200'000);
    write_file(path, packed.output);
    auto answer = failure_of([&] { prepare_import(path, {"raw", "compressed"}, {}, plugins()); });
    CHECK(says(answer, 413, "expands to more than"));
    CHECK(run_process({"ls", folder.path()}).output == "staged\n");
}

TEST_CASE("import: conversion by a confined qemu-img") {
    if (!run_process({"qemu-img", "--version"}).ok()) {
        MESSAGE("qemu-img is not installed: skipped");
        return;
    }
    TempDir folder;
    std::string raw = folder.file("raw"), staged = folder.file("staged");
    write_file(raw, std::string(100'000, 'd') + std::string(948'576, '\0'));
    for (auto [qemu, ours] : {std::pair{"qcow2", "qcow2"},
                              {"vmdk", "vmdk"},
                              {"vdi", "vdi"},
                              {"vhdx", "vhdx"},
                              {"parallels", "ploop"}}) {
        CAPTURE(ours);
        REQUIRE(run_process({"qemu-img", "convert", "-O", qemu, raw, staged}).ok());
        auto prepared = prepare_import(staged, {ours, "bare"}, {}, plugins("raw"));
        CHECK(prepared.changed);
        CHECK(prepared.declared.disk_format == "raw");
        CHECK(content(prepared.path).substr(0, 1 << 20) == content(raw));
        ::unlink(prepared.path.c_str());
        ::unlink(staged.c_str());
    }
    // What has the format already is left alone.
    auto same = prepare_import(raw, {"raw", "bare"}, {}, plugins("raw"));
    CHECK(!same.changed);
    CHECK(same.path == raw);
    auto other = prepare_import(raw, {"raw", "bare"}, {}, plugins("qcow2"));
    CHECK(inspect_file(other.path, {"qcow2", "bare"}, {}).virtual_size == 1 << 20);
    // More virtual size than may be made of it.
    REQUIRE(run_process({"qemu-img", "create", "-q", "-f", "qcow2", staged, "1T"}).ok());
    CHECK(says(failure_of([&] {
                   prepare_import(staged, {"qcow2", "bare"}, {}, plugins("raw"));
               }),
               413, "expands to more than"));
    CHECK(::access((staged + ".prepared.converted").c_str(), F_OK) != 0);
}

TEST_CASE("import: properties are injected but for the ignored roles") {
    ImportPlugins all;
    all.inject = {{"site", "here"}};
    all.inject_ignored_roles = {"admin"};
    CHECK(injected_properties(all, {"member", "reader"}).size() == 1);
    CHECK(injected_properties(all, {"member", "Admin"}).empty());
}
