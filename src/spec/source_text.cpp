#include "gpusize/spec/source_text.hpp"

#include <algorithm>

namespace gpusize {

SourceText::SourceText(std::string path, std::string text)
    : path_(std::move(path)), text_(std::move(text)) {
  starts_.push_back(0);
  for (std::size_t at = text_.find('\n'); at != std::string::npos; at = text_.find('\n', at + 1))
    starts_.push_back(at + 1);
}

std::string_view SourceText::line(int number) const {
  if (number < 1 || number > lines()) return {};
  const std::size_t from = starts_[static_cast<std::size_t>(number) - 1];
  const std::size_t to =
      number < lines() ? starts_[static_cast<std::size_t>(number)] - 1 : text_.size();
  std::string_view out = std::string_view(text_).substr(from, to - from);
  if (out.ends_with('\r')) out.remove_suffix(1);
  return out;
}

std::size_t SourceText::offset(Place place) const {
  if (place.line < 1 || place.line > lines()) return 0;
  const std::size_t from = starts_[static_cast<std::size_t>(place.line) - 1];
  return std::min(text_.size(), from + static_cast<std::size_t>(std::max(0, place.column - 1)));
}

Place SourceText::place(std::size_t offset) const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  const auto line = static_cast<int>(after - starts_.begin());
  return {line, static_cast<int>(offset - starts_[static_cast<std::size_t>(line) - 1]) + 1};
}

Locator::Locator(const SourceText* source, Place start, std::size_t length)
    : source_(source), start_(start) {
  if (source_ == nullptr || start.line < 1) return;
  cursor_ = source_->offset(start);
  // Indentation, quotes and escapes make the written form longer than the value.
  constexpr std::size_t kSlack = 4096;
  end_ = std::min(source_->text().size(), cursor_ + 4 * length + kSlack);
}

Place Locator::locate(std::string_view raw) {
  if (source_ == nullptr || raw.empty() || cursor_ >= end_) return start_;
  if (const auto cut = raw.find_first_of("\n\\"); cut != std::string_view::npos && cut > 0)
    raw = raw.substr(0, cut);
  constexpr std::size_t kEnough = 48;
  raw = raw.substr(0, kEnough);
  const std::size_t at = source_->text().substr(0, end_).find(raw, cursor_);
  if (at == std::string_view::npos) return start_;
  cursor_ = at + raw.size();
  return source_->place(at);
}

}  // namespace gpusize
