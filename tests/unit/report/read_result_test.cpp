#include "gpusize/plan/read_result.hpp"

#include <string>

#include "gpusize/spec/read_document.hpp"
#include "support/catch.hpp"
#include "support/document.hpp"

namespace gpusize {
namespace {

Result<ResultDocument> read(const std::string& text) {
  const auto document = read_json("r.json", text);
  REQUIRE(document.ok());
  return read_result(*document);
}

std::string made(const std::string& rest) {
  return R"({"tool": {"name": "gpusize", "version": "0"}, )" + rest + "}";
}

TEST_CASE("a result keeps order, whole numbers, texts and nulls") {
  const auto result = read(
      made(R"("command": "new", "b": 1, "a": 1.5, "c": "2", "d": null, "e": [true, {"f": -3e2}])"));
  REQUIRE(result.ok());
  CHECK(
      result->json().dump() ==
      R"({"tool":{"name":"gpusize","version":"0"},"command":"new","b":1,"a":1.5,"c":"2","d":null,"e":[true,{"f":-300.0}]})");
}

TEST_CASE("what gpusize did not write is refused") {
  CHECK(test::outcome(read("[1, 2]")) == "result-not-ours at r.json:1:1");
  CHECK(test::outcome(read(R"({"command": "plan"})")) == "result-not-ours at r.json:1:1");
  CHECK(test::outcome(read(R"({"tool": {"name": "other"}, "command": "plan"})")) ==
        "result-not-ours at r.json:1:1");
}

TEST_CASE("a result that is not what its schema says is refused with the place") {
  const auto result = read(made(
      R"("command": "plan", "schema": "https://gpusize.dev/schema/plan-1.schema.json", "options": 3)"));
  REQUIRE_FALSE(result.ok());
  CHECK(result.errors().front().code == "result-shape");
}

TEST_CASE("numbers of a file take over derivations only where both say the same") {
  ResultDocument made_again("s", "new");
  made_again.root().number("same", 2.0, why_input("same", 2.0, "", "--same"));
  made_again.root().number("other", 3.0, why_input("other", 3.0, "", "--other"));
  auto result = read(made(R"("command": "new", "same": 2, "other": 4)"));
  REQUIRE(result.ok());
  CHECK(result->adopt_whys(made_again) == 1);
  CHECK(result->why("/same") != nullptr);
  CHECK(result->why("/other") == nullptr);
}

TEST_CASE("texts under explain are found by pointer") {
  const auto result = read(made(R"("command": "new", "x": 1, "explain": {"/x": "x = 1\n"})"));
  REQUIRE(result.ok());
  CHECK(result->stated_why("/x") == "x = 1\n");
  CHECK(result->stated_why("/y").empty());
}

}  // namespace
}  // namespace gpusize
