// SPDX-License-Identifier: Apache-2.0
// Files as answers on plain connections. Thousands may be under way at once: a connection whose
// client has not read enough yet waits on its event loop and holds no thread; when it can go on, a
// few sender threads (they may wait for the disk, the loop must not) move a turn's worth each.
#include "platform/http/connection.h"

#include "base/time.h"

namespace nephele::http {
namespace {
// What one connection may send before the next one has its turn.
constexpr std::uint64_t turn_bytes = 8 << 20;
} // namespace

// Small files leave at once, from the worker. The answer's head is sent ahead of the file.
void Connection::send_file_from_worker() {
    phase_ = Phase::file;
    send_file_turn();
}

bool Connection::step_file() {
    if (!core_.senders.submit(job(&Connection::send_file_turn))) abort();
    return false;
}

void Connection::send_file_turn() {
    auto& file = *answer_.file;
    std::uint64_t turn = turn_bytes;
    while (sent_ < out_.size() || file.length > 0) {
        bool head = sent_ < out_.size();
        if (!head && turn == 0) {
            step_file();
            return;
        }
        auto result =
            head ? io_.write(std::string_view(out_).substr(sent_), file.length > 0)
                 : io_.send_file(*file.descriptor, file.offset, std::min(file.length, turn));
        if (result.state == Io::want_write)
            return wait(Io::want_write, now_ms() + core_.options.body_timeout_ms);
        // The file is shorter than announced, or the client is gone.
        if (result.state != Io::ok) return abort();
        if (head) {
            sent_ += result.count;
            continue;
        }
        file.offset += result.count;
        file.length -= result.count;
        turn -= result.count;
    }
    finish_request();
}

} // namespace nephele::http
