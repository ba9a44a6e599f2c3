#include "gpusize/serve/closed_form.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "gpusize/estimate/gate_interval.hpp"
#include "gpusize/serve/mixture.hpp"
#include "serve/served_work.hpp"
#include "serve/strata.hpp"

namespace gpusize {
namespace {

class Model {
 public:
  Model(StepTimes& times, const Workload& workload, const ClosedFormInput& input)
      : times_(times),
        input_(input),
        schedulers_(static_cast<double>(input.schedulers)),
        work_(served_work(times, workload, input)) {
    rate_ = workload.arrivals.rate;
    scv_ = workload.arrivals.gap_scv();
  }

  ClosedForm run() {
    ClosedForm out;
    fill_places();
    const double top_rate = schedulers_ * most_per_scheduler();
    out.utilization = rate_ / top_rate;
    const double prefill_load = own_rate() * work_of_mean(decode_s(places_));
    if (rate_ >= top_rate || prefill_load >= 1.0) return out;
    stretch_ = 1.0 / (1.0 - own_rate() * work_.added.mean);
    occupancy(schedulers_ * places_);
    out.stable = true;
    out.in_flight = mean_n_ * schedulers_;
    out.wait_share = wait_share_;
    const Mixture first = time_to_first_token();
    const Mixture per_token = time_per_token();
    out.ttft_s = first.summary(input_.overhead_s);
    out.tpot_s = per_token.summary(0.0);
    const Mixture whole = end_to_end(out.ttft_s.mean - input_.overhead_s);
    out.e2e_s = whole.summary(input_.overhead_s);
    const ServiceTargets& t = input_.targets;
    if (t.ttft_s) out.good_share -= 1.0 - first.cdf(*t.ttft_s - input_.overhead_s);
    if (t.tpot_s) out.good_share -= 1.0 - per_token.cdf(*t.tpot_s);
    if (t.e2e_s) out.good_share -= 1.0 - whole.cdf(*t.e2e_s - input_.overhead_s);
    return out;
  }

 private:
  [[nodiscard]] double own_rate() const { return rate_ / schedulers_; }

  /// What a mean prompt adds to a scheduler: its own time, and its share of the decode steps that
  /// the token budget lets it ride on.
  [[nodiscard]] double work_of_mean(double decode) const {
    return work_.added.mean + (input_.prefill_first ? 0.0 : decode * work_.budget_share);
  }

  /// Requests per second at which one scheduler's places are all taken: n = rate * stay, where the
  /// stay grows with the prompts of others (a quadratic in the rate).
  [[nodiscard]] double most_per_scheduler() const {
    const double decode = decode_s(places_);
    const double x = work_of_mean(decode);
    const double a = work_.added.mean + work_.chunks_mean * decode;
    const double b = a + work_.steps * decode + places_ * x;
    const double root = std::sqrt(std::max(0.0, b * b - 4.0 * a * x * places_));
    return 2.0 * places_ / (b + root);
  }

  /// Decode step of `n` sequences on one scheduler; between points of a grid it is a line.
  void fill_places() {
    const auto& limits = input_.limits;
    const double by_memory =
        static_cast<double>(limits.blocks * limits.block_tokens) / std::max(work_.context, 1.0);
    places_ = std::max(1.0, std::floor(std::min(static_cast<double>(limits.sequences), by_memory)));
    for (double n = 1.0; n < places_; n = std::ceil(1.5 * n)) sizes_.push_back(n);
    sizes_.push_back(places_);
    for (const double n : sizes_) {
      StepLoad load;
      load.decodes = static_cast<std::int64_t>(n);
      load.decode_context = n * work_.context;
      steps_s_.push_back(times_.step_s(load));
    }
  }

  [[nodiscard]] double decode_s(double n) const {
    if (n <= sizes_.front()) return steps_s_.front();
    const auto at = std::lower_bound(sizes_.begin(), sizes_.end(), n);
    if (at == sizes_.end()) return steps_s_.back();
    const auto i = static_cast<std::size_t>(at - sizes_.begin());
    const double part = (n - sizes_[i - 1]) / (sizes_[i] - sizes_[i - 1]);
    return steps_s_[i - 1] + part * (steps_s_[i] - steps_s_[i - 1]);
  }

  /// Mean time between two tokens of a request, prompts of others included.
  [[nodiscard]] double token_s(double n) const { return decode_s(n) * stretch_; }

  /// Mean time that a prompt waits for those before it (M/G/1, Pollaczek and Khinchine).
  [[nodiscard]] double prompt_wait(double decode) const {
    const double work = work_of_mean(decode);
    const double scale = work / work_.added.mean;
    const double square =
        work_.added.square - (1.0 - 1.0 / schedulers_) * work_.added.mean * work_.added.mean;
    return 0.5 * own_rate() * scale * scale * square / (1.0 - std::min(own_rate() * work, 0.95));
  }

  /// Requests per second that `total` requests in the system complete.
  [[nodiscard]] double completions(double total) const {
    const double n = std::min(total, schedulers_ * places_) / schedulers_;
    const double busy = std::max(n, 1.0);
    const double stay = work_.added.mean + work_.chunks_mean * decode_s(busy) +
                        prompt_wait(decode_s(busy)) +
                        (work_.steps + 0.5 * std::min(n, 1.0)) * token_s(busy);
    return schedulers_ * n / stay;
  }

  /// Product form of the number in the system, from its mode outwards; then a few states of equal
  /// weight, spread by the peakedness of the arrivals (Eckberg, 1983).
  void occupancy(double most) {
    const double top_rate = std::max(completions(most), rate_ * 1.001);
    double low = 0.0;
    double high = most;
    for (int i = 0; i < 48 && high - low > 0.5; ++i) {
      const double middle = std::floor(0.5 * (low + high));
      (completions(middle + 1.0) < rate_ ? low : high) = middle;
    }
    const double mode = std::floor(high);
    std::vector<Stratum> states;
    // Who comes is one more and stops the others for its prompt, as if 1 / (1 - load) came: the
    // number follows the same drift with more noise (diffusion with noise of arrivals and
    // completions in equal parts).
    const double noise = 0.5 * (1.0 + stretch_ * stretch_);
    double w = 1.0;
    for (double n = mode; n <= most && w > 1e-9; n += 1.0) {
      states.push_back({w, n});
      w *= std::pow(rate_ / completions(n + 1.0), 1.0 / noise);
    }
    const double last = states.back().value;
    const double ratio = rate_ / top_rate;
    const double beyond = last >= most ? states.back().weight * ratio / (1.0 - ratio) : 0.0;
    w = 1.0;
    for (double n = mode; n >= 1.0 && w > 1e-9; n -= 1.0) {
      w *= std::pow(completions(n) / rate_, 1.0 / noise);
      states.push_back({w, n - 1.0});
    }
    double sum = beyond;
    double mean = beyond * most;
    for (const Stratum& s : states) {
      sum += s.weight;
      mean += s.weight * s.value;
    }
    mean /= sum;
    mean_n_ = mean / schedulers_;
    const double full = last >= most ? beyond / ratio : 0.0;
    const double peaked = 1.0 + 0.5 * (scv_ - 1.0);
    wait_share_ = std::min(1.0, full / sum);
    wait_s_ = std::max(0.5 * (scv_ + work_.size_scv), 0.25) / (top_rate - rate_);
    std::sort(states.begin(), states.end(),
              [](const Stratum& a, const Stratum& b) { return a.value < b.value; });
    if (beyond > 0.0) states.push_back({beyond, most});
    const double wider = std::sqrt(std::clamp(peaked, 0.25, 400.0));
    for (const Stratum& s : by_share(states, sum)) {
      const double n = mean + wider * (s.value - mean);
      n_states_.push_back({s.weight, std::clamp(n, 0.0, most) / schedulers_});
    }
  }

  /// Chance that the next `count` requests of one scheduler are there `window` seconds after one.
  /// A router that takes the least loaded of c comes back after c arrivals, as if it went round:
  /// the gaps are sums of c gaps of the whole fleet (for Poisson arrivals Erlang's with c phases).
  [[nodiscard]] double follows(double window, double count = 1.0) const {
    const double gap = count * schedulers_ / rate_;
    return gamma_cdf(window, gap, gap * gap * scv_ / (count * schedulers_));
  }

  /// Mean number of them in `window`: the renewal function, in the long run a line.
  [[nodiscard]] double followers(double window) const {
    constexpr int kTerms = 6;
    const double mean = own_rate() * window;
    if (mean > 0.5 * kTerms) return mean + 0.5 * (scv_ / schedulers_ - 1.0);
    double sum = 0.0;
    for (int k = 1; k <= kTerms; ++k) sum += follows(window, k);
    return sum;
  }

  /// Chance that who arrives finds prompts at work, over the share of time that they take: 1 for
  /// Poisson arrivals, less for even ones (Kraemer and Langenbach-Belz, 1976, for GI/G/1).
  [[nodiscard]] double met_at_work(double load, double service_scv) const {
    const double gaps = scv_ / schedulers_;
    if (gaps >= 1.0) return 1.0;
    const double below =
        1.0 + load * (service_scv - 1.0) + load * load * (4.0 * gaps + service_scv);
    return std::clamp(1.0 + (gaps - 1.0) * (1.0 - load) * (1.0 + gaps + load * service_scv) / below,
                      0.0, 1.0);
  }

  [[nodiscard]] Mixture time_to_first_token() {
    Mixture out;
    for (const Stratum& state : n_states_) {
      // The router finds an idle scheduler while there are fewer requests than schedulers.
      const double idle =
          state.value < 1.0 ? 1.0 - state.value * (schedulers_ > 1.0 ? 0.0 : 1.0) : 0.0;
      for (const ServedWork::Prompt& own : work_.prompts)
        out.add({state.weight * idle * own.weight, own.alone_s, 0.0, 0.0, 0.0});
      if (idle < 1.0) busy_first_token(out, state.weight * (1.0 - idle), state.value);
    }
    out.wait(wait_share_, wait_s_);
    return out;
  }

  /// Gated polling: a step holds the prompts that came in the step (or the steps) before it. Step
  /// lengths T have mean D / (1 - rho) and variance rate E[T] E[x^2] / (1 - rho^2); who arrives
  /// sees long ones more often, waits for the rest of one, and shares the next with whoever came
  /// in the same one.
  void busy_first_token(Mixture& out, double weight, double n) {
    const double decode = decode_s(std::max(n, 1.0));
    const double per_chunk = input_.prefill_first ? 0.0 : decode;
    const double work = work_of_mean(decode);
    const double scale = work / work_.added.mean;
    const double square =
        scale * scale *
        (work_.added.square - (1.0 - 1.0 / schedulers_) * work_.added.mean * work_.added.mean);
    const double load = std::min(own_rate() * work, 0.98);
    const GateInterval held =
        gate_interval(own_rate() * decode, input_.ranks, input_.limits.prompt_wait_steps);
    const double gate = decode * held.mean;
    const double mean = gate / (1.0 - load);
    const double held_var = held.variance * decode * decode;
    const double variance = held_var + own_rate() * mean * square / (1.0 - load * load);
    // Of steps whose length varies by itself none has a length of its own.
    const bool varies = held_var > 0.0;
    const double none = varies ? 0.0 : std::min(std::exp(-own_rate() * mean), 1.0 - 1e-9);
    const double shortest = varies ? 0.0 : gate;
    const double met =
        met_at_work(load, work_.added.square / (work_.added.mean * work_.added.mean) - 1.0);
    struct Step {
      double weight;
      double length;
    };
    std::vector<Step> steps{{none * gate, gate}};
    const double more = (mean - shortest) / (1.0 - none);
    const double more_var = std::max(
        (variance + (mean - shortest) * (mean - shortest)) / (1.0 - none) - more * more, 0.0);
    // Shares of a normal variable and their midpoints in standard deviations.
    constexpr std::array<Stratum, 7> kNormal{{{0.2, -1.2816},
                                              {0.2, -0.5244},
                                              {0.2, 0.0},
                                              {0.2, 0.5244},
                                              {0.12, 1.0803},
                                              {0.06, 1.6449},
                                              {0.02, 2.3263}}};
    for (const auto& [share, z] : kNormal) {
      const double length = shortest + gamma_quantile(z, more, more_var);
      steps.push_back({(1.0 - none) * share * length, length});
    }
    double sum = 0.0;
    for (const Step& s : steps) sum += s.weight;
    const double without = steps.front().weight;
    for (Step& s : steps) s.weight *= met / sum;
    steps.front().weight = 1.0 - met * (1.0 - without / sum);
    for (const Step& s : steps) {
      const double w = weight * s.weight;
      const double alone = std::min(1.0 - follows(s.length), 1.0 - 1e-9);
      const double count = followers(s.length);
      const double others = count * work / (1.0 - alone);
      const double spread = std::max(
          (count * square + std::pow(count * work, 2.0)) / (1.0 - alone) - others * others, 0.0);
      for (const ServedWork::Prompt& own : work_.prompts) {
        const double base = own.added_s + own.chunks * per_chunk;
        out.add({w * own.weight * alone, base, s.length, 0.0, 0.0});
        if (own_rate() * s.length > 1e-6)
          out.add({w * own.weight * (1.0 - alone), base, 0.0, 0.5 * s.length + others,
                   s.length * s.length / 12.0 + spread});
      }
    }
  }

  /// A router that takes the least loaded of c sends who comes to a scheduler with floor(N / c) of
  /// the N requests in the fleet, so that many, not N / c, meet the prompt: none while a scheduler
  /// is idle. Share of the even split, the request itself counted.
  [[nodiscard]] double met_by_prompt(double others) const {
    if (schedulers_ <= 1.0) return 1.0;
    const auto share = [this](double n) { return std::floor(n / schedulers_) * schedulers_ / n; };
    const double n = std::max(others, 0.0) * schedulers_ + 1.0;
    const double whole = std::floor(n);
    return share(whole) + (n - whole) * (share(whole + 1.0) - share(whole));
  }

  /// How much of the swing in the number of requests is left after averaging over a stay.
  [[nodiscard]] double averaging(double stay, double memory) const {
    const double x = stay / std::max(memory, 1e-12);
    return x < 1e-3 ? 1.0 : 2.0 * (x - 1.0 + std::exp(-x)) / (x * x);
  }

  /// What a request's decode steps take: without prompts of others, and what these add, for each
  /// answer length and state.
  struct Decoding {
    double weight;
    double gaps;    ///< tokens after the first
    double base_s;  ///< all decode steps
    double none;    ///< chance that no prompt joins
    double added_s;
    double added_var;
    double most_s;  ///< that prompts can add
  };
  template <typename Emit>
  void each_decoding(Emit emit) const {
    const double typical = token_s(std::max(mean_n_, 1.0));
    const double even = 1.0 / schedulers_;
    double met_mean = 0.0;
    for (const Stratum& s : n_states_) met_mean += s.weight * met_by_prompt(s.value);
    // Of those in the system, the share that decodes; the others are at their prompts.
    const double decoding = work_.steps * typical;
    const double share = decoding / (decoding + work_.added.mean + work_.chunks_mean * typical);
    for (const Stratum& answer : work_.answers) {
      const double steps = (answer.value - 1.0) / input_.limits.tokens_per_step;
      if (answer.value < 2.0) {
        emit(Decoding{answer.weight, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0});
        continue;
      }
      const double left =
          std::sqrt(averaging(steps * typical, std::max(work_.steps, 1.0) * typical));
      for (const Stratum& state : n_states_) {
        // A request meets as many others as there are on average (Sevcik and Mitrani, 1981) and is
        // one more itself, evened out over the schedulers.
        const double swing = left * (state.value - mean_n_);
        const double n = std::max(share * (mean_n_ + swing) + even, 1.0);
        // Prompts of others that fall into the answer's steps: those that came since its own
        // prompt did, and while these steps were longer for it.
        // Who comes during a stay makes it busier: of M/G/infinity, the requests that came in x
        // mean stays have covariance x / 2 per variance with the mean number met meanwhile, and
        // (x + 1 - exp(-x)) / 2x of their own variance is left when that number is known.
        const double x = std::max(steps / std::max(work_.steps, 1.0), 1e-3);
        const double unknown = even * 0.5 * (x + 1.0 - std::exp(-x)) / x;
        const double square =
            work_.added.square - (1.0 - unknown) * work_.added.mean * work_.added.mean;
        // A step holds who came in the step before: its mean length goes from that of the own
        // prompt towards D / (1 - rho), and what the answer's steps hold came in all but the last.
        // Where prompts fill the token budget, those behind the own one queue (M/G/1) since it
        // came.
        const double load = std::min(own_rate() * work_.added.mean, 0.95);
        const double usual = decode_s(n) / (1.0 - load);
        const double seen = usual + own_rate() * square / (1.0 - load * load);
        const double full = input_.prefill_first ? 0.0 : std::min(work_.budget_share, 1.0);
        const double work = work_of_mean(decode_s(n));
        const double scale = work / work_.added.mean;
        const double queued = full * 0.5 * own_rate() * scale * scale * square /
                              (1.0 - std::min(own_rate() * work, 0.95));
        const double own_steps = input_.prefill_first ? 1.0 : std::max(work_.budget_share, 1.0);
        const double own = own_steps * decode_s(n) + work_.added.mean + even * load * seen + queued;
        const double fading = (1.0 - std::pow(load, steps)) / (1.0 - load);
        const double expected = followers(steps * usual + (own - usual) * fading);
        const double met =
            left * left * met_by_prompt(state.value) + (1.0 - left * left) * met_mean;
        const double hits = std::max(expected + 0.5 * x * swing, 0.0) * met;
        // A step holds a token budget of prompts at most.
        const double most =
            input_.prefill_first ? 1e9 : steps * work_.added.mean / work_.budget_share;
        const double mean = std::min(hits * work_.added.mean, most);
        // Longer steps catch more prompts: sums over a gated chain vary by 1 / (1 - rho)^2 in the
        // long run; and so does the own prompt's length.
        const double chain = 1.0 / ((1.0 - load) * (1.0 - load + 2.0 * load / (steps + 1.0)));
        const double var =
            hits * square * chain + std::pow(even * load * fading, 2.0) *
                                        (work_.added.square - work_.added.mean * work_.added.mean);
        const double none = 1.0 - met * follows(own + (steps - 1.0) * decode_s(n));
        const double some = std::min(mean / std::max(1.0 - none, 1e-9), most);
        const double spread = std::max(
            (var + mean * mean) / std::max(1.0 - none, 1e-9) - some * some, 1e-6 * some * some);
        emit(Decoding{answer.weight * state.weight, answer.value - 1.0, steps * decode_s(n), none,
                      some, spread, most});
      }
    }
  }

  [[nodiscard]] Mixture time_per_token() const {
    Mixture out;
    each_decoding([&](const Decoding& d) {
      if (d.gaps <= 0.0) return;
      const double per = 1.0 / d.gaps;
      out.add({d.weight * d.none, per * d.base_s, 0.0, 0.0, 0.0});
      if (d.none < 1.0 - 1e-9)
        out.add({d.weight * (1.0 - d.none), per * d.base_s, 0.0, per * d.added_s,
                 per * per * d.added_var, per * d.most_s});
    });
    return out;
  }

  /// The first token after its mean time, evenly from half of it to one and a half.
  [[nodiscard]] Mixture end_to_end(double ttft_s) const {
    Mixture out;
    each_decoding([&](const Decoding& d) {
      const double base = d.base_s + 0.5 * ttft_s;
      out.add({d.weight * d.none, base, ttft_s, 0.0, 0.0});
      if (d.none < 1.0 - 1e-9)
        out.add({d.weight * (1.0 - d.none), base + 0.5 * ttft_s, 0.0, d.added_s, d.added_var,
                 d.most_s});
    });
    return out;
  }

  StepTimes& times_;
  const ClosedFormInput& input_;
  double schedulers_;
  double rate_ = 0.0;
  double scv_ = 1.0;
  ServedWork work_;
  double stretch_ = 1.0;
  double places_ = 1.0;  ///< requests that one scheduler can run
  std::vector<double> sizes_;
  std::vector<double> steps_s_;
  double mean_n_ = 0.0;
  std::vector<Stratum> n_states_;
  double wait_share_ = 0.0;
  double wait_s_ = 0.0;
};

}  // namespace

ClosedForm closed_form(StepTimes& times, const Workload& workload, const ClosedFormInput& input) {
  return Model(times, workload, input).run();
}

}  // namespace gpusize
