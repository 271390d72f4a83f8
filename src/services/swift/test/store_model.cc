// SPDX-License-Identifier: Apache-2.0
#include "services/swift/test/store_model.h"

#include "base/strings.h"
#include "services/swift/test/backend_contract.h"

namespace nephele::swift::test {

std::string some_bytes(std::uint64_t seed, std::size_t size) {
    std::mt19937_64 random(seed);
    std::string out(size, '\0');
    for (std::size_t i = 0; i + 8 <= size; i += 8) {
        auto word = random();
        std::memcpy(&out[i], &word, 8);
    }
    return out;
}

std::vector<Step> some_steps(std::uint64_t seed, std::size_t count, const std::string& prefix) {
    std::mt19937_64 random(seed);
    auto below = [&](std::size_t limit) { return random() % limit; };
    std::vector<Step> out = {{Step::make_container, prefix + "0", "", 0, 0}};
    while (out.size() < count) {
        static const Step::Kind kinds[] = {Step::put,
                                           Step::put,
                                           Step::put,
                                           Step::put,
                                           Step::put,
                                           Step::post,
                                           Step::post,
                                           Step::remove,
                                           Step::remove,
                                           Step::make_container,
                                           Step::delete_container,
                                           Step::reclaim};
        Step step{kinds[below(12)], format("{}{}", prefix, below(2)), format("o{}", below(6)),
                  random(), 0};
        step.size = below(5) ? below(2000) : 18'000 + below(10'000);
        out.push_back(step);
    }
    return out;
}

void take(Model& model, const Step& step) {
    auto container = model.containers.find(step.container);
    bool known = container != model.containers.end();
    Metadata metadata = {{"X-Object-Meta-N", std::to_string(step.seed)}};
    if (step.kind == Step::make_container) model.containers[step.container];
    if (!known) return;
    auto& objects = container->second;
    if (step.kind == Step::put) objects[step.object] = {some_bytes(step.seed, step.size), metadata};
    if (step.kind == Step::post && objects.contains(step.object))
        objects[step.object].metadata = metadata;
    if (step.kind == Step::remove) objects.erase(step.object);
    if (step.kind == Step::delete_container && objects.empty())
        model.containers.erase(step.container);
}

void take(LocalBackend& store, const Step& step) {
    ObjectName name{"a", step.container, step.object};
    ObjectInfo info;
    info.metadata = {{"X-Object-Meta-N", std::to_string(step.seed)}};
    switch (step.kind) {
    case Step::put:
        contract::put(store, name, some_bytes(step.seed, step.size), info.metadata);
        break;
    case Step::post:
        info.timestamp = store.now();
        store.save_metadata(name, info);
        break;
    case Step::remove:
        store.remove(name, store.now());
        break;
    case Step::make_container:
        store.save_container("a", step.container, {}, {}, true, store.now());
        break;
    case Step::delete_container:
        store.delete_container("a", step.container, store.now());
        break;
    case Step::reclaim:
        store.device().reclaim(0.2, 2);
        break;
    }
}

DeviceOptions small_device(const std::string& directory) {
    DeviceOptions options;
    options.directory = directory;
    options.volume_bytes = 100'000;
    options.inline_bytes = 20'000;
    options.reserve_bytes = 0;
    options.map_bytes = 256 << 10;
    options.open_volumes = 3;
    return options;
}

Calls& calls_without_sync() {
    struct Unsynced final : Calls {
        int fdatasync(int) override { return 0; }
        int fsync(int) override { return 0; }
    };
    static Unsynced calls;
    return calls;
}

std::vector<std::string> differences(LocalBackend& store, const Model& model) {
    std::vector<std::string> out;
    std::uint64_t all_objects = 0, all_bytes = 0;
    std::vector<std::string> listed;
    for (auto& row : store.containers("a", {})) listed.push_back(row.name);
    std::vector<std::string> expected;
    for (const auto& [container, objects] : model.containers) {
        expected.push_back(container);
        std::vector<std::string> names;
        std::uint64_t bytes = 0;
        for (const auto& [name, object] : objects) {
            names.push_back(name);
            bytes += object.bytes.size();
            if (contract::get(store, {"a", container, name}) != object.bytes)
                out.push_back(format("{}/{} has other bytes", container, name));
            auto info = store.head({"a", container, name});
            if (!info || info->metadata != object.metadata)
                out.push_back(format("{}/{} has other metadata", container, name));
        }
        if (contract::names(store, "a", container, {}) != names)
            out.push_back(format("{} lists {} for {}", container,
                                 join(contract::names(store, "a", container, {}), " "),
                                 join(names, " ")));
        auto info = store.container("a", container);
        if (!info || info->objects != names.size() || info->bytes != bytes)
            out.push_back(format("{} counts {} objects, {} bytes for {}, {}", container,
                                 info ? info->objects : 0, info ? info->bytes : 0, names.size(),
                                 bytes));
        auto said = model.container_metadata.find(container);
        if (info && said != model.container_metadata.end() && info->metadata != said->second)
            out.push_back(format("{} has other metadata", container));
        all_objects += names.size();
        all_bytes += bytes;
    }
    if (listed != expected)
        out.push_back(
            format("the account lists {} for {}", join(listed, " "), join(expected, " ")));
    auto account = store.account("a");
    if (account && (account->containers != expected.size() || account->objects != all_objects ||
                    account->bytes != all_bytes))
        out.push_back(format("the account counts {} {} {} for {} {} {}", account->containers,
                             account->objects, account->bytes, expected.size(), all_objects,
                             all_bytes));
    return out;
}

} // namespace nephele::swift::test
