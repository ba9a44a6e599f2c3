#include "gpusize/report/calibrate_document.hpp"

#include <fmt/format.h>

namespace gpusize {
namespace {

Why counted(std::string_view what, std::size_t value, std::string note) {
  return why_count(std::string(what), static_cast<double>(value), std::move(note));
}

void count(ObjectWriter to, std::string_view key, std::size_t value, std::string note) {
  to.integer(key, static_cast<std::int64_t>(value), counted(key, value, std::move(note)));
}

void write_errors(ObjectWriter to, const ErrorStatistics& e, const std::string& of) {
  const Why rows = counted("n", e.n, "rows compared");
  const auto percent = [&](std::string_view key, double value, std::string_view how) {
    to.number(key, value,
              why_search(std::string(key), value, "%",
                         fmt::format("{} of 100 |estimate - measured| / measured, {}", how, of),
                         {{"n", rows}}));
  };
  to.integer("n", static_cast<std::int64_t>(e.n), rows);
  percent("median_ape_pct", e.median_ape_pct, "median");
  percent("p90_ape_pct", e.p90_ape_pct, "90th percentile");
  to.number("bias_pct", e.bias_pct,
            why_search("bias_pct", e.bias_pct, "%",
                       "median of 100 (estimate - measured) / measured, " + of, {{"n", rows}}));
}

void write_parameters(ObjectWriter to, const std::vector<FittedParameter>& parameters,
                      std::size_t rows) {
  to.list("parameters");
  for (const FittedParameter& p : parameters) {
    ObjectWriter entry = to.append("parameters");
    entry.text("name", p.name);
    entry.text("unit", p.unit);
    const Why shipped = why_fact(p.name, p.before, p.unit, NumberKind::kEstimated,
                                 {"gpusize catalog", "data/rates, data/engines", ""},
                                 Confidence::kDerived, "as shipped, on this card");
    entry.number("shipped", p.before, shipped);
    entry.number("value", p.after,
                 why_search(p.name, p.after, p.unit,
                            "robust least squares on the measured rows; docs/calibrate.md",
                            {{"shipped", shipped}, {"n", counted("n", rows, "rows fitted on")}}));
    entry.flag("fitted", p.fitted);
    entry.flag("at_bound", p.at_bound);
  }
}

void write_rates(ObjectWriter root, const RateFit& fit) {
  ObjectWriter to = root.object("rates");
  count(to, "rows", fit.rows, "rows of timed kernels read");
  count(to, "used", fit.used, "rows that the fit used");
  const auto band = [&](std::string_view key, double value, std::string_view which) {
    to.number(key, value,
              why_search(std::string(key), value, "",
                         fmt::format("{} percentile of measured / estimate - 1 over kernels that "
                                     "took no part, at least 0.03 from 0",
                                     which),
                         {{"n", counted("n", fit.used, "rows used")}}));
  };
  band("band_low", fit.rates.band_low, "5th");
  band("band_high", fit.rates.band_high, "95th");
  to.list("groups");
  for (const RateGroupFit& group : fit.groups) {
    ObjectWriter entry = to.append("groups");
    entry.text("name", group.group);
    count(entry, "rows", group.n, "rows of the group");
    write_errors(entry.object("shipped"), group.before, "shipped rates");
    write_errors(entry.object("fitted"), group.after, "on the rows of the fit");
    if (group.held_out) {
      write_errors(entry.object("held_out"), *group.held_out,
                   "each half of the rows by the fit of the other");
    } else {
      entry.null("held_out");
    }
    write_parameters(entry, group.parameters, group.n);
  }
  to.list("left_out");
  for (const Tally& tally : fit.left_out) {
    ObjectWriter entry = to.append("left_out");
    entry.text("reason", tally.name);
    count(entry, "rows", tally.rows, "rows of this kind");
  }
}

Why measured(std::string_view what, double value, std::string unit, const Location& where) {
  return why_input(std::string(what), value, std::move(unit), where.str());
}

void write_times(ObjectWriter to, const EngineFit& fit) {
  to.list("times");
  for (const EnginePoint& p : fit.points) {
    ObjectWriter entry = to.append("times");
    entry.text("where", p.where.str());
    entry.text("metric", p.metric);
    entry.text("load", p.load);
    const Why read = measured(p.metric, p.measured_ms, "ms", p.where);
    entry.number("measured_ms", p.measured_ms, read);
    const auto estimate = [&](std::string_view key, double value, const char* profile) {
      entry.number(key, value,
                   why_search(std::string(key), value, "ms",
                              fmt::format("{} under {} with the {} profile; docs/validate.md says "
                                          "how it follows from the steps",
                                          p.metric, p.load, profile),
                              {{"measured", read}}));
    };
    estimate("shipped_ms", p.before_ms, "shipped");
    estimate("fitted_ms", p.after_ms, "fitted");
  }
}

void write_memory(ObjectWriter to, const EngineFit& fit) {
  to.list("memory");
  for (const MemoryPoint& p : fit.memory) {
    ObjectWriter entry = to.append("memory");
    entry.text("where", p.where.str());
    entry.text("item", p.item);
    const double bytes = p.measured.in(units::B);
    const Why read = measured(p.item, bytes, "B", p.where);
    entry.number("measured_bytes", bytes, read);
    if (p.estimated) {
      const double value = p.estimated->in(units::B);
      entry.number("estimated_bytes", value,
                   why_search("estimated_bytes", value, "B",
                              fmt::format("{} of one GPU by the shipped profile; gpusize estimate "
                                          "--explain has the parts",
                                          p.item),
                              {{"measured", read}}));
    } else {
      entry.null("estimated_bytes");
    }
  }
  to.list("cache_tokens");
  for (const CachePoint& p : fit.caches) {
    ObjectWriter entry = to.append("cache_tokens");
    entry.text("where", p.where.str());
    const Why read = measured("cache_tokens", p.measured_tokens, "tokens", p.where);
    entry.number("measured", p.measured_tokens, read);
    entry.number(
        "estimated", p.estimated_tokens,
        why_search("cache_tokens", p.estimated_tokens, "tokens",
                   "tokens that the pool of the shipped profile holds", {{"measured", read}}));
  }
}

void write_engine(ObjectWriter root, const EngineFit& fit) {
  ObjectWriter to = root.object("engine");
  to.text("id", fit.profile.id);
  const auto errors = [&](std::string_view key, const std::optional<ErrorStatistics>& e,
                          const std::string& of) {
    if (e) {
      write_errors(to.object(key), *e, of);
    } else {
      to.null(key);
    }
  };
  errors("shipped", fit.before, "shipped profile");
  errors("fitted", fit.after, "on the runs of the fit");
  write_parameters(to, fit.parameters, fit.points.size() + fit.memory.size());
  write_times(to, fit);
  write_memory(to, fit);
}

}  // namespace

ResultDocument calibrate_document(const Calibration& c) {
  ResultDocument document("https://gpusize.dev/schema/calibrate-1.schema.json", "calibrate");
  ObjectWriter root = document.root();
  root.text("gpu", c.gpu);
  root.text("as_of", c.date);
  count(root, "impossible", c.impossible, "rows left out: faster than the card can be");
  if (c.rates) {
    write_rates(root, *c.rates);
  } else {
    root.null("rates");
  }
  if (c.engine) {
    write_engine(root, *c.engine);
  } else {
    root.null("engine");
  }
  root.list("not_assessed");
  for (const Unused& unused : c.not_assessed) {
    ObjectWriter entry = root.append("not_assessed");
    entry.text("what", unused.where.str());
    entry.text("reason", unused.reason);
  }
  return document;
}

}  // namespace gpusize
