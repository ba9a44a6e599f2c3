#include "gpusize/serve/simulator.hpp"

#include <algorithm>
#include <cmath>
#include <queue>

#include "gpusize/serve/front_end.hpp"
#include "serve/fleet.hpp"
#include "serve/recorder.hpp"

namespace gpusize {
namespace {

/// Something that happens at a time beside arrivals and steps.
struct Timed {
  enum class What : std::uint8_t { kAway, kBack, kScale, kLoaded, kDelivered, kPassed };
  double at_s;
  What what;
  std::size_t lane;     ///< or the slot of a delivery, or the replica of a front end
  std::uint64_t order;  ///< ties are in the order of making
  bool operator<(const Timed& other) const {
    return at_s != other.at_s ? at_s > other.at_s : order > other.order;
  }
};

/// A replica's front end, and who is in it on the way to which rank.
struct Lobby {
  struct Guest {
    std::uint32_t slot;
    Seat seat;
  };
  explicit Lobby(double work_s) : loop(work_s) {}
  FrontEnd loop;
  std::deque<Guest> guests;
};

class Simulation : private RankEvents {
 public:
  Simulation(const SimulationConfig& config, RequestSource& source)
      : config_(config),
        source_(source),
        recorder_(config, result_),
        front_(sequences_, config.pool, config.decode.has_value(), config.router) {
    if (config.decode) back_.emplace(sequences_, *config.decode, false, config.router);
    for (const Outage& o : config.outages) {
      at(o.from_s, Timed::What::kAway, static_cast<std::size_t>(o.lane));
      if (o.to_s < kNeverS) at(o.to_s, Timed::What::kBack, static_cast<std::size_t>(o.lane));
    }
    if (config.autoscaling) begin_autoscaling();
    const std::int64_t replicas = config.pool.lanes / config.pool.lanes_per_replica;
    if (config.front_end_s > 0.0)
      lobbies_.assign(static_cast<std::size_t>(replicas), Lobby(config.front_end_s));
  }

  ServingResult run() {
    while (true) {
      const double arrival = source_.next_s();
      const double front = front_.next_s();
      const double back = back_ ? back_->next_s() : kNeverS;
      const double timed = timed_.empty() ? kNeverS : timed_.top().at_s;
      const double step = std::min(front, back);
      const double next = std::min({arrival, step, timed});
      if (next == kNeverS || (in_system_ == 0 && arrival == kNeverS)) break;
      if (next >= recorder_.next_sample_s()) sample(now_s_);
      pass(next);
      // Steps end before somebody arrives at the same moment.
      if (step <= arrival && step <= timed) {
        front <= back ? end_step(front_) : end_step(*back_);
      } else if (timed <= arrival) {
        happen();
      } else {
        arrive();
      }
      if (++events_ % 4096 == 0 && config_.progress &&
          !config_.progress({result_.completed, now_s_})) {
        result_.partial = true;
        break;
      }
    }
    return close();
  }

 private:
  void pass(double to_s) {
    result_.in_system_s += static_cast<double>(in_system_) * (to_s - now_s_);
    result_.replica_seconds += static_cast<double>(up_) * (to_s - now_s_) /
                               static_cast<double>(config_.pool.lanes_per_replica);
    now_s_ = to_s;
  }

  void at(double at_s, Timed::What what, std::size_t lane) {
    timed_.push({at_s, what, lane, order_++});
  }

  // --- arrivals ---

  void arrive() {
    const Request request = source_.take();
    recorder_.arrived(request);
    const bool fits = front_.lane(0).ranks().front().can_ever_hold(request) &&
                      (!back_ || back_->lane(0).ranks().front().can_ever_hold(request));
    if (!fits) {
      ++result_.rejected;
      source_.completed(request, now_s_);
      return;
    }
    ++in_system_;
    place(sequences_.create(request));
  }

  void place(std::uint32_t slot) {
    Sequence& s = sequences_[slot];
    Fleet& fleet = back_ && s.arrives_prefilled ? *back_ : front_;
    const auto where = fleet.route(s.request);
    if (!where) {
      homeless_.push_back(slot);  // nobody serves now
      return;
    }
    if (lobbies_.empty() || s.arrives_prefilled) return fleet.give(*where, slot, now_s_);
    enter(*where, slot);
  }

  // --- the front end ---

  void enter(const Seat& seat, std::uint32_t slot) {
    front_.lane(seat.lane).ranks()[seat.rank].expect();
    const std::size_t replica =
        seat.lane / static_cast<std::size_t>(config_.pool.lanes_per_replica);
    Lobby& lobby = lobbies_[replica];
    lobby.loop.enter(now_s_);
    lobby.guests.push_back({slot, seat});
    at(lobby.loop.next_s(), Timed::What::kPassed, replica);
  }

  void pass_front_end(std::size_t replica, double at_s) {
    Lobby& lobby = lobbies_[replica];
    // Somebody came meanwhile: all take longer, and a later event tells.
    if (lobby.loop.empty() || lobby.loop.next_s() > at_s) return;
    lobby.loop.leave();
    const Lobby::Guest guest = lobby.guests.front();
    lobby.guests.pop_front();
    if (!lobby.loop.empty()) at(lobby.loop.next_s(), Timed::What::kPassed, replica);
    front_.lane(guest.seat.lane).ranks()[guest.seat.rank].expect_no_more();
    const LaneState state = front_.state(guest.seat.lane);
    const bool there = state == LaneState::kServing || state == LaneState::kDraining;
    there ? front_.give(guest.seat, guest.slot, now_s_) : place(guest.slot);
  }

  void place_homeless() {
    std::deque<std::uint32_t> waiting;
    waiting.swap(homeless_);
    for (const std::uint32_t slot : waiting) place(slot);
  }

  // --- steps ---

  void end_step(Fleet& fleet) {
    const std::size_t lane = fleet.take_next();
    fleet.lane(lane).finish(*this);
    if (fleet.state(lane) == LaneState::kDraining && fleet.lane(lane).outstanding() == 0) {
      fleet.set_state(lane, LaneState::kAway);
      --up_;
      return;
    }
    fleet.wake(lane, now_s_);
  }

  void token_gap(double gap_s, std::uint64_t tokens) override {
    recorder_.token_gap(gap_s, tokens);
  }

  void finished(std::uint32_t slot, double now_s) override {
    Sequence& s = sequences_[slot];
    if (back_ && !s.arrives_prefilled && s.generated < s.request.output) {
      // The first token is out; the cache moves to the decode pool.
      s.arrives_prefilled = true;
      s.target = s.request.input;
      s.computed = 0;
      s.own_blocks = 0;
      s.shared_blocks = 0;
      const double moved =
          config_.transfer_latency_s + config_.transfer_s_per_token * s.request.input;
      at(now_s + moved, Timed::What::kDelivered, slot);
      return;
    }
    recorder_.completed(s, now_s);
    --in_system_;
    source_.completed(s.request, now_s);
    sequences_.release(slot);
  }

  // --- outages and scaling ---

  void happen() {
    const Timed t = timed_.top();
    timed_.pop();
    switch (t.what) {
      case Timed::What::kDelivered: return place(static_cast<std::uint32_t>(t.lane));
      case Timed::What::kPassed: return pass_front_end(t.lane, t.at_s);
      case Timed::What::kAway: return take_away(t.lane);
      case Timed::What::kBack:
      case Timed::What::kLoaded:
        if (front_.state(t.lane) == LaneState::kServing) return;
        front_.set_state(t.lane, LaneState::kServing);
        if (t.what == Timed::What::kBack) ++up_;
        return place_homeless();
      case Timed::What::kScale: return scale();
    }
  }

  void take_away(std::size_t lane) {
    if (front_.state(lane) == LaneState::kAway) return;
    front_.set_state(lane, LaneState::kAway);
    --up_;
    front_.lane(lane).settle(now_s_, *this);
    for (const std::uint32_t slot : front_.lane(lane).evacuate()) {
      ++result_.restarted;
      place(slot);
    }
  }

  void begin_autoscaling() {
    const Autoscaling& a = *config_.autoscaling;
    for (std::size_t i = 0; i < front_.size(); ++i) {
      if (static_cast<std::int64_t>(i) >= a.least) front_.set_state(i, LaneState::kAway);
    }
    up_ = std::min<std::int64_t>(a.least, config_.pool.lanes);
    at(a.interval_s, Timed::What::kScale, 0);
  }

  void scale() {
    const Autoscaling& a = *config_.autoscaling;
    const auto wanted = std::clamp<std::int64_t>(
        static_cast<std::int64_t>(std::ceil(static_cast<double>(in_system_) / a.target)), a.least,
        std::min<std::int64_t>(a.most, config_.pool.lanes));
    std::int64_t have = 0;
    for (std::size_t i = 0; i < front_.size(); ++i) {
      const LaneState s = front_.state(i);
      if (s == LaneState::kServing || s == LaneState::kLoading) ++have;
    }
    for (std::size_t i = 0; i < front_.size() && have < wanted; ++i) {
      if (front_.state(i) == LaneState::kDraining) {
        front_.set_state(i, LaneState::kServing);
      } else if (front_.state(i) == LaneState::kAway) {
        front_.set_state(i, LaneState::kLoading);
        ++up_;
        at(now_s_ + a.load_s, Timed::What::kLoaded, i);
      } else {
        continue;
      }
      ++have;
    }
    for (std::size_t i = front_.size(); i-- > 0 && have > wanted;) {
      if (front_.state(i) != LaneState::kServing) continue;
      const bool idle = front_.lane(i).outstanding() == 0;
      front_.set_state(i, idle ? LaneState::kAway : LaneState::kDraining);
      if (idle) --up_;
      --have;
    }
    at(now_s_ + a.interval_s, Timed::What::kScale, 0);
  }

  // --- the course and the end ---

  template <typename Visit>
  void each_rank(Visit visit) {
    for (Fleet* fleet : {&front_, back_ ? &*back_ : nullptr}) {
      if (fleet == nullptr) continue;
      for (std::size_t i = 0; i < fleet->size(); ++i) {
        for (const Rank& rank : fleet->lane(i).ranks()) visit(rank);
      }
    }
  }

  void sample(double now_s) {
    double running = 0.0;
    auto waiting = static_cast<double>(homeless_.size());
    for (const Lobby& lobby : lobbies_) waiting += static_cast<double>(lobby.guests.size());
    double used = 0.0;
    double blocks = 0.0;
    each_rank([&](const Rank& rank) {
      running += static_cast<double>(rank.running());
      waiting += static_cast<double>(rank.waiting_count());
      used += static_cast<double>(rank.used_blocks());
      blocks += static_cast<double>(rank.limits().blocks);
    });
    recorder_.sample(now_s, running, waiting, used / blocks, static_cast<double>(front_.serving()));
  }

  ServingResult close() {
    double busy = 0.0;
    double block_seconds = 0.0;
    double blocks = 0.0;
    std::size_t lanes = 0;
    for (Fleet* fleet : {&front_, back_ ? &*back_ : nullptr}) {
      if (fleet == nullptr) continue;
      lanes += fleet->size();
      for (std::size_t i = 0; i < fleet->size(); ++i) {
        const Lane& lane = fleet->lane(i);
        busy += lane.busy_s();
        block_seconds += lane.block_seconds();
        for (const Rank& rank : lane.ranks())
          blocks += lane.busy_s() * static_cast<double>(rank.limits().blocks);
      }
    }
    each_rank([&](const Rank& rank) {
      result_.preemptions += static_cast<std::uint64_t>(rank.preemptions());
      result_.hit_tokens += static_cast<std::uint64_t>(rank.hit_tokens());
      result_.computed_tokens += static_cast<std::uint64_t>(rank.computed_tokens());
      result_.blocks_left += rank.used_blocks();
    });
    recorder_.close(now_s_);
    if (now_s_ > 0.0) {
      result_.utilization = busy / (static_cast<double>(lanes) * now_s_);
      result_.running_mean = result_.in_system_s / now_s_;
    }
    if (blocks > 0.0) result_.kv_share = block_seconds / blocks;
    return std::move(result_);
  }

  const SimulationConfig& config_;
  RequestSource& source_;
  ServingResult result_;
  Recorder recorder_;
  SequencePool sequences_;
  Fleet front_;
  std::optional<Fleet> back_;
  std::priority_queue<Timed> timed_;
  std::deque<std::uint32_t> homeless_;
  std::vector<Lobby> lobbies_;  ///< by replica; empty: front ends take no time
  std::uint64_t in_system_ = 0;
  std::int64_t up_ = config_.pool.lanes;
  std::uint64_t order_ = 0;
  std::uint64_t events_ = 0;
  double now_s_ = 0.0;
};

}  // namespace

ServingResult simulate(const SimulationConfig& config, RequestSource& source) {
  return Simulation(config, source).run();
}

}  // namespace gpusize
