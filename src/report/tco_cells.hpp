#pragma once
// What tables, CSV and page of a cost model share: amounts as text, names of scenarios, sentences.

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "gpusize/report/words.hpp"

namespace gpusize {

/// Money to the cent with thousands separators, so that printed lines add up to the printed total;
/// `-` for null.
std::string money(const nlohmann::ordered_json& value);
/// A ratio as per cent; `-` for null.
std::string percent(const nlohmann::ordered_json& value);

/// Whether a scenario has a benefit: then the question is what remains of it.
bool any_benefit(const nlohmann::ordered_json& document);

/// Name of a scenario object.
std::string scenario_name(const nlohmann::ordered_json& scenario, const Words& words);
/// Its id where space is short.
std::string scenario_short(std::string_view id, const Words& words);

/// A point of `break_even` as a sentence; `a` and `b` are names of its scenarios.
std::string break_even_sentence(const Words& words, const nlohmann::ordered_json& point,
                                const std::string& a, const std::string& b);

}  // namespace gpusize
