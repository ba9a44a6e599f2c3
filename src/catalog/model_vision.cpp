// vision_config: towers whose sizes are stated are counted, others are named as left out.

#include <fmt/format.h>

#include "catalog/model_families.hpp"

namespace gpusize {
namespace {

/// Qwen3.5's tower: patches of several frames, a merger of 2 x 2 patches.
VisionSpec read_qwen(ConfigFields& f) {
  VisionSpec v;
  v.layers = f.required({"depth"}, kLayerBounds);
  v.hidden = f.required({"hidden_size"}, kWidthBounds);
  v.heads = f.required({"num_heads"}, kHeadBounds);
  v.intermediate = f.required({"intermediate_size"}, kWidthBounds);
  const std::int64_t patch = f.required({"patch_size"}, {1, 1024});
  const std::int64_t merge = f.required({"spatial_merge_size"}, {1, 64});
  v.patch_inputs = f.integer_or({"in_channels"}, {1, 1024}, 3) *
                   f.integer_or({"temporal_patch_size"}, {1, 1024}, 1) * patch * patch;
  v.position_rows = f.required({"num_position_embeddings"}, kContextBounds);
  v.merged_patches = merge * merge;
  v.projector_in = v.hidden * v.merged_patches;
  v.projector_out = f.required({"out_hidden_size"}, kWidthBounds);
  return v;
}

/// Kimi's MoonViT with a patch-merging projector.
VisionSpec read_moonvit(ConfigFields& f) {
  VisionSpec v;
  v.layers = f.required({"vt_num_hidden_layers"}, kLayerBounds);
  v.hidden = f.required({"vt_hidden_size"}, kWidthBounds);
  v.heads = f.required({"vt_num_attention_heads"}, kHeadBounds);
  v.intermediate = f.required({"vt_intermediate_size"}, kWidthBounds);
  const std::int64_t patch = f.required({"patch_size"}, {1, 1024});
  v.patch_inputs = 3 * patch * patch;
  v.position_rows = f.required({"init_pos_emb_height"}, kSmallBounds) *
                    f.required({"init_pos_emb_width"}, kSmallBounds);
  const auto merge = f.integers("merge_kernel_size", {1, 64});
  v.merged_patches = merge.size() == 2 ? merge[0] * merge[1] : 4;
  v.final_norm = true;
  v.projector_in = f.integer_or({"mm_hidden_size"}, kWidthBounds, v.hidden) * v.merged_patches;
  v.projector_out = f.required({"text_hidden_size"}, kWidthBounds);
  return v;
}

/// A plain vision transformer (SigLIP, CLIP): blocks, patches and positions, no projector.
VisionSpec read_plain(ConfigFields& f) {
  VisionSpec v;
  v.layers = f.required({"num_hidden_layers"}, kLayerBounds);
  v.hidden = f.required({"hidden_size"}, kWidthBounds);
  v.heads = f.integer_or({"num_attention_heads"}, kHeadBounds, 1);
  v.intermediate = f.required({"intermediate_size"}, kWidthBounds);
  const std::int64_t patch = f.required({"patch_size"}, {1, 1024});
  const std::int64_t side = f.integer_or({"image_size"}, {1, 65536}, patch) / patch;
  v.patch_inputs = f.integer_or({"num_channels"}, {1, 1024}, 3) * patch * patch;
  v.position_rows = side * side;
  v.final_norm = true;
  return v;
}

/// Rough parameter total in floating point: what is above this is no tower, and would not fit into
/// 64-bit counts.
bool is_absurd(const VisionSpec& v) {
  constexpr double kMostParameters = 1e12;
  const auto d = [](std::int64_t n) { return static_cast<double>(n); };
  const double block = 4.0 * d(v.hidden) * d(v.hidden) + 2.0 * d(v.hidden) * d(v.intermediate);
  const double ends = d(v.hidden) * (d(v.patch_inputs) + d(v.position_rows)) +
                      d(v.projector_in) * (d(v.projector_in) + d(v.projector_out));
  return d(v.layers) * block + ends > kMostParameters;
}

}  // namespace

void read_vision(FamilyContext& c) {
  const Node map = c.config.outer().find("vision_config");
  if (!map || map.is_null()) return;
  if (!map.is_map()) {
    c.config.error("type", "\"vision_config\" must be a map", map);
    return;
  }
  const auto has = [&](std::string_view key) { return static_cast<bool>(map.find(key)); };
  Diagnostics problems;
  ConfigFields f(map, map, problems);
  VisionSpec vision;
  if (has("depth") && has("out_hidden_size") && has("num_position_embeddings")) {
    vision = read_qwen(f);
  } else if (has("vt_hidden_size")) {
    vision = read_moonvit(f);
  } else if (has("num_hidden_layers") && has("hidden_size") && has("intermediate_size") &&
             has("patch_size")) {
    vision = read_plain(f);
    c.leave_out("vision_config: the tower is counted from its stated sizes, its projector is not");
  } else {
    c.leave_out(
        "vision_config: the tower's sizes are not stated in a known form; it is not counted");
    return;
  }
  if (!problems.empty()) {
    c.leave_out(
        fmt::format("vision_config: {}; the tower is not counted", problems.front().message));
    return;
  }
  if (is_absurd(vision)) {
    c.leave_out(
        "vision_config: its sizes add up to more than 1e12 parameters; the tower is not counted");
    return;
  }
  const Node type = map.find("model_type");
  vision.model_type = type && type.is_scalar() ? std::string(type.text()) : "";
  c.spec.vision = std::move(vision);
}

}  // namespace gpusize
