// SPDX-License-Identifier: Apache-2.0
#include "services/keystone/store/key_repository.h"

#include "base/files.h"
#include "base/strings.h"
#include "platform/fault/fault.h"

#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace nephele::keystone::store {
namespace {

Failure unusable(const std::string& directory, const std::string& why) {
    return Failure(Fault::internal, "KeyRepository",
                   format("The Fernet key repository {} cannot be used: {}.", directory, why));
}

} // namespace

KeyRepository::KeyRepository(std::string directory, int max_active, IdSource& ids)
    : directory_(std::move(directory)), max_active_(std::max(max_active, 1)), ids_(ids) {
    if (!directory_.empty()) {
        std::error_code error;
        std::filesystem::create_directories(directory_, error);
        if (error) throw unusable(directory_, error.message());
        ::chmod(directory_.c_str(), 0700);
        held_ = read_files();
    }
    if (held_.empty()) {
        for (int number : {0, 1}) {
            held_[number] = crypto::Fernet::new_key(ids_);
            if (!directory_.empty()) write_file(number, held_[number]);
        }
    }
    stamp_ = directory_stamp();
    use(held_);
}

std::int64_t KeyRepository::directory_stamp() const {
    struct stat about {};
    if (directory_.empty() || ::stat(directory_.c_str(), &about) != 0) return 0;
    return about.st_mtim.tv_sec * 1'000'000'000LL + about.st_mtim.tv_nsec;
}

std::map<int, std::string> KeyRepository::read_files() const {
    std::map<int, std::string> found;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
        const auto number = to_int(entry.path().filename().string());
        if (!number || *number < 0 || *number > INT32_MAX) continue;
        std::ifstream file(entry.path());
        std::string key((std::istreambuf_iterator<char>(file)), {});
        found[static_cast<int>(*number)] = std::string(trim(key));
    }
    if (error) throw unusable(directory_, error.message());
    return found;
}

// Written whole under another name first: a reader never sees half a key.
void KeyRepository::write_file(int number, const std::string& key) const {
    try {
        files::replace_durably(directory_ + "/" + std::to_string(number), key);
    } catch (const std::system_error& error) {
        throw unusable(directory_, error.what());
    }
}

void KeyRepository::use(const std::map<int, std::string>& keys) {
    std::vector<std::string> ordered;
    for (auto key = keys.rbegin(); key != keys.rend(); ++key) ordered.push_back(key->second);
    try {
        current_ = std::make_shared<const crypto::Fernet>(ordered);
    } catch (const std::invalid_argument& error) {
        throw unusable(directory_.empty() ? "(memory)" : directory_, error.what());
    }
}

std::shared_ptr<const crypto::Fernet> KeyRepository::keys() {
    std::lock_guard lock(mutex_);
    return current_;
}

std::shared_ptr<const crypto::Fernet> KeyRepository::reload() {
    std::lock_guard lock(mutex_);
    const std::int64_t stamp = directory_stamp();
    if (!directory_.empty() && stamp != stamp_) {
        held_ = read_files();
        use(held_);
        stamp_ = stamp;
    }
    return current_;
}

void KeyRepository::rotate() {
    std::lock_guard lock(mutex_);
    if (!directory_.empty()) held_ = read_files();
    if (held_.empty()) throw unusable(directory_, "it holds no key");
    const int primary = held_.rbegin()->first + 1;
    const std::string staged = held_.count(0) ? held_[0] : crypto::Fernet::new_key(ids_);
    held_[primary] = staged;
    held_[0] = crypto::Fernet::new_key(ids_);
    if (!directory_.empty()) {
        write_file(primary, held_[primary]);
        write_file(0, held_[0]);
    }
    // The staged key and the primary always stay; then the youngest.
    for (auto oldest = std::next(held_.begin());
         static_cast<int>(held_.size()) > std::max(max_active_, 2) && oldest->first != primary;) {
        if (!directory_.empty())
            ::unlink((directory_ + "/" + std::to_string(oldest->first)).c_str());
        oldest = held_.erase(oldest);
    }
    stamp_ = directory_stamp();
    use(held_);
}

} // namespace nephele::keystone::store
