#include <string>
#include <string_view>

#include "gpusize/spec/read_document.hpp"
#include "support/catch.hpp"
#include "support/document.hpp"

namespace gpusize {
namespace {

using test::outcome;
using test::repeat;
using test::show;

std::string read(std::string_view text) {
  const auto document = read_json("f", text);
  return document.ok() ? show(document->root()) : outcome(document);
}

TEST_CASE("json values") {
  CHECK(read(R"({"a": 1, "b": [true, false, null, "x"], "c": {}})") ==
        R"({a: 1, b: [true, false, null, "x"], c: {}})");
  CHECK(read("3") == "3");
  CHECK(read("[-2.5e3]") == "[-2.5e3]");
  CHECK(read(R"(["\u00fc\n\"", ""])") == "[\"ü\n\"\", \"\"]");
  CHECK(read(R"({"": 1})") == "{: 1}");
}

TEST_CASE("json numbers keep their text") {
  const auto document = read_json(
      "f", "[9223372036854775807, 18446744073709551615, 1e3, 0.1, 123456789012345678901234567890]");
  REQUIRE(document.ok());
  auto item = document->root().begin();
  CHECK((*item).integer() == 9223372036854775807LL);
  ++item;
  CHECK((*item).text() == "18446744073709551615");
  CHECK_FALSE((*item).integer().has_value());
  ++item;
  CHECK((*item).integer() == 1000);
  ++item;
  CHECK((*item).number() == 0.1);
  ++item;
  CHECK((*item).number() == Approx(1.2345678901234568e29));
}

TEST_CASE("json places are where a value begins") {
  const auto document = read_json("f", "{\"a\": 12,\n  \"b\": [ \"x\", true,\n{\"c\" : null}]}");
  REQUIRE(document.ok());
  const Node root = document->root();
  CHECK(root.location().str() == "f:1:1");
  CHECK(root.find("a").location().str() == "f:1:7");
  auto item = root.find("b").begin();
  CHECK(root.find("b").location().str() == "f:2:8");
  CHECK((*item).location().str() == "f:2:10");
  ++item;
  CHECK((*item).location().str() == "f:2:15");
  ++item;
  CHECK((*item).location().str() == "f:3:1");
  CHECK((*item).find("c").location().str() == "f:3:8");
  const auto tricky = read_json("f", R"(["a\"[{,", 1])");
  REQUIRE(tricky.ok());
  auto second = tricky->root().begin();
  ++second;
  CHECK((*second).location().str() == "f:1:12");
}

TEST_CASE("duplicate json keys are errors at the second") {
  CHECK(read("{\"a\": 1,\n \"a\": 2}") == "spec-duplicate-key at f:2:2");
  CHECK(read(R"({"x": {"a": 1}, "a": {"a": 1}})") == "{x: {a: 1}, a: {a: 1}}");
  CHECK(read(R"({"a": 1, "\u0061": 2})") == "spec-duplicate-key at f:1:10");
}

TEST_CASE("what is not json") {
  for (const char* text : {"",
                           " \n",
                           "[1,",
                           "[1",
                           "{",
                           "{\"a\"",
                           "{\"a\":",
                           "{\"a\":1",
                           "\"abc",
                           "[1,]",
                           "{\"a\":1,}",
                           "{'a':1}",
                           "{a:1}",
                           "[NaN]",
                           "[Infinity]",
                           "[-Infinity]",
                           "[nan]",
                           "[+1]",
                           "[01]",
                           "[.5]",
                           "[5.]",
                           "[0x10]",
                           "[1] x",
                           "[1][2]",
                           "nul",
                           "tru",
                           "[\"a\tb\"]",
                           "[\"\\x\"]",
                           "[\"\\ud800\"]",
                           "// c\n[1]",
                           "]",
                           "}",
                           ",",
                           "[\"\xff\"]",
                           "\xff\xfe[",
                           "[1e999]"}) {
    INFO(text);
    CHECK_THAT(read(text), test::contains("spec-json at f:"));
  }
  CHECK(read(std::string_view("[\0]", 3)) == "spec-json at f:1:2");
}

TEST_CASE("json errors say the cause without the library's own words") {
  for (const char* text : {"[1e999]", "[NaN]", "[1,"}) {
    const auto document = read_json("f", text);
    REQUIRE_FALSE(document.ok());
    CHECK(document.errors().front().message.find("json.exception") == std::string::npos);
    CHECK(document.errors().front().message.find(" at line ") == std::string::npos);
  }
  const auto quoted = read_json("f", "[\"" + repeat("x", 100'000));
  REQUIRE_FALSE(quoted.ok());
  CHECK(quoted.errors().front().message.size() < 500);
}

TEST_CASE("deep and large json") {
  CHECK_THAT(read(repeat("[", 20'000)), test::contains("spec-too-deep at f:1:257"));
  CHECK_THAT(read(repeat("{\"a\":", 20'000)), test::contains("spec-too-deep"));
  CHECK(read_json("f", repeat("[", 256) + repeat("]", 256)).ok());
  CHECK_FALSE(read_json("f", repeat("[", 257) + repeat("]", 257)).ok());
  CHECK_THAT(outcome(read_json("f", "[" + repeat("1,", 1000) + "1]", {.nodes = 1000})),
             test::contains("spec-too-large"));
}

TEST_CASE("json with a byte order mark and carriage returns") {
  const auto document = read_json("f", "\xef\xbb\xbf{\r\n\"a\": 1\r\n}\r\n");
  REQUIRE(document.ok());
  CHECK(document->root().location().str() == "f:1:1");
  CHECK(document->root().find("a").location().str() == "f:2:6");
}

TEST_CASE("the same data as yaml and as json gives the same tree") {
  const char* text = "{\"a\": [1, 2.5, \"x\", null, true], \"b\": {\"c\": []}}";
  const auto json = read_json("f", text);
  const auto yaml = read_yaml("f", text);
  REQUIRE(json.ok());
  REQUIRE(yaml.ok());
  CHECK(show(json->root()) == show(yaml->root()));
}

}  // namespace
}  // namespace gpusize
