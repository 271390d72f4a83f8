// SPDX-License-Identifier: Apache-2.0
// The inspector beside a stream: it runs in a sandboxed child, which is shown the head, the tables
// it asks for and the tail, and nothing else of the bytes.
#pragma once
#include "services/glance/drivers/sandbox.h"
#include "services/glance/logic/inspector.h"

#include <string>
#include <string_view>
#include <vector>

namespace nephele::glance {

class StreamInspection {
  public:
    /// Starts the child; it gets ready while the first bytes arrive. Throws
    /// Failure(unavailable) when this host cannot start one.
    StreamInspection(const Declared& declared, const FormatRules& rules);
    /// The next bytes. Throws Failure(unsupported_media_type, "InvalidImageData") with the reason
    /// when the content is refused; the death of the child is such a reason.
    void feed(std::string_view piece);
    /// After the last byte. Throws as feed does.
    Inspection finish();

  private:
    void show_head();
    void show_tables(std::uint64_t offset, std::string_view piece);
    void send(char kind, std::uint64_t offset, std::string_view bytes);
    std::string answer();
    [[noreturn]] void died();

    SandboxedChild child_;
    std::string head_, tail_;
    bool head_shown_ = false;
    std::uint64_t size_ = 0;
    std::vector<formats::Range> wanted_;
    std::size_t next_wanted_ = 0;
};

/// What the child does: answers what StreamInspection sends. The exit status.
int inspect_in_sandbox(const Declared& declared, const FormatRules& rules, int input = 0,
                       int output = 1);

} // namespace nephele::glance
