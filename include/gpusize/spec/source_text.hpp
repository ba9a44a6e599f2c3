#pragma once
// The text of a user's file with its lines, so that every value read from it can be shown in place.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gpusize {

/// A place in one file; 0 means unknown.
struct Place {
  int line = 0;
  int column = 0;
  bool operator==(const Place&) const = default;
};

/// A value with the place where it was written.
template <typename T>
struct Placed {
  T value{};
  Place place;
};
/// Nothing when the file does not state it.
template <typename T>
using Stated = std::optional<Placed<T>>;

class SourceText {
 public:
  SourceText(std::string path, std::string text);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string_view text() const { return text_; }
  /// The line without its break; empty when there is no such line.
  [[nodiscard]] std::string_view line(int number) const;
  [[nodiscard]] std::size_t offset(Place place) const;
  [[nodiscard]] Place place(std::size_t offset) const;
  [[nodiscard]] int lines() const { return static_cast<int>(starts_.size()); }

 private:
  std::string path_;
  std::string text_;
  std::vector<std::size_t> starts_;
};
using SourceTextPtr = std::shared_ptr<const SourceText>;

/// Finds the places of words inside a longer value (a script in a block scalar, say): words come in
/// order, so each search begins where the last one ended.
class Locator {
 public:
  Locator(const SourceText* source, Place start, std::size_t length);
  /// Where `raw` is written next; the start of the value when it is not found.
  Place locate(std::string_view raw);

 private:
  const SourceText* source_;
  Place start_;
  std::size_t cursor_ = 0;
  std::size_t end_ = 0;
};

}  // namespace gpusize
