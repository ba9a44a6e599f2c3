#include "calibrate/notes.hpp"
#include "support/catch.hpp"

using namespace gpusize::calibrate;

TEST_CASE("notes: engine options under any engine's spelling") {
  CHECK(number_in_notes("cmd: serve m --max-num-seqs 256 --x", NoteOption::kMaxSequences) == 256.0);
  CHECK(number_in_notes("num_prompts=max_num_seqs=1500, rate", NoteOption::kMaxSequences) ==
        1500.0);
  CHECK(number_in_notes("per GPU, gpu_memory_utilization 0.9, GPU", NoteOption::kMemoryFraction) ==
        0.9);
  CHECK(number_in_notes("ends with --max-num-batched-tokens 8192.",
                        NoteOption::kMaxBatchedTokens) == 8192.0);
  CHECK(option_in_notes("--kv-cache-dtype fp8_e4m3", NoteOption::kKvCacheDtype) == "fp8-e4m3");
  // The title of a section beats the command that its page shows for all sections.
  CHECK(number_in_notes("section \"Max Num Seqs 256\"; cmd: serve m --max-num-seqs=512",
                        NoteOption::kMaxSequences) == 256.0);
  CHECK(number_in_notes("section \"Max Num Seqs && More\"; cmd: serve m --max-num-seqs=512",
                        NoteOption::kMaxSequences) == 512.0);
  CHECK_FALSE(number_in_notes("max-num-seqs", NoteOption::kMaxSequences).has_value());
  CHECK_FALSE(number_in_notes("max-num-seqs=auto", NoteOption::kMaxSequences).has_value());
  CHECK_FALSE(number_in_notes("", NoteOption::kMaxSequences).has_value());
}

TEST_CASE("notes: a batch that is the limit of in-flight batching") {
  CHECK(batch_is_limit("gptManagerBenchmark in-flight batching, max batch as listed; per GPU"));
  CHECK_FALSE(batch_is_limit("in-flight batching"));
  CHECK_FALSE(batch_is_limit("static batch, max batch 64"));
  CHECK_FALSE(batch_is_limit(""));
}

TEST_CASE("notes: pools of a disaggregated run") {
  const std::string_view notes =
      "disagg; prefill 2 workers tp1 dp8 ep8 bs1 (=16 GPUs); decode workers tp8 dp1 ep4 bs (=8 "
      "GPUs); more";
  const auto prefill = pool_in_notes(notes, "prefill");
  REQUIRE(prefill.has_value());
  CHECK(prefill->workers == 2);
  CHECK(prefill->tp == 1);
  CHECK(prefill->dp == 8);
  CHECK(prefill->ep == 8);
  CHECK(prefill->gpus == 16);
  const auto decode = pool_in_notes(notes, "decode");
  REQUIRE(decode.has_value());
  CHECK_FALSE(decode->workers.has_value());
  CHECK(decode->tp == 8);
  CHECK_FALSE(pool_in_notes("prefill elsewhere", "prefill").has_value());
  CHECK_FALSE(pool_in_notes("prefill workers tp1 dp1 (", "prefill").has_value());
  CHECK_FALSE(pool_in_notes("prefill 99999999999999999999 workers tp1 dp1 ep1 (=1 GPUs)", "decode")
                  .has_value());
}
