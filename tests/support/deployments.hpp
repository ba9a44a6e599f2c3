#pragma once
// Deployments from the shipped catalog by name.

#include <stdexcept>
#include <string>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/estimate/deployment.hpp"
#include "gpusize/estimate/support.hpp"

namespace gpusize::test {

/// The shipped catalog, read once.
inline const Catalog& catalog() {
  static const Catalog kCatalog = Catalog::shipped().value();
  return kCatalog;
}

struct DeploymentNames {
  std::string model;
  std::string gpu;
  std::string engine = "cuda-graph";
  std::string weights = "native";
  std::string kv = "auto";
  Layout layout = {};
};

inline Deployment deployment(const DeploymentNames& names) {
  Deployment d;
  d.model = catalog().find_model(names.model)->entry;
  d.gpu = catalog().find_gpu(names.gpu)->entry;
  d.engine = catalog().find_engine(names.engine)->entry;
  d.rates = &catalog().rates_for(*d.gpu);
  d.weights = resolve_weights(*d.model, names.weights, *d.gpu, d.engine)->plan;
  d.kv = resolve_kv(*d.model, names.kv, *d.gpu).value();
  d.layout = names.layout;
  return d;
}

}  // namespace gpusize::test
