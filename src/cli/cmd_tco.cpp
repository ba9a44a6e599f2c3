#include <cmath>
#include <cstdio>
#include <memory>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "cli/plan_options.hpp"
#include "cli/rerun.hpp"
#include "gpusize/core/date.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/plan/plan_document.hpp"
#include "gpusize/plan/tco_document.hpp"
#include "gpusize/spec/read_document.hpp"
#include "gpusize/tco/currency.hpp"

namespace gpusize::cli {
namespace {

struct Options {
  PlanOptions plan;
  TcoRequest request;
  std::string plan_file;
  std::vector<std::string> scenarios;
  std::vector<std::string> assume;
  std::vector<std::string> fx_rates;
  std::optional<double> discount_rate;
  std::optional<double> growth;
  std::optional<double> years;
};

void add_options(Parser& app, Options& o) {
  app.add_option("plan", o.plan_file, "A plan written with --format json; or give --model");
  add_plan_options(app, o.plan, false);
  app.remove_option("--years");
  app.add_option("--years", o.years, "Horizon (default 3, or the model's)");
  app.add_option("--option", o.request.option, "Which option of the plan (default 1)");
  app.add_option("--config", o.request.config_file,
                 "Assumptions, lines and scenarios laid over the shipped model (configs/tco)");
  app.add_option("--scenario", o.scenarios, "Scenarios, commas between (default: all)")
      ->delimiter(',');
  app.add_option("--assume", o.assume, "Set an assumption: id=value (repeatable)")->take_all();
  app.add_option("--discount-rate", o.discount_rate, "Per year, 0.08 is 8 %");
  app.add_option("--growth", o.growth, "Growth of traffic per year, 0.5 is 50 %");
  app.add_option("--currency", o.request.currency, "Show totals in this currency too");
  app.add_option("--fx-rate", o.fx_rates,
                 "Units for one US dollar: CNY=7.1, or the number alone for --currency")
      ->take_all();
  app.add_option("--benefit-usd-per-year", o.request.benefit_usd_per_year,
                 "What the service earns or saves, for ROI, IRR and payback");
  app.add_option("--api-product", o.request.api_product,
                 "API product to compare with (default: the one that serves the model)");
  app.add_option("--start", o.request.start, "First month, YYYY-MM");
  app.add_option("--draws", o.request.draws, "Draws of the simulation (default 10,000; 0: none)");
  app.add_option("--seed", o.request.seed, "Seed of the simulation (default 1)");
}

/// `name=value` pairs of numbers.
Diagnostics read_pairs(const std::vector<std::string>& texts, std::string_view option,
                       std::vector<std::pair<std::string, double>>& into) {
  Diagnostics out;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    const auto value = equals == std::string::npos
                           ? std::nullopt
                           : parse_number(std::string_view(text).substr(equals + 1));
    if (equals == 0 || !value || !std::isfinite(*value)) {
      out.push_back(
          make_error("cli-usage", fmt::format("{} takes name=number, found \"{}\"", option, text)));
      continue;
    }
    into.emplace_back(text.substr(0, equals), *value);
  }
  return out;
}

Diagnostics read_rates(Options& o) {
  std::vector<std::string> texts;
  for (const std::string& text : o.fx_rates) {
    texts.push_back(text.find('=') == std::string::npos
                        ? fmt::format("{}={}", o.request.currency, text)
                        : text);
  }
  Diagnostics out = read_pairs(texts, "--fx-rate", o.request.per_usd);
  std::set<std::string> codes{o.request.currency};
  for (const auto& [code, rate] : o.request.per_usd) {
    codes.insert(code);
    if (rate <= 0.0)
      out.push_back(make_error(
          "cli-range", fmt::format("--fx-rate {} is {}, expected more than 0", code, rate)));
  }
  for (const std::string& code : codes) {
    if (!is_currency(code))
      out.push_back(make_error("cli-currency", fmt::format("unknown currency \"{}\"", code), {},
                               currency_hint(code)));
  }
  return out;
}

void check(Diagnostics& out, std::string_view option, const std::optional<double>& value,
           double low, double high, std::string hint = {}) {
  if (!value || (std::isfinite(*value) && *value >= low && *value <= high)) return;
  out.push_back(make_error("cli-range",
                           fmt::format("{} is {}, expected {} to {}", option, *value, low, high),
                           {}, std::move(hint)));
}

Diagnostics check_options(Options& o) {
  Diagnostics out = read_rates(o);
  for (Diagnostic& d : read_pairs(o.assume, "--assume", o.request.assume))
    out.push_back(std::move(d));
  check(out, "--discount-rate", o.discount_rate, -0.5, 10, "a fraction: 8 % is 0.08");
  check(out, "--growth", o.growth, -0.99, 100, "a fraction: 50 % is 0.5");
  check(out, "--years", o.years, 1.0 / 12.0, 30);
  check(out, "--benefit-usd-per-year", o.request.benefit_usd_per_year, 0, 1e15);
  check(out, "--option", static_cast<double>(o.request.option), 1, 1e5);
  check(out, "--draws", static_cast<double>(o.request.draws), 0, 1e8);
  check(out, "--seed", static_cast<double>(o.request.seed), 0, 1e15);
  const std::string& start = o.request.start;
  if (!start.empty() && (start.size() != 7 || !is_iso_date(start + "-01")))
    out.push_back(
        make_error("cli-date", fmt::format("--start is \"{}\", expected YYYY-MM", start)));
  if (o.discount_rate) o.request.assume.emplace_back("discount_rate", *o.discount_rate);
  if (o.growth) o.request.assume.emplace_back("growth_per_year", *o.growth);
  o.request.years = o.years;
  o.request.today = today();
  o.request.jobs = o.plan.jobs > 0
                       ? o.plan.jobs
                       : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  o.request.scenarios = o.scenarios;
  o.request.region = o.plan.request.region;
  o.request.tier = o.plan.request.tier;
  return out;
}

/// The request of a plan's file; the plan is made again, so that its numbers carry their reasons.
Result<PlanRequest> plan_of_file(const std::string& path) {
  const auto text = read_file(path);
  if (!text.ok()) return text.errors();
  const auto file = read_json(path, *text);
  if (!file.ok()) return file.errors();
  const Node command = file->root().is_map() ? file->root().find("command") : Node{};
  const Node inputs = file->root().is_map() ? file->root().find("inputs") : Node{};
  if (!command || !command.is_scalar() || command.text() != "plan" || !inputs)
    return make_error("tco-plan", "this is no plan", {path, 0, 0},
                      "gpusize plan ... --format json");
  return read_plan_request(inputs);
}

Result<ResultDocument> make_document(const Catalog& catalog, const TcoRequest& request,
                                     bool show_notes) {
  if (!request.plan) return tco_document(catalog, request, nullptr);
  const auto plan = make_plan_document(catalog, *request.plan, show_notes);
  if (!plan.ok()) return plan.errors();
  return tco_document(catalog, request, &*plan);
}

Diagnostics read_files(Options& o) {
  if (!o.request.config_file.empty()) {
    const auto text = read_file(o.request.config_file);
    if (!text.ok()) return text.errors();
    o.request.config_text = *text;
  }
  if (o.plan_file.empty()) return {};
  if (!o.plan.request.model.empty())
    return {make_error("cli-usage", "PLAN.json and --model both say what to price", {},
                       "keep one of them")};
  const auto request = plan_of_file(o.plan_file);
  if (!request.ok()) return request.errors();
  o.request.plan = *request;
  return {};
}

int run(Options& o) {
  if (const Diagnostics problems = check_options(o); has_errors(problems)) return fail(problems);
  const bool makes_plan = !o.plan.request.model.empty();
  if (makes_plan) {
    if (const Diagnostics problems = check_plan_options(o.plan); has_errors(problems))
      return fail(problems);
  }
  if (const Diagnostics problems = read_files(o); has_errors(problems)) return fail(problems);
  const auto catalog = load_catalog(o.plan.common);
  if (!catalog.ok()) return fail(catalog.errors());
  if (makes_plan) {
    if (const Diagnostics problems = complete(o.plan, *catalog); has_errors(problems))
      return fail(problems);
    o.request.plan = o.plan.request;
  }
  auto document = make_document(*catalog, o.request, true);
  if (!document.ok()) return fail(document.errors());
  for (const auto& text : document->json()["stale"])
    note("stale price: " + text.get<std::string>());
  const bool priced = document->json()["status"] == "priced";
  return emit(*document, o.plan.common, priced ? kAnswered : kNegative);
}

}  // namespace

Result<ResultDocument> rerun_tco(const Catalog& catalog, Node inputs) {
  const auto request = read_tco_request(inputs);
  if (!request.ok()) return request.errors();
  return make_document(catalog, *request, false);
}

std::function<int()> setup_tco(Parser& app) {
  auto options = std::make_shared<Options>();
  add_options(app, *options);
  add_common_options(app, options->plan.common);
  return [options] { return run(*options); };
}

}  // namespace gpusize::cli
