#include "gpusize/calibrate/loop_records.hpp"

#include "support/catch.hpp"

using namespace gpusize;

namespace {

Measurement row(const char* metric, double value, const char* unit = "ms") {
  Measurement out;
  out.conditions.source = "a benchmark";
  out.conditions.mode = "online";
  out.conditions.load = "concurrency";
  out.conditions.load_value = 16.0;
  out.conditions.output_len = 101.0;
  out.conditions.metric = metric;
  out.conditions.unit = unit;
  out.value = value;
  return out;
}

/// 16 clients whose requests take 1 s to the first token and 30 ms for each of 100 more: 4 s.
LoopRecords loop(double requests_per_s) {
  LoopRecords records;
  records.learn(row("ttft_ms_mean", 1000.0));
  records.learn(row("tpot_ms_mean", 30.0));
  records.learn(row("req_s", requests_per_s, "req/s"));
  return records;
}

const RunConditions kAsked = row("tpot_ms_mean", 0.0).conditions;

}  // namespace

TEST_CASE("Little's law tells the clients of a closed loop") {
  const LoopRecords records = loop(4.0);
  REQUIRE(records.clients(kAsked));
  CHECK(*records.clients(kAsked) == Approx(16.0));
  CHECK_FALSE(records.contradiction(kAsked));
}

TEST_CASE("output tokens a second tell the rate as well") {
  LoopRecords records;
  records.learn(row("ttft_ms", 1000.0));
  records.learn(row("tpot_ms", 30.0));
  records.learn(row("output_tok_s_total", 404.0, "tok/s"));
  REQUIRE(records.clients(kAsked));
  CHECK(*records.clients(kAsked) == Approx(16.0));
}

TEST_CASE("figures of far fewer clients contradict the run") {
  CHECK_FALSE(loop(2.1).contradiction(kAsked));
  const auto reason = loop(1.0).contradiction(kAsked);
  REQUIRE(reason);
  CHECK_THAT(*reason, Catch::Matchers::Contains("4.0 clients, stated are 16"));
}

TEST_CASE("nothing is said where a figure is missing or the run is another") {
  LoopRecords records;
  records.learn(row("ttft_ms", 1000.0));
  records.learn(row("req_s", 1.0, "req/s"));
  CHECK_FALSE(records.clients(kAsked));
  RunConditions other = kAsked;
  other.load_value = 32.0;
  CHECK_FALSE(loop(1.0).contradiction(other));
  other = kAsked;
  other.load = "burst";
  CHECK_FALSE(loop(1.0).contradiction(other));
}
