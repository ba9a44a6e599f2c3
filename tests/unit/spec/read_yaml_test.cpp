#include <chrono>
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
  const auto document = read_yaml("f", text);
  return document.ok() ? show(document->root()) : outcome(document);
}

TEST_CASE("yaml values") {
  CHECK(read("a: 1\nb: x\nc: [1, '2', \"3\"]\nd: {e: f}\n") ==
        "{a: 1, b: x, c: [1, \"2\", \"3\"], d: {e: f}}");
  CHECK(read("- a\n- - b\n  - c\n") == "[a, [b, c]]");
  CHECK(read("just text") == "just text");
  CHECK(read("a:\nb: ~\nc: null\nd: Null\ne: NULL\nf: ''\n") ==
        "{a: null, b: null, c: null, d: null, e: null, f: \"\"}");
  CHECK(read("a: |\n  one\n  two\nb: >\n  one\n  two\n") ==
        "{a: \"one\ntwo\n\", b: \"one two\n\"}");
  CHECK(read("a: 1 # comment\n# more\n") == "{a: 1}");
  CHECK(read("a: !!str 5\n") == "{a: \"5\"}");
  CHECK(read("%YAML 1.2\n---\na: 1\n...\n") == "{a: 1}");
  CHECK(read("<<: {a: 1}\n") == "{<<: {a: 1}}");  // merge keys are data here
}

TEST_CASE("yaml places count from one") {
  const auto document = read_yaml("f", "a: 1\nb:\n  c: [x, {d: y}]\n");
  REQUIRE(document.ok());
  const Node c = document->root().find("b").find("c");
  CHECK(document->root().location().str() == "f:1:1");
  CHECK(document->root().find("a").location().str() == "f:1:4");
  CHECK(c.location().str() == "f:3:6");
  CHECK(show(c) == "[x, {d: y}]");
}

TEST_CASE("only decimal numbers are numbers") {
  const auto document = read_yaml(
      "f", "[1, 2.5, 1e3, .inf, .nan, nan, 0x10, 0o7, 1_000, 1:30, +-5, 1e999, '7', 80 GiB]");
  REQUIRE(document.ok());
  std::string numbers;
  for (const Node n : document->root()) numbers += n.number() ? 'y' : 'n';
  CHECK(numbers == "yyynnnnnnnnnnn");
}

TEST_CASE("duplicate keys are errors at the second") {
  CHECK(read("a: 1\nb: 2\na: 3\n") == "spec-duplicate-key at f:3:1");
  CHECK(read("x:\n  a: 1\n  \"a\": 2\n") == "spec-duplicate-key at f:3:3");
  CHECK(read("x: {b: 1, b: 2}") == "spec-duplicate-key at f:1:11");
  CHECK(read("x: {a: 1}\ny: {a: 1}\n") == "{x: {a: 1}, y: {a: 1}}");
}

TEST_CASE("aliases are copies") {
  CHECK(read("a: &x {k: [1, 2]}\nb: *x\nc: [*x]\n") ==
        "{a: {k: [1, 2]}, b: {k: [1, 2]}, c: [{k: [1, 2]}]}");
  CHECK(read("a: &x\nb: *x\n") == "{a: null, b: null}");
  CHECK(read("a: &x 1\nb: &x 2\nc: *x\n") == "{a: 1, b: 2, c: 2}");  // the latest anchor counts
  CHECK(read("a: *x\n") == "spec-yaml at f:1:4");
  CHECK(read("a: &x [*x]\n") == "spec-yaml at f:1:8");
  CHECK(read("a: &x {b: {c: *x}}\n") == "spec-yaml at f:1:15");
}

TEST_CASE("keys must be plain text") {
  CHECK(read("? [a]\n: b\n") == "spec-yaml at f:1:3");
  CHECK(read("? {a: b}\n: c\n") == "spec-yaml at f:1:3");
  CHECK(read("a: &x k\nb: {*x : 1}\n") == "spec-yaml at f:2:5");
}

TEST_CASE("alias expansion is bounded before it is made") {
  std::string text = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + repeat(before + ", ", 8) +
            before + "]\n";
  }
  const auto start = std::chrono::steady_clock::now();
  const auto document = read_yaml("f", text, {.nodes = 100'000});
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  CHECK_THAT(outcome(document), test::contains("spec-too-large at f:"));
  CHECK(took.count() < 2.0);
}

TEST_CASE("aliases cannot nest deeper than the limit either") {
  std::string text = "a0: &a0 " + repeat("[", 200) + repeat("]", 200) + "\n";
  for (int i = 1; i < 150; ++i) {
    const std::string n = std::to_string(i);
    text += "a" + n + ": &a" + n + " " + repeat("[", 200) + "*a" + std::to_string(i - 1) + " " +
            repeat("]", 200) + "\n";
  }
  CHECK_THAT(outcome(read_yaml("f", text)), test::contains("spec-too-deep at f:2:"));
  // 255 levels below the root map are allowed, however they come about.
  const std::string inner = "a: &a " + repeat("[", 100) + repeat("]", 100) + "\n";
  CHECK(read_yaml("f", inner + "b: " + repeat("[", 155) + "*a " + repeat("]", 155)).ok());
  CHECK_FALSE(read_yaml("f", inner + "b: " + repeat("[", 156) + "*a " + repeat("]", 156)).ok());
}

TEST_CASE("deep nesting fails, whichever way it is written") {
  constexpr std::size_t kDeep = 20'000;
  CHECK_THAT(read(repeat("[", kDeep) + repeat("]", kDeep)), test::contains("spec-too-deep"));
  CHECK_THAT(read(repeat("- ", kDeep) + "a"), test::contains("spec-too-deep"));
  for (const char* opening :
       {"[", "{", "[a,", "{a: ", "? ", "a: ", "- [", "!!x [", "&a [", "[\n", "{\n"}) {
    INFO(opening);
    CHECK_FALSE(read_yaml("f", repeat(opening, kDeep)).ok());
  }
  std::string stairs;
  for (std::size_t i = 0; i < 2000; ++i) stairs += std::string(i, ' ') + "a:\n";
  CHECK(read(stairs) == "spec-too-deep at f:257:257");
  CHECK(read_yaml("f", repeat("[", 256) + repeat("]", 256)).ok());
  CHECK_FALSE(read_yaml("f", repeat("[", 257) + repeat("]", 257)).ok());
}

TEST_CASE("too many values") {
  CHECK_THAT(outcome(read_yaml("f", repeat("- a\n", 1001), {.nodes = 1000})),
             test::contains("spec-too-large at f:1000:"));
  CHECK(read_yaml("f", repeat("- a\n", 999), {.nodes = 1000}).ok());
}

TEST_CASE("files cut short are errors") {
  for (const char* text :
       {"a: \"bc", "a: \"bc\n", "a: 'bc", "a: 'bc\n\n", "a: 'it''s\n", "a: \"b\\\"c\n",
        "a: &x 'b\n", "a: !!str \"b\n", "a: [1, 2", "a: [1, 2\n", "a: {b: 1", "a: {b: 1\n",
        "a: [\"x\n", "[", "{", "\"", "a: [b, {c: d}\n", "a: \"b\nc: 1\n", "a: üüü\nb: 'x\n"}) {
    INFO(text);
    CHECK_THAT(read(text), test::contains("spec-yaml at f:"));
  }
  for (const char* text : {"a: \"b\"\n", "a: 'b' # it's\n", "a: 'it''s'\n", "a: \"b\\\"\"\n",
                           "a: \"b\n  c\"\n", "'x'", "a: |\n  \"x\n", "a: it's\n", "a: 'x'\nb: y\n",
                           "a: üüü\nb: 'x'\nc: ü 'x\n", "- 'a'\n- \"b\"   \n# '\n"}) {
    INFO(text);
    CHECK(read_yaml("f", text).ok());
  }
}

TEST_CASE("text that yaml-cpp never gets past is an error") {
  for (const char* text : {",", ",\n", "a,\n", "a: 1\n,", "[a],", "---\n,"}) {
    INFO(text);
    const auto document = read_yaml("f", text);  // ending at all is the point
    if (text[0] != 'a') CHECK_FALSE(document.ok());
  }
}

TEST_CASE("bad yaml has a place") {
  CHECK(read("a: 1\n  b: 2\n") == "spec-yaml at f:2:4");
  CHECK_THAT(read("a:\n  - 1\n - 2\n"), test::contains("spec-yaml at f:3:"));
  CHECK_THAT(read("a:\n\t- b\n"), test::contains("spec-yaml at f:2:"));
  CHECK_THAT(read("\ta: 1\n"), test::contains("spec-yaml at f:1:"));
  CHECK_THAT(read("@x"), test::contains("spec-yaml at f:1:1"));
  CHECK_THAT(read("a: b: c"), test::contains("spec-yaml at f:1:5"));
}

TEST_CASE("no document and several documents") {
  CHECK(read("") == "spec-empty at f:1:1");
  CHECK(read("  \n\n# only a comment\n") == "spec-empty at f:1:1");
  CHECK(read("\xef\xbb\xbf") == "spec-empty at f:1:1");
  CHECK(read("a: 1\n---\nb: 2\n") == "spec-several-documents at f:3:1");
  CHECK(read("--- a\n--- b\n--- c\n") == "spec-several-documents at f:2:5");
  CHECK_THAT(read("- a\nb: 1\n"), test::contains("spec-several-documents at f:2:"));
  CHECK(read("---\na: 1\n") == "{a: 1}");
  CHECK(read("a: 1\n---\n---\n# nothing\n") == "{a: 1}");
  CHECK(read("a: 1\n---\n---\nb\n") == "spec-several-documents at f:4:1");
}

TEST_CASE("byte order mark and line ends") {
  CHECK(read("\xef\xbb\xbf"
             "a: 1\r\nb: 'x'\r\n") == "{a: 1, b: \"x\"}");
  const auto document = read_yaml("f",
                                  "\xef\xbb\xbf"
                                  "a: 1\r\nb: 2\r\n");
  REQUIRE(document.ok());
  CHECK(document->root().find("b").location().str() == "f:2:4");
  CHECK(document->root().find("a").location().str() == "f:1:4");
}

TEST_CASE("text that is not UTF-8 is refused at its byte") {
  CHECK(read("a: 1\nb: \xff\n") == "spec-encoding at f:2:4");
  CHECK(read("a: \xc3\x28") == "spec-encoding at f:1:4");
  CHECK(read(std::string_view("a: b\0c", 6)) == "spec-encoding at f:1:5");
  CHECK(read("a: 1\nb: \x04\nc: 2\n") == "spec-encoding at f:2:4");  // yaml-cpp ends the text there
  CHECK(read(std::string_view("\xff\xfe"
                              "a\0:\0 \0"
                              "1\0",
                              10)) == "spec-encoding at f:1:1");  // UTF-16
  const auto utf16 = read_yaml("f", std::string_view("\xff\xfe"
                                                     "a\0",
                                                     4));
  CHECK_THAT(utf16.errors().front().hint, test::contains("UTF-8"));
  CHECK(read("a: ünï 日本 🙂") == "{a: ünï 日本 🙂}");
}

TEST_CASE("time stays in proportion to size") {
  const auto start = std::chrono::steady_clock::now();
  constexpr std::size_t kMany = 100'000;
  for (const char* part : {"- a\n", "a ", "a\n", "# a\n", "---\n", "%a\n", "!", "&a ", "*a ", ":",
                           "?\n", "\t", "\" ", "|\n", ",", "]", "\n", "'"}) {
    const auto document = read_yaml("f", repeat(part, kMany));
    if (!document.ok()) CHECK(document.errors().front().message.size() < 500);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  CHECK(took.count() < 20.0);  // far above what it takes, far below quadratic
}

}  // namespace
}  // namespace gpusize
