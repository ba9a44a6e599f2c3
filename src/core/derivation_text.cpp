#include "gpusize/core/derivation_text.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

/// A part of fewer lines than this is repeated rather than referred to.
constexpr std::size_t kWorthSharing = 4;

std::string reason(const Derivation& d) {
  if (d.kind == NumberKind::kInput) return fmt::format("input: {}", d.note);
  if (!d.formula_text.empty()) {
    std::string out =
        fmt::format("= {}", d.formula_text == "sum" ? "sum of the parts" : d.formula_text);
    if (!d.formula_id.empty()) out += fmt::format("   ({})", d.formula_id);
    if (!d.formula_source.empty()) out += fmt::format(" [{}]", d.formula_source);
    if (!d.note.empty()) out += fmt::format("; {}", d.note);
    return out;
  }
  if (!d.source.title.empty()) {
    std::string out =
        fmt::format("{}, {}: {}", name_of(d.kind), name_of(d.confidence), d.source.title);
    if (!d.source.ref.empty()) out += fmt::format(" <{}>", d.source.ref);
    if (!d.source.as_of.empty()) out += fmt::format(", {}", d.source.as_of);
    if (!d.note.empty()) out += fmt::format("; {}", d.note);
    return out;
  }
  return d.note;
}

std::string value_line(const Derivation& d, std::string_view symbol) {
  const std::string name =
      symbol.empty() || symbol == d.label ? d.label : fmt::format("{} ({})", symbol, d.label);
  return fmt::format("{} = {:.10g}{}{}", printable(name), d.value, d.unit.empty() ? "" : " ",
                     printable(d.unit));
}

void render_below(const Derivation& d, std::string_view symbol, int level, int depth,
                  std::string& out) {
  const std::string indent(static_cast<std::size_t>(level) * 2, ' ');
  out += fmt::format("{}{}\n", indent, value_line(d, symbol));
  const std::string why = reason(d);
  if (!why.empty()) out += fmt::format("{}    {}\n", indent, printable(why));
  if (level + 1 >= depth) return;
  for (const auto& [child_symbol, child] : d.inputs) {
    render_below(*child, child_symbol, level + 1, depth, out);
  }
}

/// A derivation among those that say the same, whichever object holds it.
struct Part {
  const Derivation* derivation = nullptr;
  std::vector<std::size_t> inputs;
  std::size_t lines = 0;  ///< of the whole tree below, counted up to kWorthSharing
  std::size_t uses = 0;   ///< places that it stands in, each different parent once
  std::string name;       ///< where it is written, when that is one place for all
};

class SharedText {
 public:
  using Named = std::vector<std::pair<std::string, std::string>>;

  Named render_all(const std::vector<std::pair<std::string, Why>>& numbers) {
    std::vector<std::size_t> roots;
    for (const auto& [name, why] : numbers) {
      const std::size_t id = id_of(*why);
      roots.push_back(id);
      ++parts_[id].uses;
      if (parts_[id].name.empty() && worth(id)) parts_[id].name = name;
    }
    name_the_rest();
    Named out;
    for (std::size_t i = 0; i < roots.size(); ++i) {
      out.emplace_back(numbers[i].first, text_of(roots[i], numbers[i].first));
    }
    for (const std::size_t id : unnamed_)
      out.emplace_back(parts_[id].name, text_of(id, parts_[id].name));
    return out;
  }

 private:
  using Key = std::tuple<std::string, std::string, double,
                         std::vector<std::pair<std::string, std::size_t>>>;

  [[nodiscard]] bool worth(std::size_t id) const { return parts_[id].lines >= kWorthSharing; }

  std::size_t id_of(const Derivation& d) {
    if (const auto known = by_object_.find(&d); known != by_object_.end()) return known->second;
    Key key{d.label + '\0' + d.unit, reason(d), d.value, {}};
    Part part;
    part.derivation = &d;
    part.lines = 2;
    for (const auto& [symbol, input] : d.inputs) {
      part.inputs.push_back(id_of(*input));
      part.lines = std::min(part.lines + parts_[part.inputs.back()].lines, kWorthSharing);
      std::get<3>(key).emplace_back(symbol, part.inputs.back());
    }
    const auto [found, added] = by_content_.emplace(std::move(key), parts_.size());
    if (added) {
      for (const std::size_t input : part.inputs) ++parts_[input].uses;
      parts_.push_back(std::move(part));
    }
    by_object_.emplace(&d, found->second);
    return found->second;
  }

  void name_the_rest() {
    for (std::size_t id = 0; id < parts_.size(); ++id) {
      if (!parts_[id].name.empty() || parts_[id].uses < 2 || !worth(id)) continue;
      unnamed_.push_back(id);
      parts_[id].name = fmt::format("shared/{}", unnamed_.size());
    }
  }

  std::string text_of(std::size_t id, std::string_view written_as) const {
    std::string out;
    write(id, "", 0, written_as, out);
    return out;
  }

  void write(std::size_t id, std::string_view symbol, std::size_t level,
             std::string_view written_as, std::string& out) const {
    const Part& part = parts_[id];
    const std::string indent(level * 2, ' ');
    out += fmt::format("{}{}\n", indent, value_line(*part.derivation, symbol));
    if (!part.name.empty() && (level > 0 || part.name != written_as)) {
      out += fmt::format("{}    as in {}\n", indent, part.name);
      return;
    }
    const std::string why = reason(*part.derivation);
    if (!why.empty()) out += fmt::format("{}    {}\n", indent, printable(why));
    for (std::size_t i = 0; i < part.inputs.size(); ++i) {
      write(part.inputs[i], part.derivation->inputs[i].first, level + 1, written_as, out);
    }
  }

  std::vector<Part> parts_;
  std::unordered_map<const Derivation*, std::size_t> by_object_;
  std::map<Key, std::size_t> by_content_;
  std::vector<std::size_t> unnamed_;
};

}  // namespace

std::string render(const Why& why, int depth) {
  std::string out;
  render_below(*why, "", 0, depth, out);
  return out;
}

std::vector<std::pair<std::string, std::string>> render_shared(
    const std::vector<std::pair<std::string, Why>>& numbers) {
  return SharedText().render_all(numbers);
}

}  // namespace gpusize
