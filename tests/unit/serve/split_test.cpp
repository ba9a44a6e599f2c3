#include "gpusize/serve/split.hpp"

#include "support/catch.hpp"
#include "unit/serve/list_source.hpp"
#include "unit/serve/support.hpp"

namespace gpusize {
namespace {

TEST_CASE("one second of prefill to three of decode: two of eight replicas prefill") {
  ConstantStepTimes times(1.0);
  SimulationConfig c;
  c.pool.times = &times;
  c.pool.policy = find_policy("vllm");
  c.pool.limits.sequences = 1;  // one request at a time: a prompt takes 1 s, its answer 3 s
  c.decode = c.pool;
  c.warmup_share = 0.0;
  RequestClass all;
  all.targets.e2e_s = 8.0;
  c.classes = {all};
  constexpr int kRequests = 400;
  c.requests = kRequests;
  // 1.9 requests per second: one prefill replica serves 1, five decode replicas 5 / 3.
  std::vector<Request> requests;
  for (int i = 0; i < kRequests; ++i) requests.push_back(test::request_of(i / 1.9, 10, 4));
  const auto trials =
      try_splits(c, 8, [&] { return std::make_unique<test::ListSource>(requests); });
  REQUIRE(trials.size() == 7);
  const SplitTrial& best = best_split(trials);
  CHECK(best.prefill == 2);
  CHECK(best.decode == 6);
  CHECK(best.good_per_s == Approx(1.9).epsilon(0.02));
  for (const SplitTrial& t : trials) {
    if (t.prefill != 2) CHECK(t.good_per_s < 0.5 * best.good_per_s);
  }
}

}  // namespace
}  // namespace gpusize
