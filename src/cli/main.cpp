#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "gpusize/core/check.hpp"

int main(int argc, char** argv) {
  CLI::App app{"GPU capacity planning for large models"};
  app.set_version_flag("--version", "gpusize " GPUSIZE_VERSION);
  CLI11_PARSE(app, argc, argv);
  return 0;
}
