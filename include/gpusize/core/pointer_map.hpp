#pragma once
// Values by address, for walks over derivations: open addressing, so that a visit costs no
// allocation.

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace gpusize {

/// Grows, never forgets. Keys are not null; `Value` is cheap to copy and has a default.
template <class Value>
class PointerMap {
 public:
  /// Nothing known of `key`: null. The answer holds until the next `set`.
  [[nodiscard]] const Value* find(const void* key) const {
    if (entries_.empty()) return nullptr;
    const Entry& entry = entries_[slot_of(key)];
    return entry.key == nullptr ? nullptr : &entry.value;
  }

  /// True if `key` is new.
  bool set(const void* key, Value value) {
    if (2 * (count_ + 1) > entries_.size()) grow();
    Entry& entry = entries_[slot_of(key)];
    const bool fresh = entry.key == nullptr;
    if (fresh) ++count_;
    entry = {key, value};
    return fresh;
  }

  [[nodiscard]] std::size_t size() const { return count_; }

 private:
  struct Entry {
    const void* key = nullptr;
    Value value{};
  };

  /// Where `key` stands or would. Fibonacci hashing (Knuth, TAOCP vol. 3, 6.4), linear probing.
  [[nodiscard]] std::size_t slot_of(const void* key) const {
    const std::uint64_t bits = reinterpret_cast<std::uintptr_t>(key);
    std::size_t at = static_cast<std::size_t>((bits * 0x9E3779B97F4A7C15ULL) >> 32U) & mask();
    while (entries_[at].key != nullptr && entries_[at].key != key) at = (at + 1) & mask();
    return at;
  }
  [[nodiscard]] std::size_t mask() const { return entries_.size() - 1; }

  void grow() {
    std::vector<Entry> old(entries_.empty() ? 64 : 2 * entries_.size());
    old.swap(entries_);
    for (const Entry& entry : old) {
      if (entry.key != nullptr) entries_[slot_of(entry.key)] = entry;
    }
  }

  std::vector<Entry> entries_;
  std::size_t count_ = 0;
};

/// Addresses seen so far.
class PointerSet {
 public:
  /// True if `key` is new.
  bool insert(const void* key) { return map_.set(key, {}); }

 private:
  struct Nothing {};
  PointerMap<Nothing> map_;
};

}  // namespace gpusize
