// SPDX-License-Identifier: Apache-2.0
// A stand-in for the image service: this binary links none. What it makes is there at once, what it
// removes goes with the commit; what it is told twice must do no harm.
#include "base/strings.h"
#include "services/nova/test/world.h"

#include <algorithm>

namespace nephele::nova::test {

std::map<std::string, glance::ImageFacts>& images() {
    static std::map<std::string, glance::ImageFacts> all = [] {
        glance::ImageFacts image;
        image.id = image_id;
        image.name = "tiny";
        image.status = "active";
        image.inspected_format = image.disk_format = "qcow2";
        image.path = "/images/tiny";
        image.size = image.virtual_size = 1 << 20;
        return std::map<std::string, glance::ImageFacts>{{image_id, image}};
    }();
    return all;
}

int& failing_uploads() {
    static int times = 0;
    return times;
}
void forget_made_images() {
    failing_uploads() = 0;
    std::erase_if(images(), [](auto& one) { return one.first != image_id; });
}

} // namespace nephele::nova::test

namespace nephele::glance {
using nova::test::images;

namespace {
bool visible(const Scope& scope, const ImageFacts& image) {
    return image.owner.empty() || scope.sees_project(image.owner);
}
bool has_all(const ImageFacts& image,
             const std::vector<std::pair<std::string, std::string>>& properties) {
    return std::all_of(properties.begin(), properties.end(), [&](auto& wanted) {
        return image.properties.text(wanted.first) == wanted.second;
    });
}
ImageFacts& need(const std::string& id, const Scope& scope) {
    auto found = images().find(id);
    if (found == images().end() || !visible(scope, found->second))
        throw not_found("ImageNotFound", "Image not found.");
    return found->second;
}
} // namespace

std::optional<ImageFacts> find_image(db::Tx&, const Scope& scope, const std::string& id) {
    auto found = images().find(id);
    if (found == images().end() || !visible(scope, found->second)) return std::nullopt;
    return found->second;
}

LocalCopy local_copy(Context&, const std::string& id) {
    auto found = images().find(id);
    if (found == images().end()) return {};
    auto& path = found->second.path;
    if (path != nova::test::coming_path) return {.path = path};
    path = "/images/came"; // asked once
    return {.coming = true};
}

shape::Listed<ImageFacts>
list_images(db::Tx&, const Scope& scope, const std::string&, const shape::Page& page,
            const std::vector<std::pair<std::string, std::string>>& properties) {
    shape::Listed<ImageFacts> out;
    for (auto& [id, image] : images()) {
        bool fits = visible(scope, image) && has_all(image, properties);
        for (auto& filter : page.filters) {
            const std::string& value = filter.field == "name" ? image.name : image.status;
            if (filter.field == "name" || filter.field == "status")
                fits = fits && std::count(filter.values.begin(), filter.values.end(), value) > 0;
        }
        if (fits) out.items.push_back(image);
    }
    return out;
}

std::vector<ImageFacts>
images_with(db::Tx&, const std::string& owner,
            const std::vector<std::pair<std::string, std::string>>& properties) {
    std::vector<ImageFacts> out;
    for (auto& [id, image] : images())
        if (image.owner == owner && has_all(image, properties)) out.push_back(image);
    std::sort(out.begin(), out.end(), [](auto& a, auto& b) { return b.created_at < a.created_at; });
    return out;
}

std::string create_image(Context& context, const WantedImage& wanted) {
    ImageFacts image;
    image.id = context.new_uuid();
    image.name = wanted.name;
    image.owner = wanted.owner;
    image.status = "queued";
    image.min_disk = wanted.min_disk;
    image.min_ram = wanted.min_ram;
    image.properties = wanted.properties;
    image.created_at = image.updated_at = context.now;
    images()[image.id] = image;
    return image.id;
}

void fill_image(Cloud&, const Filling& filling) {
    auto found = images().find(filling.image_id);
    if (found == images().end())
        throw Failure(Fault::gone, "ImageGone", "The image was deleted while it was being made.");
    if (nova::test::failing_uploads() > 0) {
        --nova::test::failing_uploads();
        throw Failure(Fault::too_large, "StorageFull", "Image storage media is full.");
    }
    ImageFacts& image = found->second;
    image.status = "active";
    image.inspected_format = image.disk_format = filling.disk_format;
    image.path = "/images/" + image.id;
    image.checksum = image.id;
}

void discard_image(Context& context, const std::string& id) {
    context.tx.on_commit([id] { images().erase(id); });
}

void delete_image(Context& context, const Scope& scope, const std::string& id) {
    need(id, scope);
    discard_image(context, id);
}
void set_properties(Context&, const Scope& scope, const std::string& id, const Json& properties) {
    need(id, scope).properties = properties;
}

} // namespace nephele::glance
