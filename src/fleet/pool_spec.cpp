// POOL.yaml to a PoolSpec.

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gpusize/core/map_reader.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/fleet/pool.hpp"

namespace gpusize {
namespace {

constexpr std::size_t kHoursOfDay = 24;
constexpr std::size_t kMostModels = 1000;

class PoolReader {
 public:
  explicit PoolReader(const Catalog& catalog) : catalog_(catalog) {}

  Result<PoolSpec> read(Node root) {
    if (!root || !root.is_map()) {
      return make_error("pool-empty", "a pool is a map with \"cards\" and \"models\"",
                        root ? root.location() : Location{}, "docs/pool.md has an example");
    }
    MapReader reader(root, "pool", "pool", problems_);
    if (const auto schema = reader.text("schema"); schema && *schema != "gpusize.pool/v1")
      reader.error("schema", "expected gpusize.pool/v1", reader.node("schema"));
    out_.title = reader.text("title").value_or("");
    read_money(reader);
    const double headroom = reader.number("headroom", {0.0, 10.0}).value_or(0.2);
    each(reader, "cards", [&](Node node) { out_.cards.push_back(read_card(node)); });
    each(reader, "models", [&](Node node) { out_.models.push_back(read_model(node, headroom)); });
    read_apart(reader);
    reader.reject_unknown();
    if (!has_errors(problems_)) check_names();
    if (has_errors(problems_)) return problems_;
    return std::move(out_);
  }

 private:
  void problem(std::string code, std::string message, const Location& where,
               std::string hint = {}) {
    problems_.push_back(make_error(std::move(code), std::move(message), where, std::move(hint)));
  }

  /// A list that must hold something.
  template <typename Read>
  void each(MapReader& reader, std::string_view key, Read read) {
    const Node list = reader.required(key);
    if (!list) return;
    if (!list.is_sequence() || list.size() == 0) {
      reader.error("empty", fmt::format("\"{}\" must be a list with at least one entry", key), list,
                   fmt::format("a pool without {} has no answer", key));
      return;
    }
    if (list.size() > kMostModels) {
      reader.error("size", fmt::format("{} {}, at most {}", list.size(), key, kMostModels), list);
      return;
    }
    for (const Node node : list) read(node);
  }

  void read_money(MapReader& reader) {
    out_.price_basis = reader.text("price_basis").value_or(out_.price_basis);
    if (!price_basis_from(out_.price_basis)) {
      reader.error(
          "price-basis", fmt::format("unknown price basis \"{}\"", printable(out_.price_basis)),
          reader.node("price_basis"), "one of: on-demand, spot, reserved-1y, reserved-3y, owned");
    }
    out_.price_tier = reader.text("price_tier").value_or("");
    out_.region = reader.text("region").value_or(out_.region);
    if (catalog_.region(out_.region) == nullptr) {
      reader.error("region", fmt::format("unknown region \"{}\"", printable(out_.region)),
                   reader.node("region"), "see: gpusize prices --kind electricity");
    }
    out_.years = reader.number("years", {0.01, 30.0}).value_or(out_.years);
  }

  /// The card under a name, or null and an error at `where`.
  const GpuSpec* find_card(const std::string& name, const Location& where) {
    const auto found = catalog_.find_gpu(name);
    if (found.ok()) return found->entry;
    for (Diagnostic d : found.errors()) {
      if (!d.where.known()) d.where = where;
      problems_.push_back(std::move(d));
    }
    return nullptr;
  }

  PoolCard read_card(Node node) {
    PoolCard card;
    card.where = node.location();
    MapReader reader(node, "card", "pool", problems_);
    card.name = reader.required_text("gpu");
    if (!card.name.empty()) card.gpu = find_card(card.name, reader.node("gpu").location());
    card.owned = reader.integer("owned", {0.0, 1e6}).value_or(0);
    const auto most = reader.integer("most", {0.0, 1e6});
    const auto buy = reader.boolean("buy");
    card.most = most.value_or(-1);
    if (buy && !*buy) card.most = card.owned;
    if (most && *most < card.owned) {
      reader.error("contradiction",
                   fmt::format("at most {} cards, but {} are owned", *most, card.owned),
                   reader.node("most"), "`most` counts the owned cards too");
    } else if (most && buy && !*buy && *most != card.owned) {
      reader.error("contradiction",
                   fmt::format("buy: false allows the {} owned cards, most: {} allows more",
                               card.owned, *most),
                   reader.node("buy"), "keep one of them");
    }
    card.owned_usd_per_month = reader.number("owned_usd_per_month", {0.0, 1e6}).value_or(0.0);
    card.spare = reader.integer("spare", {0.0, 1e5}).value_or(0);
    card.slices = reader.texts("slices");
    if (card.gpu != nullptr) check_slices(card, reader);
    reader.reject_unknown();
    return card;
  }

  void check_slices(const PoolCard& card, MapReader& reader) {
    std::vector<std::string> names{"mig"};
    for (const MigProfile& profile : card.gpu->mig_profiles) names.push_back(profile.name);
    for (const std::string& slice : card.slices) {
      if (slice.find(':') != std::string::npos) continue;  // the planner reads these
      if (card.gpu->mig_profiles.empty()) {
        reader.error("no-mig", fmt::format("{} has no multi-instance mode", card.gpu->id),
                     reader.node("slices"), "mps:N and time-slicing:N share any card");
        return;
      }
      if (std::find(names.begin(), names.end(), slice) != names.end()) continue;
      const std::string near = did_you_mean(slice, names);
      reader.error("unknown-profile",
                   fmt::format("{} has no MIG profile \"{}\"", card.gpu->id, printable(slice)),
                   reader.node("slices"),
                   near.empty() ? fmt::format("one of: {}", fmt::join(names, ", ")) : near);
    }
  }

  PoolModel read_model(Node node, double headroom) {
    PoolModel m;
    m.where = node.location();
    MapReader reader(node, "model", "pool", problems_);
    PlanRequest& r = m.request;
    r.model = reader.required_text("model");
    m.name = reader.text("name").value_or(r.model);
    r.overrides = reader.texts("set");
    r.qps = reader.required_number("qps", {1e-6, 1e7});
    read_lengths(reader, r);
    r.targets = {target(reader, "ttft_ms"), target(reader, "tpot_ms"), target(reader, "e2e_ms")};
    r.headroom = reader.number("headroom", {0.0, 10.0}).value_or(headroom);
    r.gpus = reader.texts("gpus");
    for (std::string& gpu : r.gpus) {
      const GpuSpec* card = find_card(gpu, reader.node("gpus").location());
      if (card != nullptr) gpu = card->id;
    }
    if (auto weights = reader.texts("weights"); !weights.empty()) r.weights = std::move(weights);
    if (auto kv = reader.texts("kv"); !kv.empty()) r.kv = std::move(kv);
    if (auto engines = reader.texts("engines"); !engines.empty()) r.engines = std::move(engines);
    m.priority = reader.number("priority", {-1e6, 1e6}).value_or(0.0);
    m.min_replicas = reader.integer("min_replicas", {1.0, 1e5}).value_or(1);
    m.spread = reader.boolean("spread").value_or(false);
    read_hours(reader, m);
    reader.reject_unknown();
    return m;
  }

  static std::optional<Seconds> target(MapReader& reader, std::string_view key) {
    const auto ms = reader.number(key, {1e-3, 1e9});
    if (!ms) return {};
    return *ms * units::ms;
  }

  void read_lengths(MapReader& reader, PlanRequest& r) {
    const auto input = reader.number("input_tokens", {1.0, 1e8});
    const auto output = reader.number("output_tokens", {1.0, 1e8});
    const auto name = reader.text("workload");
    if (input.has_value() != output.has_value()) {
      reader.error("contradiction", "input_tokens and output_tokens go together", reader.map());
      return;
    }
    if (input && name && *name != "custom") {
      reader.error("contradiction", "workload and input_tokens both say how long requests are",
                   reader.node("workload"), "keep one of them");
      return;
    }
    if (input) {
      r.workload = "custom";
      r.input_tokens = *input;
      r.output_tokens = *output;
      return;
    }
    const auto found = catalog_.find_workload(name.value_or("chat"));
    if (!found.ok()) {
      for (Diagnostic d : found.errors()) {
        d.where = name ? reader.node("workload").location() : reader.map().location();
        problems_.push_back(std::move(d));
      }
      return;
    }
    r.workload = found->entry->id;
    r.input_tokens = found->entry->input_tokens;
    r.output_tokens = found->entry->output_tokens;
  }

  /// `hourly`: 24 shares; or `busy: 8-18` with `off_peak`, the share outside these hours.
  static void read_hours(MapReader& reader, PoolModel& m) {
    const auto shares = reader.texts("hourly");
    const auto busy = reader.text("busy");
    const auto off_peak = reader.number("off_peak", {0.0, 1.0});
    if (!shares.empty() && busy) {
      reader.error("contradiction", "hourly and busy both say when requests come",
                   reader.node("busy"), "keep one of them");
      return;
    }
    if (off_peak && !busy) {
      reader.error("contradiction", "off_peak needs busy: FROM-TO", reader.node("off_peak"));
      return;
    }
    if (busy) return read_busy(reader, *busy, off_peak.value_or(0.0), m);
    if (shares.empty()) return;
    for (const std::string& text : shares) {
      const auto share = parse_number(text);
      if (share && *share >= 0.0 && *share <= 1.0) m.hourly.push_back(*share);
    }
    if (shares.size() != kHoursOfDay || m.hourly.size() != kHoursOfDay) {
      reader.error("hours", "\"hourly\" must hold 24 shares from 0 to 1", reader.node("hourly"),
                   "qps is the rate of the peak hour; 0.25 is a quarter of it");
    }
  }

  static void read_busy(MapReader& reader, const std::string& text, double off_peak, PoolModel& m) {
    const auto ends = split(text, '-');
    const auto from = parse_integer(ends.front());
    const auto to = ends.size() == 2 ? parse_integer(ends.back()) : std::nullopt;
    if (!from || !to || *from < 0 || *from > 23 || *to < 0 || *to > 24 || *from == *to) {
      reader.error("hours", fmt::format("\"{}\" is no span of hours", printable(text)),
                   reader.node("busy"), "FROM-TO in hours of the day, for example 8-18 or 22-6");
      return;
    }
    for (std::int64_t h = 0; h < static_cast<std::int64_t>(kHoursOfDay); ++h) {
      const bool inside = *from < *to ? h >= *from && h < *to : h >= *from || h < *to;
      m.hourly.push_back(inside ? 1.0 : off_peak);
    }
  }

  void read_apart(MapReader& reader) {
    const Node list = reader.node("apart");
    if (!list || list.is_null()) return;
    if (!list.is_sequence()) {
      reader.error("type", "\"apart\" must be a list of lists of names", list);
      return;
    }
    for (const Node group : list) {
      std::vector<std::string> names;
      // A document's inputs hold {models: [...]}, as its lists hold objects only.
      const Node members = group.is_map() ? group.find("models") : group;
      if (members && members.is_sequence()) {
        for (const Node name : members) names.emplace_back(name.is_scalar() ? name.text() : "");
      }
      const std::set<std::string> once(names.begin(), names.end());
      if (once.size() < 2 || once.size() != names.size()) {
        reader.error("contradiction",
                     "a group of \"apart\" names two models or more, each of them once", group,
                     "`spread: true` keeps replicas of one model on different nodes");
        continue;
      }
      out_.apart.push_back(std::move(names));
      apart_.push_back(group.location());
    }
  }

  /// What names refer to, and what contradicts.
  void check_names() {
    std::set<std::string> cards;
    for (const PoolCard& card : out_.cards) {
      if (!cards.insert(card.gpu->id).second)
        problem("pool-twice", fmt::format("{} is listed twice", card.gpu->id), card.where);
    }
    std::set<std::string> names;
    for (const PoolModel& m : out_.models) {
      if (!names.insert(m.name).second) {
        problem("pool-twice", fmt::format("two models are named \"{}\"", printable(m.name)),
                m.where, "give each a `name`");
      }
      for (const std::string& gpu : m.request.gpus) {
        if (cards.contains(gpu)) continue;
        problem("pool-contradiction",
                fmt::format("\"{}\" may only run on {}, which the pool has not", printable(m.name),
                            gpu),
                m.where, fmt::format("the cards are: {}", fmt::join(cards, ", ")));
      }
    }
    const std::vector<std::string> known(names.begin(), names.end());
    for (std::size_t g = 0; g < out_.apart.size(); ++g) {
      for (const std::string& name : out_.apart[g]) {
        if (names.contains(name)) continue;
        problem("pool-unknown-model", fmt::format("no model is named \"{}\"", printable(name)),
                apart_[g], did_you_mean(name, known));
      }
    }
  }

  const Catalog& catalog_;
  Diagnostics problems_;
  PoolSpec out_;
  std::vector<Location> apart_;
};

Why input(std::string_view label, double value, std::string unit) {
  return why_input(std::string(label), value, std::move(unit), "the pool's file");
}

void write_texts(ObjectWriter& out, std::string_view key, const std::vector<std::string>& values) {
  if (values.empty()) return;
  out.list(key);
  for (const std::string& value : values) out.append_text(key, value);
}

void write_whole(ObjectWriter& out, std::string_view key, std::int64_t value, std::string unit) {
  out.integer(key, value, input(key, static_cast<double>(value), std::move(unit)));
}

void write_card(ObjectWriter out, const PoolCard& card) {
  out.text("gpu", card.name);
  write_whole(out, "owned", card.owned, "cards");
  if (card.most >= 0) write_whole(out, "most", card.most, "cards");
  out.number("owned_usd_per_month", card.owned_usd_per_month,
             input("owned_usd_per_month", card.owned_usd_per_month, "USD/month"));
  write_whole(out, "spare", card.spare, "cards");
  write_texts(out, "slices", card.slices);
}

void write_target(ObjectWriter& out, std::string_view key, const std::optional<Seconds>& target) {
  if (target) out.number(key, target->in(units::ms), input(key, target->in(units::ms), "ms"));
}

void write_model(ObjectWriter out, const PoolModel& m) {
  const PlanRequest& r = m.request;
  out.text("name", m.name);
  out.text("model", r.model);
  write_texts(out, "set", r.overrides);
  out.number("qps", r.qps, input("qps", r.qps, "1/s"));
  out.text("workload", r.workload);
  if (r.workload == "custom") {
    out.number("input_tokens", r.input_tokens, input("input_tokens", r.input_tokens, "tokens"));
    out.number("output_tokens", r.output_tokens, input("output_tokens", r.output_tokens, "tokens"));
  }
  write_target(out, "ttft_ms", r.targets.ttft);
  write_target(out, "tpot_ms", r.targets.tpot);
  write_target(out, "e2e_ms", r.targets.e2e);
  out.number("headroom", r.headroom, input("headroom", r.headroom, "ratio"));
  write_texts(out, "gpus", r.gpus);
  write_texts(out, "weights", r.weights);
  write_texts(out, "kv", r.kv);
  write_texts(out, "engines", r.engines);
  out.number("priority", m.priority, input("priority", m.priority, ""));
  write_whole(out, "min_replicas", m.min_replicas, "replicas");
  out.flag("spread", m.spread);
  if (m.hourly.empty()) return;
  out.list("hourly");
  for (const double share : m.hourly) out.append_text("hourly", fmt::format("{}", share));
}

}  // namespace

bool PoolCard::allows(std::string_view slice) const {
  const bool shared = slice.find(':') != std::string_view::npos;
  return std::any_of(slices.begin(), slices.end(), [&](const std::string& word) {
    return word == slice || (word == "mig" && !shared);
  });
}

std::size_t PoolSpec::hours() const {
  const bool any = std::any_of(models.begin(), models.end(),
                               [](const PoolModel& m) { return !m.hourly.empty(); });
  return any ? kHoursOfDay : 1;
}

Result<PoolSpec> read_pool(const Catalog& catalog, Node root) {
  return PoolReader(catalog).read(root);
}

void write_pool(ObjectWriter out, const PoolSpec& pool) {
  out.text("title", pool.title);
  out.text("price_basis", pool.price_basis);
  out.text("price_tier", pool.price_tier);
  out.text("region", pool.region);
  out.number("years", pool.years, input("years", pool.years, "years"));
  out.list("cards");
  for (const PoolCard& card : pool.cards) write_card(out.append("cards"), card);
  out.list("models");
  for (const PoolModel& m : pool.models) write_model(out.append("models"), m);
  for (const auto& group : pool.apart) {
    ObjectWriter row = out.append("apart");
    write_texts(row, "models", group);
  }
}

}  // namespace gpusize
