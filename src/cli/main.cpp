#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/command.hpp"
#include "gpusize/core/text.hpp"

namespace {

using namespace gpusize;
using namespace gpusize::cli;

/// `explain estimate`: the words that lead to a subcommand.
std::string path_of(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  if (parent == nullptr || parent->get_parent() == nullptr) return app.get_name();
  return fmt::format("{} {}", path_of(*parent), app.get_name());
}

/// A near match for a mistyped option or subcommand, from the parser that refused it.
std::string usage_hint(const CLI::App& app, const std::string& message) {
  std::vector<std::string> known;
  const CLI::App* scope = &app;
  while (!scope->get_subcommands().empty()) scope = scope->get_subcommands().back();
  for (const CLI::Option* option : scope->get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  if (scope == &app) {
    for (const CLI::App* sub : app.get_subcommands({})) known.push_back(sub->get_name());
  }
  const std::string help = scope == &app ? "see: gpusize --help"
                                         : fmt::format("see: gpusize {} --help", path_of(*scope));
  for (std::string& word : split(message, ' ')) {
    if (word.ends_with(':')) word.pop_back();  // "--option: what is wrong with its value"
    if (!word.starts_with("--") || std::find(known.begin(), known.end(), word) != known.end())
      continue;
    const std::string hint = did_you_mean(word, known);
    return hint.empty() ? help : hint + " " + help;
  }
  return help;
}

/// CLI11's words for a value of the wrong type, in ours.
std::string usage_message(const CLI::ParseError& error) {
  const std::string text = error.what();
  if (text.starts_with("The following argument")) {
    // CLI11 lists what it did not expect backwards, values first.
    const std::size_t dashes = text.find("--");
    if (dashes != std::string::npos) {
      return fmt::format("unknown option \"{}\"",
                         text.substr(dashes, text.find(' ', dashes) - dashes));
    }
  }
  constexpr std::string_view kConversion = "Could not convert: ";
  const std::size_t equals = text.find(" = ");
  if (!text.starts_with(kConversion) || equals == std::string::npos) return text;
  return fmt::format("{} is \"{}\", expected a number",
                     text.substr(kConversion.size(), equals - kConversion.size()),
                     text.substr(equals + 3));
}

int usage_error(const CLI::App& app, const CLI::ParseError& error) {
  return fail(make_error("cli-usage", usage_message(error), {}, usage_hint(app, error.what())));
}

/// A first word that is no subcommand, said before the parser calls it missing.
std::optional<Diagnostic> unknown_command(int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return {};
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    if (command.name == argv[1]) return {};
    names.emplace_back(command.name);
  }
  const std::string hint = did_you_mean(argv[1], names);
  return make_error("cli-usage", fmt::format("unknown command \"{}\"", argv[1]), {},
                    (hint.empty() ? hint : hint + " ") + "see: gpusize --help");
}

/// What stands below the options in the help.
std::string examples_of(const Command& command) {
  std::string out;
  for (const std::string& line : split(command.examples, '\n'))
    out += fmt::format("{}gpusize {}", out.empty() ? "Example: " : "\n         ", line);
  return out;
}

int run(int argc, char** argv) {
  CLI::App app{
      "GPU capacity planning for large models: what to buy, what fits, how fast, at what cost."};
  app.set_version_flag("--version", "gpusize " GPUSIZE_VERSION);
  app.require_subcommand(1);
  app.footer(examples_of(commands().front()));
  std::vector<std::function<int()>> actions;
  std::vector<CLI::App*> apps;
  for (const Command& command : commands()) {
    CLI::App* sub = app.add_subcommand(std::string(command.name), std::string(command.help));
    sub->footer(examples_of(command));
    Parser parser(*sub);
    actions.push_back(command.setup(parser));
    apps.push_back(sub);
  }
  if (auto unknown = unknown_command(argc, argv)) return fail(std::move(*unknown));
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) != "--") continue;
    trailing_words().assign(argv + i + 1, argv + argc);
    argc = i;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    app.exit(success);
    return kAnswered;
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error);
  }
  for (std::size_t i = 0; i < apps.size(); ++i) {
    if (apps[i]->parsed()) return actions[i]();
  }
  return kCannotAnswer;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_DFL);  // `gpusize ... | head` ends quietly
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fputs(fmt::format("internal error: {}\nThis is a bug in gpusize; please report it with "
                           "the command line.\n",
                           printable(error.what()))
                   .c_str(),
               stderr);
  } catch (...) {
    std::fputs("internal error of unknown kind\n", stderr);
  }
  return kInternal;
}
