// SPDX-License-Identifier: Apache-2.0
// Structured log lines (logfmt or JSON) with the request id of the work that is being done.
#pragma once
#include "platform/json/json.h"

#include <initializer_list>
#include <string>
#include <string_view>

namespace nephele::log {

enum class Level { debug, info, warning, error };

struct Options {
    Level level = Level::info;
    bool json = false;
    std::string file; ///< empty: stderr
};
void configure(const Options& options);
/// Reopens the file after rotation (SIGHUP).
void reopen();

/// `log::info("server created", {{"server", id}, {"host", host}});`
using Fields = std::initializer_list<Json::Member>;
void write(Level level, std::string_view message, Fields fields = {});
inline void debug(std::string_view m, Fields f = {}) { write(Level::debug, m, f); }
inline void info(std::string_view m, Fields f = {}) { write(Level::info, m, f); }
inline void warning(std::string_view m, Fields f = {}) { write(Level::warning, m, f); }
inline void error(std::string_view m, Fields f = {}) { write(Level::error, m, f); }

/// Puts the request id on every line this thread writes while it lives.
class RequestScope {
  public:
    explicit RequestScope(std::string request_id);
    ~RequestScope();
    RequestScope(const RequestScope&) = delete;

  private:
    std::string before_;
};

} // namespace nephele::log
