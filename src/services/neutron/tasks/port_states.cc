// SPDX-License-Identifier: Apache-2.0
#include "services/neutron/tasks/port_states.h"

#include "platform/log/log.h"
#include "services/neutron/logic/touched.h"
#include "services/neutron/store/tables.h"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace nephele::neutron {

struct PortStates::Impl {
    explicit Impl(Cloud& cloud) : cloud(cloud) {
        if (!cloud.by_hand) writer = std::thread([this] { work(); });
    }
    void write();
    void work();

    Cloud& cloud;
    std::mutex writing; ///< held while states are taken and written
    std::mutex mutex;
    std::condition_variable news;
    std::map<std::string, bool> states; ///< port -> up
    bool stopping = false;
    std::thread writer;
};

PortStates::PortStates(Cloud& cloud) : impl_(std::make_unique<Impl>(cloud)) {}
PortStates::~PortStates() { stop(); }

void PortStates::stop() {
    {
        std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
    }
    impl_->news.notify_all();
    if (impl_->writer.joinable()) impl_->writer.join();
}

void PortStates::heard(const PortUp& port) {
    {
        std::lock_guard lock(impl_->mutex);
        impl_->states[port.port_id] = port.up;
    }
    impl_->news.notify_one();
}

void PortStates::write() { impl_->write(); }

void PortStates::Impl::write() {
    // Whoever comes second finds the first one's work done when it gets here.
    std::lock_guard one_at_a_time(writing);
    std::map<std::string, bool> taken;
    {
        std::lock_guard lock(mutex);
        taken.swap(states);
    }
    if (taken.empty()) return;
    try {
        write_as_cloud(cloud, "neutron-port-states", [&](Context& context) {
            for (auto& [id, up] : taken) {
                auto port = find(context.tx, ports(), Scope::all(), id);
                if (!port || status_of(*port, up) == port->status) continue;
                port->status = status_of(*port, up);
                update(context, ports(), *port);
            }
        });
    } catch (const std::exception&) {
        std::lock_guard lock(mutex);
        // What was heard meanwhile is newer.
        for (auto& [id, up] : taken) states.emplace(id, up);
        throw;
    }
}

void PortStates::Impl::work() {
    std::unique_lock lock(mutex);
    while (!stopping) {
        if (states.empty()) {
            news.wait(lock);
            continue;
        }
        lock.unlock();
        try {
            write();
            lock.lock();
        } catch (const std::exception& error) {
            log::error("states of ports not written, trying again", {{"error", error.what()}});
            lock.lock();
            news.wait_for(lock, std::chrono::seconds(1), [&] { return stopping; });
        }
    }
}

} // namespace nephele::neutron
