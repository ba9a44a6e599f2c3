#include "gpusize/gate/diff.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "gate/rules_cost.hpp"
#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

constexpr std::string_view kSchema = "https://gpusize.dev/schema/diff-1.schema.json";
const Formula kMonthly{"gate.monthly", "usd_per_hour * hours", "USD/month", "730 hours a month"};
const Formula kHeadroom{"gate.headroom", "(kv_room - longest_request) / capacity", "ratio",
                        "what the KV pool has beyond one request of the greatest length"};
const Formula kDelta{"gate.delta", "head - base", "", "the change"};
const Formula kPercent{"gate.percent", "100 * (head - base) / base", "%",
                       "the change over what was"};

FindingNumber monthly(double hourly, const Why& why) {
  return {hourly * kHoursPerMonth,
          why_formula(kMonthly, "cost per month", hourly * kHoursPerMonth,
                      {{"usd_per_hour", why},
                       {"hours", why_count("hours of a month", kHoursPerMonth, "8760 / 12")}})};
}

FindingNumber headroom_of(double room, Why room_why, double longest, Why longest_why,
                          double capacity, Why capacity_why) {
  const double value = (room - longest) / capacity;
  return {value, why_formula(kHeadroom, "headroom", value,
                             {{"kv_room", std::move(room_why)},
                              {"longest_request", std::move(longest_why)},
                              {"capacity", std::move(capacity_why)}})};
}

std::string key_of(const DeployedWorkload& w) {
  return fmt::format("{}/{}{}{}{}", w.kind, w.name_space.empty() ? "" : w.name_space + "/", w.name,
                     w.container.empty() ? "" : "/" + w.container,
                     w.role.empty() ? "" : "/" + w.role);
}

std::optional<FindingNumber> number_at(Node map, std::string_view key, const Document& document) {
  const Node found = map && map.is_map() ? map.find(key) : Node{};
  const auto value = found ? found.number() : std::optional<double>{};
  if (!value) return {};
  return FindingNumber{*value,
                       why_input(std::string(key), *value, "",
                                 fmt::format("{}:{}", document.file(), found.location().line))};
}

std::string text_at(Node map, std::string_view key) {
  const Node found = map && map.is_map() ? map.find(key) : Node{};
  return found && found.is_scalar() ? std::string(found.text()) : std::string();
}

DiffRow row_of_check(Node w, const Document& document) {
  DiffRow row;
  const std::string role = text_at(w, "role");
  row.key = fmt::format("{}/{}{}", text_at(w, "kind"), text_at(w, "workload"),
                        role.empty() ? "" : "/" + role);
  row.file = text_at(w, "file");
  row.model = text_at(w, "model");
  row.gpu = text_at(w, "gpu");
  row.gpus = number_at(w, "total_gpus", document);
  if (const auto hourly = number_at(w, "usd_per_hour", document))
    row.usd_per_month = monthly(hourly->value, hourly->why);
  row.kv_tokens = number_at(w, "kv_cache_tokens", document);
  const Node m = w.find("memory_per_gpu_bytes");
  const auto room = number_at(m, "kv_room", document);
  const auto longest = number_at(m, "longest_request", document);
  const auto capacity = number_at(m, "capacity", document);
  if (room && longest && capacity && capacity->value > 0.0)
    row.headroom = headroom_of(room->value, room->why, longest->value, longest->why,
                               capacity->value, capacity->why);
  const Node service = w.find("service");
  row.ttft_ms = number_at(service, "ttft_ms", document);
  row.tpot_ms = number_at(service, "tpot_ms", document);
  return row;
}

DiffRow row_of_plan(Node root, Node option, const Document& document) {
  DiffRow row;
  row.key = "plan/" + text_at(root.find("inputs"), "model");
  row.file = document.file();
  row.model = text_at(root.find("inputs"), "model");
  row.gpu = text_at(option, "gpu");
  row.gpus = number_at(option, "gpus", document);
  const Node cost = option.find("cost");
  if (const auto hourly = number_at(cost, "usd_per_hour", document))
    row.usd_per_month = monthly(hourly->value, hourly->why);
  const Node latency = option.find("latency");
  row.ttft_ms = number_at(
      latency && latency.find("ttft_ms") && latency.find("ttft_ms").is_map()
          ? latency.find("ttft_ms")
          : latency,
      latency && latency.find("ttft_ms") && latency.find("ttft_ms").is_map() ? "value" : "ttft_ms",
      document);
  return row;
}

void write(ObjectWriter& out, std::string_view key, const std::optional<FindingNumber>& n) {
  if (n)
    out.number(key, n->value, n->why);
  else
    out.null(key);
}

void write_side(ObjectWriter out, const DiffRow* row) {
  const auto text = [&](std::string_view key, const std::string& value) {
    if (value.empty())
      out.null(key);
    else
      out.text(key, value);
  };
  text("model", row->model);
  text("gpu", row->gpu);
  write(out, "gpus", row->gpus);
  write(out, "usd_per_month", row->usd_per_month);
  write(out, "headroom", row->headroom);
  write(out, "kv_cache_tokens", row->kv_tokens);
  write(out, "ttft_ms", row->ttft_ms);
  write(out, "tpot_ms", row->tpot_ms);
}

bool same_number(const std::optional<FindingNumber>& a, const std::optional<FindingNumber>& b) {
  if (a.has_value() != b.has_value()) return false;
  return !a || a->value == b->value;
}

bool same(const DiffRow& a, const DiffRow& b) {
  return a.model == b.model && a.gpu == b.gpu && same_number(a.gpus, b.gpus) &&
         same_number(a.usd_per_month, b.usd_per_month) && same_number(a.headroom, b.headroom) &&
         same_number(a.kv_tokens, b.kv_tokens) && same_number(a.ttft_ms, b.ttft_ms) &&
         same_number(a.tpot_ms, b.tpot_ms);
}

FindingNumber total(const DiffSide& side, std::optional<FindingNumber> DiffRow::*member,
                    const std::string& label, const std::string& unit) {
  double sum = 0.0;
  std::vector<std::pair<std::string, Why>> parts;
  for (const DiffRow& row : side) {
    if (!(row.*member)) continue;
    sum += (row.*member)->value;
    parts.emplace_back(fmt::format("w{}", parts.size()), (row.*member)->why);
  }
  if (parts.empty()) return {0.0, why_count(label, 0.0, "nothing with a number")};
  return {sum, why_sum(label, sum, unit, std::move(parts))};
}

void guard(ObjectWriter root, std::string_view rule, const std::string& message,
           const FindingNumber& actual, double limit, std::string_view option) {
  ObjectWriter row = root.append("guardrails");
  row.text("rule", rule);
  row.text("message", message);
  row.number("actual", actual.value, actual.why);
  row.number("limit", limit, why_input("guardrail", limit, "", std::string(option)));
}

}  // namespace

DiffSide diff_side(const CheckResult& result) {
  DiffSide out;
  for (std::size_t i = 0; i < result.workloads.size(); ++i) {
    const Assessment& a = result.workloads[i];
    const DeployedWorkload& w = *a.said;
    DiffRow row;
    row.key = key_of(w);
    row.file = w.file;
    row.place = w.place;
    row.model = w.args.model ? w.args.model->value : "";
    row.gpu = a.gpu != nullptr ? a.gpu->id : w.gpu ? w.gpu->value : "";
    if (w.total_gpus) {
      const auto gpus = static_cast<double>(*w.total_gpus);
      row.gpus = FindingNumber{
          gpus, why_input("GPUs", gpus, "", fmt::format("{}:{}", w.file, w.place.line))};
    }
    if (result.costs[i])
      row.usd_per_month = monthly(result.costs[i]->usd_per_hour, result.costs[i]->why);
    if (a.memory != nullptr) {
      const ReplicaMemory& m = *a.memory;
      row.headroom =
          headroom_of(m.memory.kv_room.in(units::B), m.why.kv_room, m.one_request.in(units::B),
                      m.one_request_why, m.memory.capacity.in(units::B), m.why.capacity);
      row.kv_tokens = FindingNumber{static_cast<double>(m.pool_tokens), m.pool_tokens_why};
    }
    if (result.services.size() > i && result.services[i]) {
      row.ttft_ms = result.services[i]->ttft_ms;
      row.tpot_ms = result.services[i]->tpot_ms;
    }
    out.push_back(std::move(row));
  }
  return out;
}

Result<DiffSide> diff_side(const Document& document) {
  const Node root = document.root();
  const std::string command = root.is_map() ? text_at(root, "command") : "";
  DiffSide out;
  if (command == "check") {
    if (const Node rows = root.find("workloads"); rows && rows.is_sequence()) {
      for (const Node w : rows) out.push_back(row_of_check(w, document));
    }
    return out;
  }
  if (command == "plan") {
    const Node options = root.find("options");
    if (options && options.is_sequence() && options.size() > 0)
      out.push_back(row_of_plan(root, *options.begin(), document));
    return out;
  }
  return make_error("diff-form", "this is no result of gpusize check or plan", root.location(),
                    "write one with --format json, or give the deployment files");
}

ResultDocument diff_document(const Catalog& catalog, const Guardrails& g, const DiffSide& base,
                             const DiffSide& head, bool& crossed) {
  ResultDocument document(kSchema, "diff");
  ObjectWriter root = document.root();
  root.object("catalog").text("version", catalog.version());
  std::multimap<std::string, const DiffRow*> before;
  for (const DiffRow& row : base) before.emplace(row.key, &row);
  std::int64_t changed = 0;
  std::int64_t added = 0;
  std::int64_t unchanged = 0;
  root.list("changes");
  for (const DiffRow& row : head) {
    const auto old = before.find(row.key);
    const DiffRow* was = old == before.end() ? nullptr : old->second;
    if (old != before.end()) before.erase(old);
    if (was != nullptr && same(*was, row)) {
      ++unchanged;
      continue;
    }
    ++(was == nullptr ? added : changed);
    ObjectWriter change = root.append("changes");
    change.text("state", was == nullptr ? "added" : "changed");
    change.text("workload", row.key);
    change.text("file", row.file);
    if (was != nullptr)
      write_side(change.object("base"), was);
    else
      change.null("base");
    write_side(change.object("head"), &row);
  }
  for (const auto& [key, row] : before) {
    ObjectWriter change = root.append("changes");
    change.text("state", "removed");
    change.text("workload", key);
    change.text("file", row->file);
    write_side(change.object("base"), row);
    change.null("head");
  }
  ObjectWriter sum = root.object("total");
  const auto both = [&](std::string_view name, std::optional<FindingNumber> DiffRow::*member,
                        const std::string& label, const std::string& unit) {
    const FindingNumber b = total(base, member, label, unit);
    const FindingNumber h = total(head, member, label, unit);
    ObjectWriter out = sum.object(name);
    out.number("base", b.value, b.why);
    out.number("head", h.value, h.why);
    const FindingNumber delta{h.value - b.value, why_formula(kDelta, label, h.value - b.value,
                                                             {{"head", h.why}, {"base", b.why}})};
    out.number("delta", delta.value, delta.why);
    std::optional<FindingNumber> percent;
    if (b.value > 0.0) {
      const double value = 100.0 * (h.value - b.value) / b.value;
      percent = FindingNumber{
          value, why_formula(kPercent, label, value, {{"head", h.why}, {"base", b.why}})};
    }
    write(out, "percent", percent);
    return std::tuple(b, h, delta, percent);
  };
  both("gpus", &DiffRow::gpus, "GPUs", "GPUs");
  const auto [b, h, delta, percent] =
      both("usd_per_month", &DiffRow::usd_per_month, "cost per month", "USD/month");
  const auto count = [&](std::string_view key, std::int64_t value) {
    sum.integer(key, value, why_count(std::string(key), static_cast<double>(value), "workloads"));
  };
  count("changed", changed);
  count("added", added);
  count("removed", static_cast<std::int64_t>(before.size()));
  count("unchanged", unchanged);
  root.list("guardrails");
  crossed = false;
  if (g.usd_per_month && delta.value > *g.usd_per_month) {
    guard(root, "GS402",
          fmt::format("the change adds {:.0f} USD a month, {:.0f} are allowed", delta.value,
                      *g.usd_per_month),
          delta, *g.usd_per_month, "--max-delta-usd");
    crossed = true;
  }
  if (g.percent && percent && percent->value > *g.percent) {
    guard(root, "GS403",
          fmt::format("the change adds {:.1f} %, {:g} % are allowed", percent->value, *g.percent),
          *percent, *g.percent, "--max-delta-percent");
    crossed = true;
  }
  if (g.budget_usd_per_month && b.value <= *g.budget_usd_per_month &&
      h.value > *g.budget_usd_per_month) {
    guard(root, "GS401",
          fmt::format(
              "the change crosses the budget: {:.0f} USD a month, {:.0f} before, budget {:.0f}",
              h.value, b.value, *g.budget_usd_per_month),
          h, *g.budget_usd_per_month, "--budget");
    crossed = true;
  }
  return document;
}

}  // namespace gpusize
