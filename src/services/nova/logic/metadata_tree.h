// SPDX-License-Identifier: Apache-2.0
// What a guest may read about itself: the OpenStack documents and the EC2 tree, by path. The
// metadata service and the config drive are made of the same.
#pragma once
#include "services/nova/model/guest_spec.h"

#include <string>
#include <string_view>

namespace nephele::nova {

struct MetadataAnswer {
    int status = 200;
    std::string media_type = "text/plain; charset=UTF-8";
    std::string body;
};

/// `random_seed`: bytes for the guest's entropy pool, fresh for each answer; empty: none.
MetadataAnswer metadata_answer(const GuestSpec& guest, std::string_view path,
                               std::string_view random_seed);

Json meta_data_json(const GuestSpec& guest, std::string_view random_seed);
/// Links, networks and services as openstack/latest/network_data.json has them.
Json network_data_json(const GuestSpec& guest);
/// Decoded; empty when there is none.
std::string user_data_of(const GuestSpec& guest);
/// The EC2 tree: objects are folders, texts are leaves.
Json ec2_tree(const GuestSpec& guest);

} // namespace nephele::nova
