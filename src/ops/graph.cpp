// The operators of one forward pass in the order in which they run, layers of one kind together.

#include "gpusize/ops/graph.hpp"

#include "gpusize/core/check.hpp"
#include "gpusize/ops/attention.hpp"
#include "ops/graph_parts.hpp"

namespace gpusize {
namespace {

double dbl(std::int64_t v) { return static_cast<double>(v); }

/// Residual add and norm in one kernel: residual and block output in, residual and norm out.
void add_norm_op(const OperatorSink& sink, std::string_view name, double tokens, double hidden) {
  sink.elementwise(name, 2.0 * tokens * hidden, 2.0 * tokens * hidden, hidden);
}

/// Hyper-connections around one block: mixing weights from all streams, streams to one input, and
/// the output back into all streams.
void add_hyper_connections(const OperatorSink& sink, const GraphInput& in, double tokens) {
  const double streams = dbl(in.model->hyper_connections);
  if (streams == 0.0) return;
  const double hidden = dbl(in.model->hidden);
  WeightFormat fp32;
  fp32.storage = Dtype::kFp32;
  fp32.compute = Dtype::kTf32;
  sink.gemm("hyper.mix", tokens, (2.0 + streams) * streams, streams * hidden, fp32);
  sink.elementwise("hyper.gather", tokens * streams * hidden, tokens * hidden, streams * hidden);
  sink.elementwise("hyper.scatter", tokens * (streams + 1.0) * hidden, tokens * streams * hidden);
}

struct LayerRun {
  const LayerKind* kind = nullptr;
  double layers = 1.0;
  bool mtp = false;
  OperatorPart part = OperatorPart::kMain;
  StepShape shape;
};

void add_attention(const GraphInput& in, const LayerRun& run, std::vector<Operator>& out) {
  AttentionContext c;
  c.spec = &run.kind->attention;
  c.hidden = in.model->hidden;
  c.weights = in.weights;
  c.mtp = run.mtp;
  c.tp = in.layout.tp;
  c.kv = in.kv;
  c.shape = run.shape;
  c.layers = run.layers;
  c.part = run.part;
  attention_variant(run.kind->attention.kind).operators(c, out);
}

void add_layers(const GraphInput& in, const LayerRun& run, std::vector<Operator>& out) {
  const ModelSpec& m = *in.model;
  const OperatorSink sink{out, run.layers, run.part};
  const double tokens = run.shape.tokens();
  const double hidden = dbl(m.hidden);
  const bool sandwich = m.norms_per_layer >= 4;
  const FfnContext ffn{&run.kind->ffn, &in, tokens, run.mtp};
  const bool moe = run.kind->ffn.is_moe();

  add_hyper_connections(sink, in, tokens);
  add_norm_op(sink, "attention.norm", tokens, hidden);
  add_attention(in, run, out);
  // A parallel block reduces attention and FFN together.
  if (!m.parallel_block) add_all_reduce(sink, "attention.allreduce", in, tokens);
  if (sandwich) add_norm_op(sink, "attention.post_norm", tokens, hidden);
  add_hyper_connections(sink, in, tokens);
  if (m.norms_per_layer >= 2) add_norm_op(sink, "ffn.norm", tokens, hidden);
  if (moe) {
    add_moe(sink, ffn);
  } else {
    add_dense_ffn(sink, ffn);
    add_all_reduce(sink, "ffn.allreduce", in, tokens);
  }
  if (sandwich) add_norm_op(sink, "ffn.post_norm", tokens, hidden);
}

void add_embedding(const GraphInput& in, const OperatorSink& sink, double tokens) {
  const ModelSpec& m = *in.model;
  const double hidden = dbl(m.hidden);
  const double tables = m.learned_positions > 0 ? 2.0 : 1.0;
  sink.elementwise("embedding", tables * tokens * hidden, tokens * hidden);
  add_all_reduce(sink, "embedding.allreduce", in, tokens);
  if (m.embedding_norm)
    sink.elementwise("embedding.norm", tokens * hidden, tokens * hidden, hidden);
}

/// Final norm of the rows that get logits, head, gathering over ranks and sampling (fp32 logits; a
/// row of the vocabulary is reduced by many blocks side by side).
void add_head(const GraphInput& in, const OperatorSink& sink, double rows, bool mtp) {
  if (rows <= 0.0) return;
  const ModelSpec& m = *in.model;
  const double hidden = dbl(m.hidden);
  const double vocab = dbl(m.vocab);
  const double tp = dbl(in.layout.tp);
  const TensorRole role = m.tied_embeddings ? TensorRole::kEmbedding : TensorRole::kLmHead;
  add_norm_op(sink, "final_norm", rows, hidden);
  sink.gemm("lm_head", rows, vocab / tp, hidden, in.weights->of(role, mtp));
  sink.collective("lm_head.allgather", CollectiveKind::kAllGather, in.layout.tp,
                  rows * vocab * kActivationBytes, crosses_nodes(in, in.layout.tp));
  KernelWork& sampling = sink.elementwise("sampling", 0.0, 0.0);
  constexpr double kLogitBytes = 4.0;
  sampling.activation_bytes =
      Bytes::from_base(rows * vocab * (kActivationBytes + 2.0 * kLogitBytes));
}

void add_pipeline(const GraphInput& in, double tokens, std::vector<Operator>& out) {
  if (in.layout.pp <= 1) return;
  const OperatorSink sink{out, dbl(in.layout.pp - 1), OperatorPart::kMain};
  const double streams = in.model->hyper_connections > 0 ? dbl(in.model->hyper_connections) : 1.0;
  sink.collective("pipeline.send", CollectiveKind::kSendReceive, 2,
                  tokens * streams * dbl(in.model->hidden) * kActivationBytes,
                  crosses_nodes(in, in.layout.gpus()));
}

/// The multi-token-prediction module: its own projection, one layer, the shared head. A decode pass
/// drafts one token per sequence each time; a prefill pass runs over the whole prompt.
void add_draft(const GraphInput& in, std::vector<Operator>& out) {
  const ModelSpec& m = *in.model;
  if (in.draft_passes <= 0.0 || m.mtp.layers == 0) return;
  StepShape shape = in.shape;
  if (shape.phase == Phase::kDecode) shape.query_tokens = 1.0;
  const double tokens = shape.tokens();
  const double hidden = dbl(m.hidden);
  const OperatorSink sink{out, in.draft_passes, OperatorPart::kDraft};
  const bool split = m.mtp.style == MtpStyle::kSplitProjection;
  const bool quantised = m.mtp.style != MtpStyle::kWideProjection;
  const WeightFormat& format =
      quantised ? in.weights->of(TensorRole::kMtp, true) : in.weights->wide;
  sink.elementwise("embedding", tokens * hidden, tokens * hidden);
  sink.elementwise("mtp.norm", 2.0 * tokens * hidden, 2.0 * tokens * hidden, hidden);
  sink.gemm(split ? "mtp.e_projection" : "mtp.projection", tokens, hidden,
            (split ? 1.0 : 2.0) * hidden, format);
  if (split) sink.gemm("mtp.h_projection", tokens, hidden, hidden, format);
  add_layers(in, {&m.kinds[m.mtp.kind], in.draft_passes, true, OperatorPart::kDraft, shape}, out);
  add_head(in, sink, shape.sequences, false);
}

}  // namespace

void build_graph(const GraphInput& in, std::vector<Operator>& out) {
  GPUSIZE_CHECK(in.model != nullptr && in.weights != nullptr,
                "a graph needs a model and its weights");
  out.clear();
  const ModelSpec& m = *in.model;
  const double tokens = in.shape.tokens();
  const OperatorSink once{out, 1.0, OperatorPart::kMain};
  add_embedding(in, once, tokens);
  for (std::size_t k = 0; k < m.kinds.size(); ++k) {
    const double layers = dbl(m.count_of(k));
    if (layers > 0.0)
      add_layers(in, {&m.kinds[k], layers, false, OperatorPart::kMain, in.shape}, out);
  }
  add_pipeline(in, tokens, out);
  add_head(in, once, in.shape.logit_rows, false);
  add_draft(in, out);
}

}  // namespace gpusize
