#include "gpusize/layout/enumerate.hpp"

#include <algorithm>

#include "support/cards.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

ModelSpec dense(std::int64_t heads, std::int64_t kv_heads) {
  ModelSpec model;
  model.hidden = heads * 128;
  model.vocab = 1000;
  LayerKind kind;
  kind.attention.heads = heads;
  kind.attention.kv_heads = kv_heads;
  kind.attention.head_dim = kind.attention.v_head_dim = 128;
  kind.ffn.intermediate = 4096;
  model.kinds = {kind};
  model.layers.assign(32, 0);
  return model;
}

TEST_CASE("tensor parallelism must divide the heads") {
  const ModelSpec model = dense(28, 4);
  CHECK(check_layout(model, {4, 1, 1, 1}).feasible());
  const Infeasible why = check_layout(model, {8, 1, 1, 1});
  CHECK_FALSE(why.feasible());
  CHECK(why.available == 28.0);
  CHECK(why.needed == 8.0);
}

TEST_CASE("KV heads may be fewer than ranks when they repeat evenly") {
  CHECK(check_layout(dense(32, 2), {8, 1, 1, 1}).feasible());
  CHECK_FALSE(check_layout(dense(24, 6), {4, 1, 1, 1}).feasible());
}

TEST_CASE("a dense model has neither expert nor data parallelism inside a replica") {
  const auto layouts = enumerate_layouts(dense(32, 8), test::round_card(), 64);
  CHECK(std::all_of(layouts.begin(), layouts.end(),
                    [](const Layout& l) { return l.ep == 1 && l.dp == 1; }));
  CHECK(std::all_of(layouts.begin(), layouts.end(),
                    [](const Layout& l) { return l.tp <= 8 && l.gpus() <= 64; }));
  CHECK_FALSE(check_layout(dense(32, 8), {4, 1, 4, 1}).feasible());
}

TEST_CASE("expert parallelism spans tp x dp or nothing") {
  ModelSpec model = dense(32, 8);
  model.kinds[0].ffn = {};
  model.kinds[0].ffn.experts = 64;
  model.kinds[0].ffn.top_k = 6;
  model.kinds[0].ffn.expert_intermediate = 1408;
  const auto layouts = enumerate_layouts(model, test::round_card(), 32);
  CHECK(std::any_of(layouts.begin(), layouts.end(), [](const Layout& l) { return l.ep == 32; }));
  for (const Layout& l : layouts) CHECK((l.ep == 1 || l.ep == l.tp * l.dp));
  CHECK_FALSE(check_layout(model, {8, 1, 1, 64}).feasible());  // 1408 columns over 512 ranks
}

TEST_CASE("layouts come smallest first and once each") {
  const auto layouts = enumerate_layouts(dense(32, 8), test::round_card(), 64);
  for (std::size_t i = 1; i < layouts.size(); ++i) {
    CHECK(layouts[i - 1].gpus() <= layouts[i].gpus());
    CHECK(std::count(layouts.begin(), layouts.end(), layouts[i]) == 1);
  }
}

}  // namespace
}  // namespace gpusize
