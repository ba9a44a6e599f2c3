#pragma once
// Sheets that the workbooks of all commands share.

#include <map>
#include <string>

#include "report/html_page.hpp"
#include "report/xlsx_book.hpp"

namespace gpusize {

/// Where an assumption stands on its sheet.
struct AssumptionCell {
  std::string name;  ///< defined name, `in_pue`
  double value = 0.0;
};
using AssumptionCells = std::map<std::string, AssumptionCell, std::less<>>;

/// The sheet of all assumptions, each value under a name that formulas use; `extra` are further
/// inputs of the document as pairs of id and JSON pointer.
AssumptionCells assumptions_sheet(XlsxBook& book, const Page& page,
                                  const std::vector<std::pair<std::string, std::string>>& extra);

/// Every source with reference and date.
void sources_sheet(XlsxBook& book, const Page& page);

// One per shape of document.
void tco_workbook(XlsxBook& book, const Page& page);
void plan_workbook(XlsxBook& book, const Page& page);
/// Any result: its figures and lists as they are.
void any_workbook(XlsxBook& book, const Page& page);

}  // namespace gpusize
