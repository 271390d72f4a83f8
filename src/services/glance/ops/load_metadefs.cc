// SPDX-License-Identifier: Apache-2.0
// Metadata definitions from files, in the form that upstream ships them in.
#include "base/strings.h"
#include "services/glance/logic/metadef.h"
#include "services/glance/ops/catalogue.h"
#include "services/glance/store/metadefs.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <memory>

namespace nephele::glance {
namespace {
std::vector<std::string> json_files(const std::string& directory) {
    std::unique_ptr<DIR, int (*)(DIR*)> handle(opendir(directory.c_str()), closedir);
    if (!handle)
        throw bad_request("BadMetadefs",
                          format("{} cannot be read: {}", directory, std::strerror(errno)));
    std::vector<std::string> out;
    while (auto* entry = readdir(handle.get())) {
        std::string name = entry->d_name;
        if (name.size() > 5 && name.substr(name.size() - 5) == ".json")
            out.push_back(directory + "/" + name);
    }
    std::sort(out.begin(), out.end());
    return out;
}

NamespaceBody read_file(const std::string& path) {
    try {
        Reading reading;
        auto body = NamespaceBody::shape().parse(Json::parse(read_site_file(path)), reading);
        logic::check_definitions(body.properties, "properties");
        for (auto& object : body.objects)
            logic::check_definitions(object.properties, "objects.properties");
        if (!body.owner) body.owner = "admin";
        return body;
    } catch (const JsonError& error) {
        throw bad_request("BadMetadefs", format("{}: {}", path, error.what()));
    } catch (const Failure& failure) {
        throw bad_request("BadMetadefs", format("{}: {}", path, failure.what()));
    }
}
} // namespace

LoadedMetadefs load_metadefs(Context& context, const std::string& directory) {
    LoadedMetadefs out;
    for (auto& path : json_files(directory)) {
        auto body = read_file(path);
        if (store::find_namespace(context.tx, Scope::all(), body.name)) {
            ++out.kept;
            continue;
        }
        store::add_namespace(context, body);
        ++out.added;
    }
    return out;
}

} // namespace nephele::glance
