#include "serve/fleet.hpp"

#include <array>
#include <limits>

namespace gpusize {
namespace {

constexpr std::array<std::pair<std::string_view, RouterKind>, 3> kRouters{{
    {"round-robin", RouterKind::kRoundRobin},
    {"least-loaded", RouterKind::kLeastLoaded},
    {"prefix-aware", RouterKind::kPrefixAware},
}};

}  // namespace

std::optional<RouterKind> router_from(std::string_view name) {
  for (const auto& [text, kind] : kRouters) {
    if (text == name) return kind;
  }
  return {};
}

std::string_view name_of(RouterKind kind) {
  return kRouters.at(static_cast<std::size_t>(kind)).first;
}

Fleet::Fleet(SequencePool& sequences, const Pool& pool, bool prefill_only, RouterKind router)
    : router_(router) {
  lanes_.reserve(static_cast<std::size_t>(pool.lanes));
  for (std::int64_t i = 0; i < pool.lanes; ++i) lanes_.emplace_back(sequences, pool, prefill_only);
  states_.assign(lanes_.size(), LaneState::kServing);
}

std::int64_t Fleet::serving() const {
  return std::count(states_.begin(), states_.end(), LaneState::kServing);
}

std::optional<Seat> Fleet::least_loaded() {
  std::optional<Seat> best;
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  const std::size_t n = lanes_.size();
  for (std::size_t k = 0; k < n; ++k) {  // ties go round, so that equals share the load
    const std::size_t i = (turn_ + k) % n;
    if (states_[i] != LaneState::kServing) continue;
    const std::vector<Rank>& ranks = lanes_[i].ranks();
    for (std::size_t r = 0; r < ranks.size(); ++r) {
      if (ranks[r].outstanding() >= least) continue;
      least = ranks[r].outstanding();
      best = Seat{i, r};
      if (least == 0) break;
    }
    if (least == 0) break;
  }
  if (best) turn_ = (best->lane + 1) % n;
  return best;
}

std::optional<Seat> Fleet::route(const Request& request) {
  const std::size_t n = lanes_.size();
  const std::size_t ranks = lanes_.front().ranks().size();
  if (router_ == RouterKind::kRoundRobin) {
    for (std::size_t k = 0; k < n * ranks; ++k) {
      const std::size_t at = turn_++ % (n * ranks);
      if (states_[at % n] == LaneState::kServing) return Seat{at % n, at / n};
    }
    return {};
  }
  if (router_ == RouterKind::kPrefixAware && request.stream != 0) {
    // The least loaded rank that holds the prefix, unless it is far busier than the least loaded.
    const auto otherwise = least_loaded();
    if (!otherwise) return {};
    const std::int64_t least = lanes_[otherwise->lane].ranks()[otherwise->rank].outstanding();
    std::optional<Seat> best;
    std::int64_t load = 2 * least + 16;
    for (std::size_t i = 0; i < n; ++i) {
      if (states_[i] != LaneState::kServing) continue;
      for (std::size_t r = 0; r < ranks; ++r) {
        const Rank& rank = lanes_[i].ranks()[r];
        if (rank.outstanding() >= load || !rank.cache().holds(request.stream)) continue;
        load = rank.outstanding();
        best = Seat{i, r};
      }
    }
    return best ? best : otherwise;
  }
  return least_loaded();
}

void Fleet::give(const Seat& place, std::uint32_t slot, double now_s) {
  Lane& lane = lanes_[place.lane];
  Rank& rank = lane.ranks()[place.rank];
  const bool first_in_line = !rank.has_waiting();
  rank.push(slot, now_s);
  if (!lane.in_step()) return wake(place.lane, now_s);
  if (first_in_line && lane.cut(now_s)) wakes_.push({lane.end_s(), place.lane});
}

void Fleet::wake(std::size_t lane, double now_s) {
  if (lanes_[lane].start(now_s)) wakes_.push({lanes_[lane].end_s(), lane});
}

double Fleet::next_s() {
  while (!wakes_.empty() && stale(wakes_.top())) wakes_.pop();
  return wakes_.empty() ? kNeverS : wakes_.top().at_s;
}

std::size_t Fleet::take_next() {
  const std::size_t lane = wakes_.top().lane;
  wakes_.pop();
  return lane;
}

}  // namespace gpusize
