// SPDX-License-Identifier: Apache-2.0
// Reconciling the northbound database.
#include "services/neutron/tasks/northbound.h"

#include "base/strings.h"
#include "platform/context/readiness.h"
#include "platform/journal/journal.h"
#include "platform/metrics/metrics.h"
#include "services/neutron/drivers/fake_northbound.h"
#include "services/neutron/drivers/simulated_northbound.h"
#include "services/neutron/logic/touched.h"
#include "services/neutron/store/wiring.h"

namespace nephele::neutron {
namespace {
constexpr std::int64_t full_every_ms = 55'000;
constexpr int journal_page = 500, ready_timeout_ms = 5'000;
constexpr int most_touched_pages = 20; ///< more than that is read whole
} // namespace

struct Wires::Due {
    Wiring wiring;
    Part part;
    std::string cursor;
    bool nothing = false;
};

Wires::Wires(Cloud& cloud, std::unique_ptr<Northbound> driver)
    : cloud_(cloud), states_(cloud), driver_(std::move(driver)) {
    driver_->on_port_state([this](const PortUp& port) { states_.heard(port); });
}

// Records and the place in the journal come from one snapshot.
Wires::Due Wires::read_due() {
    bool full = full_due_ || cloud_.now() >= last_full_.plus_ms(full_every_ms);
    return cloud_.db().read([&](db::Tx& tx) {
        Due due;
        Touched touched;
        due.cursor = cursor_;
        for (int pages = 0; !full; ++pages) {
            auto page = journal::read(tx, due.cursor, journal_page, {.service = "neutron"});
            full = page.lost || pages >= most_touched_pages;
            for (auto& record : page.records) touch(touched, record.kind, record.id, record.image);
            due.cursor = page.cursor;
            if (!page.more) break;
        }
        due.part.everything = full;
        if (full) {
            due.cursor = journal::end(tx);
            due.wiring = load_wiring(tx);
        } else if (touched.empty()) {
            due.nothing = true;
        } else {
            due.part.ids = touched.ids();
            due.wiring = load_wiring(tx, touched);
        }
        return due;
    });
}

void Wires::fill_surroundings(Wiring& wiring) {
    wiring.chassis = driver_->chassis();
    wiring.dns_servers = cloud_.config().list("neutron.dns_servers");
}

void Wires::reconcile() {
    std::lock_guard lock(run_mutex_);
    if (!driver_->wait_ready(ready_timeout_ms))
        throw EngineFailure(EngineFailure::Kind::transient,
                            "neutron: OVN's databases do not answer; are they running, and are "
                            "neutron.northbound and neutron.southbound right?");
    Due due = read_due();
    if (due.nothing) {
        cursor_ = due.cursor;
        return;
    }
    fill_surroundings(due.wiring);
    // Until it has gone through, the next run must look at everything.
    full_due_ = true;
    int changed = driver_->apply(due.wiring, due.part);
    full_due_ = false;
    cursor_ = due.cursor;
    if (due.part.everything) last_full_ = cloud_.now();
    if (changed)
        metrics::add("nephele_neutron_northbound_rows_total", {}, static_cast<double>(changed));
    compare_states(due.wiring, due.part.everything);
}

// A port may have been up before it was bound here: no news comes then.
void Wires::compare_states(const Wiring& wiring, bool everything) {
    std::map<std::string, const Port*> look_at;
    for (auto& port : wiring.ports)
        if (everything || (port.status == "DOWN" && status_of(port, true) == "ACTIVE"))
            look_at[port.id] = &port;
    if (look_at.empty()) return;
    for (auto& state : driver_->port_states())
        if (auto found = look_at.find(state.port_id); found != look_at.end())
            if (status_of(*found->second, state.up) != found->second->status) states_.heard(state);
}

std::vector<std::string> Wires::differences(db::Tx& tx) {
    Wiring wiring = load_wiring(tx);
    fill_surroundings(wiring);
    return driver_->differences(wiring);
}

task::Task northbound_task() {
    return {.name = "neutron.northbound",
            .every_ms = 60'000,
            .nudged_by = {"neutron/*"},
            .run = [](Cloud& cloud) {
                auto& wires = cloud.state<Wires>();
                wires.reconcile();
                wires.write_states();
            }};
}

namespace {
std::string northbound_away(const Config& config) {
    return format("OVN's databases do not answer ({}, {}): networks change once they do. Start "
                  "OVN, or see neutron.northbound and neutron.southbound.",
                  config.text("neutron.northbound"), config.text("neutron.southbound"));
}
} // namespace

void start_wires(Cloud& cloud) {
    const Config& config = cloud.config();
    std::string kind = config.text("neutron.driver");
    std::unique_ptr<Northbound> driver;
    if (kind == "ovn")
        driver =
            ovn_northbound(config.text("neutron.northbound"), config.text("neutron.southbound"));
    else if (kind == "fake")
        driver = std::make_unique<FakeNorthbound>();
    else if (kind == "simulated")
        driver = std::make_unique<SimulatedNorthbound>();
    else
        throw bad_request("BadConfig", "neutron.driver is ovn, fake or simulated, not " + kind);
    cloud.add_state(std::make_shared<Wires>(cloud, std::move(driver)));
    if (!cloud.has_state<Readiness>()) return;
    cloud.state<Readiness>().parts.push_back({"northbound", [](Cloud& it) {
                                                  return it.state<Wires>().driver().wait_ready(0)
                                                             ? std::string()
                                                             : northbound_away(it.config());
                                              }});
}

void stop_wires(Cloud& cloud) { cloud.state<Wires>().stop(); }

} // namespace nephele::neutron
