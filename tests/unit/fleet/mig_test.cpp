#include "gpusize/fleet/mig_packing.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <set>

#include "gpusize/catalog/catalog.hpp"
#include "support/catch.hpp"
#include "support/deployments.hpp"

namespace gpusize {
namespace {

const GpuSpec& card(const std::string& name) { return *test::catalog().find_gpu(name)->entry; }

const MigGeometry& geometry(const std::string& name) {
  const MigGeometry* found = mig_geometry_of(test::catalog().mig(), card(name));
  REQUIRE(found != nullptr);
  return *found;
}

/// Every set of placements that a second method, trying all subsets, finds to be full.
std::size_t brute_force_count(const MigGeometry& g, const std::vector<MigProfile>& profiles) {
  std::vector<MigPlacement> all;
  for (const auto& list : mig_placements(g, profiles))
    all.insert(all.end(), list.begin(), list.end());
  const auto legal = [&](std::uint32_t set) {
    std::int64_t memory = 0;
    std::int64_t compute = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if ((set >> i & 1U) == 0) continue;
      const std::int64_t mask = ((std::int64_t{1} << all[i].size) - 1) << all[i].start;
      if ((memory & mask) != 0) return false;
      memory |= mask;
      compute += profiles[all[i].profile].compute_slices;
    }
    return compute <= g.compute_slices;
  };
  REQUIRE(all.size() < 22);
  std::size_t count = 0;
  for (std::uint32_t set = 0; set < (1U << all.size()); ++set) {
    if (!legal(set)) continue;
    bool full = true;
    for (std::size_t i = 0; i < all.size() && full; ++i)
      full = (set >> i & 1U) != 0 || !legal(set | 1U << i);
    if (full) ++count;
  }
  return count;
}

// NVIDIA MIG user guide, nvidia-smi mig -lgipp of A100 and H100: starts per profile
// ({0,1,2,3,4,5,6}:1, {0,2,4,6}:2, {0,2,4}:2, {0,4}:4, {0}:4, {0}:8).
TEST_CASE("placements of A100 and H100 are those that nvidia-smi lists") {
  for (const char* name :
       {"A100-SXM4-40GB", "A100-SXM4-80GB", "H100-SXM5-80GB", "H200-SXM-141GB"}) {
    INFO(name);
    const auto places = mig_placements(geometry(name), card(name).mig_profiles);
    std::map<std::string, std::size_t> by_kind;
    std::size_t total = 0;
    for (std::size_t p = 0; p < places.size(); ++p) {
      const MigProfile& profile = card(name).mig_profiles[p];
      INFO(profile.name);
      // The guide's "number of instances available" can all be placed at once.
      CHECK(static_cast<std::int64_t>(places[p].size()) >= profile.max_instances);
      total += places[p].size();
      by_kind[profile.name.substr(0, 2) + "/" + std::to_string(profile.memory_eighths) +
              (profile.media_extensions ? "me" : "")] = places[p].size();
    }
    CHECK(by_kind == std::map<std::string, std::size_t>{{"1g/1", 7},
                                                        {"1g/1me", 7},
                                                        {"1g/2", 4},
                                                        {"2g/2", 3},
                                                        {"3g/4", 2},
                                                        {"4g/4", 1},
                                                        {"7g/8", 1}});
    CHECK(total == 25);
  }
}

// The guide's figure of the profiles of an A100 has a row per full partition: 6 ways to cut the
// first four memory slices (4, 3, 2+2, 2+1+1, 1+1+2, 1+1+1+1), 3 the rest (3, 2+1, 1+1+1), and 7g.
TEST_CASE("full partitions of A100 and H100: nineteen") {
  for (const char* name : {"A100-SXM4-80GB", "H100-SXM5-80GB"}) {
    const auto profiles = basic_mig_profiles(card(name));
    REQUIRE(profiles.size() == 5);
    const auto partitions = mig_partitions(geometry(name), profiles);
    CHECK(partitions.size() == 6 * 3 + 1);
    CHECK(brute_force_count(geometry(name), profiles) == partitions.size());
    std::size_t sevens = 0;
    for (const MigPartition& partition : partitions) sevens += partition.size() == 7 ? 1U : 0U;
    CHECK(sevens == 1);  // seven 1g instances
  }
  const auto a30 = mig_partitions(geometry("A30"), basic_mig_profiles(card("A30")));
  CHECK(a30.size() == 5);  // 4, 2+2, 2+1+1, 1+1+2, 1+1+1+1
}

TEST_CASE("slices carry their real share") {
  const GpuSpec& h100 = card("H100-SXM5-80GB");
  const auto profile = std::find_if(h100.mig_profiles.begin(), h100.mig_profiles.end(),
                                    [](const MigProfile& p) { return p.name == "2g.20gb"; });
  REQUIRE(profile != h100.mig_profiles.end());
  const GpuSpec slice = mig_slice(h100, *profile);
  CHECK(*slice.compute_units == Approx(32.0));
  CHECK(slice.memory_bandwidth / h100.memory_bandwidth == Approx(0.25));
  CHECK(*slice.peak(Dtype::kBf16) / *h100.peak(Dtype::kBf16) == Approx(32.0 / 132.0));
  CHECK(slice.memory.in(units::GiB) == Approx(19.62));
  CHECK(slice.slice_of == h100.id);
  CHECK(slice.slices_per_card == 3);
  const GpuSpec quarter = shared_card(h100, "mps", 4);
  CHECK(quarter.memory / h100.memory == Approx(0.25));
}

/// Fewest cards and slices by trying everything, cards one after the other.
std::pair<std::int64_t, std::int64_t> brute_force(const MigGeometry& g,
                                                  const std::vector<MigProfile>& profiles,
                                                  const std::vector<std::vector<bool>>& fits) {
  const auto places = mig_placements(g, profiles);
  std::pair<std::int64_t, std::int64_t> best{1000, 1000};
  std::vector<MigPartition> cards;
  const std::function<void(std::size_t, std::int64_t)> go = [&](std::size_t m, std::int64_t used) {
    if (m == fits.size()) {
      best = std::min(best, {static_cast<std::int64_t>(cards.size()), used});
      return;
    }
    for (std::size_t c = 0; c <= cards.size(); ++c) {
      const bool opens = c == cards.size();
      if (opens) cards.emplace_back();
      for (std::size_t p = 0; p < profiles.size(); ++p) {
        if (!fits[m][p]) continue;
        for (const MigPlacement& at : places[p]) {
          if (!mig_can_add(g, profiles, cards[c], at)) continue;
          cards[c].push_back(at);
          go(m + 1, used + at.size);
          cards[c].pop_back();
        }
      }
      if (opens) {
        cards.pop_back();
        break;
      }
    }
  };
  go(0, 0);
  return best;
}

TEST_CASE("packings are optimal against brute force") {
  std::mt19937 random(7);
  for (const char* name : {"A100-SXM4-80GB", "A30"}) {
    std::vector<MigProfile> profiles;
    for (const MigProfile& p : card(name).mig_profiles) {
      if (p.name.find('+') == std::string::npos) profiles.push_back(p);
    }
    for (int round = 0; round < 12; ++round) {
      const std::size_t models = 1 + random() % 4;
      std::vector<std::vector<bool>> fits;
      for (std::size_t m = 0; m < models; ++m) {
        // A need of memory and of compute, as models have them.
        const std::int64_t eighths = 1 + static_cast<std::int64_t>(random() % 8);
        const std::int64_t slices = 1 + static_cast<std::int64_t>(random() % 3);
        fits.emplace_back();
        for (const MigProfile& p : profiles)
          fits.back().push_back(p.memory_eighths >= eighths && p.compute_slices >= slices);
      }
      const MigPacking packing = pack_mig(geometry(name), profiles, fits);
      CHECK(packing.proven);
      CHECK(std::pair(packing.cards, packing.memory_slices) ==
            brute_force(geometry(name), profiles, fits));
      REQUIRE(packing.assignments.size() == models);
      for (const MigAssignment& a : packing.assignments) CHECK(fits[a.model][a.placement.profile]);
    }
  }
}

TEST_CASE("seven small models share one A100, the eighth opens another") {
  const auto profiles = basic_mig_profiles(card("A100-SXM4-80GB"));
  const std::vector<std::vector<bool>> seven(7, std::vector<bool>(profiles.size(), true));
  CHECK(pack_mig(geometry("A100-SXM4-80GB"), profiles, seven).cards == 1);
  const std::vector<std::vector<bool>> eight(8, std::vector<bool>(profiles.size(), true));
  CHECK(pack_mig(geometry("A100-SXM4-80GB"), profiles, eight).cards == 2);
}

}  // namespace
}  // namespace gpusize
