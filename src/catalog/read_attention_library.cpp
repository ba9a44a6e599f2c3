#include <algorithm>

#include "gpusize/catalog/attention_library.hpp"
#include "gpusize/catalog/readers.hpp"

namespace gpusize {
namespace {

constexpr Bounds kFraction{0.0, 1.2};
constexpr Bounds kFactor{0.0, 10.0};
constexpr Bounds kTile{1.0, 1024.0};
constexpr Bounds kSpeed{0.1, 10.0};

std::optional<Seconds> micros(MapReader& reader, std::string_view key) {
  const auto us = reader.number(key, {0.0, 1e6});
  if (!us) return {};
  return *us * units::us;
}

Seconds required_micros(MapReader& reader, std::string_view key) {
  return reader.required_number(key, {0.0, 1e6}) * units::us;
}

Seconds nanos(MapReader& reader, std::string_view key) {
  return reader.number(key, {0.0, 1e6}).value_or(0.0) * units::ns;
}

LatentDecodeKernel read_latent(Node node, Diagnostics& out) {
  MapReader reader(node, "latent decode", "cat", out);
  LatentDecodeKernel latent;
  latent.head_tile = reader.required_number("head_tile", {1.0, 1024.0});
  latent.launch = micros(reader, "launch_us");
  latent.flop_fraction = reader.number("flop_fraction", kFraction).value_or(0.0);
  latent.per_block = required_micros(reader, "block_us");
  latent.per_token = nanos(reader, "token_ns");
  latent.lone_token = nanos(reader, "lone_token_ns");
  latent.loaded = reader.number("loaded", kFactor).value_or(1.0);
  latent.splits = reader.number("splits", {1.0, 1024.0}).value_or(0.0);
  reader.reject_unknown();
  return latent;
}

AttentionTile read_tile(Node node, Diagnostics& out) {
  MapReader reader(node, "tile", "cat", out);
  AttentionTile tile;
  tile.head = reader.number("head", kTile).value_or(tile.head);
  tile.queries = reader.required_number("queries", kTile);
  tile.short_queries = reader.number("short_queries", kTile).value_or(0.0);
  tile.keys = reader.required_number("keys", kTile);
  tile.window_keys = reader.number("window_keys", kTile).value_or(0.0);
  tile.flop_fraction = reader.number("flop_fraction", kFraction);
  tile.narrow_speed = reader.number("narrow_speed", kSpeed);
  tile.per_tile = micros(reader, "tile_us");
  reader.reject_unknown();
  return tile;
}

std::vector<AttentionTile> tiles_of(Node tiles, Diagnostics& out) {
  std::vector<AttentionTile> read;
  if (tiles && tiles.is_sequence()) {
    for (const Node tile : tiles) read.push_back(read_tile(tile, out));
  }
  return read;
}

void read_tiles(MapReader& reader, AttentionLibrary& library, Diagnostics& out) {
  library.tiles = tiles_of(reader.required("tiles"), out);
  library.narrow_tiles = tiles_of(reader.node("narrow_tiles"), out);
  library.packs_queries = reader.boolean("packs_queries").value_or(false);
  library.packs_narrow = reader.boolean("packs_narrow").value_or(library.packs_queries);
  library.skips_keys = reader.boolean("skips_keys").value_or(true);
  library.persistent = reader.boolean("persistent").value_or(false);
  library.rotates_queries = reader.boolean("rotates_queries").value_or(false);
  library.per_tile = micros(reader, "tile_us").value_or(Seconds{});
}

void read_widths(MapReader& reader, AttentionLibrary& library) {
  library.widens_cache = reader.boolean("widens_cache").value_or(false);
  library.narrow_speed = reader.number("narrow_speed", kSpeed).value_or(1.0);
  library.conversion = micros(reader, "conversion_us").value_or(Seconds{});
  library.converts_queries = reader.boolean("converts_queries").value_or(false);
  library.per_cache_element = nanos(reader, "narrow_element_ns");
}

void read_prefill(MapReader& reader, AttentionLibrary& library, Diagnostics& out) {
  library.prefill_launch = required_micros(reader, "launch_us");
  read_tiles(reader, library, out);
  read_widths(reader, library);
  library.flop_fraction = reader.required_number("flop_fraction", kFraction);
  library.memory_passes = reader.number("memory_passes", {0.0, 20.0}).value_or(1.0);
  library.single_tokens = reader.boolean("prefills_single_tokens").value_or(false);
  library.latent_fraction =
      reader.number("latent_flop_fraction", kFraction).value_or(library.flop_fraction);
  library.absorbed = reader.boolean("absorbed").value_or(false);
}

Seconds micros_or(MapReader& reader, std::string_view key, Seconds otherwise) {
  return micros(reader, key).value_or(otherwise);
}

/// What the map names; the rest is as in `kernel`. Keys are the library's own, so that its launch
/// is named apart from that of prefill.
DecodeKernel read_decode(MapReader& reader, DecodeKernel kernel, std::string_view launch) {
  const auto flag = [&](std::string_view key, bool otherwise) {
    return reader.boolean(key).value_or(otherwise);
  };
  kernel.launch = micros_or(reader, launch, kernel.launch);
  kernel.launch_per_head =
      reader.number("launch_per_head", kFraction).value_or(kernel.launch_per_head);
  kernel.transposes = micros_or(reader, "transpose_us", kernel.transposes);
  kernel.windowed = micros_or(reader, "window_us", kernel.windowed);
  kernel.packed_heads = reader.number("packed_heads", {0.0, 1024.0}).value_or(kernel.packed_heads);
  kernel.packs_windows = flag("packs_windows", kernel.packs_windows);
  kernel.splits_packed = flag("splits_packed_heads", kernel.splits_packed);
  kernel.splits_lone = flag("splits_lone_heads", kernel.splits_lone);
  kernel.per_block = micros_or(reader, "block_us", kernel.per_block);
  kernel.per_query = micros_or(reader, "query_us", kernel.per_query);
  kernel.lone_block = reader.number("lone_block", kFactor).value_or(kernel.lone_block);
  if (const auto ns = reader.number("token_ns", {0.0, 1e6})) kernel.per_token = *ns * units::ns;
  kernel.resident_blocks = reader.number("resident_blocks", {0.0, 32.0}).value_or(0.0);
  if (const auto latency = micros(reader, "latency_us")) kernel.latency = latency;
  return kernel;
}

void read_decodes(MapReader& reader, AttentionLibrary& library, Diagnostics& out) {
  DecodeKernel plain;
  plain.launch = library.prefill_launch;
  library.decode = read_decode(reader, plain, "decode_launch_us");
  if (const Node narrow = reader.node("narrow_decode")) {
    MapReader own(narrow, "narrow decode", "cat", out);
    library.narrow_decode = read_decode(own, library.decode, "launch_us");
    own.reject_unknown();
  }
  library.narrow_unit_rate =
      reader.number("narrow_unit_gb_s", {1.0, 1e3}).value_or(0.0) * units::GB_per_s;
  library.latent_bytes = reader.number("narrow_latent_bytes", {1.0, 100.0}).value_or(1.0);
  if (const Node latent = reader.node("latent_decode"))
    library.latent_decode = read_latent(latent, out);
}

AttentionLibrary read_library(Node node, Diagnostics& out) {
  MapReader reader(node, "attention kernels", "cat", out);
  AttentionLibrary library;
  library.architecture = reader.required_text("architecture");
  library.library = reader.required_text("library");
  library.names = reader.texts("names");
  library.pads_heads = reader.boolean("pads_heads").value_or(false);
  library.host = micros(reader, "host_us").value_or(Seconds{});
  read_prefill(reader, library, out);
  read_decodes(reader, library, out);
  reader.reject_unknown();
  return library;
}

AttentionShared read_shared(Node node, Diagnostics& out) {
  MapReader reader(node, "shared shape", "cat", out);
  AttentionShared shared;
  shared.softmax_dims = reader.required_number("softmax_dims", {0.0, 100.0});
  reader.reject_unknown();
  return shared;
}

}  // namespace

const AttentionTile& AttentionLibrary::tile(double head_dim, bool narrow_queries) const {
  const auto& own = narrow_queries && !narrow_tiles.empty() ? narrow_tiles : tiles;
  const auto holds = [&](const AttentionTile& tile) { return head_dim <= tile.head; };
  const auto at = std::find_if(own.begin(), own.end(), holds);
  return at == own.end() ? own.back() : *at;
}

const AttentionLibrary* AttentionLibraries::find(std::string_view architecture,
                                                 std::string_view name) const {
  const auto is_row = [&](const AttentionLibrary& library) {
    return library.architecture == architecture &&
           std::find(library.names.begin(), library.names.end(), name) != library.names.end();
  };
  const auto at = std::find_if(kernels.begin(), kernels.end(), is_row);
  return at == kernels.end() ? nullptr : &*at;
}

std::optional<AttentionLibraries> read_attention_libraries(const Document& document,
                                                           Diagnostics& out) {
  const std::size_t before = out.size();
  MapReader reader(document.root(), "attention kernels", "cat", out);
  AttentionLibraries libraries;
  reader.text("schema");
  const auto sources = read_sources(reader.required("sources"), out);
  libraries.source = source_named(sources, reader);
  libraries.confidence = read_confidence(reader);
  if (const Node shared = reader.required("shared")) libraries.shared = read_shared(shared, out);
  if (const Node rows = reader.required("kernels"); rows && rows.is_sequence()) {
    for (const Node row : rows) libraries.kernels.push_back(read_library(row, out));
  }
  if (const Node fits = reader.node("fits"); fits && fits.is_sequence()) {
    for (const Node fit : fits) libraries.fits.push_back(read_fit(fit, out));
  }
  reader.reject_unknown();
  if (out.size() != before) return {};
  return libraries;
}

}  // namespace gpusize
