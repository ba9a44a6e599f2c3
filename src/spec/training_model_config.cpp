// The sizes in Megatron's arguments as a config.json of the nearest Hugging Face family, so that
// the model is read by the reader of models.

#include <cmath>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"
#include "gpusize/spec/training_files.hpp"

namespace gpusize {
namespace {

class ConfigWriter {
 public:
  explicit ConfigWriter(const TrainingSpec& spec)
      : spec_(spec), first_(spec.sizes.begin()->second), out_(first_.where.file) {}

  Result<Document> run() {
    const bool latent = has("multi-latent-attention");
    const bool experts = has("num-experts");
    const bool gated = has("swiglu");
    vocabulary();
    if (has_errors(problems_)) return problems_;
    out_.open_map(line(first_), column(first_));
    sizes();
    number("vocab_size", vocab_, first_);
    flag("tie_word_embeddings", !has("untie-embeddings-and-output-weights"));
    if (latent || experts) {
      word("model_type", latent ? "deepseek_v3" : "deepseek");
      if (latent) latent_sizes();
      if (experts) expert_sizes();
      if (has("qk-layernorm") && !latent) flag("use_qk_norm", true);
    } else if (gated) {
      gated_family();
    } else {
      word("model_type", "gpt2");
      word("norm_type", text("normalization") == "rmsnorm" ? "rmsnorm" : "layernorm");
      flag("learned_position_embeddings", position() == "learned_absolute");
      flag("attention_bias", !has("disable-bias-linear"));
      flag("mlp_bias", !has("disable-bias-linear"));
    }
    out_.close();
    if (has_errors(problems_)) return problems_;
    return std::move(out_).finish();
  }

 private:
  [[nodiscard]] const TrainSetting* find(std::string_view name) const {
    const auto at = spec_.sizes.find(name);
    return at == spec_.sizes.end() ? nullptr : &at->second;
  }
  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  [[nodiscard]] std::string text(std::string_view name) const {
    const TrainSetting* s = find(name);
    return s == nullptr ? std::string() : s->value;
  }
  [[nodiscard]] std::string position() const {
    const std::string said = text("position-embedding-type");
    return said.empty() ? "learned_absolute" : said;
  }

  static std::uint32_t line(const TrainSetting& s) {
    return static_cast<std::uint32_t>(std::max(1, s.where.line));
  }
  static std::uint32_t column(const TrainSetting& s) {
    return static_cast<std::uint32_t>(std::max(1, s.where.column));
  }

  void number(std::string_view key, double value, const TrainSetting& from) {
    out_.key(key);
    out_.scalar(fmt::format("{:.0f}", value), false, line(from), column(from));
  }
  void word(std::string_view key, std::string_view value) {
    out_.key(key);
    out_.scalar(value, true, line(first_), column(first_));
  }
  void flag(std::string_view key, bool value) {
    out_.key(key);
    out_.scalar(value ? "true" : "false", false, line(first_), column(first_));
  }

  /// A size that must be there; `otherwise` of 0: none is taken.
  double size(std::string_view option, std::string_view key, double otherwise = 0.0) {
    const TrainSetting* s = find(option);
    if (s == nullptr && otherwise <= 0.0) {
      problems_.push_back(make_error(
          "train-model", fmt::format("--{} is missing: the model cannot be told", option),
          {first_.where.file, 0, 0}, "state it, or name the model: --model NAME"));
      return 0.0;
    }
    const double value = s != nullptr ? s->number : otherwise;
    number(key, value, s != nullptr ? *s : first_);
    return value;
  }

  void sizes() {
    size("num-layers", "num_hidden_layers");
    const double hidden = size("hidden-size", "hidden_size");
    const double heads = size("num-attention-heads", "num_attention_heads");
    if (has_errors(problems_)) return;
    size("max-position-embeddings", "max_position_embeddings", sequence());
    // megatron/training/arguments.py: 4 h, and 2/3 of it in multiples of 64 where a gate is added.
    const double plain = 4.0 * hidden;
    const double narrowed = std::floor(plain * 2.0 / 3.0 / 64.0) * 64.0;
    size("ffn-hidden-size", "intermediate_size", has("swiglu") ? std::max(1.0, narrowed) : plain);
    if (has("multi-latent-attention")) return;
    if (has("kv-channels")) size("kv-channels", "head_dim");
    const bool grouped = has("group-query-attention");
    size(grouped ? "num-query-groups" : "num-attention-heads", "num_key_value_heads",
         grouped ? 1.0 : heads);
  }

  [[nodiscard]] double sequence() const {
    const TrainSetting* s = spec_.find(TrainKey::kSequence);
    return s == nullptr ? 4096.0 : s->number;
  }

  void gated_family() {
    const bool biased = has("add-qkv-bias") || !has("disable-bias-linear");
    if (has("qk-layernorm")) {
      word("model_type", "qwen3");
    } else if (has("add-qkv-bias") && has("disable-bias-linear")) {
      return word("model_type", "qwen2");
    } else {
      word("model_type", "llama");
    }
    flag("attention_bias", biased);
    flag("mlp_bias", !has("disable-bias-linear"));
  }

  /// arguments.py's own defaults.
  void latent_sizes() {
    if (has("q-lora-rank")) {
      size("q-lora-rank", "q_lora_rank");
    } else {
      out_.key("q_lora_rank");
      out_.null(line(first_), column(first_));
    }
    size("kv-lora-rank", "kv_lora_rank", 32.0);
    size("qk-head-dim", "qk_nope_head_dim", 128.0);
    size("qk-pos-emb-head-dim", "qk_rope_head_dim", 64.0);
    size("v-head-dim", "v_head_dim", 128.0);
  }

  void expert_sizes() {
    size("num-experts", "n_routed_experts");
    size("moe-router-topk", "num_experts_per_tok", 2.0);
    const TrainSetting* dense = find("ffn-hidden-size");
    const double width = size("moe-ffn-hidden-size", "moe_intermediate_size",
                              dense != nullptr ? dense->number : 0.0);
    if (const TrainSetting* shared = find("moe-shared-expert-intermediate-size")) {
      const double count = width > 0.0 ? shared->number / width : 0.0;
      if (count != std::floor(count) || count < 1.0) {
        problems_.push_back(
            make_error("train-model",
                       fmt::format("{}: {} is no multiple of an expert's {:.0f}",
                                   printable(shared->written), shared->value, width),
                       shared->where, "name the model instead: --model NAME"));
      } else {
        number("n_shared_experts", count, *shared);
      }
    }
    number("first_k_dense_replace", dense_layers(), first_);
  }

  /// `([0]*3+[1]*58)`: dense layers first; one number: every n-th layer has experts.
  double dense_layers() {
    const TrainSetting* freq = find("moe-layer-freq");
    if (freq == nullptr || freq->value == "1") return 0.0;
    const std::string_view text = freq->value;
    const std::size_t zero = text.find("[0]*");
    if (zero != std::string_view::npos) {
      const std::size_t first = zero + 4;
      const std::size_t last = text.find_first_not_of("0123456789", first);
      const auto count = parse_integer(text.substr(first, last - first));
      if (count && *count >= 0) return static_cast<double>(*count);
    }
    problems_.push_back(make_error(
        "train-model", fmt::format("{}: found \"{}\"", printable(freq->written), printable(text)),
        freq->where, "dense layers first, as ([0]*3+[1]*58), or --model NAME"));
    return 0.0;
  }

  void vocabulary() {
    if (const TrainSetting* padded = find("padded-vocab-size")) {
      vocab_ = padded->number;
      return;
    }
    const TrainSetting* stated = find("vocab-size");
    const bool gpt2 = text("tokenizer-type") == "gpt2bpetokenizer";
    if (stated == nullptr && !gpt2) {
      problems_.push_back(make_error(
          "train-model", "the vocabulary's size is not in the file: its tokenizer has it",
          {first_.where.file, 0, 0}, "--vocab-size N in the arguments, or --model NAME"));
      return;
    }
    const double words = stated != nullptr ? stated->number : 50257.0;  // GPT-2's
    const TrainSetting* step = find("make-vocab-size-divisible-by");
    const TrainSetting* tp = spec_.find(TrainKey::kTp);
    const double multiple =
        (step != nullptr ? step->number : 128.0) * (tp != nullptr ? tp->number : 1.0);
    vocab_ = std::ceil(words / multiple) * multiple;
  }

  const TrainingSpec& spec_;
  const TrainSetting& first_;
  DocumentBuilder out_;
  Diagnostics problems_;
  double vocab_ = 0.0;
};

}  // namespace

bool states_model(const TrainingSpec& spec) {
  return spec.sizes.find("hidden-size") != spec.sizes.end() ||
         spec.sizes.find("num-layers") != spec.sizes.end();
}

Result<Document> stated_model(const TrainingSpec& spec) {
  GPUSIZE_CHECK(states_model(spec), "asked for a model that no file states");
  return ConfigWriter(spec).run();
}

}  // namespace gpusize
