#pragma once
// JSON values as table cells.

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace gpusize {

/// A number with `digits` significant digits, a text as it is, a flag as yes or no; `-` for null.
std::string cell(const nlohmann::ordered_json& value, int digits = 3);
/// The cell under `key`, `-` when there is none.
std::string cell(const nlohmann::ordered_json& object, std::string_view key, int digits = 3);
/// The text under `key`, empty when there is none.
std::string text_of(const nlohmann::ordered_json& object, std::string_view key);
/// `*` when the entry rests on an unverified fact.
std::string mark_of(const nlohmann::ordered_json& entry);
/// Full precision for CSV: the shortest text that reads back as the same number, whole numbers
/// without a point; empty for null.
std::string exact(const nlohmann::ordered_json& value);

/// `1 card`, `3 cards`.
std::string counted(std::size_t count, std::string_view noun);

/// `title <ref>, date` of an entry, without what it does not state.
std::string citation(const nlohmann::ordered_json& entry);

/// Numbers sources as they come up, for a list below the table.
class Footnotes {
 public:
  /// `[3]` for the entry's source, ref and date.
  std::string mark(const nlohmann::ordered_json& entry);
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  std::vector<std::string> notes_;
};

}  // namespace gpusize
