// SPDX-License-Identifier: Apache-2.0
// The log writer. A line is composed without a lock and written by one write(2) to a descriptor
// opened for appending, so that lines of several threads and processes never mix.
#include "platform/log/log.h"

#include "base/time.h"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace nephele::log {
namespace {

std::atomic<Level> lowest_level{Level::info};
std::atomic<bool> as_json{false};

std::mutex sink_mutex; // guards the two below, also while a line is written
std::string sink_path;
int sink = STDERR_FILENO;

thread_local std::string current_request;

const char* name_of(Level level) {
    static constexpr const char* names[] = {"debug", "info", "warning", "error"};
    return names[static_cast<int>(level)];
}

/// The descriptor, or -1 with errno set.
int open_sink(const std::string& path) {
    if (path.empty()) return STDERR_FILENO;
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

void use_sink(int fd) {
    if (sink != STDERR_FILENO) ::close(sink);
    sink = fd;
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

/// A log line must come out whatever it holds; a value without JSON form says so in its place.
std::string json_text(const Json& value) {
    try {
        return value.dump();
    } catch (const JsonError& e) {
        return Json(e.what()).dump();
    }
}

bool needs_quotes(std::string_view text) {
    if (text.empty()) return true;
    for (const char c : text)
        if (static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7F)
            return true;
    return false;
}

class Line {
  public:
    explicit Line(bool json) : json_(json) {
        if (json_) text_ = "{";
    }
    void add(std::string_view key, std::string_view value) {
        start(key);
        if (json_ || needs_quotes(value))
            append_json_string(text_, value);
        else
            text_ += value;
    }
    void add(std::string_view key, const Json& value) {
        if (value.is_string()) return add(key, std::string_view(value.as_string()));
        const std::string text = json_text(value);
        start(key);
        if (json_ || !needs_quotes(text))
            text_ += text;
        else
            append_json_string(text_, text);
    }
    std::string finish() { return std::move(text_ += json_ ? "}\n" : "\n"); }

  private:
    void start(std::string_view key) {
        if (text_.size() > 1) text_ += json_ ? ',' : ' ';
        if (json_)
            append_json_string(text_, key);
        else
            text_ += key;
        text_ += json_ ? ':' : '=';
    }
    bool json_;
    std::string text_;
};

} // namespace

void configure(const Options& options) {
    const std::lock_guard lock(sink_mutex);
    const int fd = open_sink(options.file);
    if (fd < 0)
        throw std::runtime_error("cannot open log file " + options.file + ": " +
                                 std::strerror(errno));
    use_sink(fd);
    sink_path = options.file;
    lowest_level = options.level;
    as_json = options.json;
}

void reopen() {
    std::string problem;
    {
        const std::lock_guard lock(sink_mutex);
        if (const int fd = open_sink(sink_path); fd >= 0)
            use_sink(fd);
        else
            problem = std::strerror(errno);
    }
    if (!problem.empty())
        error("cannot reopen the log file, going on with the old", {{"cause", problem}});
}

void write(Level level, std::string_view message, Fields fields) {
    if (level < lowest_level.load(std::memory_order_relaxed)) return;
    Line line(as_json.load(std::memory_order_relaxed));
    line.add("time", std::string_view(iso_time(system_clock().now(), 6)));
    line.add("level", std::string_view(name_of(level)));
    line.add("message", message);
    if (!current_request.empty()) line.add("request_id", std::string_view(current_request));
    for (const auto& [key, value] : fields) line.add(key, value);
    const std::string text = line.finish();

    const std::lock_guard lock(sink_mutex);
    if (!write_all(sink, text) && sink != STDERR_FILENO) write_all(STDERR_FILENO, text);
}

RequestScope::RequestScope(std::string request_id)
    : before_(std::exchange(current_request, std::move(request_id))) {}

RequestScope::~RequestScope() { current_request = std::move(before_); }

} // namespace nephele::log
