#include "report/html_derivations.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "report/html_text.hpp"

namespace gpusize {
namespace {

constexpr std::size_t kStatedLines = 24;

std::string value_text(const Derivation& d) {
  return fmt::format("{:.10g}{}{}", d.value, d.unit.empty() ? "" : " ", html(d.unit));
}

/// The first lines of a derivation that the file holds as text.
std::string first_lines(std::string_view text) {
  std::size_t end = 0;
  for (std::size_t line = 0; line < kStatedLines && end < text.size(); ++line) {
    const std::size_t next = text.find('\n', end);
    end = next == std::string_view::npos ? text.size() : next + 1;
  }
  std::string out;
  // Line by line: the escaping of single lines leaves the line breaks.
  std::size_t from = 0;
  while (from < end) {
    const std::size_t next = std::min(text.find('\n', from), end);
    out += html(text.substr(from, next - from)) + "\n";
    from = next + 1;
  }
  return end < text.size() ? out + "…\n" : out;
}

std::string source_text(const Source& source) {
  std::string out = html(source.title);
  if (!source.ref.empty()) out += fmt::format(" &lt;{}&gt;", html(source.ref));
  if (!source.as_of.empty()) out += ", " + html(source.as_of);
  return out;
}

}  // namespace

std::size_t Derivations::id_of(const Why& why) {
  const auto [found, added] = ids_.emplace(why.get(), entries_.size());
  if (added) entries_.push_back({why, {}});
  return found->second;
}

std::string Derivations::link(const std::string& pointer, std::string_view text) {
  std::size_t id = 0;
  if (const Why why = document_.why(pointer)) {
    id = id_of(why);
  } else if (const std::string_view stated = document_.stated_why(pointer); !stated.empty()) {
    const auto [found, added] = stated_ids_.emplace(pointer, entries_.size());
    if (added) entries_.push_back({nullptr, stated});
    id = found->second;
  } else {
    return std::string(text);
  }
  return fmt::format("<a class=\"n\" href=\"#w{}\">{}</a>", id, text);
}

std::string Derivations::body(const Entry& entry, bool links) const {
  if (entry.why == nullptr)
    return fmt::format("<pre lang=\"en\">{}</pre>", first_lines(entry.stated));
  const Derivation& d = *entry.why;
  std::string out = fmt::format("<b>{} = {}</b>", html(d.label), value_text(d));
  if (!d.formula_text.empty()) {
    out += d.formula_text == "sum" ? fmt::format("<p>{}</p>", words_["why.sum"])
                                   : fmt::format("<code>{}</code>", html(d.formula_text));
  }
  if (!d.inputs.empty()) {
    out += "<ul>";
    for (const auto& [symbol, why] : d.inputs) {
      const std::string name = symbol.empty() ? html(why->label) : html(symbol);
      const auto found = ids_.find(why.get());
      out += links && found != ids_.end() ? fmt::format("<li><a href=\"#w{}\">{}</a> = {}</li>",
                                                        found->second, name, value_text(*why))
                                          : fmt::format("<li>{} = {}</li>", name, value_text(*why));
    }
    out += "</ul>";
  }
  std::string rest;
  const bool input = d.kind == NumberKind::kInput;
  if (input) rest = fmt::format("{}: {}", words_["why.input"], html(d.note));
  if (!d.source.title.empty()) {
    rest = fmt::format("{}: <span lang=\"en\">{}</span> ({}, {})", words_["why.source"],
                       source_text(d.source), words_[fmt::format("kind.{}", name_of(d.kind))],
                       words_[fmt::format("confidence.{}", name_of(d.confidence))]);
  } else if (!d.formula_source.empty()) {
    rest = fmt::format("{}: <span lang=\"en\">{}</span>", words_["why.source"],
                       html(d.formula_source));
  }
  if (!input && !d.note.empty())
    rest += fmt::format("{}<span lang=\"en\">{}</span>", rest.empty() ? "" : "<br>", html(d.note));
  if (!rest.empty()) out += fmt::format("<p>{}</p>", rest);
  return out;
}

std::string Derivations::entries(std::size_t budget) {
  std::string out;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    // Shown numbers always have their entry; what they rest on is added while there is room.
    const bool room = out.size() + (entries_.size() - i) * 400 < budget;
    if (room && entries_[i].why != nullptr) {
      const Why why = entries_[i].why;
      for (const auto& [symbol, input] : why->inputs) id_of(input);
    }
    out += fmt::format(
        "<div class=\"w\" id=\"w{}\">{}<a class=\"x\" href=\"#-\" aria-label=\"{}\">×</a></div>\n",
        i, body(entries_[i], true), words_["why.close"]);
  }
  return out;
}

}  // namespace gpusize
