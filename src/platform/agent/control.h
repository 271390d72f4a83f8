// SPDX-License-Identifier: Apache-2.0
// The control plane's end of every link: what a pull, a report and a hello do to the tables. Links
// (in process, WebSocket) differ only in how they get here.
#pragma once
#include "platform/agent/agent.h"

namespace nephele::agent::control {

/// db::Tx::hint channel on which new desired records of a host are announced.
std::string channel(const std::string& host);
/// Desired records of the host with a generation above `since`, and the host's change number.
Link::Delta changes(db::Tx& tx, const std::string& host, std::int64_t since);
/// Keeps what is news, journals it, and removes records whose absence is observed.
void save_report(Context& context, const std::string& host, const std::vector<Observed>& observed);
void save_hello(Context& context, const std::string& host, const Json& facts);
/// The agent is alive (again). Call at most every `seen_every_ms`.
void save_seen(Context& context, const std::string& host);
/// A session of the host has ended that heard of it last at that moment; one with another control
/// node may have begun since, and then it stays connected.
void save_goodbye(Context& context, const std::string& host, Time last_heard);
/// Agents that were last seen before that moment are not connected any more, whatever became of
/// them. Returns their hosts.
std::vector<std::string> save_silent(Context& context, Time before);
inline constexpr std::int64_t seen_every_ms = 10'000;

} // namespace nephele::agent::control
