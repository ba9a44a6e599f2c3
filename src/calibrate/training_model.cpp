#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "calibrate/training_row.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize::calibrate {
namespace {

/// What stands before remarks in brackets and before the words that name a method.
std::string bare_name(std::string name) {
  name = name.substr(0, name.find('('));
  for (const std::string_view word : {" LoRA", " 2-node", " MoE"}) {
    const std::size_t at = name.find(word);
    if (at != std::string::npos) name.erase(at, word.size());
  }
  return std::string(trim(name));
}

/// The row's columns over a catalog model: fewer layers, another width of the vocabulary.
void apply_columns(const TrainingConditions& t, ModelSpec& model) {
  if (t.vocab && *t.vocab > 0) model.vocab = *t.vocab;
  if (t.layers && *t.layers > 0 && *t.layers < model.layer_count())
    model.layers.resize(static_cast<std::size_t>(*t.layers));
  if (model.learned_positions > 0 && t.seq_len)
    model.learned_positions = static_cast<std::int64_t>(*t.seq_len);
}

/// `8kv` in a printed description: key-value heads.
std::int64_t kv_heads_in(const std::string& text, std::int64_t heads) {
  const std::size_t at = text.find("kv");
  if (at == std::string::npos || at == 0) return heads;
  std::size_t first = at;
  while (first > 0 && text[first - 1] >= '0' && text[first - 1] <= '9') --first;
  const auto number = parse_integer(std::string_view(text).substr(first, at - first));
  return number && *number > 0 ? *number : heads;
}

/// `vocab 250k` in the notes, in words.
std::optional<std::int64_t> vocab_in(const std::string& notes) {
  constexpr std::string_view kWord = "vocab ";
  const std::size_t at = notes.find(kWord);
  if (at == std::string::npos) return {};
  const std::size_t first = at + kWord.size();
  const std::size_t last = notes.find_first_not_of("0123456789", first);
  if (last == std::string::npos || notes[last] != 'k') return {};
  const auto thousands = parse_integer(std::string_view(notes).substr(first, last - first));
  if (!thousands || *thousands < 1 || *thousands > 100'000) return {};
  return 1000 * *thousands;
}

/// A GPT of the row's sizes: multi-head attention, feed-forward of four times the width, no gate.
Outcome<std::shared_ptr<const ModelSpec>> built(const RunConditions& run,
                                                std::vector<std::string>& assumptions) {
  const TrainingConditions& t = run.training;
  if (!t.hidden || *t.hidden <= 0)
    return Refusal{"model not in the catalog",
                   fmt::format("no model \"{}\" and no hidden size", run.model)};
  auto out = std::make_shared<ModelSpec>();
  ModelSpec& m = *out;
  m.id = run.model;
  m.name = run.model;
  m.hidden = *t.hidden;
  const std::optional<std::int64_t> vocab = t.vocab ? t.vocab : vocab_in(run.notes);
  m.vocab = vocab.value_or(51200);
  if (!vocab) assumptions.emplace_back("vocabulary not stated: 51,200, as GPT-2 padded");
  std::int64_t layers = t.layers.value_or(0);
  if (layers <= 0) {
    if (!t.params_b) return Refusal{"model not stated", "neither layers nor parameters"};
    const double width = static_cast<double>(m.hidden);
    layers = std::max<std::int64_t>(
        1,
        static_cast<std::int64_t>(std::llround(
            (*t.params_b * 1e9 - width * static_cast<double>(m.vocab)) / (12.0 * width * width))));
    assumptions.emplace_back("layers not stated: parameters over 12 h^2");
  }
  LayerKind kind;
  AttentionSpec& a = kind.attention;
  a.heads = t.heads.value_or(std::max<std::int64_t>(1, m.hidden / 128));
  a.kv_heads = kv_heads_in(run.model, a.heads);
  a.head_dim = a.v_head_dim = m.hidden / a.heads;
  a.qkv_bias = a.o_bias = true;
  kind.ffn.intermediate = 4 * m.hidden;
  kind.ffn.gated = false;
  kind.ffn.bias = true;
  m.kinds = {kind};
  m.layers.assign(static_cast<std::size_t>(layers), 0);
  m.norm_bias = true;
  m.tied_embeddings = run.model.find("untied") == std::string::npos;
  m.learned_positions = static_cast<std::int64_t>(t.seq_len.value_or(2048.0));
  return std::shared_ptr<const ModelSpec>(std::move(out));
}

}  // namespace

Outcome<std::shared_ptr<const ModelSpec>> training_model(const Catalog& catalog,
                                                         const RunConditions& run,
                                                         std::vector<std::string>& assumptions) {
  if (run.model.empty()) return Refusal{"model not stated", "model not stated"};
  const auto found = catalog.find_model(bare_name(run.model));
  if (!found.ok()) return built(run, assumptions);
  auto model = std::make_shared<ModelSpec>(*found->entry);
  const auto& t = run.training;
  if (t.hidden && *t.hidden > 0 && *t.hidden != model->hidden) return built(run, assumptions);
  apply_columns(t, *model);
  return std::shared_ptr<const ModelSpec>(std::move(model));
}

}  // namespace gpusize::calibrate
