// SPDX-License-Identifier: Apache-2.0
// Queries over neutron_ip_allocations.
#include "services/neutron/store/addresses.h"

namespace nephele::neutron {
namespace {
std::optional<Address> after_highest(db::Tx& tx, const Subnet& subnet, const Range& pool) {
    std::string highest;
    tx.first("SELECT MAX(sortable) FROM neutron_ip_allocations WHERE subnet_id = ? AND sortable "
             "BETWEEN ? AND ?",
             {subnet.id, pool.first.sortable(), pool.last.sortable()},
             [&](const db::Row& row) { highest = row.str(0); });
    if (highest.empty()) return pool.first;
    auto address = Address::from_sortable(pool.first.version, highest);
    if (address.bits >= pool.last.bits) return std::nullopt;
    return address.plus(1);
}

std::optional<Address> first_gap(db::Tx& tx, const Subnet& subnet, const Range& pool) {
    Address next = pool.first;
    bool open = false;
    tx.each("SELECT sortable FROM neutron_ip_allocations WHERE subnet_id = ? AND sortable BETWEEN "
            "? AND ? ORDER BY sortable",
            {subnet.id, pool.first.sortable(), pool.last.sortable()}, [&](const db::Row& row) {
                if (open) return;
                if (Address::from_sortable(next.version, row.text(0)) == next)
                    next = next.plus(1);
                else
                    open = true;
            });
    if (!open) return std::nullopt;
    return next;
}
} // namespace

std::optional<std::string> holder_of(db::Tx& tx, const std::string& subnet_id,
                                     const Address& address) {
    std::optional<std::string> port;
    tx.first("SELECT port_id FROM neutron_ip_allocations WHERE subnet_id = ? AND sortable = ?",
             {subnet_id, address.sortable()}, [&](const db::Row& row) { port = row.str(0); });
    return port;
}

std::optional<Address> free_address(db::Tx& tx, const Subnet& subnet,
                                    const std::vector<Range>& pools) {
    for (auto& pool : pools)
        if (auto found = after_highest(tx, subnet, pool)) return found;
    for (auto& pool : pools)
        if (auto found = first_gap(tx, subnet, pool)) return found;
    return std::nullopt;
}

void take_address(db::Tx& tx, const Subnet& subnet, const Address& address,
                  const std::string& port_id) {
    tx.exec("INSERT INTO neutron_ip_allocations (subnet_id, sortable, ip_address, port_id, "
            "network_id) VALUES (?, ?, ?, ?, ?)",
            db::Params{subnet.id, address.sortable(), address.text(), port_id, subnet.network_id});
}

void release_address(db::Tx& tx, const FixedIp& fixed) {
    auto address = parse_address(fixed.ip_address);
    if (!address) return;
    tx.exec("DELETE FROM neutron_ip_allocations WHERE subnet_id = ? AND sortable = ?",
            db::Params{fixed.subnet_id, address->sortable()});
}

void release_addresses_of(db::Tx& tx, const std::string& port_id) {
    tx.exec("DELETE FROM neutron_ip_allocations WHERE port_id = ?", db::Params{port_id});
}

std::vector<AddressUse> addresses_used(db::Tx& tx, const std::string& network_id) {
    std::vector<AddressUse> out;
    tx.each("SELECT subnet_id, COUNT(*) FROM neutron_ip_allocations WHERE network_id = ? GROUP BY "
            "subnet_id",
            {network_id}, [&](const db::Row& row) {
                out.push_back({row.str(0), row.integer(1)});
            });
    return out;
}

} // namespace nephele::neutron
