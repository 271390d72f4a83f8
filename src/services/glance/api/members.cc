// SPDX-License-Identifier: Apache-2.0
// Members: with which projects an image is shared, and what these said to it.
#include "services/glance/store/members.h"
#include "base/strings.h"
#include "services/glance/api/manners.h"
#include "services/glance/logic/rules.h"
#include "services/glance/ops/state.h"
#include "services/glance/store/images.h"

namespace nephele::glance {
using namespace api;
namespace {
struct NewMember {
    std::string member;
    static const Shape<NewMember>& shape() {
        static const auto s = Shape<NewMember>().field("member", &NewMember::member,
                                                       {required, not_blank, max_length(255)});
        return s;
    }
};
struct MemberAnswer {
    std::optional<MemberStatus> status;
    std::optional<std::string> member; // openstacksdk repeats it beside the status
    static const Shape<MemberAnswer>& shape() {
        static const auto s = Shape<MemberAnswer>()
                                  .field("status", &MemberAnswer::status)
                                  .field("member", &MemberAnswer::member);
        return s;
    }
};

Image need_shared_image(Call& call, std::string_view rule) {
    Image image = need_image(call, rule);
    logic::check_may_have_members(image);
    return image;
}

bool sees_all_members(Call& call, const Image& image) {
    return call.is_admin() || (image.owner && *image.owner == call.project());
}

// Projects do not learn with whom else an image is shared.
Member need_member(Call& call, const Image& image) {
    const std::string& id = call.path("member_id");
    auto member = store::member_of(call.tx, image.id, id);
    if (!member || !(sees_all_members(call, image) || id == call.project()))
        throw not_found("NotFound", format("{} not found in the member list of the image {}.",
                                           id.substr(0, 255), image.id));
    return *member;
}

Member create(Call& call, const NewMember& wanted) {
    Image image = need_shared_image(call, "add_member");
    if (store::member_of(call.tx, image.id, wanted.member))
        throw conflict("Duplicate",
                       format("Member {} is duplicated for image {}", wanted.member, image.id));
    auto count = static_cast<std::int64_t>(store::members_of(call.tx, image.id).size());
    logic::check_limit("members", count + 1, call.cloud.state<State>().quotas.members);
    Member member{.key = store::member_key(image.id, wanted.member),
                  .image_id = image.id,
                  .member_id = wanted.member,
                  .created_at = call.now,
                  .updated_at = call.now};
    insert(call, members(), member);
    return member;
}

Json list(Call& call) {
    Image image = need_shared_image(call, "get_members");
    Json out = Json::array();
    for (auto& member : store::members_of(call.tx, image.id))
        if (sees_all_members(call, image) || member.member_id == call.project())
            out.push_back(Member::shape().write(&member, call.view()));
    return Json::object({{"members", std::move(out)}, {"schema", "/v2/schemas/members"}});
}

Member show(Call& call) { return need_member(call, need_shared_image(call, "get_member")); }

Member update(Call& call, const MemberAnswer& wanted) {
    Image image = need_image(call);
    Member member = need_member(call, image);
    auto target = target_of(call, image);
    target.set("member_id", member.member_id);
    call.enforce("modify_member", target);
    logic::check_may_have_members(image);
    if (!wanted.status) throw bad_request("InvalidInput", "Status not specified");
    member.status = *wanted.status;
    shape::update(call, members(), member);
    return member;
}

void remove(Call& call) {
    Image image = need_shared_image(call, "delete_member");
    erase(call, members(), need_member(call, image));
}
} // namespace

Resource member_resource() {
    return Resource()
        .on("POST /v2/images/{image_id}/members", enforced_by_handler, create)
        .on("GET /v2/images/{image_id}/members", enforced_by_handler, list)
        .on("GET /v2/images/{image_id}/members/{member_id}", enforced_by_handler, show)
        .on("PUT /v2/images/{image_id}/members/{member_id}", enforced_by_handler, update)
        .on("DELETE /v2/images/{image_id}/members/{member_id}", enforced_by_handler, remove);
}

} // namespace nephele::glance
