#include "serve/prefix_cache.hpp"

namespace gpusize {

std::int64_t PrefixCache::hit(std::uint64_t stream) {
  const auto found = places_.find(stream);
  if (found == places_.end()) return 0;
  recent_.splice(recent_.begin(), recent_, found->second);
  return found->second->tokens;
}

void PrefixCache::keep(std::uint64_t stream, std::int64_t tokens, std::int64_t room) {
  const auto found = places_.find(stream);
  if (found == places_.end()) {
    recent_.push_front({stream, tokens});
    places_[stream] = recent_.begin();
    tokens_ += tokens;
  } else {
    recent_.splice(recent_.begin(), recent_, found->second);
    if (tokens > found->second->tokens) {
      tokens_ += tokens - found->second->tokens;
      found->second->tokens = tokens;
    }
  }
  shrink(room);
}

void PrefixCache::shrink(std::int64_t room) {
  while (tokens_ > room && !recent_.empty()) {
    tokens_ -= recent_.back().tokens;
    places_.erase(recent_.back().stream);
    recent_.pop_back();
  }
}

void PrefixCache::clear() {
  recent_.clear();
  places_.clear();
  tokens_ = 0;
}

}  // namespace gpusize
