#include "calibrate/expert_load.hpp"

#include "support/catch.hpp"

using namespace gpusize;
using namespace gpusize::calibrate;

namespace {

KernelRow block(double tokens, const std::string& distribution, double ep = 1.0,
                double experts = 128.0, double top_k = 8.0) {
  KernelRow row;
  row.tokens = tokens;
  row.experts = experts;
  row.topk = top_k;
  row.ep = ep;
  row.distribution = distribution;
  return row;
}

TEST_CASE("exponents that nobody means stay finite") {
  for (const char* law : {"power_law_1e300", "power_law_-1e300", "power_law_0", "power_law_x"}) {
    const ExpertLoad load = expert_load(block(256.0, law, 8.0));
    CHECK(load.rows >= 1.0);
    CHECK(load.rows <= 256.0 * 8.0);
    CHECK(load.tokens <= 256.0);
  }
}

TEST_CASE("numbers beyond any model's get even shares, not gigabytes of draws") {
  KernelRow row;
  row.tokens = 1e13;
  row.experts = 1e13;
  row.topk = 1e13;
  row.ep = 1e13;
  for (const char* distribution : {"balanced", "power_law_1.2"}) {
    row.distribution = distribution;
    const ExpertLoad load = expert_load(row);
    CHECK(load.rows == Approx(1e13));
    CHECK(load.groups == Approx(1.0));
    CHECK(load.tokens == Approx(1e13));
  }
}

}  // namespace

TEST_CASE("expert load: balanced copies are dealt round") {
  const ExpertLoad few = expert_load(block(4.0, "balanced", 8.0));
  CHECK(few.rows == 4.0);
  CHECK(few.groups == 4.0);
  CHECK(few.tokens == 4.0);
  const ExpertLoad many = expert_load(block(1024.0, "balanced", 8.0));
  CHECK(many.rows == 1024.0);
  CHECK(many.groups == 16.0);
  CHECK(many.tokens == 1024.0);
}

TEST_CASE("expert load: a rank of few experts is reached by part of the tokens") {
  // Choices lie 16 experts apart, a rank has four of them.
  const ExpertLoad load = expert_load(block(1024.0, "balanced", 32.0));
  CHECK(load.rows == 256.0);
  CHECK(load.groups == 4.0);
  CHECK(load.tokens == 256.0);
}

TEST_CASE("expert load: the closed form of dealt copies is their count") {
  for (const double tokens : {3.0, 16.0, 100.0, 1000.0}) {
    for (const double ep : {1.0, 4.0, 16.0}) {
      const int stride = 16;
      double rows = 0.0;
      double reached = 0.0;
      for (int t = 0; t < static_cast<int>(tokens); ++t) {
        int own = 0;
        for (int i = 0; i < 8; ++i) {
          const int start = tokens < stride ? t * stride / static_cast<int>(tokens) : t;
          own += (start + i * stride) % 128 < 128 / static_cast<int>(ep) ? 1 : 0;
        }
        rows += own;
        reached += own > 0 ? 1.0 : 0.0;
      }
      const ExpertLoad load = expert_load(block(tokens, "balanced", ep));
      CAPTURE(tokens, ep);
      CHECK(load.rows == rows);
      CHECK(load.tokens == reached);
    }
  }
}

TEST_CASE("expert load: a power law fills the slowest rank, within what its experts can take") {
  // Drawn 24 times by the rule that the function names: 532 of 128 experts, 7,370 of 8.
  CHECK(expert_load(block(320.0, "power_law_1.2", 8.0)).rows == Approx(532.0).epsilon(0.1));
  const KernelRow few = block(8192.0, "power_law_1.01", 8.0, 8.0, 2.0);
  CHECK(expert_load(few).rows == Approx(7370.0).epsilon(0.15));
  CHECK(expert_load(few).rows <= few.tokens);
  const ExpertLoad whole = expert_load(block(64.0, "power_law_1.2"));
  CHECK(whole.rows == 64.0 * 8.0);
  CHECK(whole.tokens == 64.0);
  const double even = expert_load(block(4096.0, "power_law_1.0", 8.0)).rows;
  CHECK(even == Approx(expert_load(block(4096.0, "power_law_1.001", 8.0)).rows).epsilon(0.01));
}

TEST_CASE("expert load: under a power law some experts get nothing") {
  // Drawn 12 times: 420 of 512 experts with 1,408 copies, 2.0 of 2 with 961.
  const ExpertLoad wide = expert_load(block(64.0, "power_law_1.01", 1.0, 512.0, 22.0));
  CHECK(wide.groups == Approx(420.0).epsilon(0.03));
  CHECK(expert_load(block(1536.0, "power_law_1.2", 64.0, 128.0, 6.0)).groups == 2.0);
}

TEST_CASE("expert load: the fullest rank misses some tokens and meets others more than once") {
  // Drawn 12 times: 191 copies of 155 of the 320 tokens, 14,783 copies of 5,862 of 6,144.
  const ExpertLoad load = expert_load(block(320.0, "power_law_1.2", 32.0, 256.0));
  CHECK(load.tokens == Approx(155.0).epsilon(0.2));
  CHECK(load.tokens <= load.rows);
  const ExpertLoad large = expert_load(block(6144.0, "power_law_1.01", 4.0, 256.0));
  CHECK(large.tokens == Approx(5862.0).epsilon(0.05));
}

TEST_CASE("expert load: the same row gives the same load") {
  const ExpertLoad first = expert_load(block(777.0, "power_law_1.2", 16.0));
  const ExpertLoad second = expert_load(block(777.0, "power_law_1.2", 16.0));
  CHECK(first.rows == second.rows);
  CHECK(first.tokens == second.tokens);
}

TEST_CASE("expert load: tiles hold rows of one expert") {
  const ExpertLoad load = expert_load(block(1024.0, "balanced", 8.0));  // 64 rows of 16 experts
  CHECK(load.padded(64.0) == 1024.0);
  CHECK(load.padded(128.0) == 16.0 * 128.0);
  CHECK(load.padded(48.0) == 16.0 * 96.0);
  CHECK(load.padded(64.0, 65.0) == 1024.0 + 128.0);  // more for the first expert
  for (const double rows : {8.0, 64.0, 256.0}) {
    const ExpertLoad law = expert_load(block(640.0, "power_law_1.2", 4.0));
    CHECK(law.padded(rows) >= law.rows);
    CHECK(law.padded(rows) <= law.rows + rows * law.groups);
  }
}
