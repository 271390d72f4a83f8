// SPDX-License-Identifier: Apache-2.0
#include "main/stop_signals.h"

#include "platform/log/log.h"

namespace nephele::main {

StopSignals::StopSignals() {
    sigemptyset(&signals_);
    for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals_, signal);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

void StopSignals::wait() const {
    for (;;) {
        int signal = 0;
        sigwait(&signals_, &signal);
        if (signal != SIGHUP) return;
        log::reopen();
    }
}

} // namespace nephele::main
