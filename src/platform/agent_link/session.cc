// SPDX-License-Identifier: Apache-2.0
#include "platform/agent_link/session.h"

#include "base/strings.h"
#include "platform/agent/control.h"
#include "platform/agent_link/messages.h"
#include "platform/fault/fault.h"
#include "platform/log/log.h"

#include <algorithm>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace nephele::agent {
namespace {
// How often a session without events looks whether it should end, and whether its host still is a
// member.
constexpr int look_every_ms = 1000;
constexpr std::int64_t most_wait_ms = 60'000;

/// Readable once somebody hinted at the host's channel.
class Hints {
  public:
    Hints(db::Database& database, const std::string& channel)
        : event_(std::make_shared<Event>()),
          listening_(database.listen(channel, [event = event_] { event->signal(); })) {}
    int descriptor() const { return event_->descriptor; }
    void clear() {
        eventfd_t count = 0;
        (void)!::eventfd_read(event_->descriptor, &count);
    }

  private:
    struct Event {
        Event() : descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
            if (descriptor < 0) throw std::runtime_error("no descriptor left for an agent");
        }
        ~Event() { ::close(descriptor); }
        void signal() const { (void)!::eventfd_write(descriptor, 1); }
        const int descriptor;
    };
    std::shared_ptr<Event> event_;
    std::shared_ptr<void> listening_;
};

class Session {
  public:
    Session(const SessionParts& parts, const std::string& host, const std::string& thumbprint,
            http::WebSocket& socket)
        : parts_(parts), cloud_(parts.cloud), host_(host), thumbprint_(thumbprint), socket_(socket),
          hints_(cloud_.db(), control::channel(host)) {}

    Time seen_at() const { return seen_at_; }

    void run() {
        write_as_cloud(cloud_, "", [&](Context& context) { settle(context, host_, thumbprint_); });
        while (!*parts_.over) {
            pollfd ready[2] = {{socket_.descriptor(), POLLIN, 0}, {hints_.descriptor(), POLLIN, 0}};
            ::poll(ready, 2, wait_ms());
            if (ready[0].revents != 0 && !take_message()) return;
            if (ready[1].revents != 0) hints_.clear(); // Before reading: commits hint again.
            answer_pull(ready[1].revents != 0);
            if (!seen()) return;
        }
    }

  private:
    struct Pull {
        std::int64_t id = 0, since = 0;
        Time until;
        bool fresh = true; ///< not looked at yet
    };

    int wait_ms() const {
        if (!pull_) return look_every_ms;
        const std::int64_t left = (pull_->until.us - cloud_.now().us) / 1000 + 1;
        return static_cast<int>(std::clamp<std::int64_t>(left, 0, look_every_ms));
    }

    /// False at the orderly end.
    bool take_message() {
        auto message = socket_.receive(0);
        if (!message) return false;
        Json call = Json::parse(message->data, 64);
        Json answer = Json::object({{"id", call.at("id").as_int()}});
        try {
            if (!carry_out(call, answer)) return true;
        } catch (const JsonError&) {
            throw; // Not our protocol: the connection ends.
        } catch (const std::exception& error) {
            answer["error"] = error_json(error);
        }
        socket_.send(answer.dump(), true);
        return true;
    }

    /// False when the answer comes later.
    bool carry_out(const Json& call, Json& answer) {
        const std::string what = call.text("call");
        if (what == "pull") {
            if (pull_) send_delta({}); // Its caller has given up.
            const auto wait = std::clamp<std::int64_t>(call.integer("wait_ms"), 0, most_wait_ms);
            pull_ = Pull{call.at("id").as_int(), call.at("since").as_int(),
                         cloud_.now().plus_ms(wait), true};
            return false;
        }
        if (what == "report") {
            std::vector<Observed> observed;
            for (auto& one : call.at("observed").as_array()) observed.push_back(observed_of(one));
            write_as_cloud(cloud_, "", [&](Context& context) {
                control::save_report(context, host_, observed);
            });
        } else if (what == "hello") {
            write_as_cloud(cloud_, "", [&](Context& context) {
                control::save_hello(context, host_, call.at("facts"));
            });
            seen_at_ = cloud_.now();
        } else if (what == "renew") {
            auto issued = write_as_cloud(cloud_, "", [&](Context& context) {
                return renew(context, parts_.authority, host_, call.at("public_key").as_string());
            });
            answer["certificate"] = issued.pem;
        } else {
            throw Failure(Fault::not_implemented, "UnknownCall",
                          format("This control node does not know the call '{}'. Upgrade it, or "
                                 "use an agent of its version.",
                                 what.substr(0, 50)));
        }
        return true;
    }

    void answer_pull(bool hinted) {
        if (!pull_ || (!hinted && !pull_->fresh && cloud_.now() < pull_->until)) return;
        pull_->fresh = false;
        auto delta =
            cloud_.db().read([&](db::Tx& tx) { return control::changes(tx, host_, pull_->since); });
        const bool news = delta.change != pull_->since || !delta.records.empty();
        if (news || cloud_.now() >= pull_->until) send_delta(delta);
    }

    void send_delta(const Link::Delta& delta) {
        Json records = Json::array();
        for (auto& record : delta.records) records.push_back(to_json(record));
        Json answer = Json::object({{"id", pull_->id},
                                    {"change", delta.change ? delta.change : pull_->since},
                                    {"records", std::move(records)}});
        pull_.reset();
        socket_.send(answer.dump(), true);
    }

    /// False when the host is no member any more.
    bool seen() {
        const Time now = cloud_.now();
        if (seen_at_.us && now < seen_at_.plus_ms(control::seen_every_ms)) return true;
        seen_at_ = now;
        if (!cloud_.db().read([&](db::Tx& tx) { return member_with(tx, thumbprint_); })) {
            log::warning("agent: its host is no member any more", {{"host", host_}});
            return false;
        }
        write_as_cloud(cloud_, "", [&](Context& context) { control::save_seen(context, host_); });
        return true;
    }

    const SessionParts& parts_;
    Cloud& cloud_;
    const std::string host_, thumbprint_;
    http::WebSocket& socket_;
    Hints hints_;
    std::optional<Pull> pull_;
    Time seen_at_;
};

} // namespace

Time serve_agent(const SessionParts& parts, const std::string& host, const std::string& thumbprint,
                 http::WebSocket& socket) {
    Session session(parts, host, thumbprint, socket);
    try {
        session.run();
    } catch (const http::TransferError& error) {
        log::info("agent: its connection broke", {{"host", host}, {"error", error.what()}});
    } catch (const std::exception& error) {
        log::warning("agent: its connection is closed", {{"host", host}, {"error", error.what()}});
    }
    return session.seen_at();
}

} // namespace nephele::agent
