#pragma once
// What-if sliders: curves that are computed when the report is written, so that the page's script
// only looks values up.

#include <string>

#include "report/html_page.hpp"

namespace gpusize {

struct WhatIf {
  std::string html;  ///< chart, slider (hidden until scripts run) and table; empty: nothing to ask
  std::string data;  ///< JSON for the script
};

/// Fleet and cost of each priced option over request rates around the asked one. Replicas follow
/// the plan's own rule: enough for the rate and the headroom.
WhatIf rate_what_if(Page& page);

/// NPV of each scenario over discount rates, from its cash flow.
WhatIf discount_what_if(Page& page);

}  // namespace gpusize
