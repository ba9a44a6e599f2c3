#pragma once
// Findings of a result in the order and words that every format of them shares.

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "gpusize/plan/result_document.hpp"
#include "gpusize/report/words.hpp"

namespace gpusize {

using Json = nlohmann::ordered_json;

/// Findings that nothing suppresses, worst first, then by place; empty for other commands.
std::vector<const Json*> standing_findings(const ResultDocument& document);
/// All of them, in document order.
std::vector<const Json*> all_findings(const ResultDocument& document);
/// `2 errors, 1 warning; 3 of 4 workloads assessed, ...`.
std::string summary_line(const Json& document, const Words& w = Words::of(Lang::kEnglish));
/// An amount with its unit: bytes as GiB.
std::string amount(const Json& value, const std::string& unit, const Words& w);
/// `needed 64.1 GiB, limit 57.0 GiB`, or empty.
std::string numbers_of(const Json& finding, const Words& w = Words::of(Lang::kEnglish));

}  // namespace gpusize
