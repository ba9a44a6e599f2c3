#include "gpusize/report/text_table.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/core/check.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

/// Terminal columns of UTF-8 text: bytes that start a character.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string cut(const std::string& text, std::size_t width) {
  if (width_of(text) <= width || width < 2) return text;
  std::string out;
  std::size_t columns = 0;
  for (const char c : text) {
    const bool starts = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    if (starts && ++columns > width - 1) break;
    out.push_back(c);
  }
  out.push_back('~');
  return out;
}

std::string pad(const std::string& text, std::size_t width, Align align) {
  const std::size_t have = width_of(text);
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

void TextTable::shrink(std::vector<std::size_t>& widths, std::size_t total,
                       std::size_t limit) const {
  constexpr std::size_t kNarrowest = 8;
  for (; total > limit; --total) {
    std::size_t* widest = nullptr;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const bool may_give = columns_[c].align == Align::kLeft && widths[c] > kNarrowest;
      if (may_give && (widest == nullptr || widths[c] > *widest)) widest = &widths[c];
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
  std::vector<std::size_t> widths;
  std::size_t total = 0;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    std::size_t widest = width_of(columns_[c].title);
    for (const auto& r : rows_) widest = std::max(widest, width_of(r[c]));
    widths.push_back(widest);
    total += widest + (c > 0 ? 2 : 0);
  }
  const auto limit = static_cast<std::size_t>(std::max(width, 20));
  shrink(widths, total, limit);
  std::string out;
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      if (c > 0) text += "  ";
      text += pad(cut(cells[c], widths[c]), widths[c], columns_[c].align);
    }
    out += text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
  };
  std::vector<std::string> titles;
  for (const Column& column : columns_) titles.push_back(column.title);
  line(titles);
  for (const auto& r : rows_) line(r);
  return out;
}

std::string TextTable::markdown() const {
  std::string out = "|";
  for (const Column& column : columns_) out += fmt::format(" {} |", escape_pipes(column.title));
  out += "\n|";
  for (const Column& column : columns_) out += column.align == Align::kRight ? "---:|" : "---|";
  out += "\n";
  for (const auto& r : rows_) {
    out += "|";
    for (const std::string& cell : r) out += fmt::format(" {} |", escape_pipes(cell));
    out += "\n";
  }
  return out;
}

std::string TextTable::csv() const {
  std::string out;
  const auto line = [&](const auto& cells, auto&& text_of) {
    for (std::size_t c = 0; c < cells.size(); ++c) {
      if (c > 0) out.push_back(',');
      out += csv_field(text_of(cells[c]));
    }
    out.push_back('\n');
  };
  line(columns_, [](const Column& column) { return column.title; });
  for (const auto& r : rows_) line(r, [](const std::string& cell) { return cell; });
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
