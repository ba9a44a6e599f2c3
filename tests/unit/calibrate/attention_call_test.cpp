#include "calibrate/attention_call.hpp"

#include "support/catch.hpp"

namespace gpusize {
namespace {

KernelRow row(const char* op) {
  KernelRow made;
  made.op = op;
  made.dtype = "bfloat16";
  made.kv_dtype = "fp8";
  made.batch = 4.0;
  made.q_heads = 32.0;
  made.kv_heads = 8.0;
  made.head_dim = 64.0;
  made.q_len = 512.0;
  made.kv_len = 2048.0;
  made.window = 128.0;
  return made;
}

TEST_CASE("a prompt's row says how many of its keys are new") {
  const auto call = calibrate::attention_call(row("context_attention"));
  REQUIRE(call);
  CHECK_FALSE(call->decode);
  CHECK(call->new_tokens == 512.0);
  CHECK(call->keys == 2048.0);
  CHECK(call->window == 128.0);
  CHECK(call->narrow_cache);
  CHECK_FALSE(call->narrow_queries);
}

TEST_CASE("decoding has one new token; latent attention no window") {
  const auto decode = calibrate::attention_call(row("generation_attention"));
  REQUIRE(decode);
  CHECK(decode->decode);
  CHECK(decode->new_tokens == 1.0);
  CHECK(decode->kv_heads == 8.0);
  const auto latent = calibrate::attention_call(row("context_mla"));
  REQUIRE(latent);
  CHECK(latent->latent);
  CHECK(latent->window == 0.0);
}

TEST_CASE("rows without key-value heads have one for each query head; other rows are no calls") {
  KernelRow plain = row("generation_attention");
  plain.kv_heads = 0.0;
  CHECK(calibrate::attention_call(plain)->kv_heads == 32.0);
  CHECK_FALSE(calibrate::attention_call(row("gemm")));
}

}  // namespace
}  // namespace gpusize
