#include "gpusize/catalog/engine_version.hpp"

#include <array>
#include <charconv>

namespace gpusize {
namespace {

/// Up to three numbers at the front of a version, of which it must have two: `0.5.1.post1` is 0, 5
/// and 1, `0.21` is 0, 21 and 0.
std::optional<std::array<std::int64_t, 3>> numbers_of(std::string_view text) {
  if (text.starts_with('v')) text.remove_prefix(1);
  std::array<std::int64_t, 3> out{};
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  for (std::size_t i = 0; i < out.size(); ++i) {
    const bool needed = i < 2;
    if (i > 0 && (at == end || *at++ != '.')) return needed ? std::nullopt : std::optional(out);
    std::int64_t number = 0;
    const auto parsed = std::from_chars(at, end, number);
    if (parsed.ec != std::errc{} || number < 0) return needed ? std::nullopt : std::optional(out);
    out.at(i) = number;
    at = parsed.ptr;
  }
  return out;
}

}  // namespace

bool version_before(std::string_view version, std::string_view limit) {
  const auto stated = numbers_of(version);
  const auto bound = numbers_of(limit);
  return stated && bound && *stated < *bound;
}

namespace {

/// Whether a version that a run of `year` states is the engine's own: a profile may say until when
/// (fact `versions_to_year`), where another product's numbers came to stand in its place. Without a
/// year they are not told apart.
bool own_version(const EngineProfile& engine, std::optional<std::int64_t> year) {
  const EngineFact* last = engine.fact("versions_to_year");
  return last == nullptr || (year && static_cast<double>(*year) <= last->value);
}

}  // namespace

const EngineProfile& engine_in_version(const Catalog& catalog, const EngineProfile& named,
                                       std::string_view version, std::optional<std::int64_t> year) {
  const EngineProfile* oldest = nullptr;  // several may fit: what holds to 0.21 holds for 0.9, too
  for (const EngineProfile& engine : catalog.engines()) {
    if (engine.earlier_of != named.id || engine.earlier_of.empty()) continue;
    const bool older = own_version(engine, year) && version_before(version, engine.before);
    if (!older && !(year && *year <= engine.last_year)) continue;
    if (oldest == nullptr || version_before(engine.before, oldest->before)) oldest = &engine;
  }
  return oldest != nullptr ? *oldest : named;
}

}  // namespace gpusize
