#include "gpusize/report/text_table.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/core/check.hpp"
#include "gpusize/core/text.hpp"
#include "report/columns.hpp"

namespace gpusize {
namespace {

std::string pad(const std::string& text, std::size_t width, Align align) {
  const std::size_t have = columns_of(text);
  const std::string space(width > have ? width - have : 0, ' ');
  return align == Align::kLeft ? text + space : space + text;
}

std::string escape_pipes(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

}  // namespace

TextTable::Shown TextTable::natural(bool plots) const {
  Shown out;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    if (columns_[c].plot && !plots) continue;
    std::size_t widest = columns_of(columns_[c].title);
    for (const auto& r : rows_) widest = std::max(widest, columns_of(r[c]));
    out.columns.push_back(c);
    out.widths.push_back(widest);
  }
  return out;
}

TextTable::Shown TextTable::shown(std::size_t limit) const {
  constexpr std::size_t kReadable = 16;  // a plot is not worth names cut below this
  const Shown all = natural(true);
  std::size_t least = 0;
  for (std::size_t i = 0; i < all.columns.size(); ++i) {
    const Column& column = columns_[all.columns[i]];
    const bool may_give = column.align == Align::kLeft && !column.plot;
    least += (may_give ? std::min(all.widths[i], kReadable) : all.widths[i]) + (i > 0 ? 2 : 0);
  }
  return least <= limit ? all : natural(false);
}

void TextTable::shrink(Shown& shown, std::size_t limit) const {
  constexpr std::size_t kNarrowest = 8;
  std::size_t total = shown.widths.empty() ? 0 : 2 * (shown.widths.size() - 1);
  for (const std::size_t width : shown.widths) total += width;
  for (; total > limit; --total) {
    std::size_t* widest = nullptr;
    for (std::size_t i = 0; i < shown.columns.size(); ++i) {
      const Column& column = columns_[shown.columns[i]];
      const bool may_give =
          column.align == Align::kLeft && !column.plot && shown.widths[i] > kNarrowest;
      if (may_give && (widest == nullptr || shown.widths[i] > *widest)) widest = &shown.widths[i];
    }
    if (widest == nullptr) return;
    --*widest;
  }
}

void TextTable::row(std::vector<std::string> cells) {
  GPUSIZE_CHECK(cells.size() == columns_.size(), "a table row has one cell per column");
  for (std::string& cell : cells) cell = printable(cell);
  rows_.push_back(std::move(cells));
}

std::string TextTable::text(int width) const {
  const auto limit = static_cast<std::size_t>(std::max(width, 20));
  Shown shown = this->shown(limit);
  shrink(shown, limit);
  std::string out;
  const auto line = [&](auto&& cell_of) {
    std::string text;
    for (std::size_t i = 0; i < shown.columns.size(); ++i) {
      const std::size_t c = shown.columns[i];
      if (i > 0) text += "  ";
      text += pad(cut_to(cell_of(c), shown.widths[i]), shown.widths[i], columns_[c].align);
    }
    out += text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
  };
  line([&](std::size_t c) -> const std::string& { return columns_[c].title; });
  for (const auto& r : rows_) line([&](std::size_t c) -> const std::string& { return r[c]; });
  return out;
}

std::string TextTable::markdown() const {
  std::string titles = "|";
  std::string marks = "|";
  for (const Column& column : columns_) {
    if (column.plot) continue;
    titles += fmt::format(" {} |", escape_pipes(column.title));
    marks += column.align == Align::kRight ? "---:|" : "---|";
  }
  std::string out = titles + "\n" + marks + "\n";
  for (const auto& r : rows_) {
    out += "|";
    for (std::size_t c = 0; c < r.size(); ++c) {
      if (!columns_[c].plot) out += fmt::format(" {} |", escape_pipes(r[c]));
    }
    out += "\n";
  }
  return out;
}

std::string TextTable::csv() const {
  std::string out;
  const auto line = [&](auto&& cell_of) {
    std::string text;
    bool first = true;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if (columns_[c].plot) continue;
      if (!first) text.push_back(',');
      text += csv_field(cell_of(c));
      first = false;
    }
    out += text + "\n";
  };
  line([&](std::size_t c) -> const std::string& { return columns_[c].title; });
  for (const auto& r : rows_) line([&](std::size_t c) -> const std::string& { return r[c]; });
  return out;
}

std::string csv_field(std::string_view text) {
  const bool numeric = parse_number(text).has_value();
  const bool runs_as_formula =
      !numeric && !text.empty() && std::string_view("=+-@").find(text[0]) != std::string_view::npos;
  std::string value;
  if (runs_as_formula) value.push_back('\'');
  value.append(text);
  if (value.find_first_of(",\"\n\r") == std::string::npos) return value;
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
  return out;
}

std::string human_number(double value, int digits) {
  if (value == 0.0 || !std::isfinite(value)) return "0";
  const int magnitude = static_cast<int>(std::floor(std::log10(std::fabs(value))));
  const int decimals = std::max(0, digits - 1 - magnitude);
  std::string text = fmt::format("{:.{}f}", value, std::min(decimals, 9));
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  std::size_t end = text.find('.');
  if (end == std::string::npos) end = text.size();
  const std::size_t start = text[0] == '-' ? 1 : 0;
  for (std::size_t i = end; i > start + 3; i -= 3) text.insert(i - 3, 1, ',');
  return text;
}

}  // namespace gpusize
