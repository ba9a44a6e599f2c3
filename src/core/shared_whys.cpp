#include "gpusize/core/shared_whys.hpp"

#include <algorithm>

namespace gpusize {
namespace {

bool same_source(const Source& a, const Source& b) {
  return a.title == b.title && a.ref == b.ref && a.as_of == b.as_of;
}

bool same(const Derivation& a, const Derivation& b) {
  return a.value == b.value && a.label == b.label && a.unit == b.unit && a.kind == b.kind &&
         a.confidence == b.confidence && a.note == b.note && a.formula_id == b.formula_id &&
         a.formula_text == b.formula_text && a.formula_source == b.formula_source &&
         same_source(a.source, b.source) &&
         std::equal(a.inputs.begin(), a.inputs.end(), b.inputs.begin(), b.inputs.end(),
                    [](const auto& x, const auto& y) {
                      return x.first == y.first &&
                             (x.second == y.second || same(*x.second, *y.second));
                    });
}

}  // namespace

Why SharedWhys::once(const Why& why) {
  const auto [first, last] = known_.equal_range(why->label);
  const auto found =
      std::find_if(first, last, [&](const auto& entry) { return same(*entry.second, *why); });
  if (found != last) return found->second;
  known_.emplace(why->label, why);
  return why;
}

}  // namespace gpusize
