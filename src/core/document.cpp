#include "gpusize/core/document.hpp"

#include <cmath>
#include <utility>

#include "gpusize/core/check.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize {

Document::Document(std::string file, std::span<const DocNode> nodes, std::string_view pool)
    : file_(std::move(file)), nodes_(nodes), pool_(pool) {}

Document::Document(std::string file, std::vector<DocNode> nodes, std::string pool)
    : file_(std::move(file)),
      owned_(std::make_shared<const Storage>(Storage{std::move(nodes), std::move(pool)})),
      nodes_(owned_->nodes),
      pool_(owned_->pool) {}

Node Document::root() const {
  GPUSIZE_CHECK(!nodes_.empty(), "root() of an empty document");
  return {this, 0};
}

std::string_view Node::key() const {
  return document_->pool().substr(raw().key_offset, raw().key_size);
}

std::string_view Node::text() const {
  return document_->pool().substr(raw().text_offset, raw().text_size);
}

std::optional<double> Node::number() const {
  if (!raw().is_number) return {};
  return raw().number;
}

std::optional<std::int64_t> Node::integer() const {
  if (!raw().is_number) return {};
  if (const auto exact = parse_integer(text())) return exact;
  constexpr double kExactDoubles = 9007199254740992.0;  // 2^53
  const double value = raw().number;
  if (std::trunc(value) != value || std::fabs(value) > kExactDoubles) return {};
  return static_cast<std::int64_t>(value);
}

std::optional<bool> Node::boolean() const {
  if (kind() != NodeKind::kScalar || raw().quoted) return {};
  if (text() == "true" || text() == "True" || text() == "TRUE") return true;
  if (text() == "false" || text() == "False" || text() == "FALSE") return false;
  return {};
}

Node Node::find(std::string_view key) const {
  if (document_ == nullptr || !is_map()) return {};
  for (const Node child : *this) {
    if (child.key() == key) return child;
  }
  return {};
}

Location Node::location() const {
  if (document_ == nullptr) return {};
  return {document_->file(), static_cast<int>(raw().line), static_cast<int>(raw().column)};
}

Node::Iterator& Node::Iterator::operator++() {
  index_ = document_->nodes()[index_].next;
  return *this;
}

std::uint32_t DocumentBuilder::store(std::string_view text) {
  const auto offset = static_cast<std::uint32_t>(pool_.size());
  pool_.append(text);
  return offset;
}

void DocumentBuilder::key(std::string_view key) {
  key_offset_ = store(key);
  key_size_ = static_cast<std::uint32_t>(key.size());
}

bool DocumentBuilder::in_map() const {
  return !open_.empty() && nodes_[open_.back().index].kind == NodeKind::kMap;
}

DocNode& DocumentBuilder::add(NodeKind kind, std::uint32_t line, std::uint32_t column) {
  const auto index = next_index();
  DocNode node;
  node.kind = kind;
  node.line = line;
  node.column = column;
  if (in_map()) {
    node.key_offset = key_offset_;
    node.key_size = key_size_;
  }
  nodes_.push_back(node);
  if (!open_.empty()) {
    Open& parent = open_.back();
    (parent.last_child == 0 ? nodes_[parent.index].first_child : nodes_[parent.last_child].next) =
        index;
    parent.last_child = index;
    ++nodes_[parent.index].count;
  }
  return nodes_.back();
}

void DocumentBuilder::null(std::uint32_t line, std::uint32_t column) {
  add(NodeKind::kNull, line, column);
}

void DocumentBuilder::scalar(std::string_view text, bool quoted, std::uint32_t line,
                             std::uint32_t column) {
  const std::uint32_t offset = store(text);
  DocNode& node = add(NodeKind::kScalar, line, column);
  node.text_offset = offset;
  node.text_size = static_cast<std::uint32_t>(text.size());
  node.quoted = quoted;
  if (!quoted) {
    if (const auto number = parse_number(text)) {
      node.is_number = true;
      node.number = *number;
    }
  }
}

void DocumentBuilder::open_map(std::uint32_t line, std::uint32_t column) {
  const auto index = next_index();
  add(NodeKind::kMap, line, column);
  open_.push_back({index, 0});
}

void DocumentBuilder::open_sequence(std::uint32_t line, std::uint32_t column) {
  const auto index = next_index();
  add(NodeKind::kSequence, line, column);
  open_.push_back({index, 0});
}

void DocumentBuilder::close() {
  GPUSIZE_CHECK(!open_.empty(), "close() without open");
  open_.pop_back();
}

void DocumentBuilder::copy(std::uint32_t index) {
  const DocNode source = nodes_[index];
  if (source.kind == NodeKind::kNull || source.kind == NodeKind::kScalar) {
    DocNode& node = add(source.kind, source.line, source.column);
    node.text_offset = source.text_offset;
    node.text_size = source.text_size;
    node.quoted = source.quoted;
    node.is_number = source.is_number;
    node.number = source.number;
    return;
  }
  const auto copied = next_index();
  add(source.kind, source.line, source.column);
  open_.push_back({copied, 0});
  for (std::uint32_t child = source.first_child; child != 0; child = nodes_[child].next) {
    key_offset_ = nodes_[child].key_offset;
    key_size_ = nodes_[child].key_size;
    copy(child);
  }
  close();
}

Document DocumentBuilder::finish() && {
  GPUSIZE_CHECK(open_.empty(), "finish() with open containers");
  return {std::move(file_), std::move(nodes_), std::move(pool_)};
}

}  // namespace gpusize
