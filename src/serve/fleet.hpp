#pragma once
// The lanes of one pool: which serve, which is next to end a step, and who gets a request.

#include <cstdint>
#include <deque>
#include <queue>
#include <vector>

#include "serve/lane.hpp"

namespace gpusize {

enum class LaneState : std::uint8_t { kServing, kDraining, kLoading, kAway };

/// Where a request goes.
struct Seat {
  std::size_t lane = 0;
  std::size_t rank = 0;
};

class Fleet {
 public:
  Fleet(SequencePool& sequences, const Pool& pool, bool prefill_only, RouterKind router);

  [[nodiscard]] std::size_t size() const { return lanes_.size(); }
  Lane& lane(std::size_t i) { return lanes_[i]; }
  [[nodiscard]] LaneState state(std::size_t i) const { return states_[i]; }
  void set_state(std::size_t i, LaneState state) { states_[i] = state; }
  [[nodiscard]] std::int64_t serving() const;

  /// The rank that the router picks; nothing when no lane serves.
  std::optional<Seat> route(const Request& request);
  /// Gives the sequence to the rank and wakes the lane.
  void give(const Seat& place, std::uint32_t slot, double now_s);
  /// Starts the lane's next step when it has work.
  void wake(std::size_t lane, double now_s);

  /// End of the earliest step, kNeverS when all lanes are idle.
  double next_s();
  /// The lane whose step ends then; takes it off the queue.
  std::size_t take_next();

 private:
  struct Wake {
    double at_s;
    std::size_t lane;
    bool operator<(const Wake& other) const {
      return at_s != other.at_s ? at_s > other.at_s : lane > other.lane;
    }
  };
  [[nodiscard]] std::optional<Seat> least_loaded();
  [[nodiscard]] bool stale(const Wake& wake) const {
    return !lanes_[wake.lane].in_step() || lanes_[wake.lane].end_s() != wake.at_s;
  }

  std::vector<Lane> lanes_;
  std::vector<LaneState> states_;
  RouterKind router_;
  std::size_t turn_ = 0;
  std::priority_queue<Wake> wakes_;
};

}  // namespace gpusize
