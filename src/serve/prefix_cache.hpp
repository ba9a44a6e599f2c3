#pragma once
// What a rank's free KV blocks still hold: tokens per stream, least recently used dropped first.

#include <cstdint>
#include <list>
#include <unordered_map>

namespace gpusize {

class PrefixCache {
 public:
  /// Tokens of the stream that are held now; marks it as used.
  std::int64_t hit(std::uint64_t stream);
  /// The stream holds `tokens` now (never fewer than before); drops others beyond `room`.
  void keep(std::uint64_t stream, std::int64_t tokens, std::int64_t room);
  /// Drops least recently used streams until `room` tokens suffice.
  void shrink(std::int64_t room);
  /// Drops everything (the rank restarted).
  void clear();
  [[nodiscard]] bool holds(std::uint64_t stream) const { return places_.contains(stream); }
  [[nodiscard]] std::int64_t tokens() const { return tokens_; }

 private:
  struct Entry {
    std::uint64_t stream;
    std::int64_t tokens;
  };
  std::list<Entry> recent_;  ///< most recent first
  std::unordered_map<std::uint64_t, std::list<Entry>::iterator> places_;
  std::int64_t tokens_ = 0;
};

}  // namespace gpusize
