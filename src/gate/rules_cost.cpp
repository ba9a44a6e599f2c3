#include "gate/rules_cost.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gpusize/estimate/support.hpp"

namespace gpusize {
namespace {

const Formula kHourly{"gate.usd_per_hour", "gpus * usd_per_gpu_hour", "USD/h",
                      "GPUs at the default on-demand price"};
const Formula kGpuMonth{"gate.gpu_usd_per_month", "usd_per_hour * hours", "USD/month",
                        "730 hours a month"};
const Formula kBlended{"gate.api_usd_per_million", "base * (1 - peak_share) + peak * peak_share",
                       "USD per million tokens", "an even load over the peak and the other hours"};
const Formula kApiMonth{
    "gate.api_usd_per_month",
    "qps * 3600 * hours * (input_tokens * input_price + output_tokens * output_price) / 1000000",
    "USD/month", "the stated traffic at the API's list price, no prompt found in its cache"};

/// A price of the API over peak and other hours.
FindingNumber blended(const ApiPrice& price, double base, std::optional<double> peak, double share,
                      const char* label) {
  const Why base_why = why_fact(label, base, "USD per million tokens", NumberKind::kFact,
                                price.source, price.confidence, price.note);
  if (!peak) return {base, base_why};
  const double value = base * (1.0 - share) + *peak * share;
  const Why peak_why =
      why_fact(std::string(label) + ", peak hours", *peak, "USD per million tokens",
               NumberKind::kFact, price.source, price.confidence, price.note);
  const Why share_why = why_count("share of tokens in peak hours", share, "an even load");
  return {value, why_formula(kBlended, label, value,
                             {{"base", base_why}, {"peak", peak_why}, {"peak_share", share_why}})};
}

}  // namespace

GatePrices::GatePrices(const Catalog& catalog, std::string today)
    : catalog_(catalog), today_(std::move(today)) {
  if (auto read = read_api_prices(catalog); read.ok()) api_ = std::move(read).value();
}

std::optional<WorkloadCost> GatePrices::of(const Assessment& a) {
  if (a.gpu == nullptr || a.slice != nullptr || !a.said->total_gpus) return {};
  const DefaultPrice& chosen = price_of(a.gpu->id);
  if (!chosen.price) return {};
  const Why price = why_price(chosen, PriceBasis::kOnDemand, "price of one GPU hour");
  const auto gpus = static_cast<double>(*a.said->total_gpus);
  const Why count =
      why_input("GPUs", gpus, "", fmt::format("{}:{}", a.said->file, a.said->place.line));
  const double hourly = gpus * price->value;
  return WorkloadCost{hourly, why_formula(kHourly, "GPUs per hour", hourly,
                                          {{"gpus", count}, {"usd_per_gpu_hour", price}})};
}

void GatePrices::judge_cheaper_card(Judge& judge) {
  const Assessment& a = judge.about();
  if (a.memory == nullptr || a.slice != nullptr || !a.said->total_gpus) return;
  const auto known = cheaper_.find(a.gpu->id);
  const GpuSpec* other = known != cheaper_.end()
                             ? known->second
                             : cheaper_.emplace(a.gpu->id, find_cheaper(a)).first->second;
  if (other == nullptr) return;
  const DefaultPrice& now = price_of(a.gpu->id);
  const DefaultPrice& then = price_of(other->id);
  const Why now_why = why_price(now, PriceBasis::kOnDemand, "price of this card");
  const Why then_why = why_price(then, PriceBasis::kOnDemand, "price of the other card");
  Finding& f =
      judge.add("GS404", judge.at(a.said->gpu, a.said->gpus_per_pod, a.said->args.model),
                fmt::format("{} has no less memory, bandwidth, compute or link than {} and costs "
                            "{:.2f} USD an hour, not {:.2f}",
                            other->id, a.gpu->id, then_why->value, now_why->value),
                "the same layout on it fits and is no slower; check what your provider has");
  f.actual = FindingNumber{now_why->value, now_why};
  f.limit = FindingNumber{then_why->value, then_why};
  f.unit = "USD per GPU-hour";
}

void GatePrices::judge_api(Judge& judge, const std::optional<WorkloadCost>& cost,
                           const Traffic& traffic) {
  const Assessment& a = judge.about();
  if (!cost || a.model == nullptr || traffic.qps <= 0.0) return;
  const ApiProduct* product = find_api_product(api_, "", a.model->id);
  const ApiPrice* price = product == nullptr ? nullptr : price_on(api_, product->id, today_);
  if (price == nullptr) return;
  const double share = peak_share(api_, *price, TrafficCurve{});
  const FindingNumber in = blended(*price, price->miss, price->peak_miss, share, "input price");
  const FindingNumber out =
      blended(*price, price->output, price->peak_output, share, "output price");
  const Why hours = why_count("hours of a month", kHoursPerMonth, "8760 / 12");
  const auto asked = [&](const char* label, double value, const char* unit) {
    return why_input(label, value, unit, traffic.file);
  };
  constexpr double kSecondsPerHour = 3600.0;
  constexpr double kMillion = 1e6;
  const double api = traffic.qps * kSecondsPerHour * kHoursPerMonth *
                     (traffic.input_tokens * in.value + traffic.output_tokens * out.value) /
                     kMillion;
  const double own = cost->usd_per_hour * kHoursPerMonth;
  if (api >= own) return;
  Finding& f = judge.add(
      "GS405", judge.at(a.said->args.model),
      fmt::format(
          "the GPUs cost {:.0f} USD a month; {} of {} carries this traffic for {:.0f} at the "
          "list price of {}",
          own, product->id, product->provider, api, price->from),
      "weigh it against data protection, limits of the account and latency; prompts that the API "
      "finds in its cache cost less still");
  f.actual = FindingNumber{own, why_formula(kGpuMonth, "GPUs per month", own,
                                            {{"usd_per_hour", cost->why}, {"hours", hours}})};
  f.limit = FindingNumber{
      api, why_formula(kApiMonth, "API per month", api,
                       {{"qps", asked("requests per second", traffic.qps, "1/s")},
                        {"hours", hours},
                        {"input_tokens", asked("input tokens", traffic.input_tokens, "tokens")},
                        {"input_price", in.why},
                        {"output_tokens", asked("output tokens", traffic.output_tokens, "tokens")},
                        {"output_price", out.why}})};
  f.unit = "USD/month";
}

const DefaultPrice& GatePrices::price_of(const std::string& gpu) {
  auto found = prices_.find(gpu);
  if (found == prices_.end())
    found =
        prices_
            .emplace(gpu, default_price(catalog_, gpu, PriceBasis::kOnDemand, "", catalog_.as_of()))
            .first;
  return found->second;
}

const GpuSpec* GatePrices::find_cheaper(const Assessment& a) {
  const DefaultPrice& own = price_of(a.gpu->id);
  if (!own.price) return nullptr;
  const GpuSpec* best = nullptr;
  UsdPerSec best_price = *own.price;
  for (const GpuSpec& card : catalog_.gpus()) {
    const bool worse = card.vendor != a.gpu->vendor || card.memory < a.gpu->memory ||
                       card.memory_bandwidth < a.gpu->memory_bandwidth ||
                       card.link_per_direction < a.gpu->link_per_direction ||
                       card.link_domain_gpus < a.gpu->link_domain_gpus ||
                       !engine_runs_on(*a.engine, card);
    const bool weaker =
        std::any_of(a.gpu->dense_peaks.begin(), a.gpu->dense_peaks.end(), [&](const auto& peak) {
          return !card.peak(peak.first) || *card.peak(peak.first) < peak.second;
        });
    if (worse || weaker || card.id == a.gpu->id) continue;
    const DefaultPrice& price = price_of(card.id);
    if (!price.price || price.stale || price.tier != own.tier || !(*price.price < best_price))
      continue;
    best = &card;
    best_price = *price.price;
  }
  return best;
}

}  // namespace gpusize
