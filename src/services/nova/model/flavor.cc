// SPDX-License-Identifier: Apache-2.0
#include "services/nova/model/flavor.h"

#include "services/nova/model/links.h"

namespace nephele::nova {
using namespace shape;
namespace {
constexpr std::int64_t int_max = 2147483647;

Json swap_view(const Flavor& f, const View& view) {
    if (f.swap == 0 && view.version < Version{2, 75}) return "";
    return f.swap;
}
Json links(const Flavor& f, const View& view) { return links_of(view.base_url, "flavors", f.id); }
Json never_disabled(const Flavor&, const View&) { return false; }
} // namespace

const Shape<Flavor>& Flavor::shape() {
    static const auto s =
        Shape<Flavor>("flavor", "flavors")
            .field("id", &Flavor::id, {brief, not_filterable, column("id")})
            .field("name", &Flavor::name, {brief, not_filterable})
            .computed("links", links, {brief})
            .field("ram", &Flavor::ram, {not_filterable, column("memory_mb")})
            .field("vcpus", &Flavor::vcpus, {not_filterable})
            .field("disk", &Flavor::disk, {not_filterable, column("root_gb")})
            .computed("swap", swap_view)
            .field("swap_mb", &Flavor::swap, {hidden, column("swap")})
            .computed("OS-FLV-DISABLED:disabled", never_disabled)
            .field("os-flavor-access:is_public", &Flavor::is_public,
                   {not_filterable, column("is_public")})
            .field("OS-FLV-EXT-DATA:ephemeral", &Flavor::ephemeral,
                   {not_filterable, column("ephemeral_gb")})
            .field("rxtx_factor", &Flavor::rxtx_factor, {not_filterable})
            .field("description", &Flavor::description, {brief, not_filterable, since(2, 55)})
            .field("extra_specs", &Flavor::extra_specs,
                   {not_filterable, since(2, 61),
                    shown_if("os_compute_api:os-flavor-extra-specs:index")})
            .field("created_at", &Flavor::created_at, {hidden});
    return s;
}

const Shape<NewFlavor>& NewFlavor::shape() {
    static const auto s =
        Shape<NewFlavor>("flavor")
            .field("name", &NewFlavor::name, {required, not_blank, max_length(255)})
            .field("id", &NewFlavor::id)
            .field("ram", &NewFlavor::ram, {required, between(1, int_max)})
            .field("vcpus", &NewFlavor::vcpus, {required, between(1, int_max)})
            .field("disk", &NewFlavor::disk, {required, between(0, int_max)})
            .field("OS-FLV-EXT-DATA:ephemeral", &NewFlavor::ephemeral, {between(0, int_max)})
            .field("swap", &NewFlavor::swap, {between(0, int_max)})
            .field("rxtx_factor", &NewFlavor::rxtx_factor, {at_most(int_max)})
            .field("os-flavor-access:is_public", &NewFlavor::is_public)
            .field("description", &NewFlavor::description, {max_length(65535), since(2, 55)});
    return s;
}

const Shape<FlavorEdit>& FlavorEdit::shape() {
    static const auto s = Shape<FlavorEdit>("flavor").field("description", &FlavorEdit::description,
                                                            {required, max_length(65535)});
    return s;
}

const Shape<FlavorAccess>& FlavorAccess::shape() {
    static const auto s = Shape<FlavorAccess>("flavor_access", "flavor_access")
                              .field("id", &FlavorAccess::id, {hidden})
                              .field("flavor_id", &FlavorAccess::flavor_id)
                              .field("tenant_id", &FlavorAccess::project_id);
    return s;
}

} // namespace nephele::nova
