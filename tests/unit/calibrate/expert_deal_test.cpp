#include "calibrate/expert_deal.hpp"

#include <numeric>

#include "support/catch.hpp"

using namespace gpusize::calibrate;

namespace {

CopyCount total(const CopyCounts& counts) {
  return std::accumulate(counts.begin(), counts.end(), CopyCount{0});
}

}  // namespace

TEST_CASE("dealing: all copies are dealt, whoever gets the rest") {
  const std::vector<double> shares{0.02, 3.0, 0.4, 0.4, 0.02, 0.02, 0.1, 0.04};
  for (const Dealing dealing : {Dealing::kPerRank, Dealing::kToSmallest, Dealing::kToLargest}) {
    for (const CopyCount tokens : {1, 3, 16, 100, 999}) {
      const CopyCounts counts = dealt(shares, {tokens, 8, 2, 2}, dealing);
      CHECK(total(counts) == 2 * tokens);
      for (const CopyCount count : counts) {
        CHECK(count >= 0);
        if (dealing != Dealing::kToLargest) CHECK(count <= tokens);
      }
    }
  }
}

TEST_CASE("dealing: what one expert cannot take goes where the collector put it") {
  const std::vector<double> shares{8.0, 1.0, 0.5, 0.5};
  const LoadShape shape{10, 4, 2, 2};  // 20 copies: 16, 2, 1, 1
  CHECK(dealt(shares, shape, Dealing::kPerRank) == CopyCounts{10, 5, 3, 2});
  CHECK(dealt(shares, shape, Dealing::kToSmallest) == CopyCounts{10, 2, 1, 7});
  CHECK(dealt(shares, shape, Dealing::kToLargest) == CopyCounts{16, 2, 1, 1});
}

TEST_CASE("dealing: rounded-off copies meet one rank where the smallest get them") {
  // Eight copies, each share rounds to none: the last experts get one each.
  const std::vector<double> shares(32, 1.0);
  const CopyCounts counts = dealt(shares, {1, 32, 8, 4}, Dealing::kToSmallest);
  CHECK(std::accumulate(counts.begin() + 24, counts.end(), CopyCount{0}) == 8);
}

TEST_CASE("dealing: a token's second copy for one expert goes to the rank's first ones") {
  CopyCounts counts{1, 16, 3, 0};
  move_doubles(counts.data(), {10, 8, 2, 2});
  CHECK(counts == CopyCounts{7, 10, 3, 0});
}
