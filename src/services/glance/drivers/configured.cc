// SPDX-License-Identifier: Apache-2.0
// Reads the file that names the stores. Every mistake is told with its line; nothing is guessed.
#include "base/strings.h"
#include "engines/ceph/rbd.h"
#include "platform/config/config.h"
#include "platform/fault/fault.h"
#include "platform/yaml/yaml.h"
#include "services/glance/drivers/filesystem.h"
#include "services/glance/drivers/http_store.h"
#include "services/glance/drivers/rbd.h"
#include "services/glance/drivers/s3.h"
#include "services/glance/drivers/stores.h"
#include "services/glance/drivers/swift.h"

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

std::string url_of(Section& section, const std::string& key) {
    std::string url = section.needed(key);
    if (url.rfind("http://", 0) != 0 && url.rfind("https://", 0) != 0)
        throw section.wrong(key, "must begin with http:// or https://");
    return url;
}

std::size_t part_bytes(Section& section, const std::string& key) {
    return static_cast<std::size_t>(section.number(key, 16, 1, 1024)) << 20;
}

void make_http(Section& section, NamedStore& store) {
    std::vector<std::string> networks;
    if (auto* listed = section.take("allowed_networks")) {
        if (!listed->is_array()) throw section.wrong("allowed_networks", "must be a list");
        for (auto& item : listed->as_array())
            networks.push_back(item.is_string() ? item.as_string() : "");
    }
    store.read_only = true;
    try {
        store.driver = http_store(networks, section.text("ca_file"));
    } catch (const std::invalid_argument& error) {
        throw section.wrong("allowed_networks", error.what());
    }
}

void make_s3(Section& section, NamedStore& store) {
    S3Options options;
    options.endpoint = url_of(section, "endpoint");
    options.region = section.text("region", options.region);
    options.bucket = section.needed("bucket");
    options.access_key = section.needed("access_key");
    options.secret_key = Secret<std::string>(section.needed("secret_key"));
    options.ca_file = section.text("ca_file");
    options.create_bucket = section.flag("create_bucket", false);
    options.part_bytes = std::max<std::size_t>(5 << 20, part_bytes(section, "part_mib"));
    store.properties =
        Json::object({{"s3_store_large_object_size", options.part_bytes >> 20},
                      {"s3_store_large_object_chunk_size", options.part_bytes >> 20}});
    store.driver = s3_store(std::move(options));
}

void make_swift(Section& section, NamedStore& store) {
    SwiftOptions options;
    options.auth_url = url_of(section, "auth_url");
    options.auth_version = static_cast<int>(section.number("auth_version", 3, 1, 3));
    if (options.auth_version == 2) throw section.wrong("auth_version", "must be 1 or 3");
    options.user = section.needed("user");
    options.key = Secret<std::string>(section.needed("key"));
    options.project = section.text("project");
    options.project_domain = section.text("project_domain", options.project_domain);
    options.user_domain = section.text("user_domain", options.user_domain);
    options.region = section.text("region");
    options.container = section.text("container", options.container);
    options.ca_file = section.text("ca_file");
    options.segment_bytes = part_bytes(section, "segment_mib");
    store.properties = Json::object({{"container", options.container},
                                     {"large_object_size", options.segment_bytes >> 20},
                                     {"large_object_chunk_size", options.segment_bytes >> 20}});
    store.driver = swift_store(std::move(options));
}

void make_rbd(Section& section, NamedStore& store) {
    ceph::Access access;
    access.pool = section.text("pool", "images");
    access.user = section.text("user", access.user);
    access.config_file = section.text("config_file", access.config_file);
    access.keyring_file = section.text("keyring_file");
    access.timeout_s = static_cast<int>(section.number("timeout_s", 30, 1, 3600));
    auto chunk = section.number("chunk_mib", 8, 1, 32);
    store.properties = Json::object(
        {{"chunk_size", chunk << 20}, {"pool", access.pool}, {"thin_provisioning", false}});
    store.driver = rbd_store(access, static_cast<std::uint64_t>(chunk) << 20);
}

struct Type {
    const char* name;
    void (*make)(Section&, NamedStore&);
};
constexpr Type types[] = {{"file", make_file},
                          {"http", make_http},
                          {"rbd", make_rbd},
                          {"s3", make_s3},
                          {"swift", make_swift}};

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
