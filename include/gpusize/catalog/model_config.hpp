#pragma once
// Hugging Face config fields to a ModelSpec, for catalog files and users' config.json alike.

#include <string>
#include <vector>

#include "gpusize/catalog/model.hpp"
#include "gpusize/core/document.hpp"
#include "gpusize/core/result.hpp"

namespace gpusize {

/// One `--set name=value`. Names are the config's own (`num_hidden_layers`); `null` removes a
/// field.
struct ConfigOverride {
  std::string name;
  std::string value;
};

/// A catalog file (schema gpusize.model/v1).
Result<ModelSpec> read_model(const Document& document);

/// A bare config.json. What it did not understand is in ModelSpec::not_assessed; an architecture
/// that cannot be modelled is an error (`cat-model-unsupported`), never read as something else.
Result<ModelSpec> read_model_config(const Document& document, std::string id);

/// A catalog file or a bare config.json (told apart by `schema`) with some fields replaced. A name
/// that no reader of this architecture asks for is `cat-model-unknown-override`.
Result<ModelSpec> read_model_with(const Document& document,
                                  const std::vector<ConfigOverride>& overrides,
                                  std::string id = {});

/// Normalised id and aliases of a catalog file, without building the model.
std::vector<std::string> model_names(const Document& document);

}  // namespace gpusize
