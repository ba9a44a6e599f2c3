#include "gpusize/spec/shell_words.hpp"

#include "support/catch.hpp"

using namespace gpusize;

namespace {

std::vector<std::string> words(std::string_view text, ShellEnvironment environment = {},
                               std::size_t command = 0) {
  Locator where(nullptr, {}, 0);
  const ShellScript script = read_shell(text, where, environment);
  std::vector<std::string> out;
  if (command < script.commands.size()) {
    for (const ShellWord& word : script.commands[command].words) out.push_back(word.text);
  }
  return out;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("words: quotes, continuation, comments") {
  CHECK(words("a 'b c' \"d e\" f\\ g") == Words{"a", "b c", "d e", "f g"});
  CHECK(words("a \\\n  b # c\nd") == Words{"a", "b"});
  CHECK(words("a \\\n  b # c\nd", {}, 1) == Words{"d"});
  CHECK(words("x '{\"k\":\n \"v\"}'") == Words{"x", "{\"k\":\n \"v\"}"});
  CHECK(words("a; b && c", {}, 2) == Words{"c"});
  CHECK(words("run 2>&1 > out <in x") == Words{"run", "x"});
}

TEST_CASE("words: variables, defaults, arithmetic") {
  ShellEnvironment env;
  env["N"] = shell_value("4");
  env["E"] = shell_value("");
  env["TWO"] = shell_value("a b");
  CHECK(words("x $N ${N} \"$N\" '$N'", env) == Words{"x", "4", "4", "4", "$N"});
  CHECK(words("x ${M:-7} ${N:-7} ${E:-8} y${E-8}", env) == Words{"x", "7", "4", "8", "y"});
  CHECK(words("x $((N * 2 + 1)) $(( ${N} / 3 )) $(((N-1)*-2))", env) == Words{"x", "9", "1", "-6"});
  CHECK(words("x $TWO \"$TWO\"", env) == Words{"x", "a", "b", "a b"});
  CHECK(words("A=3; B=$((A*5)); x $B", {}, 0) == Words{"x", "15"});
  CHECK(words("export A=3\nx ${A}", {}) == Words{"x", "3"});
}

TEST_CASE("words: what is not known is marked") {
  Locator where(nullptr, {}, 0);
  ShellEnvironment env;
  const ShellScript script =
      read_shell("x $A $(hostname) `id` $((A + 1)) $((1 / 0)) known", where, env);
  REQUIRE(script.commands.size() == 1);
  const auto& w = script.commands[0].words;
  REQUIRE(w.size() == 7);
  CHECK(w[0].known());
  CHECK(w[1].unresolved == "A");
  CHECK_FALSE(w[2].known());
  CHECK_FALSE(w[3].known());
  CHECK(w[4].unresolved == "A");
  CHECK_FALSE(w[5].known());
  CHECK(w[6].known());
}

TEST_CASE("words: arrays and branches") {
  CHECK(words("A=(--x 1\n  --y 2)\nrun \"${A[@]}\" end") ==
        Words{"run", "--x", "1", "--y", "2", "end"});
  CHECK(words("A=(a)\nA+=(b c)\nrun ${A[@]}") == Words{"run", "a", "b", "c"});
  CHECK(words("M=a\nif [ \"$M\" = a ]; then N=1; else N=2; fi\nrun $N") == Words{"run", "1"});
  CHECK(words("M=b\nif [ \"$M\" = a ]; then N=1; else N=2; fi\nrun $N") == Words{"run", "2"});
  // A test that cannot be judged leaves what stood before.
  CHECK(words("N=1\nif [ -f x ]; then N=2; fi\nrun $N", {}, 0) == Words{"run", "1"});
  CHECK(words("N=1\nif [ a = a ] && [ -f x ]; then N=2; fi\nrun $N", {}, 0) == Words{"run", "1"});
}

TEST_CASE("words: here-documents") {
  Locator where(nullptr, {}, 0);
  ShellEnvironment env;
  const ShellScript script =
      read_shell("N=8\ncat > /tmp/x.yaml <<EOF\ntp: $N\nEOF\ncat <<'E' > y\n$N\nE\n", where, env);
  REQUIRE(script.documents.size() == 2);
  CHECK(script.documents[0].target == "/tmp/x.yaml");
  CHECK(script.documents[0].body == "tp: 8\n");
  CHECK(script.documents[1].target == "y");
  CHECK(script.documents[1].body == "$N\n");
}

TEST_CASE("words: expansion is bounded") {
  std::string text = "A=xxxxxxxxxxxxxxxx\n";
  for (int i = 0; i < 64; ++i) text += "A=$A$A\n";
  text += "run $A";
  Locator where(nullptr, {}, 0);
  ShellEnvironment env;
  const ShellScript script = read_shell(text, where, env);
  REQUIRE(script.commands.size() == 1);
  CHECK(script.commands[0].words.back().text.size() < (std::size_t{64} << 20));
}

TEST_CASE("words: Kubernetes' own variables") {
  ShellEnvironment env;
  env["A"] = shell_value("1");
  CHECK(expand_kubernetes("--x=$(A)", {}, env).text == "--x=1");
  CHECK(expand_kubernetes("$$(A)", {}, env).text == "$(A)");
  const ShellWord unknown = expand_kubernetes("$(B)", {}, env);
  CHECK(unknown.text == "$(B)");
  CHECK(unknown.unresolved == "B");
}
