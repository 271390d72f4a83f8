// SPDX-License-Identifier: Apache-2.0
#include "platform/agent_link/fetch.h"

#include "base/strings.h"
#include "platform/fault/fault.h"
#include "platform/http/http.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nephele::agent {
namespace {
constexpr int stall_ms = 60'000;

class Output {
  public:
    explicit Output(const std::string& path)
        : path_(path), fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) {
        if (fd_ < 0) fail("open");
    }
    ~Output() {
        if (fd_ >= 0) ::close(fd_);
    }
    Output(const Output&) = delete;
    std::uint64_t size() const {
        struct stat about {};
        return ::fstat(fd_, &about) == 0 ? static_cast<std::uint64_t>(about.st_size) : 0;
    }
    void begin_at(std::uint64_t offset) {
        if (::ftruncate(fd_, static_cast<off_t>(offset)) != 0) fail("cut");
        at_ = offset;
    }
    void write(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t count =
                ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at_));
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) fail("write");
            bytes.remove_prefix(static_cast<std::size_t>(count));
            at_ += static_cast<std::uint64_t>(count);
        }
    }
    void sync() {
        if (::fsync(fd_) != 0) fail("sync");
    }

  private:
    [[noreturn]] void fail(const char* doing) const {
        throw EngineFailure(EngineFailure::Kind::transient,
                            format("cannot {} {}: {}", doing, path_, std::strerror(errno)));
    }
    const std::string path_;
    const int fd_;
    std::uint64_t at_ = 0;
};

/// False when this node does not have it.
bool fetch_from(const Identity& identity, const std::string& url, Output& out) {
    const std::uint64_t kept = out.size();
    http::ClientRequest request;
    request.url = url;
    request.ca_file = identity.authority_file();
    request.certificate_file = request.key_file = identity.key_file();
    request.timeout_ms = 0;
    request.stall_timeout_ms = stall_ms;
    if (kept > 0) request.headers.set("Range", format("bytes={}-", kept));
    out.begin_at(kept);
    request.sink = [&](std::string_view bytes) {
        out.write(bytes);
        return true;
    };
    const auto answer = http::fetch(request);
    if (answer.status == 206 || (answer.status == 200 && kept == 0)) return true;
    if (answer.status == 416) {
        // Nothing is missing, or the file is another one now: from the beginning next time.
        const bool whole = answer.headers.get("Content-Range") == format("bytes */{}", kept);
        if (!whole) out.begin_at(0);
        if (whole) return true;
        throw EngineFailure(EngineFailure::Kind::transient,
                            format("{} changed while it was fetched", url));
    }
    if (answer.status == 404) return false;
    const bool refused = answer.status >= 400 && answer.status < 500;
    throw EngineFailure(
        refused ? EngineFailure::Kind::permanent : EngineFailure::Kind::transient,
        format("{} answers {}: {}", url, answer.status, answer.body.substr(0, 500)));
}
} // namespace

void fetch_file(const Identity& identity, const std::string& page, const std::string& to) {
    Output out(to);
    std::string reasons;
    for (const auto& url : identity.urls) {
        try {
            if (fetch_from(identity, url + page, out)) return out.sync();
            reasons += format("{} does not have it; ", url);
        } catch (const EngineFailure& failure) {
            if (failure.kind == EngineFailure::Kind::permanent) throw;
            reasons += std::string(failure.what()) + "; ";
        }
    }
    throw EngineFailure(EngineFailure::Kind::transient,
                        format("cannot fetch {}: {}", page, reasons));
}

} // namespace nephele::agent
