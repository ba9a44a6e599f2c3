#include "gpusize/core/derivation_text.hpp"

#include "support/catch.hpp"

namespace gpusize {
namespace {

Why step(double ms) {
  return why_sum("step", ms, "ms",
                 {{"compute", why_input("compute", ms - 1.0, "ms", "--compute")},
                  {"launch", why_input("launch", 1.0, "ms", "--launch")}});
}

TEST_CASE("a part that two numbers rest on is written once, after them") {
  // Two objects that say the same: what counts is what they say.
  const auto texts = render_shared({{"/a", why_sum("a", 5.0, "ms", {{"step", step(5.0)}})},
                                    {"/b", why_sum("b", 5.0, "ms", {{"step", step(5.0)}})}});
  REQUIRE(texts.size() == 3);
  CHECK(texts[0].first == "/a");
  CHECK(texts[0].second ==
        "a = 5 ms\n"
        "    = sum of the parts\n"
        "  step = 5 ms\n"
        "      as in shared/1\n");
  CHECK(texts[2].first == "shared/1");
  CHECK(texts[2].second == render(step(5.0)));
}

TEST_CASE("a part that is a number of its own is written there") {
  const auto texts = render_shared({{"/total", why_sum("total", 5.0, "ms", {{"step", step(5.0)}})},
                                    {"/step", step(5.0)},
                                    {"/again", step(5.0)}});
  REQUIRE(texts.size() == 3);
  CHECK(texts[0].second.ends_with("      as in /step\n"));
  CHECK(texts[1].second == render(step(5.0)));
  CHECK(texts[2].second == "step = 5 ms\n    as in /step\n");
}

TEST_CASE("parts that differ in a value, and short ones, are written out") {
  const auto texts = render_shared({{"/a", why_sum("a", 5.0, "ms", {{"step", step(5.0)}})},
                                    {"/b", why_sum("b", 6.0, "ms", {{"step", step(6.0)}})}});
  REQUIRE(texts.size() == 2);
  CHECK(texts[0].second == render(why_sum("a", 5.0, "ms", {{"step", step(5.0)}})));
  CHECK(texts[1].second.find("as in") == std::string::npos);
}

TEST_CASE("a tree of as many paths as atoms is written in a few lines") {
  Why why = why_count("leaf", 1.0, "n");
  for (int i = 0; i < 200; ++i)
    why = why_sum("twice", 2.0 * why->value, "", {{"a", why}, {"b", why}});
  std::size_t bytes = 0;
  for (const auto& [name, text] : render_shared({{"/n", why}})) bytes += text.size();
  CHECK(bytes < 60'000);
}

}  // namespace
}  // namespace gpusize
