#include "gpusize/calibrate/memory_logs.hpp"

#include "support/catch.hpp"

using namespace gpusize;

namespace {

Measurement row(const char* metric, double gib) {
  Measurement out;
  out.conditions.source = "a log";
  out.conditions.model = "m";
  out.conditions.gpu = "card";
  out.conditions.metric = metric;
  out.conditions.unit = "GiB";
  out.value = gib;
  return out;
}

MemoryLogs log_of(double weights, double activation, double runtime, double cache) {
  MemoryLogs logs;
  logs.learn(row("memory_gib_weights", weights));
  logs.learn(row("memory_gib_activation", activation));
  logs.learn(row("memory_gib_non_torch", runtime));
  logs.learn(row("memory_gib_cuda_graph", -0.4));
  logs.learn(row("memory_gib_kv_cache", cache));
  return logs;
}

const RunConditions kAsked = row("memory_gib_kv_cache", 0.0).conditions;

}  // namespace

TEST_CASE("the parts of a log add up to the fraction it was started with") {
  const MemoryLogs logs = log_of(64.38, 7.38, 0.13, 3.33);
  const auto fraction = logs.fraction(kAsked, 79.179 * units::GiB);
  REQUIRE(fraction);
  CHECK(*fraction == Approx(0.95));
  // The same for every row of the log.
  CHECK(logs.fraction(row("memory_gib_weights", 0.0).conditions, 79.179 * units::GiB) == fraction);
}

TEST_CASE("the fraction is in hundredths: the value of one row does not come through") {
  const auto fraction = log_of(64.38, 7.38, 0.13, 3.40).fraction(kAsked, 79.179 * units::GiB);
  REQUIRE(fraction);
  CHECK(*fraction == Approx(0.95));
}

TEST_CASE("no fraction where the parts do not tell one") {
  CHECK_FALSE(log_of(64.38, 7.38, 0.13, 3.7).fraction(kAsked, 79.179 * units::GiB));
  CHECK_FALSE(log_of(64.38, 7.38, 0.13, 30.0).fraction(kAsked, 79.179 * units::GiB));
  MemoryLogs logs = log_of(64.38, 7.38, 0.13, 3.33);
  logs.learn(row("memory_gib_weights", 65.97));  // two logs under one name
  CHECK_FALSE(logs.fraction(kAsked, 79.179 * units::GiB));
  MemoryLogs part;
  part.learn(row("memory_gib_kv_cache", 3.33));
  CHECK_FALSE(part.fraction(kAsked, 79.179 * units::GiB));
  CHECK_FALSE(log_of(64.38, 7.38, 0.13, 3.33)
                  .fraction(row("ttft_ms", 0.0).conditions, 79.179 * units::GiB));
}
