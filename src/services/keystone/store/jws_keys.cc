// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/store/jws_keys.h"

#include "base/strings.h"
#include "base/time.h"
#include "platform/crypto/crypto.h"
#include "platform/fault/fault.h"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace nephele::keystone::store {
namespace {
using crypto::jose::Algorithm;
using crypto::jose::Key;

Failure unusable(const std::string& directory, const std::string& why) {
    return Failure(Fault::internal, "KeyRepository",
                   format("The JWS key repository {} cannot be used: {}.", directory, why));
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

// Whole under another name first: a reader never sees half a key.
void write_file(const std::string& directory, const std::string& name, const std::string& text,
                mode_t mode) {
    const std::string path = directory + "/" + name, fresh = path + ".new";
    const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (file < 0) throw unusable(directory, "no new file can be written");
    const bool written =
        ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fsync(file) == 0;
    ::close(file);
    if (!written || ::rename(fresh.c_str(), path.c_str()) != 0)
        throw unusable(directory, "the file system refused a write");
}

// Named by its content, so that a token finds its key among several.
std::optional<Key> key_of(const std::string& pem) {
    auto key = Key::from_pem(pem);
    if (!key || !key->fits(Algorithm::es256)) return std::nullopt;
    key->set_id(hex_encode(crypto::sha256(key->public_pem())).substr(0, 16));
    return key;
}

std::vector<std::string> public_files(const std::string& directory) {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory + "/public", error))
        if (entry.path().extension() == ".pem") names.push_back(entry.path().filename().string());
    if (error) throw unusable(directory, error.message());
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace

JwsKeys::JwsKeys(std::string directory, int max_active)
    : directory_(std::move(directory)), max_active_(std::max(max_active, 1)) {
    if (directory_.empty()) {
        make_pair();
        return;
    }
    std::error_code error;
    for (const char* part : {"/private", "/public"}) {
        std::filesystem::create_directories(directory_ + part, error);
        if (error) throw unusable(directory_, error.message());
    }
    ::chmod((directory_ + "/private").c_str(), 0700);
    // A node with public keys alone only verifies.
    if (public_files(directory_).empty()) make_pair();
    read();
}

std::int64_t JwsKeys::stamp() const {
    std::int64_t newest = 0;
    for (const char* part : {"/private", "/public"}) {
        struct stat about {};
        if (::stat((directory_ + part).c_str(), &about) == 0)
            newest = std::max<std::int64_t>(newest, about.st_mtim.tv_sec * 1'000'000'000LL +
                                                        about.st_mtim.tv_nsec);
    }
    return newest;
}

void JwsKeys::make_pair() {
    Key key = Key::generate(Algorithm::es256);
    key.set_id(hex_encode(crypto::sha256(key.public_pem())).substr(0, 16));
    if (directory_.empty()) {
        auto fresh = std::make_shared<Keys>();
        if (held_) fresh->verifying = held_->verifying;
        fresh->verifying.push_back(key);
        while (fresh->verifying.size() > static_cast<std::size_t>(max_active_))
            fresh->verifying.erase(fresh->verifying.begin());
        fresh->signing = std::move(key);
        held_ = std::move(fresh);
        return;
    }
    // The public half first: a token is never signed by a key nobody can check. Names sort by age.
    const std::string name = format("{}-{}.pem", system_clock().now().us, key.id());
    write_file(directory_ + "/public", name, key.public_pem(), 0644);
    write_file(directory_ + "/private", "private.pem", key.private_pem(), 0600);
}

std::shared_ptr<const JwsKeys::Keys> JwsKeys::read() {
    auto fresh = std::make_shared<Keys>();
    stamp_ = stamp();
    fresh->signing = key_of(read_file(directory_ + "/private/private.pem"));
    for (const auto& name : public_files(directory_))
        if (auto key = key_of(read_file(directory_ + "/public/" + name)))
            fresh->verifying.push_back(std::move(*key));
    held_ = fresh;
    return held_;
}

std::shared_ptr<const JwsKeys::Keys> JwsKeys::keys() {
    std::lock_guard lock(mutex_);
    if (!directory_.empty() && stamp() != stamp_) return read();
    return held_;
}

std::string JwsKeys::sign(const Json& claims) {
    const auto now = keys();
    if (!now->signing)
        throw unusable(directory_, "there is no private key, so no token can be signed here");
    return crypto::jose::sign(*now->signing, Algorithm::es256, claims);
}

std::optional<Json> JwsKeys::verify(std::string_view token) {
    auto parsed = crypto::jose::Token::parse(token);
    if (!parsed || !parsed->verified_by(keys()->verifying, {Algorithm::es256})) return std::nullopt;
    return std::move(parsed->claims);
}

void JwsKeys::forget_oldest() {
    auto names = public_files(directory_);
    for (std::size_t at = 0; at + static_cast<std::size_t>(max_active_) < names.size(); ++at)
        ::unlink((directory_ + "/public/" + names[at]).c_str());
}

void JwsKeys::rotate() {
    std::lock_guard lock(mutex_);
    make_pair();
    if (directory_.empty()) return;
    forget_oldest();
    read();
}

} // namespace nephele::keystone::store
