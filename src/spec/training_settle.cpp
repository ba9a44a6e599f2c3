// What follows from several statements together: GPUs, precision, batch, length of the run.

#include <cmath>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "spec/training_rows.hpp"

namespace gpusize {
namespace {

class Settler {
 public:
  Settler(TrainingSpec& spec, Diagnostics& problems)
      : spec_(spec), out_(spec, problems), problems_(problems) {}

  void run() {
    gpus();
    precision();
    moments();
    layout();
    chunks();
    batch();
    length();
  }

 private:
  [[nodiscard]] const TrainSetting* at(TrainKey key) const { return spec_.find(key); }
  [[nodiscard]] double number(TrainKey key, double otherwise = 0.0) const {
    const TrainSetting* s = at(key);
    return s == nullptr ? otherwise : s->number;
  }

  /// States what was worked out from `from`.
  void derive(TrainKey key, double value, const TrainSetting& from) {
    out_.state(key, {fmt::format("{:.0f}", value), value, from.where, from.written, from.implied});
  }
  void derive(TrainKey key, std::string value, const TrainSetting& from) {
    out_.state(key, {std::move(value), 0.0, from.where, from.written, from.implied});
  }

  void disagree(const TrainSetting& a, const TrainSetting& b, std::string what) {
    problems_.push_back(make_error("train-conflict",
                                   fmt::format("{}: {} at {}, {} at {}", what, printable(a.written),
                                               a.where.str(), printable(b.written), b.where.str()),
                                   b.where, "files of one run must agree: change one of the two"));
  }

  void gpus() {
    const TrainSetting* per_node = at(TrainKey::kGpusPerNode);
    if (per_node == nullptr) return;
    const double all = per_node->number * number(TrainKey::kNodes, 1.0);
    const TrainSetting* stated = at(TrainKey::kGpus);
    if (stated == nullptr) return derive(TrainKey::kGpus, all, *per_node);
    if (stated->number != all)
      disagree(*stated, *per_node, fmt::format("{:.0f} GPUs and {:.0f}", stated->number, all));
  }

  /// Megatron and DeepSpeed keep fp32 master weights beside 16-bit ones; transformers keeps fp32
  /// weights and casts, unless they are loaded in 16 bits.
  void precision() {
    const TrainSetting* wide = at(TrainKey::kWide);
    const TrainSetting* narrow = at(TrainKey::kNarrow);
    if (at(TrainKey::kPrecision) != nullptr || (wide == nullptr && narrow == nullptr)) return;
    if (narrow != nullptr) {
      // DeepSeek's recipe keeps 16-bit moments and fp8 activations; a Megatron flag alone does not.
      for (const auto& [key, word] :
           {std::pair{TrainKey::kMoments, "fp32"}, std::pair{TrainKey::kActivationCache, "16bit"}})
        if (narrow->value == "fp8-block")
          out_.state(key, {word, 0.0, narrow->where, narrow->written, true});
      return derive(TrainKey::kPrecision, narrow->value, *narrow);
    }
    if (wide->value == "fp32") {
      // A file that only leaves it out says nothing of adapters.
      if (!wide->implied || at(TrainKey::kMethod) == nullptr)
        derive(TrainKey::kPrecision, "fp32", *wide);
      return;
    }
    const TrainSetting* framework = at(TrainKey::kFramework);
    const bool eager = framework == nullptr || framework->value == "transformers";
    derive(TrainKey::kPrecision, eager ? "amp" : "mixed", *wide);
  }

  /// `bf16`, or `bf16,fp32` where the two moments differ.
  void moments() {
    const TrainSetting* first = at(TrainKey::kMoments);
    const TrainSetting* second = at(TrainKey::kSecondMoments);
    if (first == nullptr && second == nullptr) return;
    const std::string a = first != nullptr ? first->value : "fp32";
    const std::string b = second != nullptr ? second->value : "fp32";
    TrainSetting both = first != nullptr ? *first : *second;
    both.value = a == b ? a : fmt::format("{},{}", a, b);
    spec_.settings[TrainKey::kMoments] = std::move(both);
  }

  /// Outside Megatron a rank is a replica unless a degree says otherwise.
  void layout() {
    const TrainSetting* framework = at(TrainKey::kFramework);
    if (framework == nullptr) return;
    for (const TrainKey key : {TrainKey::kTp, TrainKey::kPp, TrainKey::kCp, TrainKey::kEp})
      out_.state(key, {"1", 1.0, framework->where, framework->written, true});
    // Experts are split like the rest unless said otherwise.
    const TrainSetting& tp = *at(TrainKey::kTp);
    if (framework->value == "megatron-core")
      out_.state(TrainKey::kEtp, {tp.value, tp.number, tp.where, tp.written, true});
    if (at(TrainKey::kZero) == nullptr && framework->value != "megatron-core")
      out_.state(TrainKey::kZero, {"0", 0.0, framework->where, framework->written, true});
  }

  void chunks() {
    const TrainSetting* each = at(TrainKey::kChunkLayers);
    const auto layers = spec_.sizes.find("num-layers");
    if (each != nullptr && layers != spec_.sizes.end()) {
      const double per_stage = layers->second.number / number(TrainKey::kPp, 1.0);
      const double count = per_stage / each->number;
      if (count < 1.0 || count != std::floor(count)) {
        disagree(layers->second, *each,
                 fmt::format("{:g} layers of a stage are no multiple of {:.0f}", per_stage,
                             each->number));
        return;
      }
      derive(TrainKey::kChunks, count, *each);
    } else if (each != nullptr) {
      out_.gap(each->written, "the number of layers is not in the files", each->where);
    }
    const TrainSetting* framework = at(TrainKey::kFramework);
    if (framework != nullptr && at(TrainKey::kChunks) == nullptr)
      out_.state(TrainKey::kChunks, {"1", 1.0, framework->where, framework->written, true});
  }

  [[nodiscard]] std::optional<double> replicas() const {
    const TrainSetting* all = at(TrainKey::kGpus);
    if (all == nullptr) return {};
    return all->number /
           (number(TrainKey::kTp, 1.0) * number(TrainKey::kPp, 1.0) * number(TrainKey::kCp, 1.0));
  }

  void batch() {
    const TrainSetting* micro = at(TrainKey::kMicroBatch);
    const TrainSetting* global = at(TrainKey::kGlobalBatch);
    const TrainSetting* passes = at(TrainKey::kAccumulation);
    const auto dp = replicas();
    if (dp && (*dp < 1.0 || *dp != std::floor(*dp))) {
      const TrainSetting& widest =
          number(TrainKey::kTp) >= number(TrainKey::kPp) ? *at(TrainKey::kTp) : *at(TrainKey::kPp);
      return disagree(*at(TrainKey::kGpus), widest,
                      fmt::format("{:.0f} GPUs do not hold whole copies of tp {:.0f}, pp {:.0f}, "
                                  "cp {:.0f}",
                                  number(TrainKey::kGpus), number(TrainKey::kTp, 1.0),
                                  number(TrainKey::kPp, 1.0), number(TrainKey::kCp, 1.0)));
    }
    if (micro == nullptr || !dp) return;
    if (global == nullptr) {
      if (passes != nullptr)
        derive(TrainKey::kGlobalBatch, micro->number * passes->number * *dp, *micro);
      // Megatron takes one pass where no global batch is given.
      if (passes == nullptr) derive(TrainKey::kGlobalBatch, micro->number * *dp, *micro);
      return;
    }
    const double step = micro->number * *dp;
    const bool stated = passes != nullptr && !passes->implied;
    if (std::fmod(global->number, step) != 0.0 ||
        (stated && !global->implied && step * passes->number != global->number)) {
      disagree(*global, stated ? *passes : *micro,
               fmt::format("a global batch of {:.0f} is not {:.0f} per pass x {:.0f} replicas{}",
                           global->number, micro->number, *dp,
                           stated ? fmt::format(" x {:.0f} passes", passes->number) : ""));
    }
  }

  void length() {
    const TrainSetting* sequence = at(TrainKey::kSequence);
    const TrainSetting* steps = at(TrainKey::kSteps);
    const TrainSetting* samples = at(TrainKey::kSamples);
    const TrainSetting* global = at(TrainKey::kGlobalBatch);
    if (samples != nullptr && sequence != nullptr)
      return derive(TrainKey::kTokens, samples->number * sequence->number, *samples);
    if (steps != nullptr && sequence != nullptr && global != nullptr)
      return derive(TrainKey::kTokens, steps->number * global->number * sequence->number, *steps);
    const TrainSetting* length = samples != nullptr ? samples : steps;
    if (length != nullptr)
      out_.gap(length->written,
               "tokens of the run need the sequence length and the global batch, not in the files: "
               "--tokens",
               length->where);
  }

  TrainingSpec& spec_;
  TrainCollector out_;
  Diagnostics& problems_;
};

}  // namespace

void settle_training(TrainingSpec& spec, Diagnostics& problems) { Settler(spec, problems).run(); }

}  // namespace gpusize
