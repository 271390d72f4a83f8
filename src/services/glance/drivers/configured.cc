// SPDX-License-Identifier: Apache-2.0
// Reads the file that names the stores. Every mistake is told with its line; nothing is guessed.
#include "base/strings.h"
#include "platform/config/config.h"
#include "platform/fault/fault.h"
#include "platform/yaml/yaml.h"
#include "services/glance/drivers/filesystem.h"
#include "services/glance/drivers/stores.h"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace nephele::glance {
namespace {
/// One store's section: every key is asked for by name, and what nobody asked for is an error.
class Section {
  public:
    Section(const std::string& file, const yaml::Document& document, std::string path,
            const Json& value)
        : file_(file), document_(document), path_(std::move(path)), value_(value) {
        if (!value_.is_object()) throw wrong("", "a store is a mapping of options");
    }

    std::string text(const std::string& key, const std::string& fallback = "") {
        auto* found = take(key);
        if (!found) return fallback;
        if (found->is_string()) return found->as_string();
        if (found->is_integer()) return std::to_string(found->as_int());
        throw wrong(key, "must be text");
    }
    std::string needed(const std::string& key) {
        std::string value = text(key);
        if (value.empty()) throw wrong("", format("a store of this type needs \"{}\"", key));
        return value;
    }
    std::int64_t number(const std::string& key, std::int64_t fallback, std::int64_t low,
                        std::int64_t high) {
        auto* found = take(key);
        if (!found) return fallback;
        if (!found->is_integer() || found->as_int() < low || found->as_int() > high)
            throw wrong(key, format("must be a number from {} to {}", low, high));
        return found->as_int();
    }
    bool flag(const std::string& key, bool fallback) {
        auto* found = take(key);
        if (!found) return fallback;
        if (!found->is_bool()) throw wrong(key, "must be true or false");
        return found->as_bool();
    }
    const Json* take(const std::string& key) {
        known_.push_back(key);
        return value_.find(key);
    }
    void finish() {
        for (auto& [key, value] : value_.as_object())
            if (std::find(known_.begin(), known_.end(), key) == known_.end())
                throw wrong(key, "is no option of such a store");
    }
    Failure wrong(const std::string& key, const std::string& why) const {
        int line = document_.line_of(key.empty() ? path_ : path_ + "/" + key);
        return bad_request("BadConfig", format("{}:{}: {}{}", file_, line,
                                               key.empty() ? "" : "\"" + key + "\" ", why));
    }

  private:
    const std::string& file_;
    const yaml::Document& document_;
    std::string path_;
    const Json& value_;
    std::vector<std::string> known_;
};

unsigned mode_of(Section& section) {
    std::string text = section.text("file_mode", "0640");
    unsigned mode = 0;
    for (char c : text) {
        if (c < '0' || c > '7' || mode > 0777) throw section.wrong("file_mode", "must be octal");
        mode = mode * 8 + static_cast<unsigned>(c - '0');
    }
    if ((mode & 0600) != 0600 || mode > 0777)
        throw section.wrong("file_mode", "must let the owner read and write");
    return mode;
}

FilesystemOptions::Directory directory_of(Section& section, const Json& item) {
    if (item.is_string()) return {item.as_string(), 0};
    if (!item.is_object() || item.text("path").empty())
        throw section.wrong("directories", "each is a path, or has path and priority");
    return {item.text("path"), static_cast<int>(item.integer("priority", 0))};
}

void make_file(Section& section, NamedStore& store) {
    FilesystemOptions options;
    std::string single = section.text("directory");
    if (!single.empty()) options.directories.push_back({single, 0});
    if (auto* several = section.take("directories")) {
        if (!several->is_array()) throw section.wrong("directories", "must be a list");
        for (auto& item : several->as_array())
            options.directories.push_back(directory_of(section, item));
    }
    if (options.directories.empty())
        throw section.wrong("", "a store of type file needs \"directory\" or \"directories\"");
    options.file_mode = mode_of(section);
    options.thin = section.flag("thin_provisioning", false);
    options.chunk_bytes =
        static_cast<std::size_t>(section.number("chunk_bytes", 65536, 512, 64 << 20));
    options.reserve_bytes =
        static_cast<std::uint64_t>(section.number("reserve_bytes", 0, 0, INT64_MAX));
    store.properties = Json::object({{"data_dir", options.directories.front().path},
                                     {"chunk_size", options.chunk_bytes},
                                     {"thin_provisioning", options.thin}});
    store.driver = filesystem_store(std::move(options));
}

struct Type {
    const char* name;
    void (*make)(Section&, NamedStore&);
};
constexpr Type types[] = {{"file", make_file}};

const Type& type_of(Section& section) {
    std::string name = section.needed("type");
    std::vector<std::string> names;
    for (auto& type : types) {
        if (name == type.name) return type;
        names.push_back(type.name);
    }
    throw section.wrong("type", "must be one of " + join(names, ", "));
}

bool is_store_id(const std::string& id) {
    return !id.empty() && id.size() <= 64 && id.rfind("os_glance", 0) != 0 &&
           std::all_of(id.begin(), id.end(), [](unsigned char c) {
               return std::isalnum(c) || c == '_' || c == '-' || c == '.';
           });
}

void add_store(Stores& stores, Section section) {
    NamedStore store;
    store.id = section.needed("id");
    if (!is_store_id(store.id))
        throw section.wrong("id", "must be letters, digits, '_', '-' and '.'");
    if (stores.find(store.id)) throw section.wrong("id", "is used twice");
    const Type& type = type_of(section);
    store.type = type.name;
    store.description = section.text("description");
    store.read_only = section.flag("read_only", false);
    store.weight = section.number("weight", 0, -1'000'000, 1'000'000);
    bool is_default = section.flag("default", false);
    type.make(section, store);
    section.finish();
    if (is_default && store.read_only) throw section.wrong("default", "cannot be read-only");
    stores.add(std::move(store), is_default);
}

std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw bad_request("BadConfig", format("glance.stores_file: cannot read {}.", path));
    return {std::istreambuf_iterator<char>(file), {}};
}
} // namespace

Stores configured_stores(const Config& config) {
    Stores stores;
    std::string file = config.text("glance.stores_file");
    if (file.empty()) {
        std::string directory = config.text("glance.store_directory");
        NamedStore local{.id = "local", .type = "file"};
        if (directory.empty()) directory = config.text("data.directory") + "/images";
        local.driver = filesystem_store(directory);
        local.properties = Json::object(
            {{"data_dir", directory}, {"chunk_size", 65536}, {"thin_provisioning", false}});
        stores.add(std::move(local));
        return stores;
    }
    yaml::Document document;
    try {
        document = yaml::parse(content_of(file), file);
    } catch (const yaml::YamlError& error) {
        throw bad_request("BadConfig", error.what());
    }
    if (!document.value.is_array() || document.value.size() == 0)
        throw bad_request("BadConfig", format("{}:1: must be a list of stores", file));
    std::size_t number = 0;
    for (auto& item : document.value.as_array())
        add_store(stores, Section(file, document, "/" + std::to_string(number++), item));
    if (stores.standard().read_only)
        throw bad_request("BadConfig", format("{}:1: a store that is not read-only must come "
                                              "first or be the default",
                                              file));
    return stores;
}

} // namespace nephele::glance
