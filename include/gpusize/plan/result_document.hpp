#pragma once
// The one result document: ordered JSON in which every number carries its derivation. Reports only
// read it, `explain` walks it, and nothing else reaches an output.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "gpusize/core/derivation.hpp"

namespace gpusize {

class ResultDocument;

/// Writes one object of the document. Cheap to copy; the document must outlive it.
class ObjectWriter {
 public:
  /// A number with its reason; not finite is an internal error.
  void number(std::string_view key, double value, Why why);
  /// A whole number with its reason.
  void integer(std::string_view key, std::int64_t value, Why why);
  void text(std::string_view key, std::string_view value);
  void flag(std::string_view key, bool value);
  /// Nothing known: JSON null. Say why in `not_assessed`.
  void null(std::string_view key);
  [[nodiscard]] ObjectWriter object(std::string_view key);
  /// Adds an empty list, so that it shows even when nothing follows.
  void list(std::string_view key);
  /// Appends an object to the list under `key` (made when missing).
  [[nodiscard]] ObjectWriter append(std::string_view key);
  void append_text(std::string_view key, std::string_view value);
  /// The value at `pointer` of another document, with its derivations.
  void copy(std::string_view key, const ResultDocument& from, std::string_view pointer);

 private:
  friend class ResultDocument;
  ObjectWriter(ResultDocument* document, std::string path)
      : document_(document), path_(std::move(path)) {}
  [[nodiscard]] nlohmann::ordered_json& here();
  void set(std::string_view key, nlohmann::ordered_json value);

  ResultDocument* document_;
  std::string path_;  ///< JSON pointer
};

class ResultDocument {
 public:
  /// `schema` is the published schema's address; `command` the subcommand.
  ResultDocument(std::string_view schema, std::string_view command);

  /// A document that was read from a file: its numbers have no derivation beyond the texts under
  /// `explain`.
  explicit ResultDocument(nlohmann::ordered_json json) : json_(std::move(json)) {}

  [[nodiscard]] ObjectWriter root() { return {this, ""}; }
  [[nodiscard]] const nlohmann::ordered_json& json() const { return json_; }

  /// The derivation of the number at `path` (`options[0].cost.tco_usd`, `options.0.cost.tco_usd` or
  /// a JSON pointer); null when there is no number there.
  [[nodiscard]] Why why(std::string_view path) const;
  /// The text that a file's own `explain` holds for the number at a JSON pointer; empty when none.
  [[nodiscard]] std::string_view stated_why(const std::string& pointer) const;
  /// Takes the derivations of `other` for every number that both documents state alike. Returns how
  /// many numbers of this document are without one.
  std::size_t adopt_whys(const ResultDocument& other);
  /// JSON pointers of all numbers, in document order.
  [[nodiscard]] std::vector<std::string> numbers() const;

  /// Adds the derivations as a map `explain` from JSON pointer to text (for `--explain`).
  void embed_explanations();

 private:
  friend class ObjectWriter;

  /// The object that was written to last. Any write elsewhere looks up its own, and only writes
  /// elsewhere can move it; a copy of the document begins with none.
  struct LastPlace {
    LastPlace() = default;
    LastPlace(const LastPlace&) {}
    LastPlace& operator=(const LastPlace&) {
      object = nullptr;
      return *this;
    }
    ~LastPlace() = default;
    std::string path;
    nlohmann::ordered_json* object = nullptr;
  };

  nlohmann::ordered_json json_;
  LastPlace last_;
  std::map<std::string, Why, std::less<>> whys_;
};

/// `options[0].gpus` or `options.0.gpus` to `/options/0/gpus`.
std::string to_pointer(std::string_view path);

}  // namespace gpusize
