#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "gpusize/spec/read_document.hpp"

namespace gpusize {
namespace {

/// Leaves yaml-cpp's parser with our own diagnostic.
struct Stop {
  Diagnostic why;
};

std::uint32_t line_of(const YAML::Mark& mark) {
  return mark.line < 0 ? 0 : static_cast<std::uint32_t>(mark.line) + 1;
}
std::uint32_t column_of(const YAML::Mark& mark) {
  return mark.column < 0 ? 0 : static_cast<std::uint32_t>(mark.column) + 1;
}

/// yaml-cpp's events into a DocumentBuilder. Scalars that are keys are told apart by position.
class Handler : public YAML::EventHandler {
 public:
  Handler(std::string file, const ReadLimits& limits)
      : file_(file), limits_(limits), builder_(std::move(file)) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    scalar(mark, "?", anchor, "");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    scalar(mark, tag, anchor, value);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (expects_key()) stop("spec-yaml", "an alias cannot be a key here", mark);
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) stop("spec-yaml", "alias before its anchor", mark);
    for (const auto& open : open_anchors_) {
      if (open == anchor) stop("spec-yaml", "an alias inside its own anchor", mark);
    }
    // The size of the subtree is known, so expansion is bounded before it is made.
    grow(found->second.size, mark);
    builder_.copy(found->second.index);
    value_done();
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, anchor);
    builder_.open_sequence(line_of(mark), column_of(mark));
    levels_.push_back({});
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, anchor);
    builder_.open_map(line_of(mark), column_of(mark));
    Level level;
    level.is_map = true;
    levels_.push_back(std::move(level));
  }
  void OnMapEnd() override { close(); }

  Document finish() && { return std::move(builder_).finish(); }
  [[nodiscard]] bool empty() const { return builder_.next_index() == 0; }

 private:
  struct Level {
    bool is_map = false;
    bool has_key = false;
    std::set<std::string> keys;
  };
  struct Anchor {
    std::uint32_t index;
    std::uint32_t size;
  };

  [[nodiscard]] bool expects_key() const {
    return !levels_.empty() && levels_.back().is_map && !levels_.back().has_key;
  }

  void scalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
              const std::string& value) {
    if (expects_key()) {
      if (!levels_.back().keys.insert(value).second) {
        stop("spec-duplicate-key", fmt::format("the key \"{}\" appears twice in one map", value), mark);
      }
      builder_.key(value);
      levels_.back().has_key = true;
      return;
    }
    grow(1, mark);
    if (anchor != YAML::NullAnchor) anchors_[anchor] = {builder_.next_index(), 1};
    const bool quoted = tag == "!";
    const bool null = !quoted && (value.empty() || value == "~" || value == "null");
    if (null) {
      builder_.null(line_of(mark), column_of(mark));
    } else {
      builder_.scalar(value, quoted, line_of(mark), column_of(mark));
    }
    value_done();
  }

  void open(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (expects_key()) stop("spec-yaml", "a map key must be plain text", mark);
    if (levels_.size() >= limits_.depth) {
      stop("spec-too-deep", fmt::format("nested deeper than {} levels", limits_.depth), mark);
    }
    grow(1, mark);
    if (anchor != YAML::NullAnchor) anchors_[anchor] = {builder_.next_index(), 0};
    open_anchors_.push_back(anchor);
  }

  void close() {
    builder_.close();
    levels_.pop_back();
    const YAML::anchor_t anchor = open_anchors_.back();
    open_anchors_.pop_back();
    if (anchor != YAML::NullAnchor) {
      Anchor& made = anchors_[anchor];
      made.size = builder_.next_index() - made.index;
    }
    value_done();
  }

  void value_done() {
    if (!levels_.empty()) levels_.back().has_key = false;
  }

  void grow(std::uint32_t by, const YAML::Mark& mark) {
    if (builder_.next_index() + static_cast<std::uint64_t>(by) > limits_.nodes) {
      stop("spec-too-large", fmt::format("more than {} values (alias expansion counted)", limits_.nodes),
           mark);
    }
  }

  [[noreturn]] void stop(std::string code, std::string message, const YAML::Mark& mark) {
    throw Stop{make_error(std::move(code), std::move(message),
                          {file_, static_cast<int>(line_of(mark)), static_cast<int>(column_of(mark))})};
  }

  std::string file_;
  ReadLimits limits_;
  DocumentBuilder builder_;
  std::vector<Level> levels_;
  std::vector<YAML::anchor_t> open_anchors_;
  std::map<YAML::anchor_t, Anchor> anchors_;
};

}  // namespace

Result<Document> read_yaml(std::string file, std::string_view text, const ReadLimits& limits) {
  Handler handler(file, limits);
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    if (!parser.HandleNextDocument(handler) || handler.empty()) {
      return make_error("spec-empty", "the file holds no YAML document", {file, 1, 1});
    }
    Handler rest(file, limits);
    if (parser.HandleNextDocument(rest) && !rest.empty()) {
      return make_error("spec-several-documents", "expected one YAML document, found several",
                        {file, 0, 0});
    }
  } catch (const Stop& stop) {
    return stop.why;
  } catch (const YAML::Exception& error) {
    return make_error("spec-yaml", error.msg,
                      {file, static_cast<int>(line_of(error.mark)),
                       static_cast<int>(column_of(error.mark))});
  }
  return std::move(handler).finish();
}

}  // namespace gpusize
