#pragma once
// The card that an option names, as deployment files ask for it, and words that go into them.

#include <memory>
#include <string>
#include <string_view>

#include "gpusize/catalog/catalog.hpp"
#include "gpusize/manifest/manifest.hpp"

namespace gpusize {

/// A name that DNS labels allow: `deepseek-r1`.
std::string label_name(std::string_view text);

/// Checkpoints and images stand in shell text of several levels: nothing that one could take apart.
bool is_plain_reference(std::string_view text);

/// A card or a part of one, as the option names it.
struct Card {
  std::shared_ptr<const GpuSpec> part;  ///< what a replica computes on
  const GpuSpec* whole = nullptr;
  CardSelection selection;
  double memory_share = 1.0;  ///< of a card that the engine sees as a whole
};
/// `manifest-card` for parts that no deployment file can ask for.
Result<Card> find_card(const Catalog& catalog, const std::string& name);
Diagnostic no_part(const std::string& name, std::string hint);

}  // namespace gpusize
