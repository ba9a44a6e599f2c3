#include "pool_cbc/pool_lp.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace gpusize {
namespace {

/// More cards than any assignment can take: what a switch turns on at most.
std::int64_t most_cards(const PoolProblem& p) {
  std::int64_t out = 1;
  for (const auto& ways : p.models) {
    std::int64_t most = 0;
    for (const PoolChoice& way : ways)
      most = std::max(most, *std::max_element(way.need.begin(), way.need.end()));
    out += most;
  }
  return out;
}

std::string objective(const PoolProblem& p) {
  std::string out = "Minimize\n cost:";
  for (std::size_t k = 0; k < p.kinds.size(); ++k) {
    out += fmt::format(" + {:.12g} bought{} + {:.12g} kept{}\n", p.kinds[k].usd_per_month, k,
                       p.kinds[k].owned_usd_per_month, k);
  }
  for (std::size_t c = 0; c < p.cuts.size(); ++c)
    out += fmt::format(" + {:.12g} cards{}\n", p.cuts[c].usd_per_month, c);
  return out;
}

/// bought + kept = cards of the kind's cuts + spares, when there are any cards.
std::string cards_of_kinds(const PoolProblem& p) {
  std::string out;
  const std::int64_t most = most_cards(p);
  for (std::size_t k = 0; k < p.kinds.size(); ++k) {
    std::string cards;
    for (std::size_t c = 0; c < p.cuts.size(); ++c) {
      if (p.cuts[c].kind == k) cards += fmt::format(" - cards{}", c);
    }
    out += fmt::format(" all{}: bought{} + kept{}{} - {} any{} = 0\n", k, k, k, cards,
                       p.kinds[k].spare, k);
    out += fmt::format(" on{}: {} any{}{} >= 0\n", k, most, k, cards);
    if (p.kinds[k].most >= 0)
      out += fmt::format(" most{}: bought{} + kept{} <= {}\n", k, k, k, p.kinds[k].most);
  }
  return out;
}

std::string slices_of_hours(const PoolProblem& p) {
  std::string out;
  for (std::size_t c = 0; c < p.cuts.size(); ++c) {
    for (std::size_t h = 0; h < p.hours; ++h) {
      out += fmt::format(" hold{}_{}: {} cards{}\n", c, h, p.cuts[c].parts, c);
      for (std::size_t m = 0; m < p.models.size(); ++m) {
        for (std::size_t w = 0; w < p.models[m].size(); ++w) {
          const PoolChoice& way = p.models[m][w];
          if (way.cut == c && way.need[h] > 0)
            out += fmt::format("  - {} x{}_{}\n", way.need[h], m, w);
        }
      }
      out += "  >= 0\n";
    }
  }
  return out;
}

}  // namespace

std::string pool_lp(const PoolProblem& p) {
  std::string out = objective(p) + "Subject To\n" + cards_of_kinds(p) + slices_of_hours(p);
  std::string binaries;
  for (std::size_t m = 0; m < p.models.size(); ++m) {
    out += fmt::format(" one{}:", m);
    for (std::size_t w = 0; w < p.models[m].size(); ++w) {
      out += fmt::format(" + x{}_{}\n", m, w);
      binaries += fmt::format(" x{}_{}\n", m, w);
    }
    out += " = 1\n";
  }
  out += "Bounds\n";
  std::string integers;
  for (std::size_t k = 0; k < p.kinds.size(); ++k) {
    out += fmt::format(" 0 <= kept{} <= {}\n", k, p.kinds[k].owned);
    integers += fmt::format(" bought{}\n kept{}\n", k, k);
    binaries += fmt::format(" any{}\n", k);
  }
  for (std::size_t c = 0; c < p.cuts.size(); ++c) integers += fmt::format(" cards{}\n", c);
  return out + "Generals\n" + integers + "Binaries\n" + binaries + "End\n";
}

}  // namespace gpusize
