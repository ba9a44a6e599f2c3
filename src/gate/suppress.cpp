// Suppressions: inline comments, annotations and the policy's list; expired and unused ones are
// findings themselves.

#include <algorithm>

#include <fmt/format.h>

#include "gate/suppress.hpp"
#include "gpusize/core/date.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

constexpr std::string_view kMark = "gpusize:ignore";

/// `GS104, GS105 until=2026-12-31 -- reason` as suppressions.
void parse(std::string_view text, const Suppression& form, std::vector<Suppression>& out) {
  const std::size_t dashes = text.find("--");
  const std::string reason(dashes == std::string_view::npos ? "" : trim(text.substr(dashes + 2)));
  std::string expires;
  std::vector<std::string> codes;
  for (const std::string& piece : split(text.substr(0, dashes), ' ')) {
    for (const std::string& word : split(piece, ',')) {
      if (word.starts_with("until="))
        expires = word.substr(6);
      else if (word.starts_with("GS"))
        codes.push_back(word);
    }
  }
  for (std::string& code : codes) {
    Suppression s = form;
    s.rule = std::move(code);
    s.reason = reason.empty() ? "no reason given" : reason;
    s.expires = expires;
    out.push_back(std::move(s));
  }
}

/// `*` any run, for paths and names.
bool matches(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return true;
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t from = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      from = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++from;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool covers(const Suppression& s, const Finding& f) {
  if (s.rule != f.rule->code) return false;
  if (s.next_line)
    return s.file == f.file && (s.place.line == f.place.line || s.place.line + 1 == f.place.line);
  const std::string_view object = f.object;
  const bool name =
      s.workload.empty() || object.find("/" + s.workload + "/") != std::string_view::npos;
  return name && matches(s.path, f.file);
}

Finding about(std::string_view code, const Suppression& s, std::string message, std::string help) {
  Finding f;
  f.rule = find_rule(code);
  f.severity = f.rule->severity;
  f.message = std::move(message);
  f.help = std::move(help);
  f.file = s.file;
  f.place = s.place;
  f.object = "suppression";
  f.detail = s.rule;
  return f;
}

}  // namespace

void collect_suppressions(const DeploymentSet& deployments, std::vector<Suppression>& out) {
  for (const auto& [path, source] : deployments.sources) {
    if (source->text().find(kMark) == std::string_view::npos) continue;
    for (int line = 1; line <= source->lines(); ++line) {
      const std::string_view text = source->line(line);
      const std::size_t at = text.find(kMark);
      if (at == std::string_view::npos || text.substr(0, at).find('#') == std::string_view::npos)
        continue;
      Suppression form;
      form.file = path;
      form.place = {line, static_cast<int>(at) + 1};
      form.next_line = true;
      parse(text.substr(at + kMark.size()), form, out);
    }
  }
  for (const DeployedWorkload& w : deployments.workloads) {
    const auto found = w.annotations.find("ignore");
    if (found == w.annotations.end()) continue;
    std::string text = found->second.value;
    if (const std::size_t colon = text.find(':'); colon != std::string::npos)
      text.replace(colon, 1, " -- ");
    Suppression form;
    form.file = w.file;
    form.path = w.file;
    form.workload = w.name;
    form.place = found->second.place;
    parse(text, form, out);
  }
}

void apply_suppressions(std::vector<Suppression>& suppressions, const std::string& today,
                        std::vector<Finding>& findings) {
  const auto expired = [&](const Suppression& s) {
    return !s.expires.empty() && s.expires < today;
  };
  for (Finding& f : findings) {
    for (Suppression& s : suppressions) {
      if (!covers(s, f)) continue;
      s.used = true;
      if (!expired(s) && f.suppressed.empty()) f.suppressed = s.reason;
    }
  }
  for (const Suppression& s : suppressions) {
    if (expired(s)) {
      findings.push_back(about("GS510", s,
                               fmt::format("the suppression of {} expired on {}", printable(s.rule),
                                           printable(s.expires)),
                               "mend the finding, or give the suppression a new date and reason"));
    } else if (!s.used) {
      findings.push_back(about(
          "GS511", s,
          fmt::format("nothing here raises {}: the suppression is not used", printable(s.rule)),
          "take it out"));
    }
  }
}

}  // namespace gpusize
