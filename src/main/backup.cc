// SPDX-License-Identifier: Apache-2.0
// `nephele backup` and `nephele restore`: the whole control plane as one file. The database is
// copied while it is in use; then the files beside it, which only ever gain names that the copy
// does not know: what it does know and was removed meanwhile is what `nephele check` tells.
#include "base/files.h"
#include "base/strings.h"
#include "base/time.h"
#include "main/archive.h"
#include "main/commands.h"
#include "main/services.h"
#include "platform/db/dump.h"
#include "platform/fault/fault.h"
#include "platform/node/node.h"

#include <cstdio>
#include <sys/stat.h>
#include <unistd.h>

namespace nephele::main {
namespace {
constexpr int archive_format = 1;

// In data.directory and not part of the control plane: the database (copied apart), what belongs to
// this machine as a host, logs, sockets.
const char* const left_out[] = {"nephele.db*", "instances", "agent", "*.log*", "*.sock", "*.pid"};
// Data of tenants, large: only with data=yes.
const char* const tenants_data[] = {"images*", "swift"};

std::string database_of(const Config& config) {
    const std::string url = config.text("database.url");
    return url.empty() ? "sqlite:" + config.text("data.directory") + "/nephele.db" : url;
}

Json manifest(const Config& config, bool with_data) {
    return Json::object(
        {{"format", archive_format},
         {"made_at", iso_time(system_clock().now())},
         {"database", database_of(config).starts_with("sqlite:") ? "sqlite" : "postgresql"},
         {"data_directory", config.text("data.directory")},
         {"tenants_data", with_data}});
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

std::string only_file(const Arguments& arguments, std::size_t most, const char* usage) {
    if (arguments.words.empty() || arguments.words.size() > most)
        throw bad_request("BadArgument", usage);
    return arguments.words[0];
}

void refuse_used(const std::string& directory) {
    for (const char* name : {"nephele.db", "fernet-keys"})
        if (exists(directory + "/" + name))
            throw conflict("NotEmpty",
                           format("{} holds a cloud already ({}). Restore into an empty "
                                  "folder: --set data.directory=...",
                                  directory, name));
}
} // namespace

int backup(const Arguments& arguments) {
    const std::string usage = "backup FILE [data=yes] [--config FILE] [--set ...]";
    const std::string file = only_file(arguments, 2, usage.c_str());
    const bool with_data = arguments.words.size() == 2 && arguments.words[1] == "data=yes";
    if (arguments.words.size() == 2 && !with_data) throw bad_request("BadArgument", usage);
    if (exists(file))
        throw conflict("FileExists", format("{} is there already: choose another name.", file));
    const Config config = config_of(arguments, all_services());
    const std::string directory = config.text("data.directory");
    ::umask(0077);
    Workshop workshop(file);
    db::dump(database_of(config), workshop.path() + "/database");
    files::replace_durably(workshop.path() + "/manifest.json",
                           manifest(config, with_data).pretty() + "\n");
    std::vector<std::string> words{"--create", "--gzip",       "--sparse",
                                   "--file",   file + ".part", "--anchored"};
    for (const char* name : left_out) words.push_back(format("--exclude=./{}", name));
    if (!with_data)
        for (const char* name : tenants_data) words.push_back(format("--exclude=./{}", name));
    // The node's files under data/, what we made above beside it.
    words.insert(words.end(), {"--transform=s,^\\./,data/,", "-C", workshop.path(), "manifest.json",
                               "database", "-C", directory, "."});
    run_tar(words, "write " + file);
    if (std::rename((file + ".part").c_str(), file.c_str()) != 0)
        throw Failure(Fault::internal, "ArchiveFailed", "cannot give the archive its name");
    struct stat about {};
    ::stat(file.c_str(), &about);
    std::printf("%s: %lld bytes%s\n", file.c_str(), static_cast<long long>(about.st_size),
                with_data ? ", with images and objects" : "; images and objects are not in it");
    return 0;
}

int restore(const Arguments& arguments) {
    const std::string file =
        only_file(arguments, 1, "restore FILE [--config FILE] [--set data.directory=...]");
    const Config config = config_of(arguments, all_services());
    const std::string directory = config.text("data.directory");
    refuse_used(directory);
    ::umask(0077);
    files::make_folders(directory, 0750);
    Workshop workshop(directory + ".restore");
    run_tar(
        {"--extract", "--gzip", "--file", file, "-C", workshop.path(), "manifest.json", "database"},
        "read " + file);
    Json said;
    try {
        said = Json::parse(files::read(workshop.path() + "/manifest.json").value_or(""));
    } catch (const JsonError&) {
        throw bad_request("NotABackup", format("{} was not made by `nephele backup`.", file));
    }
    if (said.integer("format") != archive_format)
        throw bad_request("OtherFormat", format("{} was made by another version (format {}): "
                                                "restore it with that one.",
                                                file, said.integer("format")));
    if (said.text("data_directory") != directory)
        throw bad_request("OtherFolder",
                          format("The cloud lived in {}, and images are named by their paths: set "
                                 "data.directory to that path.",
                                 said.text("data_directory")));
    const bool sqlite = database_of(config).starts_with("sqlite:");
    if (said.text("database") != (sqlite ? "sqlite" : "postgresql"))
        throw bad_request("OtherDatabase",
                          format("The backup is of {}: set database.url to an empty one of that "
                                 "kind.",
                                 said.text("database")));
    db::restore(database_of(config), workshop.path() + "/database");
    run_tar(
        {"--extract", "--gzip", "--file", file, "-C", directory, "--strip-components=1", "data"},
        "put the files into " + directory);
    std::printf("restored the cloud of %s into %s; start it with: nephele serve\n",
                said.text("made_at").c_str(), directory.c_str());
    return 0;
}

} // namespace nephele::main
