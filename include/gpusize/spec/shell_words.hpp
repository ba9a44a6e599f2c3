#pragma once
// Splits shell text into the commands it would run, without running anything: quotes, line
// continuations, assignments, arrays, defaults, arithmetic and here-documents. What only a running
// shell could know (a command's output, a variable nobody set) stays marked as unresolved.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/spec/source_text.hpp"

namespace gpusize {

/// One word of a command, quotes off and variables in.
struct ShellWord {
  std::string text;        ///< what could not be put in stands as it was written
  std::string unresolved;  ///< the first thing that is not known; empty: all is
  Place place;
  [[nodiscard]] bool known() const { return unresolved.empty(); }
};

/// A variable: one word, or those of an array.
struct ShellValue {
  std::vector<ShellWord> words;
  bool is_array = false;
};
using ShellEnvironment = std::map<std::string, ShellValue, std::less<>>;
/// A variable of one known word.
ShellValue shell_value(std::string text, Place place = {});

struct ShellCommand {
  std::vector<ShellWord> words;
  bool conditional = false;  ///< below a test whose outcome is not known
};

/// `command <<EOF > target`: text that a script writes or feeds to a command.
struct HereDocument {
  std::vector<ShellWord> command;
  std::string target;
  std::string body;
  Place place;
};

struct ShellScript {
  std::vector<ShellCommand> commands;
  std::vector<HereDocument> documents;
};

/// Reads `text`; assignments go to `environment`, which also holds what is known beforehand.
/// Bounded: expansion of hostile text stops, and what is left then counts as unresolved.
ShellScript read_shell(std::string_view text, Locator& where, ShellEnvironment& environment);

/// Kubernetes' own `$(NAME)` in a list argument; `$$` is a dollar sign. Unknown names stay as they
/// are, as Kubernetes leaves them, and are marked.
ShellWord expand_kubernetes(std::string_view text, Place place,
                            const ShellEnvironment& environment);

}  // namespace gpusize
