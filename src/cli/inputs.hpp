#pragma once
// The options behind a result, as its `inputs` and back. A command lists its options once, in a
// function that takes either of these two as `visit(key, member)`.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/core/map_reader.hpp"
#include "gpusize/plan/result_document.hpp"

namespace gpusize::cli {

/// Writes each option to `inputs`; what was not given is null.
class InputsWriter {
 public:
  explicit InputsWriter(ResultDocument& document) : out_(document.root().object("inputs")) {}
  void operator()(std::string_view key, const std::string& value);
  void operator()(std::string_view key, const std::vector<std::string>& values);
  void operator()(std::string_view key, const std::optional<double>& value);
  void operator()(std::string_view key, bool value);

 private:
  ObjectWriter out_;
};

/// Reads each option from `inputs`; what is missing or null keeps its default.
class InputsReader {
 public:
  explicit InputsReader(Node inputs) : reader_(inputs, "inputs", "inputs", problems_) {}
  void operator()(std::string_view key, std::string& value);
  void operator()(std::string_view key, std::vector<std::string>& values);
  void operator()(std::string_view key, std::optional<double>& value);
  void operator()(std::string_view key, bool& value);
  [[nodiscard]] const Diagnostics& problems() const { return problems_; }

 private:
  [[nodiscard]] bool given(std::string_view key);

  Diagnostics problems_;
  MapReader reader_;
};

}  // namespace gpusize::cli
