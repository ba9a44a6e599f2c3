#include "gpusize/serve/workload_file.hpp"

#include <fmt/format.h>

#include "gpusize/core/map_reader.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/spec/read_document.hpp"

namespace gpusize {
namespace {

constexpr const char* kSchema = "gpusize.load/v1";
constexpr Bounds kTokens{1.0, 1e8};
constexpr Bounds kShare{0.0, 1.0};
constexpr Bounds kSeconds{0.0, 1e9};
constexpr Bounds kPositive{1e-9, 1e9};

/// {fixed: N}, {mean: M, median: N}, {mean: M, exponential: true} or {quantiles: [[share, N],
/// ...]}.
LengthDistribution read_lengths(Node node, const char* what, Diagnostics& problems) {
  MapReader in(node, what, "load", problems);
  LengthDistribution out;
  if (const auto fixed = in.number("fixed", kTokens)) {
    out = LengthDistribution::fixed(*fixed);
  } else if (const Node list = in.node("quantiles")) {
    std::vector<std::pair<double, double>> quantiles;
    for (const Node pair : list) {
      std::vector<double> numbers;
      if (pair.is_sequence()) {
        for (const Node one : pair) numbers.push_back(one.number().value_or(-1.0));
      }
      const bool good = numbers.size() == 2 && numbers[0] >= 0.0 && numbers[0] <= 1.0 &&
                        numbers[1] >= 1.0 && numbers[1] <= kTokens.high &&
                        (quantiles.empty() || (numbers[0] > quantiles.back().first &&
                                               numbers[1] >= quantiles.back().second));
      if (!good) {
        in.error("quantiles", "a quantile is a share and the tokens up to which it reaches", pair,
                 "pairs that grow, like [0.5, 129], [0.99, 601]");
        return out;
      }
      quantiles.emplace_back(numbers[0], numbers[1]);
    }
    if (quantiles.size() < 2) {
      in.error("quantiles", "fewer than two quantiles are no distribution", list);
      return out;
    }
    LengthDistribution plain;
    plain.kind = LengthKind::kEmpirical;
    plain.quantiles = quantiles;
    const double mean = in.number("mean", kTokens).value_or(plain.first_moment());
    out = LengthDistribution::empirical(std::move(quantiles), mean);
  } else {
    const double mean = in.required_number("mean", kTokens);
    out = LengthDistribution::fixed(mean);
    if (const auto median = in.number("median", kTokens))
      out = LengthDistribution::lognormal(mean, *median);
    if (in.boolean("exponential").value_or(false)) out.kind = LengthKind::kExponential;
  }
  in.reject_unknown();
  return out;
}

ServiceTargets read_targets(Node node, Diagnostics& problems) {
  ServiceTargets out;
  if (!node) return out;
  MapReader in(node, "targets", "load", problems);
  const auto seconds = [&](const char* key) -> std::optional<double> {
    const auto ms = in.number(key, kPositive);
    return ms ? std::optional(*ms / 1000.0) : std::nullopt;
  };
  out = {seconds("ttft_ms"), seconds("tpot_ms"), seconds("e2e_ms")};
  in.reject_unknown();
  return out;
}

RequestClass read_class(Node node, Diagnostics& problems) {
  MapReader in(node, "class of requests", "load", problems);
  RequestClass c;
  c.name = in.text("name").value_or(c.name);
  c.share = in.number("share", kPositive).value_or(c.share);
  c.input = read_lengths(in.required("input"), "input lengths", problems);
  c.output = read_lengths(in.required("output"), "output lengths", problems);
  c.cache_hit_share = in.number("cache_hit_share", kShare).value_or(0.0);
  c.shared_prefix = static_cast<std::int32_t>(in.integer("shared_prefix", {0.0, 1e7}).value_or(0));
  c.prefix_groups = static_cast<std::int32_t>(in.integer("prefix_groups", {1.0, 1e9}).value_or(1));
  c.turns = in.number("turns", {1.0, 1000.0}).value_or(1.0);
  c.think_s = in.number("think_s", kSeconds).value_or(0.0);
  c.targets = read_targets(in.node("targets"), problems);
  in.reject_unknown();
  return c;
}

void read_hours(MapReader& in, ArrivalProcess& a) {
  const Node hours = in.required("hours");
  if (!hours) return;
  std::size_t at = 0;
  double sum = 0.0;
  for (const Node hour : hours) {
    const double rate = hour.number().value_or(-1.0);
    if (rate < 0.0 || at >= a.hours.size()) break;
    a.hours.at(at++) = rate;
    sum += rate;
  }
  if (at != a.hours.size() || hours.size() != a.hours.size() || sum <= 0.0)
    in.error("hours", "expected 24 relative rates, none below 0, not all 0", hours);
}

ArrivalProcess read_arrivals(Node node, Diagnostics& problems) {
  MapReader in(node, "arrivals", "load", problems);
  ArrivalProcess a;
  const std::string kind = in.text("kind").value_or("poisson");
  if (const auto known = arrival_kind_from(kind)) {
    a.kind = *known;
  } else {
    const std::vector<std::string> kinds{"poisson", "gamma", "constant", "diurnal",
                                         "ramp",    "burst", "closed"};
    in.error("kind", fmt::format("arrivals of kind \"{}\"", printable(kind)), in.node("kind"),
             did_you_mean(kind, kinds) + " one of: " + fmt::format("{}", fmt::join(kinds, ", ")));
  }
  const bool rated = a.kind != ArrivalKind::kBurst && a.kind != ArrivalKind::kClosed;
  a.rate = rated ? in.required_number("rate", {1e-6, 1e7}) : 1.0;
  if (a.kind == ArrivalKind::kGamma) a.burstiness = in.required_number("burstiness", {1e-4, 1e4});
  if (a.kind == ArrivalKind::kClosed) a.concurrency = in.required_number("concurrency", {1.0, 1e6});
  if (a.kind == ArrivalKind::kRamp) {
    a.ramp_to = in.required_number("ramp_to", {1e-6, 1e7});
    a.ramp_s = in.required_number("ramp_s", kPositive);
  }
  if (a.kind == ArrivalKind::kDiurnal) {
    read_hours(in, a);
    a.period_s = in.number("period_s", kPositive).value_or(a.period_s);
  }
  in.reject_unknown();
  return a;
}

Speculation read_speculation(Node node, Diagnostics& problems) {
  Speculation out;
  out.draft_cost = -1.0;
  if (!node) return out;
  MapReader in(node, "speculation", "load", problems);
  out.drafted = in.required_integer("draft_tokens", {1.0, 32.0});
  out.acceptance = in.required_number("acceptance", kShare);
  out.draft_cost = in.number("draft_cost", {0.0, 2.0}).value_or(-1.0);
  in.reject_unknown();
  return out;
}

}  // namespace

bool names_workload_file(const std::string& text) {
  return text.ends_with(".yaml") || text.ends_with(".yml") || text.ends_with(".json");
}

Result<WorkloadFile> read_workload_file(const std::string& path) {
  const auto document = read_document(path);
  if (!document.ok()) return document.errors();
  Diagnostics problems;
  MapReader in(document->root(), "workload", "load", problems);
  WorkloadFile out;
  if (const std::string schema = in.required_text("schema"); !schema.empty() && schema != kSchema)
    in.error("schema", fmt::format("schema \"{}\"", printable(schema)), in.node("schema"),
             fmt::format("expected {}", kSchema));
  out.workload.name = in.text("name").value_or("custom");
  out.workload.arrivals = read_arrivals(in.required("arrivals"), problems);
  if (const Node classes = in.required("classes")) {
    for (const Node one : classes) out.workload.classes.push_back(read_class(one, problems));
    if (out.workload.classes.empty()) in.error("classes", "no class of requests", classes);
  }
  out.speculation = read_speculation(in.node("speculation"), problems);
  in.reject_unknown();
  if (has_errors(problems)) return problems;
  return out;
}

}  // namespace gpusize
