// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/model/catalog.h"

#include "services/keystone/model/project.h"

namespace nephele::keystone {

const Shape<Region>& Region::shape() {
    static const auto made =
        Shape<Region>("region", "regions")
            .field("id", &Region::id, {create_only, max_length(255)})
            .field("description", &Region::description, {nullable})
            .field("parent_region_id", &Region::parent_region_id, {max_length(255)})
            .computed("links",
                      [](const Region& r, const View& view) {
                          return self_link(view, "/v3/regions/", r.id);
                      })
            .extras("extra", &Region::extra, {read_only});
    return made;
}

const Shape<ServiceEntry>& ServiceEntry::shape() {
    static const auto made = Shape<ServiceEntry>("service", "services")
                                 .field("id", &ServiceEntry::id, {read_only})
                                 .field("type", &ServiceEntry::type,
                                        {required, min_length(1), max_length(255), not_blank})
                                 .field("name", &ServiceEntry::name, {omit_null, max_length(255)})
                                 .field("description", &ServiceEntry::description, {omit_null})
                                 .field("enabled", &ServiceEntry::enabled)
                                 .computed("links",
                                           [](const ServiceEntry& s, const View& view) {
                                               return self_link(view, "/v3/services/", s.id);
                                           })
                                 .extras("extra", &ServiceEntry::extra, {read_only});
    return made;
}

const Shape<Endpoint>& Endpoint::shape() {
    static const auto made =
        Shape<Endpoint>("endpoint", "endpoints")
            .field("id", &Endpoint::id, {read_only})
            .field("service_id", &Endpoint::service_id, {required, max_length(64)})
            .field("interface", &Endpoint::interface,
                   {required, one_of({"admin", "internal", "public"})})
            .field("url", &Endpoint::url, {required, min_length(1), max_length(2048)})
            .field("region_id", &Endpoint::region_id, {max_length(255)})
            .computed("region", [](const Endpoint& e, const View&) { return Json(e.region_id); })
            .field("name", &Endpoint::name, {omit_null, max_length(255)})
            .field("description", &Endpoint::description, {omit_null})
            .field("enabled", &Endpoint::enabled)
            .computed("links",
                      [](const Endpoint& e, const View& view) {
                          return self_link(view, "/v3/endpoints/", e.id);
                      })
            .extras("extra", &Endpoint::extra, {read_only});
    return made;
}

const Table<Region>& table::regions() {
    static const Table<Region> made({.name = "keystone_regions",
                                     .service = "keystone",
                                     .kind = "region",
                                     .not_found_code = "RegionNotFound",
                                     .not_found_message = "Could not find region: {}."});
    return made;
}
const Table<ServiceEntry>& table::services() {
    static const Table<ServiceEntry> made({.name = "keystone_services",
                                           .service = "keystone",
                                           .kind = "service",
                                           .not_found_code = "ServiceNotFound",
                                           .not_found_message = "Could not find service: {}."});
    return made;
}
const Table<Endpoint>& table::endpoints() {
    static const Table<Endpoint> made({.name = "keystone_endpoints",
                                       .service = "keystone",
                                       .kind = "endpoint",
                                       .not_found_code = "EndpointNotFound",
                                       .not_found_message = "Could not find endpoint: {}."});
    return made;
}

} // namespace nephele::keystone
