// What a tensor-parallel group over several nodes sends through the network.
#include "gpusize/ops/graph.hpp"
#include "support/catch.hpp"
#include "support/models.hpp"

namespace gpusize {
namespace {

/// The all-reduce behind attention of one decode step of 32 sequences; cards in nodes of 8.
CollectiveShape all_reduce(std::int64_t tp) {
  const ModelSpec& model = test::model("llama-3.1-70b");
  const WeightPlan plan = plan_weights(model, "native").value();
  GraphInput input;
  input.model = &model;
  input.weights = &plan;
  input.layout.tp = tp;
  input.shape = {Phase::kDecode, 32, 1, 1000, 32};
  input.node_gpus = 8;
  std::vector<Operator> graph;
  build_graph(input, graph);
  for (const Operator& op : graph) {
    if (op.name == "attention.allreduce") return op.work.collective;
  }
  FAIL("no all-reduce");
  return {};
}

TEST_CASE("rings cross a node's border once, through the network cards of all of its GPUs") {
  const CollectiveShape two_nodes = all_reduce(16);
  REQUIRE(two_nodes.across_nodes);
  const double message = 32.0 * 8192.0 * 2.0;
  CHECK(two_nodes.message.in(units::B) == message);
  CHECK(two_nodes.network.in(units::B) == Approx(2.0 * 15.0 / 16.0 * message / 8.0));
}

TEST_CASE("inside a node nothing crosses the network") {
  CHECK_FALSE(all_reduce(8).across_nodes);
  CHECK(all_reduce(8).network == Bytes{});
}

}  // namespace
}  // namespace gpusize
