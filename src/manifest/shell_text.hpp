#pragma once
// Commands as text of a shell script, one option a line.

#include <string>
#include <string_view>

#include "manifest/arguments.hpp"

namespace gpusize {

/// The word as a shell reads it back: in single quotes unless it is plain. A word that begins with
/// `$` is ours, for the shell to put in: in double quotes.
std::string shell_word(std::string_view word);
/// `before`, program and positional words, then an option a line, indented by `indent`.
std::string shell_command(const EngineCommand& command, const std::string& before,
                          const std::string& indent);
/// A here-document that writes the option file; empty when there is none.
std::string shell_file(const EngineCommand& command);
/// Header comments: the summary, what the start takes, and what `check` cannot read elsewhere.
std::string header_comments(const Manifest& manifest);

/// `182.6 GB of weights a node at 1 GB/s (...) and 180 s to start: 363 s`.
std::string start_text(const Manifest& manifest);
/// `gpusize: gpu=H100-SXM5-80GB model=deepseek-r1`, which readers take for what files cannot say.
std::string reader_note(const Manifest& manifest);

}  // namespace gpusize
