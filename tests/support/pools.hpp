#pragma once
// Pools made up at random: few cards of each kind, limits here and there, one kind whole or in
// sevenths.

#include <random>

#include "gpusize/fleet/pool_solver.hpp"

namespace gpusize {

inline PoolProblem random_pool(std::mt19937& random, std::size_t models, std::size_t kinds,
                               std::size_t hours) {
  PoolProblem p;
  p.hours = hours;
  for (std::size_t r = 0; r < kinds; ++r) {
    const double price = 500.0 + static_cast<double>(random() % 3000);
    p.kinds.push_back({price, static_cast<std::int64_t>(random() % 4), -1,
                       random() % 2 == 0 ? 0.0 : price / 4,
                       static_cast<std::int64_t>(random() % 2)});
    if (random() % 4 == 0) p.kinds.back().most = 8 + static_cast<std::int64_t>(random() % 20);
    p.cuts.push_back({r, 1});
  }
  p.cuts.push_back({0, 7, random() % 2 == 0 ? 0.0 : 375.0});  // with a licence or without
  for (std::size_t m = 0; m < models; ++m) {
    p.models.emplace_back();
    const std::size_t peak = random() % hours;
    for (std::size_t c = 0; c < p.cuts.size(); ++c) {
      PoolChoice way{c, {}};
      const auto most = static_cast<std::int64_t>(1 + random() % 9);
      for (std::size_t h = 0; h < hours; ++h) way.need.push_back(h == peak ? most : (most + 2) / 3);
      p.models.back().push_back(way);
    }
  }
  return p;
}

}  // namespace gpusize
