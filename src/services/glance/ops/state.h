// SPDX-License-Identifier: Apache-2.0
// What of glance is alive as long as the process: the stores and the uploads under way.
#pragma once
#include "platform/http/http.h"
#include "services/glance/drivers/certificates.h"
#include "services/glance/drivers/stores.h"
#include "services/glance/logic/imports.h"
#include "services/glance/logic/rules.h"
#include "services/glance/ops/admission.h"
#include "services/glance/ops/cache.h"
#include "services/glance/ops/convert.h"

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace nephele {
class Cloud;
}
namespace nephele::glance {

/// The images whose data this process is receiving. An image that is `saving` on this node and not
/// in here belongs to an upload that died.
class Uploads {
  public:
    /// Held until the returned handle is dropped; null when somebody holds it.
    std::shared_ptr<void> hold(const std::string& image_id);
    bool holds(const std::string& image_id) const;

  private:
    mutable std::mutex mutex_;
    std::set<std::string> ids_;
};

/// Tokens that imports under way speak with. In memory alone: nobody finds one in a database.
class Tokens {
  public:
    /// Until started() is said or the handle is dropped.
    std::shared_ptr<void> keep(const std::string& task_id, const std::string& token);
    void started(const std::string& task_id);
    std::string find(const std::string& task_id) const;
    void forget(const std::string& task_id);

  private:
    struct Kept {
        std::string token;
        bool started = false;
    };
    mutable std::mutex mutex_;
    std::map<std::string, Kept> kept_;
};

struct State {
    Stores stores;
    std::unique_ptr<Store> staging; ///< data on its way: staged by clients or fetched for them
    Uploads uploads;
    logic::Quotas quotas;
    FormatRules format_rules;
    std::unique_ptr<Admission> uploads_at_once, downloads_at_once;
    std::unique_ptr<Certificates> certificates;
    ImportPlugins plugins;
    std::vector<std::string> import_methods;
    logic::UriFilter import_filter;
    std::unique_ptr<http::Egress> egress;       ///< for what tenants name
    std::vector<std::string> remote_properties; ///< beginnings of names a glance-download takes
    Tokens tokens;
    std::int64_t task_hours = 48; ///< a task's record stays so long after its end
    bool show_locations = false, show_direct_url = false;
    std::once_flag cache_restored;
    std::unique_ptr<ImageCache> cache; ///< null: nothing is cached. Last: its threads use the rest
};
std::shared_ptr<State> make_state(Cloud& cloud);
/// Of a node that serves: what is not whole in the cache's directory goes.
void start_cache(Cloud& cloud, State& state);

} // namespace nephele::glance
