#pragma once
// What is said about a user's input: one clear message with its place, collected rather than
// thrown.

#include <cstdint>
#include <string>
#include <vector>

namespace gpusize {

/// A place in a user's file. Lines and columns count from 1; 0 means unknown.
struct Location {
  std::string file;
  int line = 0;
  int column = 0;

  [[nodiscard]] bool known() const { return !file.empty() || line > 0; }
  /// `file:line:column`, leaving out what is unknown; `line 3, column 4` without a file.
  [[nodiscard]] std::string str() const;
};

enum class Severity : std::uint8_t { kError, kWarning, kInfo };

/// One finding about an input. `code` is stable (`cat-unknown-gpu`), `hint` says what to do.
struct Diagnostic {
  Severity severity = Severity::kError;
  std::string code;
  std::string message;
  Location where;
  std::string hint;
};

using Diagnostics = std::vector<Diagnostic>;

/// An error diagnostic.
Diagnostic make_error(std::string code, std::string message, Location where = {},
                      std::string hint = {});
/// A warning diagnostic.
Diagnostic make_warning(std::string code, std::string message, Location where = {},
                        std::string hint = {});

/// Whether any diagnostic is an error.
bool has_errors(const Diagnostics& diagnostics);

/// The form that a terminal shows: `error: message [code]`, ` --> place`, `help: hint`.
/// Control characters in the message are escaped, so a hostile file cannot drive the terminal.
std::string render(const Diagnostic& diagnostic);

}  // namespace gpusize
