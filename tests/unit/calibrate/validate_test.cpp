#include <algorithm>
#include <functional>
#include <map>

#include "gpusize/calibrate/validate.hpp"
#include "gpusize/spec/measurement.hpp"
#include "support/catch.hpp"

using namespace gpusize;

namespace {

const std::string kSmall = GPUSIZE_SOURCE_DIR "/tests/data/measurements/small.csv";

const Catalog& catalog() {
  static const Catalog shipped = Catalog::shipped().value();
  return shipped;
}

ValidationResult validate(const std::function<void(Measurement&)>& change = [](Measurement&) {}) {
  auto reader = MeasurementReader::open(kSmall);
  REQUIRE(reader.ok());
  Validator validator(catalog(), true);
  Measurement row;
  while (reader->next(row)) {
    change(row);
    validator.add(row);
  }
  REQUIRE(reader->problems().empty());
  return validator.finish();
}

double predicted(const ValidationResult& result, const std::string& id) {
  for (const PredictedRow& row : result.predictions) {
    if (row.id == id) return row.predicted;
  }
  return 0.0;
}

}  // namespace

TEST_CASE("validate: rows that state enough are assessed, the others say why not") {
  const auto result = validate();
  CHECK(result.rows == 13);
  CHECK(result.assessed == 6);
  CHECK(result.rows == result.assessed + result.not_assessed.size());
  std::map<std::string, std::string> reasons;
  for (const UnassessedRow& row : result.not_assessed) reasons[row.id] = row.reason;
  CHECK_FALSE(reasons["x-1"].empty());
  CHECK_THAT(reasons["x-2"], test::contains("no-such-model"));
  CHECK_THAT(reasons["x-3"], test::contains("speculative"));
  CHECK_THAT(reasons["x-4"], test::contains("layout not stated"));
  CHECK_THAT(reasons["x-5"], test::contains("ShareGPT"));
  CHECK_THAT(reasons["x-6"], test::contains("do not fit"));
  CHECK_THAT(reasons["x-7"], test::contains("percentiles"));
}

TEST_CASE("validate: an engine that does not run on the card is named, not predicted") {
  const auto result = validate([](Measurement& m) {
    if (m.conditions.id != "x-9") return;
    m.conditions.engine = "trtllm";
    m.conditions.gpu = "MI300X";
  });
  const auto at = std::find_if(result.not_assessed.begin(), result.not_assessed.end(),
                               [](const UnassessedRow& row) { return row.id == "x-9"; });
  REQUIRE(at != result.not_assessed.end());
  CHECK(at->reason == "tensorrt-llm does not run on MI300X");
}

TEST_CASE("validate: overrides change the model") {
  const auto result = validate();
  // Half of the layers: a little more than half of the step, since the LM head stays.
  CHECK(predicted(result, "x-8") < 0.62 * predicted(result, "x-9"));
  CHECK(predicted(result, "x-8") > 0.50 * predicted(result, "x-9"));
}

TEST_CASE("validate: native weights are those of the checkpoint that is named") {
  const auto step = [](const char* weights, const char* printed) {
    return predicted(validate([&](Measurement& m) {
                       if (m.conditions.id != "x-9") return;
                       m.conditions.weights = weights;
                       m.conditions.model_as_printed = printed;
                     }),
                     "x-9");
  };
  const double published = step("native", "");
  const double fp8 = step("fp8", "");
  CHECK(fp8 < 0.9 * published);
  CHECK(step("native", "A-Model-7B") == published);
  CHECK(step("native", "A-Model-7B-FP8") == fp8);
  CHECK(step("native", "A-Model-7B-FP8-dynamic") == fp8);
  CHECK(step("bf16", "A-Model-7B-FP8") == step("bf16", ""));  // what the row states counts
}

TEST_CASE("validate: notes say that 8-bit products sum in fewer bits") {
  const auto step = [](const char* weights, const char* notes) {
    return predicted(validate([&](Measurement& m) {
                       if (m.conditions.id != "x-9") return;
                       m.conditions.weights = weights;
                       m.conditions.notes = notes;
                     }),
                     "x-9");
  };
  CHECK(step("fp8", "torch; fast accumulation") < step("fp8", "torch"));
  CHECK(step("bf16", "torch; fast accumulation") == step("bf16", "torch"));
}

TEST_CASE("validate: neither a prediction nor what is assessed depends on the measured value") {
  const auto base = validate();
  const std::vector<std::function<void(Measurement&)>> changes{
      [](Measurement& m) { m.value = 1.0; }, [](Measurement& m) { m.value = 1e12; },
      [](Measurement& m) { m.value = -3.0; }, [](Measurement& m) { m.value.reset(); },
      [](Measurement& m) { m.value = m.value ? *m.value * 1.5 : 2.0; }};
  for (const auto& change : changes) {
    const auto other = validate(change);
    CHECK(other.rows == base.rows);
    CHECK(other.assessed == base.assessed);
    REQUIRE(other.predictions.size() == base.predictions.size());
    for (std::size_t i = 0; i < base.predictions.size(); ++i) {
      CHECK(other.predictions[i].id == base.predictions[i].id);
      CHECK(other.predictions[i].predicted == base.predictions[i].predicted);
      CHECK(other.predictions[i].low == base.predictions[i].low);
      CHECK(other.predictions[i].high == base.predictions[i].high);
    }
    REQUIRE(other.not_assessed.size() == base.not_assessed.size());
    for (std::size_t i = 0; i < base.not_assessed.size(); ++i) {
      CHECK(other.not_assessed[i].reason == base.not_assessed[i].reason);
    }
  }
}

TEST_CASE("validate: every prediction has a derivation that its own text gives") {
  for (const PredictedRow& row : validate().predictions) {
    REQUIRE(row.why != nullptr);
    CHECK(first_mismatch(row.why_low).empty());
    CHECK(first_mismatch(row.why_high).empty());
    CHECK(row.low < row.predicted);
    CHECK(row.high > row.predicted);
  }
}

TEST_CASE("validate: units are the row's own") {
  const auto in_ms = validate();
  const auto in_s = validate([](Measurement& m) {
    if (m.conditions.unit == "ms") m.conditions.unit = "s";
  });
  CHECK_THAT(predicted(in_s, "ft-1") * 1000.0,
             Catch::Matchers::WithinRel(predicted(in_ms, "ft-1"), 1e-12));
}

namespace {

/// A table's row: 7B in FP8 on one H100 that runs `batch` prompts of 128 tokens and 128 answers.
Measurement table_row(double batch, const char* kv, const char* notes) {
  Measurement row;
  RunConditions& run = row.conditions;
  run.id = "t";
  run.model = "llama-2-7b";
  run.gpu = "H100-SXM5-80GB";
  run.engine = "trtllm";
  run.weights = "fp8";
  run.kv = kv;
  run.mode = "offline";
  run.load = "batch";
  run.load_value = batch;
  run.input_len = 128.0;
  run.output_len = 128.0;
  run.gpus = run.tp = run.pp = run.ep = run.dp = 1;
  run.metric = "output_tok_s_total";
  run.unit = "tok/s";
  run.notes = notes;
  row.value = 1.0;
  return row;
}

ValidationResult validate_row(const Measurement& row) {
  Validator validator(catalog(), true);
  validator.add(row);
  return validator.finish();
}

}  // namespace

TEST_CASE("validate: a batch that fits only beside an fp8 cache tells the cache's format") {
  const auto open = validate_row(table_row(768.0, "", ""));
  const auto stated = validate_row(table_row(768.0, "fp8", ""));
  CHECK(predicted(open, "t") == predicted(stated, "t"));
  // A small batch fits either way: 16 bits, as everywhere.
  const auto small = validate_row(table_row(16.0, "", ""));
  CHECK(predicted(small, "t") == predicted(validate_row(table_row(16.0, "fp16", "")), "t"));
}

TEST_CASE("validate: a limit of in-flight batching is kept full, a batch is waited for") {
  const char* const limit = "in-flight batching, max batch as listed";
  // Four times as many as fit end in a half-empty batch when they start together.
  const auto together = validate_row(table_row(2048.0, "fp8", ""));
  const auto kept_full = validate_row(table_row(2048.0, "fp8", limit));
  CHECK(predicted(kept_full, "t") > predicted(together, "t"));
  CHECK(predicted(kept_full, "t") >= predicted(validate_row(table_row(256.0, "fp8", limit)), "t"));
}

TEST_CASE("validate: a maximum without a layout is that of the fastest of equal copies") {
  const auto maximum = [](std::int64_t gpus, std::optional<std::int64_t> tp) {
    Measurement row = table_row(1.0, "fp8", "");
    row.conditions.model = "llama-2-70b";
    row.conditions.gpu = "H100-SXM5-80GB";
    row.conditions.mode = "offline";
    row.conditions.load = "saturated";
    row.conditions.metric = "output_tok_s_total";
    row.conditions.unit = "tok/s";
    row.conditions.gpus = gpus;
    row.conditions.tp = tp;
    row.conditions.pp = row.conditions.dp = row.conditions.ep = {};
    return row;
  };
  const auto open = validate_row(maximum(8, {}));
  REQUIRE(open.assessed == 1);
  REQUIRE(open.assumptions.size() >= 1);
  double fastest = 0.0;
  for (const std::int64_t tp : {1, 2, 4, 8}) {
    const double copies = 8.0 / static_cast<double>(tp);
    fastest = std::max(fastest, copies * predicted(validate_row(maximum(tp, tp)), "t"));
  }
  CHECK(predicted(open, "t") == Approx(fastest));
}

TEST_CASE("validate: a data set that the catalog knows gives the lengths") {
  const auto named = [](const char* model) {
    Measurement row = table_row(1.0, "fp8", "");
    row.conditions.model = model;
    row.conditions.mode = "offline";
    row.conditions.load = "saturated";
    row.conditions.gpu = "H200-SXM-141GB";
    row.conditions.input_len = row.conditions.output_len = {};
    row.conditions.input_text = row.conditions.output_text = "MLPerf dataset";
    return validate_row(row);
  };
  CHECK(named("llama-2-70b").assessed == 1);
  const auto other = named("llama-3.1-8b");
  REQUIRE(other.not_assessed.size() == 1);
  CHECK_THAT(other.not_assessed[0].reason, test::contains("lengths not stated"));
}

TEST_CASE("validate: runs of a library pass no server") {
  // vLLM's server adds 30 ms to a first token; one short prompt alone takes far less.
  Measurement row = table_row(1.0, "fp16", "");
  row.conditions.engine = "vllm";
  row.conditions.mode = "prefill-only";
  row.conditions.metric = "ttft_ms";
  row.conditions.unit = "ms";
  const double prompts_alone = predicted(validate_row(row), "t");
  CHECK(prompts_alone > 1.0);
  CHECK(prompts_alone < 30.0);
  row.conditions.mode = "online";
  row.conditions.load = "concurrency";
  CHECK(predicted(validate_row(row), "t") > 30.0);
}

TEST_CASE("validate: parts of a prompt follow each other through cards that share the layers") {
  const auto rate = [](std::int64_t gpus, double tokens) {
    Measurement row = table_row(1.0, "fp16", "");
    row.conditions.engine = "llama.cpp";
    row.conditions.weights = "fp16";
    row.conditions.mode = "prefill-only";
    row.conditions.input_len = tokens;
    row.conditions.gpus = gpus;
    row.conditions.dp = 1;
    row.conditions.metric = "input_tok_s_total";
    return predicted(validate_row(row), "t");
  };
  const double alone = rate(1, 8192.0);
  CHECK(rate(4, 512.0) < 1.01 * rate(1, 512.0));  // one part: one card after the other
  // 16 parts over 4 cards: 19 quarters of a part's time in place of 16 whole ones.
  CHECK(rate(4, 8192.0) == Approx(16.0 / (19.0 / 4.0) * alone).epsilon(0.02));
}

TEST_CASE("validate: a pool of an unknown number of workers is not assessed") {
  const auto pools = [](const char* notes) {
    Measurement row = table_row(64.0, "fp8", notes);
    row.conditions.mode = "online";
    row.conditions.load = "concurrency";
    row.conditions.serving = "disaggregated";
    row.conditions.metric = "tpot_ms";
    row.conditions.unit = "ms";
    return validate_row(row);
  };
  const auto stated =
      pools("prefill 1 workers tp1 dp1 ep1 (=1 GPUs); decode 2 workers tp1 dp1 ep1 (=2 GPUs)");
  CHECK(stated.assessed == 1);
  const auto open =
      pools("prefill workers tp1 dp1 ep1 (=1 GPUs); decode workers tp1 dp1 ep1 (=1 GPUs)");
  REQUIRE(open.not_assessed.size() == 1);
  CHECK_THAT(open.not_assessed[0].reason, test::contains("number of workers"));
}
