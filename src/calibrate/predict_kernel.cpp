#include "gpusize/calibrate/predict_kernel.hpp"

#include <fmt/format.h>

#include "calibrate/attention_call.hpp"
#include "calibrate/family_clock.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize {

using namespace calibrate;

namespace {

constexpr Formula kLow{"validate.kernel_low", "predicted * (1 + band)", "us",
                       "lower end of the rates' 90 % band"};
constexpr Formula kHigh{"validate.kernel_high", "predicted * (1 + band)", "us",
                        "upper end of the rates' 90 % band"};

constexpr std::string_view kAttentionSchema = "gpusize.attention-kernels/v1";

}  // namespace

struct KernelPredictor::Card {
  Card(const GpuSpec& of, const KernelRates& its, const Catalog& catalog)
      : gpu(&of),
        rates(&its),
        families(KernelFamilies::read(catalog)),
        clock(of, its, families),
        device(of, its) {}
  const GpuSpec* gpu;
  const KernelRates* rates;
  KernelFamilies families;
  FamilyClock clock;
  Device device;
};

KernelPredictor::KernelPredictor(const Catalog& catalog) : catalog_(&catalog) {
  Diagnostics problems;
  for (const Document* document : catalog.documents(kAttentionSchema)) {
    if (auto read = read_attention_libraries(*document, problems)) libraries_ = std::move(read);
  }
}
KernelPredictor::~KernelPredictor() = default;

Outcome<const KernelPredictor::Card*> KernelPredictor::card(const std::string& name) {
  if (const auto at = cards_.find(name); at != cards_.end()) return at->second.get();
  const auto found = catalog_->find_gpu(name);
  if (!found.ok()) return Refusal{"card not clear", found.errors().front().message};
  const GpuSpec& gpu = *found->entry;
  if (gpu.dense_peaks.empty())
    return Refusal{"card without known peaks", fmt::format("no peak known for {}", gpu.id)};
  const KernelRates& rates = catalog_->rates_for(gpu);
  auto card = std::make_unique<Card>(gpu, rates, *catalog_);
  if (has_errors(card->families.problems)) {
    const Diagnostic& first = card->families.problems.front();
    return Refusal{"kernel families not readable",
                   fmt::format("{}: {}", first.where.str(), first.message)};
  }
  return cards_.emplace(name, std::move(card)).first->second.get();
}

const AttentionLibrary* KernelPredictor::library(const Card& card, const KernelRow& row) const {
  return libraries_ ? libraries_->find(card.rates->kernels_of, row.kernel) : nullptr;
}

KernelPredictor::ExpertSizes KernelPredictor::sizes_of(const KernelRow& row) {
  return {row.hidden, row.inter, row.experts, row.topk};
}

void KernelPredictor::learn(const KernelRow& row) {
  if (row.op == "moe" && !has_gate(row)) ungated_.insert(sizes_of(row));
}

Outcome<KernelPrediction> KernelPredictor::predict(const KernelRow& stated) {
  const auto of_card = card(stated.gpu);
  if (const auto* refusal = std::get_if<Refusal>(&of_card)) return *refusal;
  const Card& c = *std::get<const Card*>(of_card);
  KernelRow row = stated;
  row.ungated = row.ungated || (row.op == "moe" && ungated_.contains(sizes_of(row)) &&
                                !c.families.always_gates(row.backend));
  const auto made = kernel_call(row);
  if (const auto* refusal = std::get_if<Refusal>(&made)) return *refusal;
  const auto& call = std::get<KernelCall>(made);
  if (const auto why = beats_physics(call, *c.gpu, *c.rates, row.us * units::us)) {
    return Refusal{"faster than the card's peak or bandwidth",
                   fmt::format("{} in {:g} us: {}", printable(row.op), row.us, *why)};
  }
  const auto attention = attention_call(row);
  const AttentionLibrary* library = attention ? this->library(c, row) : nullptr;
  const Seconds time =
      library == nullptr ? c.clock.time(row, call)
                         : AttentionClock(c.device, libraries_->shared, c.families.l2_gb_s_per_unit)
                               .time(*library, *attention);
  const double us = time.in(units::us);
  KernelPrediction out;
  out.gpu = c.gpu->id;
  out.predicted_us = us;
  const KernelBand* own = c.families.band(row, c.rates->id);
  const double low = own == nullptr ? c.rates->band_low : own->low;
  const double high = own == nullptr ? c.rates->band_high : own->high;
  out.low_us = us * (1.0 + low);
  out.high_us = us * (1.0 + high);
  out.why = why_search(
      "us", us, "us",
      fmt::format(
          "{} on {} by the kernel-time formulas (docs/formulas.md, hw.*) "
          "with the {} rates{}, timed back to back",
          printable(row.op), c.gpu->id, c.rates->id,
          library == nullptr ? std::string() : fmt::format(" and those of {}", library->library)),
      {});
  const auto bound = [&](const Formula& formula, const char* label, double value, double part) {
    const Why band = why_fact("band", part, "", NumberKind::kEstimated,
                              own == nullptr ? c.rates->source : c.families.source,
                              own == nullptr ? c.rates->confidence : c.families.confidence,
                              "90 % band of one kernel");
    return why_formula(formula, label, value, {{"predicted", out.why}, {"band", band}});
  };
  out.why_low = bound(kLow, "low", out.low_us, low);
  out.why_high = bound(kHigh, "high", out.high_us, high);
  return out;
}

}  // namespace gpusize
