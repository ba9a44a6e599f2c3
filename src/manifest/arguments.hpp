#pragma once
// A manifest's settings as an engine's own command line, and as the option file that it keeps the
// rest in.

#include <string>
#include <vector>

#include "gpusize/manifest/manifest.hpp"
#include "manifest/yaml_text.hpp"

namespace gpusize {

/// `--name=value`, or a switch when the value is empty.
struct EngineOption {
  std::string name;
  std::string value;
  std::vector<std::string> more{};  ///< further values: words after the first
};

/// How the nodes of one replica find each other; texts are what a shell or Kubernetes puts in.
struct Rendezvous {
  bool worker = false;          ///< not the node that answers requests
  std::string rank;             ///< of this node, from 0
  std::string leader;           ///< address of node 0
  std::string first_data_rank;  ///< of this node's data-parallel ranks
};

struct EngineCommand {
  std::vector<std::string> program;
  std::vector<std::string> positional;
  std::vector<EngineOption> options;
  std::string file_name;  ///< of the option file; empty: none
  Tree file;

  /// Positional words and options, each option as one word: `--name=value`; several values follow
  /// the name as words.
  [[nodiscard]] std::vector<std::string> arguments() const;
};

/// The command of one node; `rendezvous` when the replica has several. `folder` is where the option
/// file lies (`/etc/engine`), empty: beside the command. `manifest-layout` when the engine has no
/// such layout.
Result<EngineCommand> engine_command(const Manifest& manifest, const std::string& folder,
                                     const Rendezvous* rendezvous = nullptr);

}  // namespace gpusize
