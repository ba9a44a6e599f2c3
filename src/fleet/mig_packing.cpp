#include "gpusize/fleet/mig_packing.hpp"

#include <algorithm>
#include <numeric>

#include "gpusize/core/check.hpp"

namespace gpusize {
namespace {

constexpr std::int64_t kMostNodes = 2'000'000;

/// Whether every place of `large` covers a place of `small`, at no more compute.
bool covers(const std::vector<MigPlacement>& large, const std::vector<MigPlacement>& small) {
  return std::all_of(large.begin(), large.end(), [&](const MigPlacement& l) {
    return std::any_of(small.begin(), small.end(), [&](const MigPlacement& s) {
      return s.start >= l.start && s.start + s.size <= l.start + l.size;
    });
  });
}

class Packer {
 public:
  Packer(const MigGeometry& geometry, const std::vector<MigProfile>& profiles,
         const std::vector<std::vector<bool>>& fits)
      : geometry_(geometry),
        profiles_(profiles),
        places_(mig_placements(geometry, profiles)),
        choices_(fits.size()),
        order_(fits.size()) {
    for (std::size_t m = 0; m < fits.size(); ++m) choices_[m] = undominated(fits[m]);
    std::iota(order_.begin(), order_.end(), 0);
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      if (least(a) != least(b)) return least(a) > least(b);
      return choices_[a] < choices_[b];
    });
    remaining_.assign(order_.size() + 1, 0);
    for (std::size_t i = order_.size(); i-- > 0;)
      remaining_[i] = remaining_[i + 1] + least(order_[i]);
  }

  MigPacking run() {
    place(0);
    best_.proven = nodes_ < kMostNodes;
    std::stable_sort(best_.assignments.begin(), best_.assignments.end(),
                     [](const MigAssignment& a, const MigAssignment& b) {
                       return std::pair(a.card, a.placement.start) <
                              std::pair(b.card, b.placement.start);
                     });
    return std::move(best_);
  }

 private:
  std::vector<std::size_t> undominated(const std::vector<bool>& fits) const {
    std::vector<std::size_t> out;
    for (std::size_t p = 0; p < fits.size(); ++p) {
      if (!fits[p] || places_[p].empty()) continue;
      bool dominated = false;
      for (std::size_t q = 0; q < fits.size() && !dominated; ++q) {
        if (q == p || !fits[q] || places_[q].empty()) continue;
        const bool smaller = profiles_[q].compute_slices <= profiles_[p].compute_slices &&
                             profiles_[q].max_instances >= profiles_[p].max_instances &&
                             covers(places_[p], places_[q]);
        const bool equal = places_[p].size() == places_[q].size() &&
                           places_[p].front().size == places_[q].front().size &&
                           profiles_[q].compute_slices == profiles_[p].compute_slices;
        dominated = smaller && (!equal || q < p);
      }
      if (!dominated) out.push_back(p);
    }
    GPUSIZE_CHECK(!out.empty(), "a model to be packed fits some profile");
    return out;
  }

  [[nodiscard]] std::int64_t least(std::size_t model) const {
    std::int64_t out = geometry_.memory_slices;
    for (const std::size_t p : choices_[model]) out = std::min(out, places_[p].front().size);
    return out;
  }

  /// No completion of this state has fewer cards, or as many cards and fewer slices.
  [[nodiscard]] bool hopeless(std::size_t next) const {
    if (best_.assignments.empty()) return false;
    const std::int64_t slices = used_ + remaining_[next];
    const std::int64_t by_slices = (slices + geometry_.memory_slices - 1) / geometry_.memory_slices;
    const std::int64_t cards = std::max(static_cast<std::int64_t>(cards_.size()), by_slices);
    return std::pair(cards, slices) >= std::pair(best_.cards, best_.memory_slices);
  }

  void place(std::size_t next) {
    if (++nodes_ >= kMostNodes && !best_.assignments.empty()) return;
    if (hopeless(next)) return;
    if (next == order_.size()) {
      best_.cards = static_cast<std::int64_t>(cards_.size());
      best_.memory_slices = used_;
      best_.assignments = chosen_;
      return;
    }
    const std::size_t model = order_[next];
    const std::size_t first = first_card(next);
    for (std::size_t card = first; card <= cards_.size(); ++card) try_card(next, model, card);
  }

  /// Models with the same choices are interchangeable: the later one never goes to an earlier card.
  [[nodiscard]] std::size_t first_card(std::size_t next) const {
    if (next == 0 || choices_[order_[next]] != choices_[order_[next - 1]]) return 0;
    return static_cast<std::size_t>(chosen_.back().card);
  }

  void try_card(std::size_t next, std::size_t model, std::size_t card) {
    const bool opens = card == cards_.size();
    if (opens) cards_.emplace_back();
    for (const std::size_t p : choices_[model]) {
      for (const MigPlacement& placement : places_[p]) {
        if (!mig_can_add(geometry_, profiles_, cards_[card], placement)) continue;
        cards_[card].push_back(placement);
        chosen_.push_back({model, static_cast<std::int64_t>(card), placement});
        used_ += placement.size;
        place(next + 1);
        used_ -= placement.size;
        chosen_.pop_back();
        cards_[card].pop_back();
      }
    }
    if (opens) cards_.pop_back();
  }

  const MigGeometry& geometry_;
  const std::vector<MigProfile>& profiles_;
  std::vector<std::vector<MigPlacement>> places_;
  std::vector<std::vector<std::size_t>> choices_;  ///< profiles worth trying, per model
  std::vector<std::size_t> order_;                 ///< models, largest first
  std::vector<std::int64_t> remaining_;            ///< least slices of the models from here on
  std::vector<MigPartition> cards_;
  std::vector<MigAssignment> chosen_;
  std::int64_t used_ = 0;
  std::int64_t nodes_ = 0;
  MigPacking best_;
};

}  // namespace

MigPacking pack_mig(const MigGeometry& geometry, const std::vector<MigProfile>& profiles,
                    const std::vector<std::vector<bool>>& fits) {
  if (fits.empty()) return {};
  return Packer(geometry, profiles, fits).run();
}

}  // namespace gpusize
