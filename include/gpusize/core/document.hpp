#pragma once
// A parsed data document (YAML or JSON) as a flat tree with places: what every reader reads from.
// Readers of files fill one from text; the shipped catalog is the same tree compiled into the
// binary, so that a start parses nothing.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/core/diagnostic.hpp"

namespace gpusize {

enum class NodeKind : std::uint8_t { kNull, kScalar, kSequence, kMap };

/// One node of the flat tree. Offsets point into the document's text pool; child links are indices
/// (0 is the root, so 0 as a link means none).
struct DocNode {
  std::uint32_t key_offset = 0;
  std::uint32_t key_size = 0;
  std::uint32_t text_offset = 0;
  std::uint32_t text_size = 0;
  std::uint32_t first_child = 0;
  std::uint32_t next = 0;
  std::uint32_t count = 0;   ///< children of a sequence or map
  std::uint32_t line = 0;    ///< from 1
  std::uint32_t column = 0;  ///< from 1
  NodeKind kind = NodeKind::kNull;
  bool quoted = false;     ///< a quoted scalar is text, whatever it looks like
  bool is_number = false;  ///< a plain scalar that reads as a finite number
  double number = 0.0;
};

class Node;

/// An immutable document; cheap to copy (the storage is shared).
class Document {
 public:
  Document() = default;
  /// A document over storage that outlives it (the compiled-in catalog).
  Document(std::string file, std::span<const DocNode> nodes, std::string_view pool);
  /// A document that owns its storage.
  Document(std::string file, std::vector<DocNode> nodes, std::string pool);

  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] bool empty() const { return nodes_.empty(); }
  [[nodiscard]] Node root() const;
  [[nodiscard]] std::span<const DocNode> nodes() const { return nodes_; }
  [[nodiscard]] std::string_view pool() const { return pool_; }

 private:
  struct Storage {
    std::vector<DocNode> nodes;
    std::string pool;
  };
  std::string file_;
  std::shared_ptr<const Storage> owned_;
  std::span<const DocNode> nodes_;
  std::string_view pool_;
};

/// A view of one node; valid while its Document lives. A default Node is absent (`!node`).
class Node {
 public:
  Node() = default;
  Node(const Document* document, std::uint32_t index) : document_(document), index_(index) {}

  explicit operator bool() const { return document_ != nullptr; }
  [[nodiscard]] NodeKind kind() const { return raw().kind; }
  [[nodiscard]] bool is_null() const { return kind() == NodeKind::kNull; }
  [[nodiscard]] bool is_map() const { return kind() == NodeKind::kMap; }
  [[nodiscard]] bool is_sequence() const { return kind() == NodeKind::kSequence; }
  [[nodiscard]] bool is_scalar() const { return kind() == NodeKind::kScalar; }
  [[nodiscard]] bool is_quoted() const { return raw().quoted; }
  [[nodiscard]] std::string_view key() const;
  [[nodiscard]] std::string_view text() const;
  [[nodiscard]] std::size_t size() const { return raw().count; }

  /// A plain scalar as a finite number.
  [[nodiscard]] std::optional<double> number() const;
  /// A plain scalar as a whole number in the 64-bit range.
  [[nodiscard]] std::optional<std::int64_t> integer() const;
  /// A plain scalar `true` or `false`.
  [[nodiscard]] std::optional<bool> boolean() const;

  /// The value under `key` of a map; an absent Node when there is none or this is no map.
  [[nodiscard]] Node find(std::string_view key) const;
  [[nodiscard]] Location location() const;

  /// Children in file order, for range-for.
  class Iterator {
   public:
    Iterator(const Document* document, std::uint32_t index) : document_(document), index_(index) {}
    Node operator*() const { return {document_, index_}; }
    Iterator& operator++();
    bool operator!=(const Iterator& other) const { return index_ != other.index_; }

   private:
    const Document* document_;
    std::uint32_t index_;
  };
  [[nodiscard]] Iterator begin() const { return {document_, raw().first_child}; }
  [[nodiscard]] Iterator end() const { return {document_, 0}; }

 private:
  [[nodiscard]] const DocNode& raw() const { return document_->nodes()[index_]; }
  const Document* document_ = nullptr;
  std::uint32_t index_ = 0;
};

/// Builds a Document depth first. `open_*` and `close` must balance.
class DocumentBuilder {
 public:
  explicit DocumentBuilder(std::string file) : file_(std::move(file)) {}

  /// The key of the next value, inside a map.
  void key(std::string_view key);
  void null(std::uint32_t line, std::uint32_t column);
  void scalar(std::string_view text, bool quoted, std::uint32_t line, std::uint32_t column);
  void open_map(std::uint32_t line, std::uint32_t column);
  void open_sequence(std::uint32_t line, std::uint32_t column);
  void close();

  /// Copies an earlier subtree (a YAML alias) as the next value; its nodes keep their own places.
  void copy(std::uint32_t index);
  /// Index that the next value will get.
  [[nodiscard]] std::uint32_t next_index() const {
    return static_cast<std::uint32_t>(nodes_.size());
  }
  [[nodiscard]] std::size_t depth() const { return open_.size(); }
  [[nodiscard]] bool in_map() const;

  [[nodiscard]] Document finish() &&;

 private:
  struct Open {
    std::uint32_t index;
    std::uint32_t last_child;
  };
  DocNode& add(NodeKind kind, std::uint32_t line, std::uint32_t column);
  std::uint32_t store(std::string_view text);

  std::string file_;
  std::vector<DocNode> nodes_;
  std::string pool_;
  std::vector<Open> open_;
  std::uint32_t key_offset_ = 0;
  std::uint32_t key_size_ = 0;
};

}  // namespace gpusize
