// SPDX-License-Identifier: Apache-2.0
#include "services/nova/logic/extra_specs.h"

#include "base/strings.h"

#include <algorithm>

namespace nephele::nova::logic {
namespace {

bool compares(const std::string& op, double value, double wanted) {
    if (op == "=" || op == ">=") return value >= wanted;
    if (op == "==") return value == wanted;
    if (op == "!=") return value != wanted;
    return value <= wanted;
}

bool compares(const std::string& op, const std::string& value, const std::string& wanted) {
    if (op == "s==") return value == wanted;
    if (op == "s!=") return value != wanted;
    if (op == "s<") return value < wanted;
    if (op == "s<=") return value <= wanted;
    if (op == "s>") return value > wanted;
    return value >= wanted;
}

bool is_one_of(const std::string& op, std::initializer_list<const char*> all) {
    return std::find(all.begin(), all.end(), op) != all.end();
}
} // namespace

bool spec_matches(const std::string& value, const std::string& wanted) {
    std::vector<std::string> words;
    for (auto& word : split(wanted, ' '))
        if (!word.empty()) words.push_back(word);
    if (words.empty()) return value.empty();
    const std::string op = words[0];
    if (op == "<or>") {
        for (std::size_t i = 1; i < words.size(); i += 2)
            if (words[i] == value) return true;
        return false;
    }
    if (op == "<in>") return words.size() > 1 && value.find(words[1]) != std::string::npos;
    if (op == "<all-in>")
        return std::all_of(words.begin() + 1, words.end(), [&](const std::string& word) {
            return value.find(word) != std::string::npos;
        });
    if (words.size() == 2 && is_one_of(op, {"=", "==", "!=", ">=", "<="})) {
        auto left = to_double(value), right = to_double(words[1]);
        return left && right && compares(op, *left, *right);
    }
    if (words.size() == 2 && is_one_of(op, {"s==", "s!=", "s<", "s<=", "s>", "s>="}))
        return compares(op, value, words[1]);
    return value == wanted;
}

} // namespace nephele::nova::logic
