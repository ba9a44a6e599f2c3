#pragma once
// Aligned columns for terminals, Markdown and CSV from one grid of cells.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gpusize {

enum class Align : std::uint8_t { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kLeft;
  bool plot = false;  ///< a small plot: on terminals only, left out where the line has no room
};

/// A grid of texts. Every row has one cell per column.
class TextTable {
 public:
  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void row(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }

  /// Padded columns two spaces apart; the widest left columns are cut so that lines fit `width`
  /// terminal columns (CJK characters take two).
  [[nodiscard]] std::string text(int width) const;
  /// GitHub Markdown, without plots; pipes in cells are escaped.
  [[nodiscard]] std::string markdown() const;
  /// RFC 4180, without plots; cells that a spreadsheet would run as formulas are defused.
  [[nodiscard]] std::string csv() const;

 private:
  /// The columns to print in `width`, with what each would like to have.
  struct Shown {
    std::vector<std::size_t> columns;
    std::vector<std::size_t> widths;
  };
  [[nodiscard]] Shown shown(std::size_t limit) const;
  [[nodiscard]] Shown natural(bool plots) const;
  /// Takes from the widest left column, again and again, until `limit` holds.
  void shrink(Shown& shown, std::size_t limit) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// One CSV field, quoted when needed.
std::string csv_field(std::string_view text);

/// `value` with about `digits` significant digits, no exponent, no trailing zeros: 1,234 3.14
/// 0.012.
std::string human_number(double value, int digits = 3);

}  // namespace gpusize
