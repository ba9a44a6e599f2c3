#include "manifest/yaml_text.hpp"

#include "gpusize/spec/read_document.hpp"
#include "manifest/shell_text.hpp"
#include "support/catch.hpp"

namespace gpusize {
namespace {

/// What a YAML reader makes of the text under `key`.
Node read_back(const Document& document, std::string_view key) { return document.root().find(key); }

TEST_CASE("a text stays a text whatever it looks like") {
  for (const char* text : {"yes",
                           "No",
                           "on",
                           "null",
                           "~",
                           "true",
                           "1",
                           "0.90",
                           "1e3",
                           "0x10",
                           "2026-11-27",
                           "12:30:45",
                           "",
                           " a",
                           "a ",
                           "a: b",
                           "a #b",
                           "#a",
                           "- a",
                           "-",
                           "--",
                           "---",
                           "*a",
                           "&a",
                           "!a",
                           "%a",
                           "@a",
                           "`a`",
                           "{a}",
                           "[a]",
                           "\"a\"",
                           "'a'",
                           "a\\b",
                           "a\tb",
                           "a:",
                           "?",
                           "|",
                           ">",
                           "10Gi",
                           "v0.21.0",
                           "org/model:tag",
                           "--name=value",
                           "--x={\"a\":1}",
                           "sum(a:b{c=\"d\"})",
                           "ein Bär",
                           "\x01"}) {
    const std::string written = yaml_text(Tree{{"key", text}});
    const auto document = read_yaml("a.yaml", written);
    INFO(written);
    REQUIRE(document.ok());
    const Node node = read_back(*document, "key");
    CHECK(node.text() == text);
    CHECK_FALSE(node.number().has_value());
    CHECK_FALSE(node.boolean().has_value());
    CHECK_FALSE(node.is_null());
  }
}

TEST_CASE("texts of several lines come back as they were") {
  for (const char* text :
       {"a\nb\n", "a\n\nb\n", "a\nb", " a\nb\n", "a\n\n", "\na\n", "a\n  b: c\n"}) {
    const std::string written = yaml_text(Tree{{"key", text}, {"list", Tree::array({text})}});
    const auto document = read_yaml("a.yaml", written);
    INFO(written);
    REQUIRE(document.ok());
    CHECK(read_back(*document, "key").text() == text);
    CHECK((*read_back(*document, "list").begin()).text() == text);
  }
}

TEST_CASE("maps, lists, numbers and comments have the usual form") {
  Tree tree;
  tree["#head"] = "what follows";
  tree["a"] = {{"b", 1}, {"c", 0.5}, {"d", true}, {"e", nullptr}};
  tree["empty"] = Tree::object();
  tree["none"] = Tree::array();
  tree["list"] = Tree::array({{{"x", "y"}, {"z", Tree::array({1, 2})}}, "word"});
  CHECK(yaml_text(tree) ==
        "# what follows\n"
        "a:\n  b: 1\n  c: 0.5\n  d: true\n  e: null\n"
        "empty: {}\nnone: []\n"
        "list:\n  - x: \"y\"\n    z:\n      - 1\n      - 2\n  - word\n");
  CHECK(yaml_text(std::vector<Tree>{Tree{{"a", 1}}, Tree{{"b", 2}}}) == "a: 1\n---\nb: 2\n");
}

TEST_CASE("shell words are quoted where a shell would take them apart") {
  CHECK(shell_word("org/model-1.5_b") == "org/model-1.5_b");
  CHECK(shell_word("a b") == "'a b'");
  CHECK(shell_word("it's") == "'it'\\''s'");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("a;rm -rf *") == "'a;rm -rf *'");
  CHECK(shell_word("a$(date)") == "'a$(date)'");
}

}  // namespace
}  // namespace gpusize
