#include "gpusize/core/map_reader.hpp"

#include <string>
#include <vector>

#include "gpusize/spec/read_document.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

struct Read {
  explicit Read(std::string_view yaml)
      : document(*read_yaml("f.yaml", yaml)), map(document.root(), "GPU", "cat", problems) {}
  Document document;
  Diagnostics problems;
  MapReader map;
};

TEST_CASE("typed fields") {
  Read r("name: L4\nmemory: 24.5\ncount: 8\nboost: false\ntags: [a, b]\none: x\nnothing:\n");
  CHECK(r.map.text("name") == "L4");
  CHECK(r.map.number("memory") == 24.5);
  CHECK(r.map.integer("count") == 8);
  CHECK(r.map.boolean("boost") == false);
  CHECK(r.map.texts("tags") == std::vector<std::string>{"a", "b"});
  CHECK(r.map.texts("one") == std::vector<std::string>{"x"});
  CHECK_FALSE(r.map.node("nothing"));
  CHECK_FALSE(r.map.text("nothing").has_value());
  CHECK_FALSE(r.map.number("absent").has_value());
  CHECK(r.map.texts("absent").empty());
  r.map.reject_unknown();
  CHECK(r.problems.empty());
}

TEST_CASE("wrong types name what was expected and what was found") {
  Read r("name: [1]\nmemory: big\ncount: 2.5\nboost: 1\ntags: {a: b}\nlist: [a, [b]]\n");
  CHECK_FALSE(r.map.text("name").has_value());
  CHECK_FALSE(r.map.number("memory").has_value());
  CHECK_FALSE(r.map.integer("count").has_value());
  CHECK_FALSE(r.map.boolean("boost").has_value());
  CHECK(r.map.texts("tags").empty());
  CHECK(r.map.texts("list").size() == 1);
  const std::vector<std::string> expected{"\"name\" must be text, found a list",
                                          "\"memory\" must be a number, found \"big\"",
                                          "\"count\" must be a whole number, found \"2.5\"",
                                          "\"boost\" must be true or false, found \"1\"",
                                          "\"tags\" must be a list, found a map",
                                          "\"list\" must hold texts, found a list"};
  REQUIRE(r.problems.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(r.problems[i].message == expected[i]);
    CHECK(r.problems[i].code == "cat-type");
    CHECK(r.problems[i].where.line == static_cast<int>(i) + 1);
    CHECK(r.problems[i].where.column > 1);
  }
}

TEST_CASE("bounds are inclusive") {
  Read r("low: 1\nhigh: 8\nunder: 0\nover: 8.5\n");
  CHECK(r.map.integer("low", {1, 8}) == 1);
  CHECK(r.map.number("high", {1, 8}) == 8.0);
  CHECK(r.problems.empty());
  CHECK_FALSE(r.map.number("under", {1, 8}).has_value());
  CHECK_FALSE(r.map.number("over", {1, 8}).has_value());
  REQUIRE(r.problems.size() == 2);
  CHECK(r.problems[0].code == "cat-range");
  CHECK(r.problems[1].message == "\"over\" is 8.5, expected 1 to 8");
}

TEST_CASE("required fields report what is missing, null included") {
  Read r("name: ~\nmemory:\ncount: null\n");
  CHECK(r.map.required_text("name").empty());
  CHECK(r.map.required_number("memory", {2, 9}) == 2.0);
  CHECK(r.map.required_integer("count", {3, 9}) == 3);
  CHECK(r.map.required_text("id").empty());
  CHECK_FALSE(r.map.required("else"));
  REQUIRE(r.problems.size() == 5);
  for (const Diagnostic& problem : r.problems) CHECK(problem.code == "cat-missing");
  CHECK(r.problems[0].message == "GPU has no \"name\"");
}

TEST_CASE("a required field of the wrong type is reported once") {
  Read r("name: [1]\ncount: x\n");
  r.map.required_text("name");
  r.map.required_integer("count");
  CHECK(r.problems.size() == 2);
}

TEST_CASE("unknown fields come with a near match") {
  Read r("name: x\nmemry: 3\n");
  r.map.text("name");
  r.map.number("memory");
  r.map.reject_unknown();
  REQUIRE(r.problems.size() == 1);
  CHECK(r.problems[0].code == "cat-unknown-key");
  CHECK(r.problems[0].message == "GPU has no field \"memry\"");
  CHECK(r.problems[0].hint == "did you mean \"memory\"?");
  CHECK(r.problems[0].where.str() == "f.yaml:2:8");
}

TEST_CASE("a file full of unknown fields does not drown the reader") {
  std::string yaml;
  for (int i = 0; i < 5000; ++i) yaml += "k" + std::to_string(i) + ": 1\n";
  Read r(yaml);
  r.map.text("name");
  r.map.reject_unknown();
  CHECK(r.problems.size() <= 21);
  CHECK_THAT(r.problems.back().message, test::contains("4980 more"));
}

TEST_CASE("something else where a map belongs is one error, not one per field") {
  Read r("just text\n");
  r.map.required_text("name");
  r.map.required_number("memory");
  r.map.reject_unknown();
  REQUIRE(r.problems.size() == 1);
  CHECK(r.problems[0].message == "GPU must be a map, found \"just text\"");
}

TEST_CASE("an absent map reports its required fields without a crash") {
  Diagnostics problems;
  MapReader map(Node{}, "GPU", "cat", problems);
  CHECK_FALSE(map.text("name").has_value());
  map.required_text("name");
  map.reject_unknown();
  REQUIRE(problems.size() == 1);
  CHECK_FALSE(problems[0].where.known());
}

TEST_CASE("a long value is cut in messages, between characters") {
  std::string value;
  for (int i = 0; i < 50; ++i) value += "日";
  Read r("memory: " + value + "\n");
  r.map.number("memory");
  REQUIRE(r.problems.size() == 1);
  CHECK(r.problems[0].message.size() < 100);
  CHECK(render(r.problems[0]).find("\\x") == std::string::npos);
}

}  // namespace
}  // namespace gpusize
