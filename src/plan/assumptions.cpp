#include "plan/assumptions.hpp"

#include <set>
#include <string>
#include <vector>

#include "gpusize/core/pointer_map.hpp"

namespace gpusize {
namespace {

/// Leaves in the order in which a reader meets them.
class Leaves {
 public:
  void walk(const Why& why) {
    if (!seen_.insert(why.get())) return;
    const bool assumed = why->kind == NumberKind::kAssumed;
    const bool weak = why->kind != NumberKind::kInput && !why->source.title.empty() &&
                      is_unverified(why->confidence);
    if (why->inputs.empty() && (assumed || weak) && labels_.insert(why->label).second)
      found_.push_back(why);
    for (const auto& [symbol, input] : why->inputs) walk(input);
  }
  [[nodiscard]] const std::vector<Why>& found() const { return found_; }

 private:
  PointerSet seen_;
  std::set<std::string> labels_;
  std::vector<Why> found_;
};

}  // namespace

void write_assumptions(ResultDocument& document) {
  Leaves leaves;
  for (const std::string& path : document.numbers()) {
    if (const Why why = document.why(path)) leaves.walk(why);
  }
  ObjectWriter root = document.root();
  for (const Why& why : leaves.found()) {
    ObjectWriter row = root.append("assumptions");
    row.text("id", why->label);
    row.number("value", why->value, why);
    row.text("unit", why->unit);
    row.text("source", why->source.title);
    if (why->source.as_of.empty()) {
      row.null("as_of");
    } else {
      row.text("as_of", why->source.as_of);
    }
    row.text("kind", name_of(why->kind));
    row.text("confidence", name_of(why->confidence));
    row.text("note", why->note);
  }
}

}  // namespace gpusize
