// KV cache and memory rows.

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/estimate/memory.hpp"
#include "gpusize/ops/kv_cache.hpp"
#include "property/ops_support.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

const Catalog& shipped() {
  static const Catalog catalog = Catalog::shipped().value();
  return catalog;
}

TEST_CASE("beyond its windows the cache grows by the same bytes per token") {
  for (const std::string& id : test::model_ids()) {
    const ModelSpec& m = test::model(id);
    std::int64_t window = 0;
    for (const LayerKind& k : m.kinds)
      window = std::max({window, k.attention.window, k.attention.chunk});
    for (const Layout& layout : test::layouts_for(m)) {
      if (layout.pp > 1) continue;  // another stage may be the fullest
      for (const Dtype kv : {Dtype::kBf16, Dtype::kFp8, Dtype::kInt8}) {
        const auto bytes = [&](std::int64_t tokens) {
          return kv_bytes_per_sequence(m, layout, kv, window + tokens, 1).in(units::B);
        };
        const double per_token = kv_bytes_per_token_per_gpu(m, layout, kv).in(units::B_per_token);
        CAPTURE(id, describe(layout), name_of(kv), window);
        const double first = bytes(128);
        CHECK(bytes(1128) - first == Approx(1000.0 * per_token).margin(1e-6 * first));
        CHECK(bytes(100'128) - first == Approx(100'000.0 * per_token).margin(1e-6 * first));
      }
    }
  }
}

TEST_CASE("the cache never shrinks with tokens, blocks, layers or wider formats") {
  for (const std::string& id : test::varied_models()) {
    const ModelSpec& m = test::model(id);
    ModelSpec deeper = m;
    deeper.layers.push_back(m.layers.back());
    Bytes before;
    for (std::int64_t tokens = 0; tokens < 10'000; tokens += 97) {
      CAPTURE(id, tokens);
      const Bytes now = kv_bytes_per_sequence(m, {}, Dtype::kBf16, tokens, 16);
      CHECK(now >= before);
      CHECK(now >= kv_bytes_per_sequence(m, {}, Dtype::kBf16, tokens, 1));
      CHECK(now >= kv_bytes_per_sequence(m, {}, Dtype::kFp8, tokens, 16));
      CHECK(kv_bytes_per_sequence(deeper, {}, Dtype::kBf16, tokens, 16) >= now);
      before = now;
    }
  }
}

Deployment deployment_of(const std::string& model, const char* card, const char* engine,
                         const Layout& layout) {
  Deployment d;
  d.model = &test::model(model);
  d.gpu = shipped().find_gpu(card)->entry;
  d.rates = &shipped().rates_for(*d.gpu);
  d.engine = shipped().find_engine(engine)->entry;
  d.weights = plan_weights(*d.model, "native").value();
  d.layout = layout;
  return d;
}

TEST_CASE("memory rows add up to the card exactly") {
  for (const std::string& id : test::varied_models()) {
    for (const char* engine : {"cuda-graph", "vllm", "sglang", "tensorrt-llm"}) {
      for (const Layout& layout : test::layouts_for(test::model(id))) {
        const Deployment d = deployment_of(id, "H200-SXM-141GB", engine, layout);
        const ActivationPeak peak = engine_peak(d);
        const Bytes room = memory_per_gpu(d, peak, Bytes{}).kv_room;
        for (const Bytes kv : {Bytes{}, 10.0 * units::GiB, room}) {
          const MemoryPerGpu m = memory_per_gpu(d, peak, kv);
          CAPTURE(id, engine, describe(layout));
          Bytes by_role;
          for (const Bytes b : m.weights_by_role.by_role) by_role += b;
          CHECK(by_role == m.weights);
          CHECK(m.runtime == m.context + m.graphs + m.communication);
          CHECK(m.free == m.capacity - (m.weights + m.kv_cache + m.activations + m.runtime));
          CHECK(m.kv_room >= Bytes{});
          // The whole pool fits: filling it leaves nothing below zero.
          if (m.kv_room > Bytes{} && kv == room) CHECK(m.free >= -1.0 * units::B);
        }
      }
    }
  }
}

TEST_CASE("activations never shrink with tokens, rows, or fewer ranks") {
  for (const std::string& id : test::varied_models()) {
    const Deployment one = deployment_of(id, "H200-SXM-141GB", "vllm", {});
    Bytes before;
    for (const double tokens : {0.0, 1.0, 100.0, 2048.0, 8192.0, 1e6}) {
      const Bytes now = activation_bytes(one, {tokens, 16.0});
      CAPTURE(id, tokens);
      CHECK(now >= before);
      CHECK(activation_bytes(one, {tokens, 4096.0}) >= now);
      if (check_layout(*one.model, {8, 1, 1, 1}).feasible()) {
        CHECK(activation_bytes(deployment_of(id, "H200-SXM-141GB", "vllm", {8, 1, 1, 1}),
                               {tokens, 16.0}) <= now);
      }
      before = now;
    }
  }
}

}  // namespace
}  // namespace gpusize
