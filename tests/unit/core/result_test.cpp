#include "gpusize/core/result.hpp"

#include <memory>
#include <string>

#include "support/catch.hpp"

namespace gpusize {
namespace {

TEST_CASE("a good result holds its value") {
  Result<std::string> result(std::string("yes"));
  REQUIRE(result.ok());
  CHECK(static_cast<bool>(result));
  CHECK(*result == "yes");
  CHECK(result->size() == 3);
  *result += "!";
  CHECK(result.value() == "yes!");
  CHECK_THROWS_AS(result.errors(), InternalError);
}

TEST_CASE("a failed result holds its reasons") {
  const Result<int> result(make_error("c", "no"));
  REQUIRE_FALSE(result.ok());
  REQUIRE(result.errors().size() == 1);
  CHECK(result.errors().front().code == "c");
  CHECK_THROWS_AS(result.value(), InternalError);
}

TEST_CASE("failing without an error is a bug of ours") {
  CHECK_THROWS_AS(Result<int>(Diagnostics{}), InternalError);
  CHECK_THROWS_AS(Result<int>(make_warning("w", "only a warning")), InternalError);
}

TEST_CASE("a value that only moves") {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(4));
  const std::unique_ptr<int> taken = std::move(result).value();
  CHECK(*taken == 4);
}

TEST_CASE("a failed check names condition and place") {
  const auto fail = [] { GPUSIZE_CHECK(1 + 1 == 3, "arithmetic"); };
  CHECK_THROWS_WITH(
      fail(), test::contains("arithmetic (1 + 1 == 3 at ") && test::contains("result_test.cpp:"));
}

}  // namespace
}  // namespace gpusize
