#include "calibrate/run_source.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "gpusize/serve/random.hpp"

namespace gpusize::calibrate {
namespace {

constexpr std::uint64_t kSeed = 1;

/// Tokens of all requests: one quantile each, shuffled.
std::vector<std::int32_t> lengths(const LengthDistribution& d, std::uint64_t count,
                                  Random& random) {
  std::vector<std::int32_t> out;
  out.reserve(count);
  double owed = 0.0;  // rounding is carried on, so that a mean of 98.5 stays one
  for (std::uint64_t i = 0; i < count; ++i) {
    const double exact = d.at((static_cast<double>(i) + 0.5) / static_cast<double>(count)) + owed;
    const double whole = std::max(1.0, std::floor(exact + 0.5));
    owed = exact - whole;
    out.push_back(static_cast<std::int32_t>(whole));
  }
  for (std::size_t i = out.size(); i > 1; --i) std::swap(out[i - 1], out[random.next() % i]);
  return out;
}

}  // namespace

RunSource::RunSource(const SentLoad& load) : loop_(load.front_end_s), delay_s_(load.delay_s) {
  Random random(kSeed);
  const auto input = lengths(load.input, load.requests, random);
  const auto output = lengths(load.output, load.requests, random);
  for (std::size_t i = input.size(); i-- > 0;) {
    Request r;
    r.index = i;
    r.session = i + 1;
    r.input = input[i];
    r.output = output[i];
    unsent_.push_back(r);
  }
  for (std::uint64_t i = 0; i < std::min(load.in_flight, load.requests); ++i) send(0.0);
}

/// Who leaves the loop until `now_s` goes on to the scheduler.
void RunSource::advance(double now_s) {
  while (!loop_.empty() && loop_.next_s() <= now_s) {
    ready_.push_back({inside_.front(), loop_.leave() + delay_s_});
    inside_.pop_front();
  }
}

void RunSource::send(double now_s) {
  if (unsent_.empty()) return;
  advance(now_s);
  Request r = unsent_.back();
  unsent_.pop_back();
  r.arrival_s = now_s;
  inside_.push_back(r);
  loop_.enter(now_s);
}

double RunSource::next_s() const {
  if (!ready_.empty()) return ready_.front().at_s;
  return loop_.empty() ? kNeverS : loop_.next_s() + delay_s_;
}

Request RunSource::take() {
  if (ready_.empty()) advance(loop_.next_s());
  const Request r = ready_.front().request;
  ready_.pop_front();
  return r;
}

void RunSource::completed(const Request& request, double now_s) {
  (void)request;
  send(now_s);
}

}  // namespace gpusize::calibrate
