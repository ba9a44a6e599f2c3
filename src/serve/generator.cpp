#include "gpusize/serve/generator.hpp"

#include <algorithm>
#include <cmath>

namespace gpusize {
namespace {

constexpr double kMostTokens = 1e8;

}  // namespace

WorkloadSource::WorkloadSource(const Workload& workload, std::uint64_t count, std::uint64_t seed)
    : workload_(workload),
      left_(count),
      arrivals_(seed, 1),
      lengths_(seed, 2),
      sessions_random_(seed, 3) {
  for (const RequestClass& c : workload.classes) shares_ += c.share;
  draw_next();
}

double WorkloadSource::gap() {
  const ArrivalProcess& a = workload_.arrivals;
  switch (a.kind) {
    case ArrivalKind::kConstant: return 1.0 / a.rate;
    case ArrivalKind::kGamma: return arrivals_.gamma(a.burstiness) / (a.burstiness * a.rate);
    case ArrivalKind::kDiurnal:
    case ArrivalKind::kRamp: {
      // Thinning (Lewis and Shedler, 1979): candidates at the peak rate, kept in proportion.
      const double peak = a.peak_rate();
      double t = clock_s_;
      do {
        t += arrivals_.exponential() / peak;
      } while (arrivals_.uniform() * peak > a.rate_at(t));
      return t - clock_s_;
    }
    case ArrivalKind::kBurst: return 0.0;
    default: return arrivals_.exponential() / a.rate;
  }
}

void WorkloadSource::draw_next() {
  if (workload_.arrivals.kind == ArrivalKind::kClosed) {
    const bool open = static_cast<double>(closed_started_) < workload_.arrivals.concurrency;
    next_s_ = open ? 0.0 : kNeverS;
    return;
  }
  clock_s_ += gap();
  next_s_ = clock_s_;
}

std::int32_t WorkloadSource::sample(const LengthDistribution& lengths) {
  const double tokens =
      lengths.kind == LengthKind::kFixed ? lengths.mean : lengths.at(lengths_.uniform());
  return static_cast<std::int32_t>(std::clamp(std::floor(tokens + 0.5), 1.0, kMostTokens));
}

Request WorkloadSource::fresh(double arrival_s) {
  Request r;
  r.arrival_s = arrival_s;
  double pick = workload_.classes.size() > 1 ? lengths_.uniform() * shares_ : 0.0;
  while (r.class_index + 1 < workload_.classes.size() &&
         pick >= workload_.classes[r.class_index].share) {
    pick -= workload_.classes[r.class_index].share;
    ++r.class_index;
  }
  const RequestClass& c = workload_.classes[r.class_index];
  r.input = sample(c.input);
  r.output = sample(c.output);
  r.cached = static_cast<std::int32_t>(std::floor(c.cache_hit_share * r.input));
  r.session = ++sessions_;
  if (c.shared_prefix > 0) {
    const auto group = static_cast<std::uint64_t>(
        sessions_random_.uniform() * static_cast<double>(std::max(c.prefix_groups, 1)));
    r.stream = (static_cast<std::uint64_t>(r.class_index) << 32) + group + 1;
    r.shared = c.shared_prefix;
    r.input += c.shared_prefix;
  }
  if (c.turns > 1.0) {  // geometric number of turns with this mean
    const double more = 1.0 - 1.0 / c.turns;
    while (sessions_random_.uniform() < more && r.turn < 1000) ++r.turn;
    if (r.stream == 0) r.stream = (1ULL << 63) | r.session;
  }
  return r;
}

double WorkloadSource::next_s() const {
  if (left_ == 0) return kNeverS;
  return later_.empty() ? next_s_ : std::min(next_s_, later_.top().request.arrival_s);
}

Request WorkloadSource::take() {
  Request r;
  if (!later_.empty() && later_.top().request.arrival_s <= next_s_) {
    r = later_.top().request;
    later_.pop();
  } else {
    r = fresh(next_s_);
    ++closed_started_;
    draw_next();
  }
  --left_;
  r.index = index_++;
  return r;
}

void WorkloadSource::completed(const Request& request, double now_s) {
  if (left_ == 0) return;
  const RequestClass& c = workload_.classes[request.class_index];
  if (request.turn > 0) {
    Request next = fresh(now_s + c.think_s * sessions_random_.exponential());
    next.turn = request.turn - 1;
    next.session = request.session;
    next.stream = (1ULL << 63) | request.session;
    next.shared = request.input + request.output;
    next.class_index = request.class_index;
    next.input = static_cast<std::int32_t>(
        std::min<double>(static_cast<double>(next.shared) + sample(c.input), kMostTokens));
    next.output = sample(c.output);
    later_.push({next});
    return;
  }
  if (workload_.arrivals.kind == ArrivalKind::kClosed) later_.push({fresh(now_s)});
}

}  // namespace gpusize
