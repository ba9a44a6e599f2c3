#pragma once
// A workbook in the making: the few things that reports need from libxlsxwriter, with one style per
// role of a cell. Rows and columns count from 0.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct lxw_workbook;
struct lxw_worksheet;
struct lxw_format;

namespace gpusize {

/// What a cell is, as finance reads workbooks: inputs blue, formulas black, links to other sheets
/// green.
enum class CellStyle : std::uint8_t {
  kTitle,
  kHead,
  kText,
  kNote,
  kInput,
  kFormula,
  kLink,
  kTotal,
  kPercent
};

/// `A1`, `$D$12`.
std::string cell_name(std::uint32_t row, std::uint32_t column, bool fixed = false);
/// A sheet's name as formulas take it: `'Cash flow'`.
std::string quoted_sheet(std::string_view name);

class XlsxSheet {
 public:
  void text(std::uint32_t row, std::uint32_t column, std::string_view words,
            CellStyle style = CellStyle::kText);
  /// A number that nothing in the workbook gives.
  void number(std::uint32_t row, std::uint32_t column, double value,
              CellStyle style = CellStyle::kInput);
  /// A formula (with its `=`) and the value that it has now.
  void formula(std::uint32_t row, std::uint32_t column, const std::string& text, double value,
               CellStyle style = CellStyle::kFormula);
  void width(std::uint32_t first, std::uint32_t last, double characters);
  /// Rows above and columns left of this cell stay in view; the rows repeat on every printed page.
  void freeze(std::uint32_t row, std::uint32_t column);
  [[nodiscard]] const std::string& name() const { return name_; }
  /// `'Sheet'!$B$3`.
  [[nodiscard]] std::string reference(std::uint32_t row, std::uint32_t column) const;
  /// `'Sheet'!$B$3:$D$9`.
  [[nodiscard]] std::string range(std::uint32_t row, std::uint32_t column, std::uint32_t last_row,
                                  std::uint32_t last_column) const;

 private:
  friend class XlsxBook;
  XlsxSheet(class XlsxBook* book, lxw_worksheet* sheet, std::string name)
      : book_(book), sheet_(sheet), name_(std::move(name)) {}
  void reach(std::uint32_t row, std::uint32_t column);

  class XlsxBook* book_;
  lxw_worksheet* sheet_;
  std::string name_;
  std::uint32_t last_row_ = 0;
  std::uint32_t last_column_ = 0;
};

enum class XlsxChartKind : std::uint8_t { kBar, kStackedBar, kColumn, kLine };
struct XlsxChartSeries {
  std::string name;        ///< text or reference with `=`
  std::string categories;  ///< `='Sheet'!$A$2:$A$5`
  std::string values;
};

class XlsxBook {
 public:
  /// Built in `path`, which is written by `close`.
  explicit XlsxBook(const std::string& path);
  ~XlsxBook();
  XlsxBook(const XlsxBook&) = delete;
  XlsxBook& operator=(const XlsxBook&) = delete;

  /// A sheet, landscape, one page wide. Names are cut to 31 characters and cleaned of what Excel
  /// forbids.
  XlsxSheet& sheet(std::string_view name);
  /// A workbook-wide name for a cell or range.
  void define(const std::string& name, const std::string& reference);
  void chart(XlsxSheet& sheet, std::uint32_t row, std::uint32_t column, XlsxChartKind kind,
             const std::string& title, const std::vector<XlsxChartSeries>& series);
  /// Writes the file; false when that failed.
  [[nodiscard]] bool close();

 private:
  friend class XlsxSheet;
  lxw_format* style(CellStyle style);

  lxw_workbook* book_;
  std::map<CellStyle, lxw_format*> styles_;
  std::vector<std::unique_ptr<XlsxSheet>> sheets_;
};

}  // namespace gpusize
