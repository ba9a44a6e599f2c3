#include "gpusize/core/dtype.hpp"

#include <string>

#include "gpusize/core/layout.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

constexpr Dtype kAll[] = {Dtype::kFp32, Dtype::kTf32, Dtype::kBf16,  Dtype::kFp16, Dtype::kFp8,
                          Dtype::kInt8, Dtype::kInt4, Dtype::kMxfp4, Dtype::kNvfp4};

TEST_CASE("every format has a name that reads back") {
  for (const Dtype dtype : kAll) {
    INFO(name_of(dtype));
    CHECK(dtype_from(name_of(dtype)) == dtype);
    CHECK(dtype_from("torch." + std::string(name_of(dtype))) == dtype);
    CHECK(bytes_of(dtype) * 8.0 == bits_of(dtype));
  }
}

TEST_CASE("names as configs write them") {
  CHECK(dtype_from("torch.bfloat16") == Dtype::kBf16);
  CHECK(dtype_from("BFloat16") == Dtype::kBf16);
  CHECK(dtype_from("float16") == Dtype::kFp16);
  CHECK(dtype_from("half") == Dtype::kFp16);
  CHECK(dtype_from("float") == Dtype::kFp32);
  CHECK(dtype_from("float8_e4m3fn") == Dtype::kFp8);
  CHECK(dtype_from("fp8_e5m2") == Dtype::kFp8);
  for (const char* bad : {"", "torch.", "auto", "bf", "bf16 ", "fp64"}) {
    INFO(bad);
    CHECK_FALSE(dtype_from(bad).has_value());
  }
}

TEST_CASE("widths") {
  CHECK(bytes_of(Dtype::kFp32) == 4.0);
  CHECK(bytes_of(Dtype::kBf16) == 2.0);
  CHECK(bytes_of(Dtype::kFp8) == 1.0);
  CHECK(bytes_of(Dtype::kNvfp4) == 0.5);
}

TEST_CASE("a layout counts its GPUs and describes itself") {
  const Layout one;
  CHECK(one.gpus() == 1);
  CHECK(describe(one) == "tp1");
  const Layout wide{.tp = 8, .pp = 2, .ep = 16, .dp = 4};
  CHECK(wide.gpus() == 64);
  CHECK(wide.expert_tp() == 2);
  CHECK(describe(wide) == "tp8 pp2 ep16 dp4");
}

}  // namespace
}  // namespace gpusize
