#include "cli/percentile_options.hpp"

#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace gpusize::cli {

void add_percentile_options(Parser& app, PercentileTargets& t) {
  app.add_option("--ttft-p95-ms", t.ttft_p95_ms, "Target: 95 % of first tokens within");
  app.add_option("--ttft-p99-ms", t.ttft_p99_ms, "Target: 99 % of first tokens within");
  app.add_option("--tpot-p95-ms", t.tpot_p95_ms, "Target: time per output token of 95 %");
  app.add_option("--tpot-p99-ms", t.tpot_p99_ms, "Target: time per output token of 99 %");
  app.add_option("--e2e-p95-ms", t.e2e_p95_ms, "Target: 95 % of requests done within");
  app.add_option("--e2e-p99-ms", t.e2e_p99_ms, "Target: 99 % of requests done within");
  app.add_option("--goodput", t.goodput,
                 "Share of requests that must meet --ttft-ms, --tpot-ms and --e2e-ms");
  app.add_flag("--verify", t.verify, "Simulate the first options and rank again");
}

Diagnostics check_percentiles(const PercentileTargets& t) {
  Diagnostics out;
  for (const auto& [option, value] : {std::pair{"--ttft-p95-ms", t.ttft_p95_ms},
                                      {"--ttft-p99-ms", t.ttft_p99_ms},
                                      {"--tpot-p95-ms", t.tpot_p95_ms},
                                      {"--tpot-p99-ms", t.tpot_p99_ms},
                                      {"--e2e-p95-ms", t.e2e_p95_ms},
                                      {"--e2e-p99-ms", t.e2e_p99_ms}}) {
    if (!value || (*value >= 0.01 && *value <= 1e9)) continue;
    out.push_back(make_error("cli-range",
                             fmt::format("{} is {}, expected 0.01 to 1e9", option, *value), {},
                             "milliseconds: two seconds are 2000"));
  }
  if (t.goodput && !(*t.goodput > 0.0 && *t.goodput < 1.0)) {
    out.push_back(make_error(
        "cli-range", fmt::format("--goodput is {}, expected above 0 and below 1", *t.goodput), {},
        "a fraction: 99 % is 0.99"));
  }
  return out;
}

}  // namespace gpusize::cli
