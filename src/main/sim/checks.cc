// SPDX-License-Identifier: Apache-2.0
#include "main/sim/checks.h"

#include "base/strings.h"
#include "platform/journal/journal.h"
#include "services/nova/model/states.h"

#include <map>
#include <set>

namespace nephele::sim {

std::vector<std::string> broken_invariants(World& world) {
    std::vector<std::string> out;
    for (auto& service : world.node().services())
        for (auto& check : service.checks)
            world.cloud().db().read([&](db::Tx& tx) {
                for (auto& line : check.find(world.cloud(), tx))
                    out.push_back(format("{}: {}", check.name, line));
            });
    return out;
}

std::vector<std::string> left_undone(World& world) {
    std::vector<std::string> out;
    world.cloud().db().read([&](db::Tx& tx) {
        for (auto& operation : ops::unfinished(tx, 100))
            out.push_back(format("operation {} of {} {} is left at {} ({}): {}", operation.name,
                                 operation.resource_kind, operation.resource_id, operation.step,
                                 shape::text_of_enum(operation.status), operation.failure.dump()));
        tx.each("SELECT id, task_state FROM nova_servers WHERE task_state IS NOT NULL",
                db::Params{}, [&](const db::Row& row) {
                    out.push_back(format("server {} is left {}", row.str(0), row.str(1)));
                });
    });
    return out;
}

std::vector<std::string> broken_promises(World& world, const Client& client) {
    std::vector<std::string> out;
    for (auto& [name, thing] : client.things()) {
        if (!thing.made) {
            // Refused: nothing of it may be there.
            std::string list = thing.path();
            list.pop_back();
            std::string key = thing.kind == "floatingip" ? "description" : "name";
            auto found = world.call(thing.tenant, "GET", list + "?" + key + "=" + name);
            for (auto& [plural, records] : found.json.as_object())
                if (records.is_array())
                    for (auto& record : records.as_array())
                        if (record.text(key) == name)
                            out.push_back(name + " was refused and is there");
            continue;
        }
        auto shown = world.call(thing.tenant, "GET", thing.path());
        if (thing.delete_accepted && shown.status != 404) {
            // A delete that failed for good says so.
            bool said = thing.kind == "server" && shown.json.at("server").text("status") == "ERROR";
            if (!said) out.push_back(name + " was deleted and is there: " + shown.text);
        }
        if (!thing.delete_asked && shown.status != 200)
            out.push_back(format("{} was acknowledged and is gone ({})", name, shown.status));
        for (auto& other : {"tenant-a", "tenant-b"})
            if (thing.tenant != other && world.call(other, "GET", thing.path()).status != 404)
                out.push_back(format("{} sees {} of {}", other, name, thing.tenant));
    }
    return out;
}

std::vector<std::string> stray_guests(World& world) {
    std::vector<std::string> out;
    std::map<std::string, const Host::Guest*> guests;
    std::map<std::string, std::string> at;
    for (auto& host : world.hosts)
        for (auto& [id, guest] : host.guests()) {
            if (guests.count(id))
                out.push_back(format("server {} runs on {} and {}", id, at[id], host.name()));
            guests[id] = &guest;
            at[id] = host.name();
        }
    world.cloud().db().read([&](db::Tx& tx) {
        tx.each("SELECT id, host, vm_state FROM nova_servers", db::Params{},
                [&](const db::Row& row) {
                    std::string id = row.str(0), state = row.str(2);
                    auto guest = guests.find(id);
                    bool there = guest != guests.end();
                    if (there && at[id] != row.str(1))
                        out.push_back(
                            format("server {} runs on {} and not on {}", id, at[id], row.str(1)));
                    std::int64_t expected = state == "active"      ? nova::power::running
                                            : state == "stopped"   ? nova::power::shut_down
                                            : state == "paused"    ? nova::power::paused
                                            : state == "suspended" ? nova::power::suspended
                                                                   : nova::power::none;
                    if (expected && !there)
                        out.push_back(format("server {} is {} and has no guest", id, state));
                    else if (expected && guest->second->power_state != expected)
                        out.push_back(format("server {} is {}, its guest's power state is {}", id,
                                             state, guest->second->power_state));
                    if (there) guests.erase(guest);
                });
    });
    for (auto& [id, guest] : guests)
        out.push_back(format("a guest of server {}, which does not exist, runs on {}", id, at[id]));
    return out;
}

namespace {

struct Journaled {
    const shape::TableBase* table;
    std::map<std::string, std::string> last; ///< id -> image; none when deleted
};

std::map<std::string, std::string> images_of(db::Tx& tx, const shape::TableBase& table) {
    std::map<std::string, std::string> out;
    std::vector<std::shared_ptr<void>> records;
    shape::detail::select(tx, table, Scope::all(), {}, "", [&]() -> void* {
        records.push_back(table.make_record());
        return records.back().get();
    });
    const shape::FieldInfo* key = nullptr;
    for (auto& field : table.shape->fields())
        if (field.column == table.key) key = &field;
    for (auto& record : records) {
        auto value = key->codec->to_db(static_cast<const char*>(record.get()) + key->offset);
        auto* text = std::get_if<std::string>(&value);
        std::string id = text ? *text : std::to_string(std::get<std::int64_t>(value));
        out[id] = table.shape->image(record.get()).dump();
    }
    return out;
}

} // namespace

std::vector<std::string> journal_gaps(World& world) {
    std::vector<std::string> out;
    std::map<std::pair<std::string, std::string>, Journaled> tables;
    for (auto& service : world.node().services())
        for (auto* table : service.tables)
            if (table->journaled) tables[{table->service, table->kind}] = {table, {}};
    world.cloud().db().read([&](db::Tx& tx) {
        journal::Page page;
        do {
            page = journal::read(tx, page.cursor, 1000);
            for (auto& record : page.records) {
                auto found = tables.find({record.service, record.kind});
                if (found == tables.end()) continue;
                if (record.change == "delete")
                    found->second.last.erase(record.id);
                else
                    found->second.last[record.id] = Json::parse(record.image).dump();
            }
        } while (page.more);
        for (auto& [name, journaled] : tables) {
            auto now = images_of(tx, *journaled.table);
            for (auto& [id, image] : now) {
                auto last = journaled.last.find(id);
                if (last == journaled.last.end())
                    out.push_back(format("{} {} is in no journal entry", name.second, id));
                else if (last->second != image)
                    out.push_back(format("{} {} differs from its last journal entry: {} is {}",
                                         name.second, id, last->second, image));
            }
            for (auto& [id, image] : journaled.last)
                if (!now.count(id))
                    out.push_back(format("{} {} went without a journal entry", name.second, id));
        }
    });
    return out;
}

std::vector<std::string> all_problems(World& world, const Client& client) {
    std::vector<std::string> out = client.complaints;
    auto append = [&](std::vector<std::string> more) {
        out.insert(out.end(), more.begin(), more.end());
    };
    append(broken_invariants(world));
    append(left_undone(world));
    append(broken_promises(world, client));
    append(stray_guests(world));
    append(journal_gaps(world));
    return out;
}

} // namespace nephele::sim
