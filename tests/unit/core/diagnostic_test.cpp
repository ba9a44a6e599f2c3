#include "gpusize/core/diagnostic.hpp"

#include "support/catch.hpp"

namespace gpusize {
namespace {

TEST_CASE("a place leaves out what is unknown") {
  CHECK(Location{"a.yaml", 3, 7}.str() == "a.yaml:3:7");
  CHECK(Location{"a.yaml", 3, 0}.str() == "a.yaml:3");
  CHECK(Location{"a.yaml", 0, 0}.str() == "a.yaml");
  CHECK(Location{"", 3, 7}.str() == "line 3, column 7");
  CHECK(Location{"", 3, 0}.str() == "line 3");
  CHECK(Location{"a\nb", 1, 1}.str() == "a\\x0ab:1:1");
  CHECK_FALSE(Location{}.known());
  CHECK(Location{"a.yaml", 0, 0}.known());
}

TEST_CASE("a rendered diagnostic has message, code, place and help") {
  CHECK(render(make_error("spec-x", "no field \"a\"", {"f.yaml", 2, 5}, "did you mean \"b\"?")) ==
        "error: no field \"a\" [spec-x]\n --> f.yaml:2:5\n help: did you mean \"b\"?\n");
  CHECK(render(make_warning("w", "careful")) == "warning: careful [w]\n");
  CHECK(render(Diagnostic{Severity::kInfo, "i", "by the way", {}, ""}) == "note: by the way [i]\n");
}

TEST_CASE("a hostile message stays on its line") {
  const std::string out =
      render(make_error("c", "bad \x1b[2J\n value", {"f\x07.yaml", 1, 1}, "try\n\x1b]0;x"));
  CHECK(out ==
        "error: bad \\x1b[2J\\x0a value [c]\n --> f\\x07.yaml:1:1\n help: try\\x0a\\x1b]0;x\n");
}

TEST_CASE("only errors are errors") {
  CHECK_FALSE(has_errors({}));
  CHECK_FALSE(has_errors({make_warning("w", "w"), {Severity::kInfo, "i", "i", {}, ""}}));
  CHECK(has_errors({make_warning("w", "w"), make_error("e", "e")}));
}

}  // namespace
}  // namespace gpusize
