#include "report/xlsx_book.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <xlsxwriter.h>

#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

constexpr std::uint32_t kBlue = 0x0000C0;
constexpr std::uint32_t kGreen = 0x00702E;
constexpr std::uint32_t kGrey = 0xE8ECF1;
constexpr std::size_t kLongestName = 31;

lxw_col_t column_of(std::uint32_t column) { return static_cast<lxw_col_t>(column); }

std::string clean_name(std::string_view name) {
  std::string out;
  for (const char c : printable(name)) {
    const bool forbidden = std::string_view("[]:*?/\\'").find(c) != std::string_view::npos;
    out.push_back(forbidden ? '-' : c);
  }
  while (out.size() > kLongestName) {  // not in the middle of a character
    out.pop_back();
    while (!out.empty() && !is_valid_utf8(out)) out.pop_back();
  }
  return out.empty() ? std::string("Sheet") : out;
}

std::uint8_t chart_type(XlsxChartKind kind) {
  switch (kind) {
    case XlsxChartKind::kBar: return LXW_CHART_BAR;
    case XlsxChartKind::kStackedBar: return LXW_CHART_BAR_STACKED;
    case XlsxChartKind::kColumn: return LXW_CHART_COLUMN;
    case XlsxChartKind::kLine: break;
  }
  return LXW_CHART_LINE;
}

}  // namespace

std::string cell_name(std::uint32_t row, std::uint32_t column, bool fixed) {
  std::string letters;
  for (std::uint32_t rest = column + 1; rest > 0; rest = (rest - 1) / 26)
    letters.insert(letters.begin(), static_cast<char>('A' + (rest - 1) % 26));
  return fixed ? fmt::format("${}${}", letters, row + 1) : fmt::format("{}{}", letters, row + 1);
}

std::string quoted_sheet(std::string_view name) { return fmt::format("'{}'", name); }

void XlsxSheet::reach(std::uint32_t row, std::uint32_t column) {
  last_row_ = std::max(last_row_, row);
  last_column_ = std::max(last_column_, column);
}

void XlsxSheet::text(std::uint32_t row, std::uint32_t column, std::string_view words,
                     CellStyle style) {
  reach(row, column);
  worksheet_write_string(sheet_, row, column_of(column), printable(words).c_str(),
                         book_->style(style));
}

void XlsxSheet::number(std::uint32_t row, std::uint32_t column, double value, CellStyle style) {
  reach(row, column);
  worksheet_write_number(sheet_, row, column_of(column), value, book_->style(style));
}

void XlsxSheet::formula(std::uint32_t row, std::uint32_t column, const std::string& text,
                        double value, CellStyle style) {
  reach(row, column);
  worksheet_write_formula_num(sheet_, row, column_of(column), text.c_str(), book_->style(style),
                              value);
}

void XlsxSheet::width(std::uint32_t first, std::uint32_t last, double characters) {
  worksheet_set_column(sheet_, column_of(first), column_of(last), characters, nullptr);
}

void XlsxSheet::freeze(std::uint32_t row, std::uint32_t column) {
  worksheet_freeze_panes(sheet_, row, column_of(column));
  if (row > 0) worksheet_repeat_rows(sheet_, 0, row - 1);
}

std::string XlsxSheet::reference(std::uint32_t row, std::uint32_t column) const {
  return fmt::format("{}!{}", quoted_sheet(name_), cell_name(row, column, true));
}

std::string XlsxSheet::range(std::uint32_t row, std::uint32_t column, std::uint32_t last_row,
                             std::uint32_t last_column) const {
  return fmt::format("{}:{}", reference(row, column), cell_name(last_row, last_column, true));
}

XlsxBook::XlsxBook(const std::string& path) : book_(workbook_new(path.c_str())) {
  lxw_doc_properties properties{};
  std::string company = "gpusize";
  properties.author = company.data();
  // A fixed date: the same result gives the same bytes.
  properties.created = 1577836800;  // 2020-01-01
  workbook_set_properties(book_, &properties);
}

XlsxBook::~XlsxBook() {
  if (book_ != nullptr) workbook_close(book_);
}

XlsxSheet& XlsxBook::sheet(std::string_view name) {
  const std::string base = clean_name(name);
  std::string unique = base;
  const auto taken = [&] {
    return std::any_of(sheets_.begin(), sheets_.end(),
                       [&](const auto& s) { return to_lower(s->name()) == to_lower(unique); });
  };
  for (int i = 2; taken(); ++i) unique = clean_name(fmt::format("{}-{}", base.substr(0, 26), i));
  lxw_worksheet* made = workbook_add_worksheet(book_, unique.c_str());
  worksheet_set_landscape(made);
  worksheet_fit_to_pages(made, 1, 0);
  worksheet_set_paper(made, 9);  // A4
  worksheet_set_footer(made, "&L&A&R&P / &N");
  sheets_.push_back(std::unique_ptr<XlsxSheet>(new XlsxSheet(this, made, unique)));
  return *sheets_.back();
}

void XlsxBook::define(const std::string& name, const std::string& reference) {
  workbook_define_name(book_, name.c_str(), ("=" + reference).c_str());
}

void XlsxBook::chart(XlsxSheet& sheet, std::uint32_t row, std::uint32_t column, XlsxChartKind kind,
                     const std::string& title, const std::vector<XlsxChartSeries>& series) {
  lxw_chart* made = workbook_add_chart(book_, chart_type(kind));
  for (const XlsxChartSeries& one : series) {
    lxw_chart_series* added = chart_add_series(made, one.categories.c_str(), one.values.c_str());
    chart_series_set_name(added, one.name.c_str());
  }
  chart_title_set_name(made, title.c_str());
  if (series.size() < 2) chart_legend_set_position(made, LXW_CHART_LEGEND_NONE);
  lxw_chart_options options{};
  options.x_scale = 1.35;
  options.y_scale = 1.25;
  std::string description = title;
  options.description = description.data();
  worksheet_insert_chart_opt(sheet.sheet_, row, column_of(column), made, &options);
}

bool XlsxBook::close() {
  for (const auto& sheet : sheets_)
    worksheet_print_area(sheet->sheet_, 0, 0, sheet->last_row_, column_of(sheet->last_column_));
  lxw_workbook* book = book_;
  book_ = nullptr;
  return workbook_close(book) == LXW_NO_ERROR;
}

lxw_format* XlsxBook::style(CellStyle style) {
  lxw_format*& format = styles_[style];
  if (format != nullptr) return format;
  format = workbook_add_format(book_);
  format_set_align(format, LXW_ALIGN_VERTICAL_TOP);
  switch (style) {
    case CellStyle::kTitle:
      format_set_bold(format);
      format_set_font_size(format, 14);
      break;
    case CellStyle::kHead:
      format_set_bold(format);
      format_set_bg_color(format, kGrey);
      format_set_text_wrap(format);
      break;
    case CellStyle::kText: break;
    case CellStyle::kNote: format_set_italic(format); break;
    case CellStyle::kInput:
      format_set_font_color(format, kBlue);
      format_set_num_format(format, "#,##0.00####");
      break;
    case CellStyle::kFormula: format_set_num_format(format, "#,##0.00####"); break;
    case CellStyle::kLink:
      format_set_font_color(format, kGreen);
      format_set_num_format(format, "#,##0.00");
      break;
    case CellStyle::kTotal:
      format_set_bold(format);
      format_set_top(format, LXW_BORDER_THIN);
      format_set_num_format(format, "#,##0.00");
      break;
    case CellStyle::kPercent: format_set_num_format(format, "0.00%"); break;
  }
  return format;
}

}  // namespace gpusize
