#include "gpusize/core/document.hpp"

#include <string>
#include <vector>

#include "gpusize/core/check.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

/// {name: h100, count: 8, list: [1, 2.5, "3"], none: null, on: true}
Document sample() {
  DocumentBuilder b("sample");
  b.open_map(1, 1);
  b.key("name");
  b.scalar("h100", false, 1, 7);
  b.key("count");
  b.scalar("8", false, 2, 8);
  b.key("list");
  b.open_sequence(3, 7);
  b.scalar("1", false, 3, 8);
  b.scalar("2.5", false, 3, 11);
  b.scalar("3", true, 3, 16);
  b.close();
  b.key("none");
  b.null(4, 7);
  b.key("on");
  b.scalar("true", false, 5, 5);
  b.close();
  return std::move(b).finish();
}

TEST_CASE("a document reads back what was built") {
  const Document document = sample();
  const Node root = document.root();
  REQUIRE(root.is_map());
  CHECK(root.size() == 5);
  CHECK(root.find("name").text() == "h100");
  CHECK_FALSE(root.find("name").number().has_value());
  CHECK(root.find("count").integer() == 8);
  CHECK(root.find("count").number() == 8.0);
  CHECK(root.find("none").is_null());
  CHECK(root.find("on").boolean() == true);
  CHECK_FALSE(root.find("missing"));
  CHECK_FALSE(root.find("name").find("inside a scalar"));
  CHECK_FALSE(Node{}.find("inside nothing"));
  std::vector<std::string> keys;
  for (const Node child : root) keys.emplace_back(child.key());
  CHECK(keys == std::vector<std::string>{"name", "count", "list", "none", "on"});
}

TEST_CASE("sequences keep order, quotes and places") {
  const Document document = sample();
  std::vector<Node> items;
  for (const Node item : document.root().find("list")) items.push_back(item);
  REQUIRE(items.size() == 3);
  CHECK(items[0].integer() == 1);
  CHECK_FALSE(items[1].integer().has_value());
  CHECK(items[1].number() == 2.5);
  CHECK(items[2].is_quoted());
  CHECK_FALSE(items[2].number().has_value());  // quoted: text, whatever it looks like
  CHECK(items[2].location().str() == "sample:3:16");
}

TEST_CASE("whole numbers come exactly or not at all") {
  struct Row {
    const char* text;
    std::optional<std::int64_t> value;
  };
  const Row rows[] = {{"1e3", 1000},
                      {"2.0", 2},
                      {"2.5", std::nullopt},
                      {"9223372036854775807", 9223372036854775807LL},
                      {"9223372036854775808", std::nullopt},
                      {"9007199254740993", 9007199254740993LL},  // beyond what a double holds
                      {"1e18", std::nullopt},                    // a double this large is not exact
                      {"-1e3", -1000},
                      {"abc", std::nullopt}};
  for (const Row& row : rows) {
    INFO(row.text);
    DocumentBuilder b("f");
    b.scalar(row.text, false, 1, 1);
    CHECK(std::move(b).finish().root().integer() == row.value);
  }
}

TEST_CASE("booleans are true and false only") {
  for (const char* text : {"true", "True", "TRUE", "false", "yes", "on", "1", ""}) {
    DocumentBuilder b("f");
    b.scalar(text, false, 1, 1);
    const bool known = std::string(text).size() >= 4;
    INFO(text);
    CHECK(std::move(b).finish().root().boolean().has_value() == known);
  }
  DocumentBuilder quoted("f");
  quoted.scalar("true", true, 1, 1);
  CHECK_FALSE(std::move(quoted).finish().root().boolean().has_value());
}

TEST_CASE("a copied subtree is equal and keeps its places") {
  DocumentBuilder b("f");
  b.open_map(1, 1);
  b.key("a");
  const auto index = b.next_index();
  b.open_map(1, 4);
  b.key("x");
  b.scalar("1", false, 1, 8);
  b.key("y");
  b.open_sequence(1, 12);
  b.null(1, 13);
  b.close();
  b.close();
  b.key("b");
  b.copy(index);
  b.close();
  const Document document = std::move(b).finish();
  const Node copy = document.root().find("b");
  REQUIRE(copy.is_map());
  CHECK(copy.size() == 2);
  CHECK(copy.key() == "b");
  CHECK(copy.find("x").number() == 1.0);
  CHECK(copy.find("x").location().column == 8);
  CHECK(copy.find("y").size() == 1);
  CHECK(document.root().find("a").size() == 2);
}

TEST_CASE("misuse of the builder is a bug of ours") {
  DocumentBuilder open("f");
  open.open_map(1, 1);
  CHECK_THROWS_AS(std::move(open).finish(), InternalError);
  DocumentBuilder closed("f");
  CHECK_THROWS_AS(closed.close(), InternalError);
  CHECK_THROWS_AS(Document().root(), InternalError);
}

TEST_CASE("copies of a document share storage and outlive it") {
  Document copy;
  {
    const Document document = sample();
    copy = document;
    CHECK(copy.nodes().data() == document.nodes().data());
  }
  CHECK(copy.root().find("name").text() == "h100");
}

}  // namespace
}  // namespace gpusize
