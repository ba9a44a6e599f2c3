#include "gpusize/catalog/compat.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

/// Number formats by the name that rules use, with the card's fact behind each.
struct FormatFact {
  std::string_view subject;
  std::string_view fact;
};
constexpr std::array<FormatFact, 6> kFormats{{{"bf16", "bf16_tflops"},
                                              {"fp16", "fp16_tflops"},
                                              {"tf32", "tf32_tflops"},
                                              {"fp8", "fp8_tflops"},
                                              {"int8", "int8_tops"},
                                              {"fp4", "fp4_tflops"}}};

const CompatRule* rule_of(const CompatFamily* family, std::string_view subject) {
  if (family == nullptr) return nullptr;
  for (const CompatRule& rule : family->rules) {
    if (rule.subject == subject) return &rule;
  }
  return nullptr;
}

std::string with_note(std::string text, const std::string& note) {
  return note.empty() ? text : fmt::format("{} ({})", text, note);
}

/// A rule that supports the subject, held against a version.
void apply_bounds(CompatAnswer& answer, const CompatRule& rule, const std::string& card) {
  const std::string& v = answer.version;
  answer.support = Support::kYes;
  if (!v.empty() && !rule.min.empty() && compare_versions(v, rule.min) < 0) {
    answer.support = Support::kNo;
    answer.reason = with_note(
        fmt::format("{} needs {} {} or newer, not {}", card, rule.subject, rule.min, v), rule.note);
  } else if (!v.empty() && !rule.max.empty() && compare_versions(v, rule.max) > 0) {
    answer.support = Support::kNo;
    answer.reason = with_note(fmt::format("{} {} no longer supports {}: the last version is {}",
                                          rule.subject, v, card, rule.max),
                              rule.note);
  } else if (!v.empty() && rule.min.empty() && rule.max.empty()) {
    answer.reason = with_note(
        fmt::format("{} works on {}; the source tells no versions apart", rule.subject, card),
        rule.note);
  } else {
    answer.reason = with_note(fmt::format("{} works on {}", rule.subject, card), rule.note);
  }
}

void answer_from_fact(CompatAnswer& answer, const GpuSpec& gpu, std::string_view key,
                      std::string_view verb) {
  const GpuFact* fact = gpu.fact(key);
  if (fact == nullptr) {
    answer.reason = fmt::format("nothing is known about {} on {}", answer.subject, gpu.id);
    return;
  }
  const bool has = fact->text != "false";
  answer.support = has ? Support::kYes : Support::kNo;
  answer.reason =
      with_note(fmt::format("{} {} {}", gpu.id, has ? verb : fmt::format("does not {}", verb),
                            answer.subject),
                fact->note);
  if (has && verb == "compute in")
    answer.reason = fmt::format("{} computes in {}", gpu.id, answer.subject);
  if (has && verb == "have") answer.reason = fmt::format("{} has {}", gpu.id, answer.subject);
  answer.source = fact->source;
  answer.confidence = fact->confidence;
}

bool asks_for(const CompatNeed& need, const CompatQuestion& question) {
  if (question.subject != need.when || question.version.empty()) return false;
  if (!need.from.empty() && compare_versions(question.version, need.from) < 0) return false;
  return need.until.empty() || compare_versions(question.version, need.until) <= 0;
}

}  // namespace

bool is_version(std::string_view text) {
  if (text.empty() || text.size() > 40 || text.front() == '.' || text.back() == '.') return false;
  return text.find_first_not_of("0123456789.") == std::string_view::npos &&
         text.find("..") == std::string_view::npos;
}

int compare_versions(std::string_view version, std::string_view bound) {
  const auto have = split(version, '.');
  const auto want = split(bound, '.');
  for (std::size_t i = 0; i < want.size(); ++i) {
    const std::int64_t a = i < have.size() ? parse_integer(have[i]).value_or(0) : 0;
    const std::int64_t b = parse_integer(want[i]).value_or(0);
    if (a != b) return a < b ? -1 : 1;
  }
  return 0;
}

const CompatFamily* CompatTable::family_of(const GpuSpec& gpu) const {
  const GpuFact* fact = gpu.fact("compute_capability");
  const auto holds = [](const std::vector<std::string>& list, const std::string& item) {
    return std::find(list.begin(), list.end(), item) != list.end();
  };
  if (fact != nullptr) {
    for (const CompatFamily& family : families) {
      if (holds(family.capabilities, fact->text)) return &family;
    }
  }
  const CompatFamily* only = nullptr;
  for (const CompatFamily& family : families) {
    if (!holds(family.architectures, gpu.architecture)) continue;
    if (only != nullptr) return nullptr;  // the architecture alone does not tell
    only = &family;
  }
  return only;
}

std::vector<std::string> CompatTable::subjects() const {
  std::set<std::string> out{"mig", "vgpu"};
  for (const CompatFamily& family : families) {
    for (const CompatRule& rule : family.rules) out.insert(rule.subject);
  }
  for (const FormatFact& format : kFormats) out.emplace(format.subject);
  return {out.begin(), out.end()};
}

CompatAnswer ask_compat(const CompatTable& table, const GpuSpec& gpu,
                        const CompatQuestion& question) {
  CompatAnswer answer;
  answer.subject = question.subject;
  answer.version = question.version;
  if (answer.version.empty()) {
    for (const CurrentVersion& current : table.current) {
      if (current.subject == question.subject) answer.version = current.version;
    }
  }
  if (const CompatRule* rule = rule_of(table.family_of(gpu), question.subject)) {
    answer.min = rule->min;
    answer.max = rule->max;
    answer.source = rule->source;
    answer.confidence = rule->confidence;
    answer.support = rule->support;
    if (rule->support == Support::kYes) {
      apply_bounds(answer, *rule, gpu.id);
    } else if (rule->support == Support::kNo) {
      answer.reason =
          with_note(fmt::format("{} does not work on {}", rule->subject, gpu.id), rule->note);
    } else {
      answer.reason = with_note(
          fmt::format("whether {} works on {} is not known", rule->subject, gpu.id), rule->note);
    }
    return answer;
  }
  for (const FormatFact& format : kFormats) {
    if (format.subject == question.subject) {
      answer_from_fact(answer, gpu, format.fact, "compute in");
      return answer;
    }
  }
  if (question.subject == "mig" || question.subject == "vgpu") {
    answer_from_fact(answer, gpu, question.subject, "have");
    return answer;
  }
  answer.reason = fmt::format("nothing is known about {} on {}", question.subject, gpu.id);
  return answer;
}

std::vector<CompatAnswer> check_needs(const CompatTable& table,
                                      const std::vector<CompatQuestion>& questions) {
  std::vector<CompatAnswer> out;
  for (const CompatQuestion& question : questions) {
    for (const CompatNeed& need : table.needs) {
      if (!asks_for(need, question)) continue;
      CompatAnswer answer;
      answer.subject = fmt::format("{} for {} {}", need.needs, question.subject, question.version);
      answer.min = need.min;
      answer.source = need.source;
      answer.confidence = need.confidence;
      answer.reason = with_note(fmt::format("{} {} needs {} {} or newer", question.subject,
                                            question.version, need.needs, need.min),
                                need.note);
      for (const CompatQuestion& other : questions) {
        if (other.subject != need.needs || other.version.empty()) continue;
        answer.version = other.version;
        answer.support =
            compare_versions(other.version, need.min) < 0 ? Support::kNo : Support::kYes;
      }
      out.push_back(std::move(answer));
    }
  }
  return out;
}

}  // namespace gpusize
