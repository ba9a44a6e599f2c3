// Option names as in the readers of src/spec/engine_*.cpp, which read them back.

#include "manifest/arguments.hpp"

#include <array>

#include <fmt/format.h>

namespace gpusize {
namespace {

constexpr std::string_view kMasterPort = "29500";
constexpr std::string_view kDataParallelPort = "13345";
constexpr std::string_view kSglangPort = "20000";

std::string text(std::int64_t value) { return fmt::format("{}", value); }
std::string text(double value) { return fmt::format("{}", value); }

/// Degrees above one; the engine's default is one.
void add_degree(EngineCommand& c, std::string name, std::int64_t degree) {
  if (degree > 1) c.options.push_back({std::move(name), text(degree)});
}

void add_formats(EngineCommand& c, const ServingSettings& s) {
  c.options.push_back({"dtype", s.dtype});
  if (!s.quantization.empty()) c.options.push_back({"quantization", s.quantization});
  c.options.push_back({"kv-cache-dtype", s.kv_dtype});
}

std::optional<Diagnostic> vllm_nodes(const Manifest& m, const Rendezvous& r, EngineCommand& c) {
  const Layout& l = m.settings.layout;
  if (l.dp == 1) {
    c.options.push_back({"nnodes", text(m.nodes)});
    c.options.push_back({"node-rank", r.rank});
    c.options.push_back({"master-addr", r.leader});
    c.options.push_back({"master-port", std::string(kMasterPort)});
  } else if (l.dp % m.nodes == 0) {
    c.options.push_back({"data-parallel-size-local", text(l.dp / m.nodes)});
    c.options.push_back({"data-parallel-address", r.leader});
    c.options.push_back({"data-parallel-rpc-port", std::string(kDataParallelPort)});
    if (r.worker) c.options.push_back({"data-parallel-start-rank", r.first_data_rank});
  } else {
    return make_error("manifest-layout",
                      fmt::format("vLLM keeps a data-parallel rank on one node: {} ranks do not "
                                  "divide over {} nodes",
                                  l.dp, m.nodes),
                      {}, "an option whose dp is a multiple of its nodes per replica");
  }
  if (r.worker) c.options.push_back({"headless", ""});
  return {};
}

std::optional<Diagnostic> vllm(const Manifest& m, const std::string& /*folder*/,
                               const Rendezvous* rendezvous, EngineCommand& c) {
  const ServingSettings& s = m.settings;
  c.program = {"vllm", "serve"};
  c.positional = {s.checkpoint};
  c.options.push_back({"tensor-parallel-size", text(s.layout.tp)});
  add_degree(c, "pipeline-parallel-size", s.layout.pp);
  add_degree(c, "data-parallel-size", s.layout.dp);
  if (s.layout.ep > 1) c.options.push_back({"enable-expert-parallel", ""});
  add_formats(c, s);
  c.options.push_back({"max-model-len", text(s.max_model_len)});
  c.options.push_back({"gpu-memory-utilization", text(s.memory_fraction)});
  c.options.push_back({"max-num-seqs", text(s.max_num_seqs)});
  c.options.push_back({"max-num-batched-tokens", text(s.max_batched_tokens)});
  c.options.push_back(
      {s.prefix_caching ? "enable-prefix-caching" : "no-enable-prefix-caching", ""});
  c.options.push_back(
      {s.chunked_prefill ? "enable-chunked-prefill" : "no-enable-chunked-prefill", ""});
  if (rendezvous != nullptr) {
    if (auto bad = vllm_nodes(m, *rendezvous, c)) return bad;
  }
  c.options.push_back({"port", text(m.port)});
  return {};
}

std::optional<Diagnostic> sglang(const Manifest& m, const std::string& /*folder*/,
                                 const Rendezvous* rendezvous, EngineCommand& c) {
  const ServingSettings& s = m.settings;
  const Layout& l = s.layout;
  c.program = {"python3", "-m", "sglang.launch_server"};
  c.options.push_back({"model-path", s.checkpoint});
  // Attention data parallelism shares the tensor-parallel ranks.
  c.options.push_back({"tp-size", text(l.tp * l.dp)});
  add_degree(c, "pp-size", l.pp);
  if (l.dp > 1) {
    c.options.push_back({"dp-size", text(l.dp)});
    c.options.push_back({"enable-dp-attention", ""});
  }
  add_degree(c, "ep-size", l.ep);
  add_formats(c, s);
  c.options.push_back({"context-length", text(s.max_model_len)});
  c.options.push_back({"mem-fraction-static", text(s.memory_fraction)});
  c.options.push_back({"max-running-requests", text(s.max_num_seqs)});
  c.options.push_back({"chunked-prefill-size", text(s.max_batched_tokens)});
  if (!s.prefix_caching) c.options.push_back({"disable-radix-cache", ""});
  c.options.push_back({"enable-metrics", ""});
  if (rendezvous != nullptr) {
    c.options.push_back({"nnodes", text(m.nodes)});
    c.options.push_back({"node-rank", rendezvous->rank});
    c.options.push_back({"dist-init-addr", fmt::format("{}:{}", rendezvous->leader, kSglangPort)});
  }
  c.options.push_back({"host", "0.0.0.0"});
  c.options.push_back({"port", text(m.port)});
  return {};
}

std::optional<Diagnostic> tensorrt_llm(const Manifest& m, const std::string& folder,
                                       const Rendezvous* /*rendezvous*/, EngineCommand& c) {
  const ServingSettings& s = m.settings;
  const Layout& l = s.layout;
  if (l.dp > 1 && l.tp > 1) {
    return make_error("manifest-layout",
                      fmt::format("TensorRT-LLM has attention data parallelism over all ranks or "
                                  "none: not {}",
                                  describe(l)),
                      {}, "an option with tp 1, or with dp 1");
  }
  c.program = {"trtllm-serve"};
  c.positional = {s.checkpoint};
  c.options.push_back({"tp_size", text(l.tp * l.dp)});
  add_degree(c, "pp_size", l.pp);
  add_degree(c, "ep_size", l.ep);
  c.options.push_back({"max_seq_len", text(s.max_model_len)});
  c.options.push_back({"max_batch_size", text(s.max_num_seqs)});
  c.options.push_back({"max_num_tokens", text(s.max_batched_tokens)});
  c.file_name = "llm-options.yaml";
  c.options.push_back(
      {"extra_llm_api_options", folder.empty() ? c.file_name : folder + "/" + c.file_name});
  c.options.push_back({"host", "0.0.0.0"});
  c.options.push_back({"port", text(m.port)});
  c.file["kv_cache_config"] = {{"dtype", s.kv_dtype},
                               {"free_gpu_memory_fraction", s.memory_fraction},
                               {"enable_block_reuse", s.prefix_caching}};
  c.file["enable_chunked_prefill"] = s.chunked_prefill;
  if (l.dp > 1) c.file["enable_attention_dp"] = true;
  return {};
}

struct EngineWriter {
  std::string_view engine;
  std::optional<Diagnostic> (*write)(const Manifest& m, const std::string& folder,
                                     const Rendezvous* rendezvous, EngineCommand& c);
};
constexpr auto kWriters = std::to_array<EngineWriter>({
    {"vllm", vllm},
    {"sglang", sglang},
    {"tensorrt-llm", tensorrt_llm},
});

}  // namespace

std::vector<std::string> EngineCommand::arguments() const {
  std::vector<std::string> out = positional;
  for (const EngineOption& option : options) {
    if (!option.more.empty()) {
      out.push_back("--" + option.name);
      out.push_back(option.value);
      out.insert(out.end(), option.more.begin(), option.more.end());
      continue;
    }
    out.push_back(option.value.empty() ? "--" + option.name
                                       : fmt::format("--{}={}", option.name, option.value));
  }
  return out;
}

Result<EngineCommand> engine_command(const Manifest& m, const std::string& folder,
                                     const Rendezvous* rendezvous) {
  for (const EngineWriter& writer : kWriters) {
    if (writer.engine != m.engine) continue;
    EngineCommand command;
    if (auto bad = writer.write(m, folder, rendezvous, command)) return *bad;
    return command;
  }
  return make_error("manifest-engine", fmt::format("no command line of {} is written", m.engine));
}

}  // namespace gpusize
