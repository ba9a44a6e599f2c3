#include "gpusize/ops/kv_cache.hpp"

#include "support/catch.hpp"
#include "support/models.hpp"

namespace gpusize {
namespace {

double per_token(const ModelSpec& model, Dtype kv, bool growing) {
  const BytesPerToken bytes =
      growing ? kv_growing_bytes_per_token(model, kv) : kv_bytes_per_token(model, kv);
  return bytes.in(units::B_per_token);
}

TEST_CASE("published KV bytes per token are met exactly") {
  for (const auto& row : test::table("kv_bytes_per_token.csv")) {
    CAPTURE(row.at("id"), row.at("kv_dtype"), row.at("growing"));
    const Dtype kv = dtype_from(row.at("kv_dtype")).value();
    CHECK(per_token(test::model(row.at("id")), kv, row.at("growing") == "growing") ==
          std::stod(row.at("kv_bytes_per_token")));
  }
}

TEST_CASE("the latent cache is on every tensor-parallel rank, kv heads are not") {
  const auto bytes = [](const char* id, std::int64_t tp) {
    return kv_bytes_per_sequence(test::model(id), {.tp = tp}, Dtype::kBf16, 1024, 64).in(units::B);
  };
  CHECK(bytes("deepseek-v3", 8) == bytes("deepseek-v3", 1));
  CHECK(bytes("llama-3.1-70b", 8) == bytes("llama-3.1-70b", 1) / 8);
  CHECK(bytes("llama-3.1-70b", 16) == bytes("llama-3.1-70b", 8));  // eight kv heads only
}

TEST_CASE("tokens are rounded up to whole blocks") {
  const ModelSpec& llama = test::model("llama-3.1-8b");
  const auto bytes = [&](std::int64_t tokens) {
    return kv_bytes_per_sequence(llama, {}, Dtype::kBf16, tokens, 16).in(units::B);
  };
  CHECK(bytes(1) == 16 * 131072.0);
  CHECK(bytes(16) == bytes(1));
  CHECK(bytes(17) == 2 * bytes(1));
}

TEST_CASE("windows and states do not grow") {
  const auto bytes = [](const char* id, std::int64_t tokens) {
    return kv_bytes_per_sequence(test::model(id), {}, Dtype::kBf16, tokens, 1).in(units::B);
  };
  // gpt-oss-20b: half of 24 layers slide over 128 tokens of 2048 B.
  CHECK(bytes("gpt-oss-20b", 1000) == 12 * 2048.0 * 1000 + 12 * 2048.0 * 128);
  const double state = bytes("qwen3-next-80b-a3b", 0);
  CHECK(state > 0.0);
  CHECK(bytes("qwen3-next-80b-a3b", 1000) == state + 24576.0 * 1000);
}

TEST_CASE("FP8 entries of DeepSeek-V4 are 584 bytes") {
  // Flash: 43 windows of 128 entries, 21 layers at ratio 4 with a 132-byte index key, 20 at 128.
  const ModelSpec& flash = test::model("deepseek-v4-flash");
  CHECK(per_token(flash, Dtype::kFp8, true) == Approx(21 * (584.0 + 132.0) / 4 + 20 * 584.0 / 128));
}

TEST_CASE("the fullest pipeline stage counts") {
  const ModelSpec& llama = test::model("llama-3.1-8b");  // 32 layers
  const auto bytes = [&](std::int64_t pp) {
    return kv_bytes_per_sequence(llama, {.pp = pp}, Dtype::kBf16, 64, 1).in(units::B);
  };
  CHECK(bytes(3) == Approx(bytes(1) * 11 / 32));
}

}  // namespace
}  // namespace gpusize
