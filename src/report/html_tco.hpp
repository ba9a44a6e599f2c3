#pragma once
// What charts and tables of a `tco` page share: its scenarios and their names.

#include <optional>
#include <string>
#include <vector>

#include "report/html_page.hpp"

namespace gpusize::tco_page {

/// JSON pointer of a scenario.
std::string scenario(std::size_t index);
std::string name_of_scenario(const Page& page, std::size_t index);
/// The same by id.
std::string title_of_scenario(const Page& page, const std::string& id);
bool priced(const Page& page, std::size_t index);
std::optional<std::size_t> cheapest(const Page& page);
/// Name of the line at a pointer, in words.
std::string line_title(const Page& page, const std::string& line);
/// Name of the driver of a row of the sensitivity, in words.
std::string driver_name(const Page& page, const std::string& row);

/// All charts, one after the other.
std::string charts(Page& page);

}  // namespace gpusize::tco_page
