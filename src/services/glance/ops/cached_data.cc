// SPDX-License-Identifier: Apache-2.0
#include "services/glance/ops/cached_data.h"

#include "base/strings.h"
#include "platform/crypto/crypto.h"
#include "platform/log/log.h"
#include "services/glance/ops/expected.h"
#include "services/glance/ops/object_body.h"
#include "services/glance/ops/uploads.h"
#include "services/glance/store/cache.h"
#include "services/glance/store/images.h"

#include <algorithm>
#include <set>

namespace nephele::glance {
namespace {
constexpr int tries_without_progress = 3;

/// Goes on where a store broke off.
class ResumingReader final : public ObjectReader {
  public:
    explicit ResumingReader(std::shared_ptr<ObjectReader> inner) : inner_(std::move(inner)) {}
    void read(std::uint64_t offset, std::uint64_t length, const Sink& sink) override {
        std::uint64_t seen = 0, before = 0;
        bool stopped = false;
        for (int tries = 1;; ++tries) {
            try {
                inner_->read(offset + seen, length - seen, [&](std::string_view piece) {
                    seen += piece.size();
                    stopped = !sink(piece);
                    return !stopped;
                });
                return;
            } catch (const StoreError& error) {
                if (stopped || error.kind == StoreError::Kind::denied) throw;
                if (seen > before) tries = 1;
                if (tries == tries_without_progress) throw;
                log::info("reading an object goes on where it broke off",
                          {{"at", offset + seen}, {"what", error.what()}});
                before = seen;
            }
        }
    }

  private:
    std::shared_ptr<ObjectReader> inner_;
};

// What nobody had looked at yet is known now.
void note_format(Cloud& cloud, const Image& read, const Received& received) {
    if (read.inspected_format) return;
    write_as_cloud(cloud, "glance.cache", [&](Context& context) {
        auto image = find(context.tx, images(), Scope::all(), read.id);
        if (!image || image->inspected_format || image->locations != read.locations) return;
        image->inspected_format = received.inspection.format;
        image->virtual_size = received.inspection.virtual_size;
        store::update(context, *image);
    });
}

ImageCache::Produce copy_of(Cloud& cloud, const Image& image) {
    return [&cloud, image](ObjectWriter& writer, const std::function<bool()>& stopped) {
        auto& state = cloud.state<State>();
        OpenObject object = open_data(state, image);
        if (object.reader) object.reader = std::make_shared<ResumingReader>(object.reader);
        auto body = body_of(std::move(object));
        StoppableBody stoppable(*body, stopped);
        Expected expected{{image.disk_format.value_or(""), image.container_format.value_or("bare")},
                          state.format_rules};
        expected.checksum = image.checksum.value_or("");
        expected.os_hash_value = image.os_hash_value.value_or("");
        try {
            note_format(cloud, image, receive(stoppable, writer, expected));
        } catch (const Failure&) {
            // Such data is not asked for again and again.
            write_as_cloud(cloud, "glance.cache", [&](Context& context) {
                store::unqueue(context.tx, cloud.node(), image.id);
            });
            throw;
        }
    };
}

std::uint64_t size_of(const Image& image) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, image.size.value_or(0)));
}

void restore_once(Cloud& cloud, State& state) {
    std::call_once(state.cache_restored, [&] {
        auto rows = cloud.db().read([&](db::Tx& tx) { return store::cached_on(tx, cloud.node()); });
        for (auto& row : rows) state.cache->restore(row);
    });
}
} // namespace

std::string cache_name(const Image& image) {
    std::string data = image.os_hash_value.value_or(image.checksum.value_or(""));
    if (data.empty() && !image.locations.empty())
        data = std::to_string(image.created_at.us) + image.locations.front().url;
    return new_object_name(image.id, hex_encode(crypto::sha256(data)));
}

OpenObject open_through_cache(Cloud& cloud, const Image& image) {
    auto& state = cloud.state<State>();
    if (!state.cache || !image.has_data() || image.locations.empty())
        return open_data(state, image);
    std::string name = cache_name(image);
    if (auto object = state.cache->open(name); object.found()) return object;
    if (!path_of_location(image.locations.front().url).empty()) return open_data(state, image);
    try {
        auto object = state.cache->open_or_fill(name, size_of(image), copy_of(cloud, image));
        if (object.found()) return object;
    } catch (const StoreError& error) {
        log::warning("an image is read past the cache",
                     {{"image", image.id}, {"what", error.what()}});
    }
    return open_data(state, image);
}

bool begin_caching(Cloud& cloud, const Image& image) {
    auto& state = cloud.state<State>();
    return state.cache && image.has_data() &&
           state.cache->begin(cache_name(image), size_of(image), copy_of(cloud, image));
}

int clean_cache(Cloud& cloud) {
    auto& state = cloud.state<State>();
    restore_once(cloud, state);
    std::set<std::string> valid;
    cloud.db().read([&](db::Tx& tx) {
        for (auto& copy : state.cache->copies()) {
            auto image = find(tx, images(), Scope::all(), copy.image_id);
            if (image && image->has_data()) valid.insert(cache_name(*image));
        }
    });
    auto before = state.cache->copies();
    int removed = state.cache->remove([&](const CachedCopy& copy) {
        bool looked_at = std::any_of(before.begin(), before.end(),
                                     [&](auto& one) { return one.name == copy.name; });
        return looked_at && !valid.count(copy.name);
    });
    tell_cache(cloud);
    return removed;
}

void fill_queued(Cloud& cloud) {
    auto queued = cloud.db().read([&](db::Tx& tx) { return store::queued_on(tx, cloud.node()); });
    for (auto& id : queued) {
        auto image =
            cloud.db().read([&](db::Tx& tx) { return find(tx, images(), Scope::all(), id); });
        if (image && begin_caching(cloud, *image)) continue;
        log::warning("a queued image cannot be cached", {{"image", id}});
        write_as_cloud(cloud, "glance.cache",
                       [&](Context& context) { store::unqueue(context.tx, cloud.node(), id); });
    }
}

void tell_cache(Cloud& cloud) {
    auto& state = cloud.state<State>();
    restore_once(cloud, state);
    auto copies = state.cache->copies();
    write_as_cloud(cloud, "glance.cache",
                   [&](Context& context) { store::set_cached(context.tx, cloud.node(), copies); });
}

} // namespace nephele::glance
