// Statements of training files by their rows, put together; conflicts and bad values with places.

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gpusize/core/text.hpp"
#include "spec/training_rows.hpp"

namespace gpusize {
namespace {

/// Programs around others: the later one decides how the run goes.
constexpr std::array<std::string_view, 3> kFrameworks{"transformers", "deepspeed", "megatron-core"};

std::size_t strength(std::string_view framework) {
  const auto* found = std::find(kFrameworks.begin(), kFrameworks.end(), framework);
  return static_cast<std::size_t>(found - kFrameworks.begin());
}

/// Statements that are no conflict: whether the second says more than the first. Nothing: they are
/// of the kind that must agree.
std::optional<bool> stronger(TrainKey key, std::string_view had, std::string_view now) {
  if (key == TrainKey::kFramework) return strength(now) > strength(had);
  // load_in_4bit makes LoRA to QLoRA; a recipe says which fp8.
  if (key == TrainKey::kMethod) return now == "qlora";
  if (key == TrainKey::kNarrow && (had == "fp8" || now == "fp8")) return had == "fp8";
  return {};
}

std::string place_text(const TrainSetting& s) {
  return fmt::format("{} at {}", printable(s.written), s.where.str());
}

bool says_nothing(std::string_view value) {
  const std::string lower = to_lower(trim(value));
  return lower == "auto" || lower == "null" || lower == "none" || lower == "~";
}

/// Whether adapters sit beside every linear layer of a Llama-like block.
bool every_linear(std::string_view modules) {
  if (modules.find("all-linear") != std::string_view::npos) return true;
  constexpr std::array<std::string_view, 7> kBlock{"q_proj",    "k_proj",  "v_proj",   "o_proj",
                                                   "gate_proj", "up_proj", "down_proj"};
  return std::all_of(kBlock.begin(), kBlock.end(), [&](std::string_view one) {
    return modules.find(one) != std::string_view::npos;
  });
}

}  // namespace

const TrainSetting* TrainingSpec::find(TrainKey key) const {
  const auto at = settings.find(key);
  return at == settings.end() ? nullptr : &at->second;
}

bool is_yes(std::string_view value) {
  const std::string lower = to_lower(trim(value));
  return lower.empty() || lower == "true" || lower == "yes" || lower == "1" || lower == "on";
}

bool is_no(std::string_view value) {
  const std::string lower = to_lower(trim(value));
  return lower == "false" || lower == "no" || lower == "0" || lower == "off" || lower == "none" ||
         lower == "null";
}

const TrainRow* find_row(const TrainDialect& dialect, std::string_view name) {
  const auto found = std::find_if(dialect.rows.begin(), dialect.rows.end(),
                                  [&](const TrainRow& row) { return row.name == name; });
  return found == dialect.rows.end() ? nullptr : &*found;
}

bool is_irrelevant(const TrainDialect& dialect, std::string_view name) {
  for (const std::string& one : split(dialect.irrelevant, ' ')) {
    if (one.empty()) continue;
    if (one.back() == '*' ? name.starts_with(std::string_view(one).substr(0, one.size() - 1))
                          : name == one)
      return true;
  }
  return false;
}

void TrainCollector::error(std::string code, std::string message, Location where,
                           std::string hint) {
  problems_.push_back(
      make_error(std::move(code), std::move(message), std::move(where), std::move(hint)));
}

void TrainCollector::gap(std::string what, std::string reason, Location where) {
  spec_.not_assessed.push_back({std::move(what), std::move(reason), std::move(where)});
}

void TrainCollector::state(TrainKey key, TrainSetting setting) {
  const auto at = spec_.settings.find(key);
  if (at == spec_.settings.end()) {
    spec_.settings.emplace(key, std::move(setting));
    return;
  }
  TrainSetting& had = at->second;
  if (const auto both = stronger(key, had.value, setting.value)) {
    if (*both) had = std::move(setting);
    return;
  }
  if (setting.implied) return;
  if (had.implied) {
    had = std::move(setting);
    return;
  }
  if (had.value != setting.value) differ(had, setting);
}

void TrainCollector::imply(const TrainDialect& dialect, const Location& where) {
  for (const TrainImplied& one : dialect.implied) {
    TrainSetting s{std::string(one.value), 0.0, where, std::string(one.written), true};
    if (const auto number = parse_number(one.value)) s.number = *number;
    state(one.key, std::move(s));
  }
}

void TrainCollector::apply_word(const TrainRow& row, std::string_view value, const Location& where,
                                std::string_view written) {
  const std::string lower = to_lower(trim(value));
  const auto found = std::find_if(row.words.begin(), row.words.end(),
                                  [&](const TrainWord& w) { return w.written == lower; });
  if (found == row.words.end()) {
    if (says_nothing(value)) return;
    std::vector<std::string> known;
    for (const TrainWord& w : row.words) known.emplace_back(w.written);
    return error("train-word",
                 fmt::format("{}: unknown \"{}\"", printable(written), printable(value)), where,
                 fmt::format("{} one of: {}", did_you_mean(lower, known), fmt::join(known, ", ")));
  }
  if (found->ours.empty())
    return gap(std::string(written), fmt::format("{} is not sized", printable(value)), where);
  if (found->ours == "-") return;
  const auto number = parse_number(found->ours);
  state(row.key, {std::string(found->ours), number.value_or(0.0), where, std::string(written)});
}

void TrainCollector::apply_number(const TrainRow& row, std::string_view value,
                                  const Location& where, std::string_view written) {
  const auto number = parse_number(trim(value));
  const bool whole = number && *number == std::floor(*number) && std::fabs(*number) < 9e15;
  const bool from_one = row.shape == RowShape::kCount || row.shape == RowShape::kSize;
  const double low = from_one ? 1.0 : row.shape == RowShape::kLevel ? 0.0 : -1.0;
  const double high = row.shape == RowShape::kLevel ? 3.0 : 9e15;
  if (!whole || *number < low || *number > high) {
    return error("train-number",
                 fmt::format("{}: found \"{}\"", printable(written), printable(value)), where,
                 row.shape == RowShape::kLevel ? "a whole number from 0 to 3"
                 : from_one                    ? "a whole number from 1"
                                               : "a whole number from 0");
  }
  if (row.shape == RowShape::kAmount && *number <= 0.0) return;
  TrainSetting setting{fmt::format("{:.0f}", *number), *number, where, std::string(written)};
  if (row.shape == RowShape::kSize) return state_size(row, std::move(setting));
  state(row.key, std::move(setting));
}

void TrainCollector::state_size(const TrainRow& row, TrainSetting setting) {
  const auto at = spec_.sizes.find(row.name);
  if (at == spec_.sizes.end()) {
    spec_.sizes.emplace(std::string(row.name), std::move(setting));
  } else if (at->second.value != setting.value) {
    differ(at->second, setting);
  }
}

void TrainCollector::differ(const TrainSetting& had, const TrainSetting& now) {
  error("train-conflict",
        fmt::format("{} says {}, {} says {}", place_text(had), printable(had.value),
                    printable(now.written), printable(now.value)),
        now.where, "files of one run must agree: change one of the two");
}

bool TrainCollector::apply(const TrainDialect& dialect, std::string_view name,
                           std::string_view value, const Location& where,
                           std::string_view written) {
  bool known = false;
  for (const TrainRow& row : dialect.rows) {
    if (row.name != name) continue;
    known = true;
    const std::size_t before = problems_.size();
    apply_row(row, value, where, written);
    if (problems_.size() > before) break;
  }
  return known || is_irrelevant(dialect, name);
}

void TrainCollector::apply_row(const TrainRow& row, std::string_view value, const Location& where,
                               std::string_view written) {
  const bool of_words = row.shape == RowShape::kWord || row.shape == RowShape::kWords;
  if (says_nothing(value) && !of_words) return;
  switch (row.shape) {
    case RowShape::kCount:
    case RowShape::kAmount:
    case RowShape::kLevel:
    case RowShape::kSize: return apply_number(row, value, where, written);
    case RowShape::kWord: return apply_word(row, value, where, written);
    case RowShape::kWords:
      for (const std::string& word : split(value, ' ')) {
        if (!word.empty()) apply_word(row, word, where, written);
      }
      return;
    case RowShape::kTrait:
      if (!is_no(value))
        state_size(row, {trim(value).empty() ? "true" : to_lower(trim(value)), 0.0, where,
                         std::string(written)});
      return;
    case RowShape::kText:
      if (!trim(value).empty())
        state(row.key, {std::string(trim(value)), 0.0, where, std::string(written)});
      return;
    case RowShape::kSwitch: return apply_switch(row, value, where, written);
    case RowShape::kGap:
      if (!is_no(value)) gap(std::string(written), std::string(row.says), where);
      return;
    case RowShape::kTargets:
      if (!every_linear(value)) gap(std::string(written), std::string(row.says), where);
      return;
    case RowShape::kFile:
      if (!trim(value).empty())
        references.push_back({std::string(trim(value)), where, std::string(written)});
      return;
  }
}

void TrainCollector::apply_switch(const TrainRow& row, std::string_view value,
                                  const Location& where, std::string_view written) {
  // Megatron's --mtp-num-layers takes a number: any but none means yes.
  if (is_yes(value) || parse_number(trim(value)).value_or(0.0) > 0.0) {
    const auto number = parse_number(row.says);
    state(row.key, {std::string(row.says), number.value_or(0.0), where, std::string(written)});
  } else if (!is_no(value)) {
    error("train-switch", fmt::format("{}: found \"{}\"", printable(written), printable(value)),
          where, "true or false");
  }
}

void TrainCollector::unknown(const TrainDialect& dialect, std::string_view name,
                             const Location& where, std::string_view written) {
  std::vector<std::string> known;
  for (const TrainRow& row : dialect.rows) known.emplace_back(row.name);
  const std::string near = did_you_mean(name, known);
  gap(std::string(written),
      fmt::format("not known among {}{}{}", dialect.label, near.empty() ? "" : ": ", near), where);
}

void read_training_map(const TrainDialect& dialect, Node map, TrainCollector& out) {
  struct Walk {
    const TrainDialect& dialect;
    TrainCollector& out;
    void leaf(Node node, const std::string& name) const {
      std::string value(node.is_scalar() ? node.text() : std::string_view());
      if (node.is_null()) value = "null";
      if (node.is_sequence()) {
        for (const Node item : node) {
          if (item.is_scalar()) value += (value.empty() ? "" : " ") + std::string(item.text());
        }
        if (value.empty()) value = "null";
      }
      const std::string written = name;
      const std::string lower = to_lower(name);
      if (!out.apply(dialect, lower, value, node.location(), written))
        out.unknown(dialect, lower, node.location(), written);
    }
    void map(Node node, const std::string& prefix) const {
      for (const Node child : node) {
        const std::string name = prefix + std::string(child.key());
        if (child.is_map() && child.size() == 0) continue;
        const TrainRow* row = find_row(dialect, to_lower(name));
        if (child.is_map() && row != nullptr && row->shape == RowShape::kFile) {
          // TrainingArguments take DeepSpeed's config in place as well.
          read_training_map(kDeepSpeedConfig, child, out);
          out.imply(kDeepSpeedConfig, child.location());
        } else if (child.is_map() && row == nullptr && !is_irrelevant(dialect, to_lower(name))) {
          map(child, name + ".");
        } else {
          leaf(child, name);
        }
      }
    }
  };
  Walk{dialect, out}.map(map, "");
}

}  // namespace gpusize
