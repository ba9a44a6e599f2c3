#pragma once
// The "why" of every number of an HTML report: each number is a link to an entry with its formula,
// inputs and source; inputs link on to theirs. Works without scripts.

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gpusize/plan/result_document.hpp"
#include "gpusize/report/words.hpp"

namespace gpusize {

/// Collects the derivations of the numbers that a page shows.
class Derivations {
 public:
  Derivations(const ResultDocument& document, const Words& words)
      : document_(document), words_(words) {}

  /// `text` (already HTML) linked to the derivation of the number at a JSON pointer; the text alone
  /// when the document has none.
  std::string link(const std::string& pointer, std::string_view text);
  [[nodiscard]] bool empty() const { return entries_.empty(); }

  /// All entries and those that they rest on, nearest first, within about `budget` bytes. What lies
  /// deeper is shown by value, without a link.
  [[nodiscard]] std::string entries(std::size_t budget);

 private:
  struct Entry {
    Why why;                  ///< or null for a text from the file
    std::string_view stated;  ///< the file's own text
  };
  std::size_t id_of(const Why& why);
  [[nodiscard]] std::string body(const Entry& entry, bool links) const;

  const ResultDocument& document_;
  const Words& words_;
  std::vector<Entry> entries_;
  std::unordered_map<const Derivation*, std::size_t> ids_;
  std::unordered_map<std::string, std::size_t> stated_ids_;
};

}  // namespace gpusize
