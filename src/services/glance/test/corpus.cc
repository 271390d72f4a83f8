// SPDX-License-Identifier: Apache-2.0
#include "services/glance/test/corpus.h"

#include <algorithm>
#include <cstdlib>
#include <dirent.h>
#include <fstream>
#include <stdexcept>

namespace nephele::glance::test {
namespace {
std::uint32_t crc(std::string_view bytes, std::uint32_t polynomial) {
    std::uint32_t sum = 0xffffffff;
    for (char c : bytes) {
        sum ^= static_cast<unsigned char>(c);
        for (int i = 0; i < 8; ++i) sum = sum >> 1 ^ (sum & 1 ? polynomial : 0);
    }
    return ~sum;
}

/// Reads one file of the corpus onto a case.
class CaseReader {
  public:
    CaseReader(std::string folder, Case& into) : folder_(std::move(folder)), case_(into) {}

    void line(const std::string& text) {
        rest_ = text;
        std::string first = word();
        if (first.empty() || first[0] == '#') return;
        if (first.back() == ':') return place(number(first.substr(0, first.size() - 1)));
        if (first == "base") {
            std::string name = case_.name;
            case_ = read_case(folder_, word());
            case_.name = name;
        } else if (first == "declare") {
            case_.declared.disk_format = word();
            case_.declared.container_format = rest_.empty() ? "bare" : word();
        } else if (first == "option") {
            option(word());
        } else if (first == "accept") {
            case_.refusal.clear();
            case_.format = word();
            case_.virtual_size = static_cast<std::int64_t>(number(word()));
        } else if (first == "refuse") {
            case_.refusal = std::string(trim(rest_));
        } else if (first == "size") {
            case_.bytes.resize(number(word()));
        } else {
            compute(first);
        }
    }

  private:
    std::string word() {
        auto begin = std::min(rest_.find_first_not_of(' '), rest_.size());
        auto end = std::min(rest_.find(' ', begin), rest_.size());
        std::string out = rest_.substr(begin, end - begin);
        rest_.erase(0, std::min(rest_.find_first_not_of(' ', end), rest_.size()));
        return out;
    }
    static std::uint64_t number(const std::string& text) {
        char* end = nullptr;
        std::uint64_t value = std::strtoull(text.c_str(), &end, 0);
        if (text.empty() || *end != '\0') throw std::runtime_error("no number: " + text);
        return value;
    }
    void option(const std::string& text) {
        if (text == "match=off")
            case_.rules.require_match = false;
        else if (text.rfind("cap=", 0) == 0)
            case_.rules.virtual_size_cap = number(text.substr(4));
        else
            throw std::runtime_error("unknown option " + text);
    }
    void put(std::uint64_t at, std::string_view bytes) {
        if (case_.bytes.size() < at + bytes.size()) case_.bytes.resize(at + bytes.size());
        case_.bytes.replace(at, bytes.size(), bytes);
    }
    static std::string in_order(std::uint64_t value, unsigned width, bool big) {
        std::string out;
        for (unsigned i = 0; i < width; ++i) out += static_cast<char>(value >> 8 * i);
        if (big) std::reverse(out.begin(), out.end());
        return out;
    }
    // The closing quote is the last before the next space that follows a quote.
    std::string quoted() {
        std::string out;
        std::size_t i = 1;
        for (; i < rest_.size() && rest_[i] != '"'; ++i) {
            if (rest_[i] != '\\') {
                out += rest_[i];
                continue;
            }
            char c = rest_.at(++i);
            out += c == 'n' ? '\n' : c == 'r' ? '\r' : c == '0' ? '\0' : c;
        }
        rest_.erase(0, std::min(rest_.find_first_not_of(' ', i + 1), rest_.size()));
        return out;
    }
    std::string token() {
        if (rest_[0] == '"') return quoted();
        std::string text = word();
        auto equals = text.find('=');
        if (equals == std::string::npos) return hex_decode(text).value();
        std::string kind = text.substr(0, equals), value = text.substr(equals + 1);
        if (kind == "fill") {
            auto star = value.find('*');
            return std::string(number(value.substr(0, star)),
                               static_cast<char>(number(value.substr(star + 1))));
        }
        return in_order(number(value), static_cast<unsigned>(number(kind.substr(1))),
                        kind[0] == 'b');
    }
    void place(std::uint64_t at) {
        while (!rest_.empty()) {
            std::string bytes = token();
            put(at, bytes);
            at += bytes.size();
        }
    }
    void compute(const std::string& what) {
        std::uint64_t from = number(word()), length = number(word()), at = number(word());
        std::string part = case_.bytes.substr(from, length);
        if (what == "copy") return put(at, part);
        part.replace(at - from, 4, 4, '\0');
        if (what == "crc32") return put(at, in_order(crc(part, 0xedb88320), 4, false));
        if (what == "crc32c") return put(at, in_order(crc(part, 0x82f63b78), 4, false));
        if (what != "vhdsum") throw std::runtime_error("unknown word " + what);
        std::uint32_t sum = 0;
        for (char c : part) sum += static_cast<unsigned char>(c);
        put(at, in_order(static_cast<std::uint32_t>(~sum), 4, true));
    }

    std::string folder_, rest_;
    Case& case_;
};
} // namespace

Case read_case(const std::string& folder, const std::string& name) {
    Case out;
    out.name = name;
    std::ifstream file(folder + "/" + name);
    if (!file) throw std::runtime_error("no file " + name);
    CaseReader reader(folder, out);
    int number = 0;
    for (std::string line; std::getline(file, line);) {
        ++number;
        try {
            reader.line(line);
        } catch (const std::exception& error) {
            throw std::runtime_error(name + ":" + std::to_string(number) + ": " + error.what());
        }
    }
    return out;
}

std::vector<Case> read_corpus(const std::string& folder) {
    std::vector<std::string> names;
    std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
    while (auto* entry = dir ? ::readdir(dir.get()) : nullptr)
        if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    std::sort(names.begin(), names.end());
    std::vector<Case> out;
    for (auto& name : names) out.push_back(read_case(folder, name));
    return out;
}

Judged judge(const Declared& declared, const FormatRules& rules, std::string_view bytes,
             std::size_t step) {
    Inspector inspector(declared, rules);
    for (auto& range : inspector.read_head(bytes.substr(0, Inspector::head_bytes)))
        for (auto at = range.offset; at < std::min<std::uint64_t>(range.end(), bytes.size());
             at += step)
            inspector.read_table(at,
                                 bytes.substr(at, std::min<std::uint64_t>(step, range.end() - at)));
    auto tail = bytes.size() - std::min(bytes.size(), Inspector::tail_bytes);
    auto found = inspector.finish(bytes.substr(tail), bytes.size());
    if (found.has_value() == inspector.refusal().has_value())
        throw std::runtime_error("neither accepted nor refused");
    return {inspector.refusal().value_or(""), found.value_or(Inspection{})};
}

} // namespace nephele::glance::test
