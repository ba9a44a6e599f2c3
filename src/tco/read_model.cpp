#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "gpusize/catalog/readers.hpp"
#include "gpusize/core/text.hpp"
#include "gpusize/tco/currency.hpp"
#include "gpusize/tco/model.hpp"

namespace gpusize {
namespace {

using Sources = std::map<std::string, Source>;
constexpr Bounds kAny{-1e15, 1e15};

constexpr std::array<std::string_view, 5> kKinds{"capex", "opex", "financing", "residual",
                                                 "benefit"};

bool is_symbol(std::string_view id) {
  if (id.empty() || (id[0] >= '0' && id[0] <= '9')) return false;
  for (const char c : id) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
  }
  return true;
}

/// A name that formulas can use.
std::string read_symbol(MapReader& reader) {
  std::string id = reader.required_text("id");
  if (!id.empty() && !is_symbol(id)) {
    reader.error("name", fmt::format("\"{}\" is no name for formulas", id), reader.node("id"),
                 "small letters, digits and _, not beginning with a digit");
  }
  return id;
}

/// A formula given as text or as a plain number.
std::string read_formula(MapReader& reader, std::string_view key) {
  const Node node = reader.required(key);
  if (!node) return {};
  if (!node.is_scalar()) {
    reader.error("formula", fmt::format("\"{}\" must be a number or a formula", key), node);
    return {};
  }
  return std::string(node.text());
}

TcoAssumption read_assumption(Node node, const Sources& sources, Diagnostics& out) {
  MapReader reader(node, "assumption", "tco", out);
  TcoAssumption a;
  a.where = node.location();
  a.id = read_symbol(reader);
  a.name = reader.text("name").value_or("");
  a.unit = reader.text("unit").value_or("");
  a.from = reader.text("from").value_or("");
  if (const auto fact = reader.text("fact")) a.from = "fact:" + *fact;
  a.low = reader.number("low", kAny);
  a.high = reader.number("high", kAny);
  a.low_factor = reader.number("low_factor", {0.0, 1.0});
  a.high_factor = reader.number("high_factor", {1.0, 1e3});
  a.currency = reader.text("currency").value_or("");
  const std::string note = reader.text("note").value_or("");
  const auto value = reader.number("value", kAny);
  if (!a.currency.empty() && !is_currency(a.currency)) {
    reader.error("currency", fmt::format("unknown currency \"{}\"", a.currency),
                 reader.node("currency"), currency_hint(a.currency));
  }
  if (value && !a.from.empty()) {
    reader.error("assumption", "an assumption has a value or says where it comes from, not both",
                 node);
  }
  if (value) {
    const bool sourced = static_cast<bool>(reader.node("source"));
    const Source source = sourced ? source_named(sources, reader)
                                  : Source{"assumption of the user", a.where.file, ""};
    const Confidence confidence =
        reader.node("confidence") ? read_confidence(reader) : Confidence::kRead;
    a.why = why_fact(a.id, *value, a.unit, NumberKind::kAssumed, source, confidence,
                     note.empty() ? a.name : note);
  } else if (a.from.empty()) {
    reader.error("assumption", fmt::format("assumption \"{}\" has no value", a.id), node,
                 "value: NUMBER with a source, or from: where it comes from");
  }
  if ((a.low && value && *a.low > *value) || (a.high && value && *a.high < *value)) {
    reader.error("range", fmt::format("the range of \"{}\" does not hold its value", a.id), node);
  }
  reader.reject_unknown();
  return a;
}

TcoVariable read_variable(Node node, Diagnostics& out) {
  MapReader reader(node, "variable", "tco", out);
  TcoVariable v;
  v.where = node.location();
  v.id = read_symbol(reader);
  v.name = reader.text("name").value_or(v.id);
  v.unit = reader.text("unit").value_or("");
  v.scenarios = reader.texts("scenarios");
  if (const auto curve = reader.text("curve")) {
    constexpr std::array<std::pair<std::string_view, TcoVariableKind>, 3> kCurves{
        {{"needed", TcoVariableKind::kNeeded},
         {"excess", TcoVariableKind::kExcess},
         {"served", TcoVariableKind::kServed}}};
    bool known = false;
    for (const auto& [name, kind] : kCurves) {
      if (name == *curve) {
        v.kind = kind;
        known = true;
      }
    }
    if (!known) {
      reader.error("curve", fmt::format("unknown curve \"{}\"", *curve), reader.node("curve"),
                   "one of: needed, excess, served");
    }
    v.demand = reader.required_text("demand");
    if (v.kind != TcoVariableKind::kNeeded) v.base = reader.required_text("base");
  } else if (const auto loan = reader.text("loan_of")) {
    v.kind = TcoVariableKind::kLoanInterest;
    v.demand = *loan;
  } else {
    v.formula = read_formula(reader, "formula");
  }
  reader.reject_unknown();
  return v;
}

TcoLine read_line(Node node, bool benefit, const Sources& sources, Diagnostics& out) {
  MapReader reader(node, benefit ? "benefit" : "cost line", "tco", out);
  TcoLine line;
  line.where = node.location();
  line.id = read_symbol(reader);
  line.name = reader.text("name").value_or(line.id);
  line.unit = reader.text("unit").value_or("");
  line.kind = reader.text("kind").value_or(benefit ? "benefit" : "opex");
  bool known = false;
  for (const std::string_view kind : kKinds) known = known || kind == line.kind;
  if (!known || (line.kind == "benefit") != benefit) {
    reader.error("kind", fmt::format("unknown kind of line \"{}\"", line.kind), reader.node("kind"),
                 "one of: capex, opex, financing, residual");
  }
  const std::string when = reader.text("when").value_or("monthly");
  bool timed = false;
  for (const TcoTiming timing : {TcoTiming::kStart, TcoTiming::kMonthly, TcoTiming::kEnd}) {
    if (when == name_of(timing)) {
      line.when = timing;
      timed = true;
    }
  }
  if (!timed) {
    reader.error("when", fmt::format("unknown time \"{}\"", when), reader.node("when"),
                 "one of: start, monthly, end");
  }
  line.quantity = read_formula(reader, "quantity");
  line.price = read_formula(reader, "price");
  line.scenarios = reader.texts("scenarios");
  if (reader.node("source")) {
    const Source source = source_named(sources, reader);
    line.source =
        source.ref.empty() ? source.title : fmt::format("{} <{}>", source.title, source.ref);
    if (!source.as_of.empty()) line.source += ", " + source.as_of;
  }
  reader.reject_unknown();
  return line;
}

TcoScenario read_scenario(Node node, Diagnostics& out) {
  MapReader reader(node, "scenario", "tco", out);
  TcoScenario s;
  s.id = reader.required_text("id");
  s.name = reader.text("name").value_or(s.id);
  s.note = reader.text("note").value_or("");
  reader.reject_unknown();
  return s;
}

TcoReference read_reference(Node node, const Sources& sources, Diagnostics& out) {
  MapReader reader(node, "published amount", "tco", out);
  TcoReference r;
  r.scenario = reader.required_text("scenario");
  r.what = reader.required_text("what");
  r.value = reader.required_number("value", kAny);
  r.tolerance = reader.number("tolerance", {0.0, 1.0}).value_or(0.0);
  r.source = source_named(sources, reader);
  r.note = reader.text("note").value_or("");
  r.where = node.location();
  reader.reject_unknown();
  return r;
}

void read_traffic(Node node, TcoModel& model, Diagnostics& out) {
  MapReader reader(node, "traffic", "tco", out);
  const Node list = reader.required("hourly_share_of_peak");
  model.traffic_source = node.location().str();
  if (list && list.is_sequence() && list.size() > 0 && list.size() <= 1440) {
    model.traffic.weekday.clear();
    for (const Node share : list) {
      const auto number = share.is_scalar() ? share.number() : std::nullopt;
      if (!number || *number < 0.0 || *number > 1.0) {
        reader.error("share", "an hourly share of the peak is a number from 0 to 1", share);
        return;
      }
      model.traffic.weekday.push_back(*number);
    }
  } else if (list) {
    reader.error("shares", "hourly_share_of_peak is a list of 1 to 1,440 numbers", list);
  }
  model.traffic.weekend_share = reader.number("weekend_share", {0.0, 1.0}).value_or(1.0);
  reader.reject_unknown();
}

void read_currencies(Node node, TcoModel& model, Diagnostics& out) {
  MapReader reader(node, "fx", "tco", out);
  for (const Node rate : node) {
    const std::string code(rate.key());
    const auto value = reader.number(code, {1e-9, 1e9});
    if (!is_currency(code)) {
      reader.error("currency", fmt::format("unknown currency \"{}\"", code), rate,
                   currency_hint(code));
    }
    if (value) model.per_usd[code] = *value;
  }
}

template <typename Row, typename Read>
void read_rows(MapReader& reader, std::string_view key, std::vector<Row>& into, Read read) {
  const Node list = reader.node(key);
  if (!list) return;
  if (!list.is_sequence()) {
    reader.error("list", fmt::format("\"{}\" must be a list", key), list);
    return;
  }
  for (const Node node : list) into.push_back(read(node));
}

}  // namespace

Result<TcoModel> read_tco_model(const Document& document) {
  Diagnostics out;
  MapReader reader(document.root(), "cost model", "tco", out);
  TcoModel model;
  model.period.years = 0.0;  // not stated
  const std::string schema = reader.required_text("schema");
  if (!schema.empty() && schema != "gpusize.tco/v1") {
    reader.error("schema", fmt::format("\"schema\" is \"{}\", not gpusize.tco/v1", schema),
                 reader.node("schema"));
  }
  model.title = reader.text("title").value_or("");
  model.standalone = reader.boolean("standalone").value_or(false);
  const Node source_map = reader.node("sources");
  const Sources sources = source_map ? read_sources(source_map, out) : Sources{};
  if (const auto years = reader.number("years", {1.0 / 12.0, 30.0})) model.period.years = *years;
  if (const auto unit = reader.text("period")) {
    if (*unit != "month" && *unit != "day") {
      reader.error("period", fmt::format("unknown period \"{}\"", *unit), reader.node("period"),
                   "month, or day: the whole model is one day");
    }
    model.period.unit = *unit;
    if (*unit == "day") model.period.years = 1.0 / 365.2425;
  }
  if (const Node traffic = reader.node("traffic")) read_traffic(traffic, model, out);
  if (const Node fx = reader.node("fx")) read_currencies(fx, model, out);
  read_rows(reader, "assumptions", model.assumptions,
            [&](Node n) { return read_assumption(n, sources, out); });
  read_rows(reader, "variables", model.variables, [&](Node n) { return read_variable(n, out); });
  read_rows(reader, "lines", model.lines,
            [&](Node n) { return read_line(n, false, sources, out); });
  read_rows(reader, "benefits", model.benefits,
            [&](Node n) { return read_line(n, true, sources, out); });
  read_rows(reader, "scenarios", model.scenarios, [&](Node n) { return read_scenario(n, out); });
  read_rows(reader, "published", model.references,
            [&](Node n) { return read_reference(n, sources, out); });
  reader.reject_unknown();
  if (has_errors(out)) return out;
  return model;
}

}  // namespace gpusize
