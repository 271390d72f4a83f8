// SPDX-License-Identifier: Apache-2.0
#include "platform/agent/local_copy.h"

#include "base/strings.h"
#include "platform/log/log.h"

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nephele::agent {
namespace {

constexpr const char* suffix = ".json";

[[noreturn]] void failed(const std::string& what, const std::string& path) {
    throw EngineFailure(EngineFailure::Kind::transient,
                        format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

/// Closes at the end of the scope.
struct Descriptor {
    int fd;
    explicit Descriptor(int value) : fd(value) {}
    ~Descriptor() {
        if (fd >= 0) close(fd);
    }
    Descriptor(const Descriptor&) = delete;
};

void write_all(int fd, std::string_view bytes, const std::string& path) {
    while (!bytes.empty()) {
        ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) failed("write", path);
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
}

std::string read_all(const std::string& path) {
    Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.fd < 0) failed("open", path);
    std::string out;
    char buffer[16384];
    while (true) {
        ssize_t n = ::read(file.fd, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) failed("read", path);
        if (n == 0) return out;
        out.append(buffer, static_cast<std::size_t>(n));
    }
}

void sync_directory(const std::string& path) {
    Descriptor directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.fd < 0 || fsync(directory.fd) != 0) failed("sync", path);
}

void make_directories(const std::string& path) {
    for (auto slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
        std::string part = path.substr(0, slash);
        if (mkdir(part.c_str(), 0700) != 0 && errno != EEXIST)
            throw EngineFailure(EngineFailure::Kind::permanent,
                                format("cannot make {}: {}", part, std::strerror(errno)));
        if (slash == std::string::npos) return;
    }
}

} // namespace

LocalCopy::LocalCopy(std::string directory) : directory_(std::move(directory)) {
    if (!directory_.empty()) make_directories(directory_);
}

std::string LocalCopy::path_of(const std::string& kind, const std::string& id) const {
    // Percent-encoding leaves no plus sign and no slash in either part.
    return directory_ + "/" + percent_encode(kind) + "+" + percent_encode(id) + suffix;
}

std::vector<Desired> LocalCopy::load() const {
    std::vector<Desired> out;
    if (directory_.empty()) return out;
    std::unique_ptr<DIR, int (*)(DIR*)> listing(opendir(directory_.c_str()), closedir);
    if (!listing) failed("list", directory_);
    while (auto* item = readdir(listing.get())) {
        std::string name = item->d_name;
        if (!name.ends_with(suffix)) continue;
        try {
            Json json = Json::parse(read_all(directory_ + "/" + name));
            out.push_back({json.at("kind").as_string(), json.at("id").as_string(),
                           json.at("generation").as_int(), json.at("absent").as_bool(),
                           json.at("spec")});
        } catch (const JsonError& e) {
            log::error("a desired record on disk cannot be read",
                       {{"file", directory_ + "/" + name}, {"error", e.what()}});
        }
    }
    return out;
}

void LocalCopy::write_one(const Desired& record) {
    std::string path = path_of(record.kind, record.id), next = path + ".next";
    std::string text = Json::object({{"kind", record.kind},
                                     {"id", record.id},
                                     {"generation", record.generation},
                                     {"absent", record.absent},
                                     {"spec", record.spec}})
                           .dump();
    Descriptor file(open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (file.fd < 0) failed("create", next);
    write_all(file.fd, text, next);
    if (fsync(file.fd) != 0) failed("sync", next);
    if (rename(next.c_str(), path.c_str()) != 0) failed("replace", path);
}

void LocalCopy::write(const std::vector<Desired>& records) {
    if (directory_.empty() || records.empty()) return;
    for (auto& record : records) write_one(record);
    sync_directory(directory_);
}

void LocalCopy::remove(const std::string& kind, const std::string& id) {
    if (directory_.empty()) return;
    // Not synced: a file that comes back after a crash is dropped by the next full pull.
    if (unlink(path_of(kind, id).c_str()) != 0 && errno != ENOENT)
        failed("remove", path_of(kind, id));
}

} // namespace nephele::agent
