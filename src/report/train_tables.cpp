#include "report/train_tables.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "gpusize/report/text_table.hpp"
#include "report/cells.hpp"
#include "report/sections.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kGib = 1073741824.0;
constexpr std::array kParts{"forward", "backward",  "recompute", "communication",
                            "bubble",  "gradients", "optimizer", "host"};
constexpr std::string_view kTotal = "total";
constexpr std::array kMemory{"parameters",    "gradients", "optimizer", "activations", "logits",
                             "communication", "other",     "total",     "capacity"};
constexpr std::array kSideModels{"reference", "reward", "critic"};  ///< of post-training

std::string gib(const Json& bytes) { return fmt::format("{:.2f}", bytes.get<double>() / kGib); }

std::string layout_of(const Json& option) {
  std::string out;
  for (const auto& [key, value] : option["layout"].items()) {
    const auto degree = value.get<std::int64_t>();
    if (degree > 1 && (key != "etp" || option["layout"]["ep"].get<std::int64_t>() > 1))
      out += fmt::format("{}{}{}", out.empty() ? "" : " ", key, degree);
  }
  const double zero = option["zero_stage"].get<double>();
  if (zero > 0.0) out += fmt::format("{}zero{:g}", out.empty() ? "" : " ", zero);
  return out.empty() ? "1 GPU" : out;
}

TextTable options_table(const Json& options) {
  TextTable table({{"#", Align::kRight},
                   {"GPUs", Align::kLeft},
                   {"layout", Align::kLeft},
                   {"micro", Align::kRight},
                   {"recompute", Align::kLeft},
                   {"GiB/GPU", Align::kRight},
                   {"step s", Align::kRight},
                   {"tok/s/GPU", Align::kRight},
                   {"MFU %", Align::kRight},
                   {"days", Align::kRight},
                   {"USD", Align::kRight}});
  for (const Json& o : options) {
    table.row({cell(o, "rank"), fmt::format("{} x {}", cell(o, "gpus", 8), text_of(o, "gpu")),
               layout_of(o), cell(o, "micro_batch"), text_of(o, "recompute"),
               gib(o["memory_per_gpu_bytes"]["total"]), cell(o["step_time_s"], "value", 4),
               cell(o, "tokens_per_s_per_gpu", 5),
               fmt::format("{:.1f}", 100.0 * o["mfu"].get<double>()), cell(o, "days", 4),
               cell(o, "cost_usd", 4)});
  }
  return table;
}

TextTable memory_table(const Json& option) {
  const Json& m = option["memory_per_gpu_bytes"];
  TextTable table({{"memory of the fullest GPU", Align::kLeft}, {"GiB", Align::kRight}});
  for (const char* key : kMemory) {
    if (key == kTotal) {
      for (const char* model : kSideModels)
        if (m.contains(model)) table.row({model, gib(m[model])});
    }
    table.row({key, gib(m[key])});
  }
  return table;
}

TextTable time_table(const Json& option) {
  TextTable table({{"step", Align::kLeft}, {"s", Align::kRight}, {"%", Align::kRight}});
  const double total = option["step_time_s"]["value"].get<double>();
  for (const char* key : kParts) {
    const double part = option["step_parts_s"][key].get<double>();
    if (part > 0.0)
      table.row({key, fmt::format("{:.4g}", part), fmt::format("{:.1f}", 100.0 * part / total)});
  }
  table.row({"total", fmt::format("{:.4g}", total), "100.0"});
  return table;
}

TextTable round_table(const Json& post) {
  TextTable table({{"round", Align::kLeft}, {"s", Align::kRight}, {"%", Align::kRight}});
  const double total = post["round_s"].get<double>();
  const auto row = [&](std::string name, double value) {
    std::replace(name.begin(), name.end(), '_', ' ');
    table.row({name, fmt::format("{:.4g}", value), fmt::format("{:.1f}", 100.0 * value / total)});
  };
  for (const auto& [key, value] : post["parts_s"].items()) row(key, value.get<double>());
  row("total", total);
  return table;
}

std::vector<std::string> round_lines(const Json& post) {
  std::vector<std::string> out;
  out.push_back(fmt::format("A round: {} sequences, {} optimizer steps.",
                            cell(post, "sequences", 6), cell(post, "updates", 4)));
  for (const Json& model : post["models"])
    out.push_back(fmt::format("{}: {}, {}.", text_of(model, "role"), text_of(model, "model"),
                              text_of(model, "weights")));
  if (post.contains("rollout")) {
    const Json& r = post["rollout"];
    out.push_back(fmt::format(
        "Rollout: {} x {} {}, {} of {} sequences at once, {} of the card; training states {}.",
        cell(r, "replicas", 6), text_of(r, "engine"), text_of(r, "layout"), cell(r, "in_flight", 6),
        cell(r, "sequences", 6), cell(r, "memory_fraction", 2),
        r["states_on_host"].get<bool>() ? "on the host meanwhile" : "stay"));
  }
  return out;
}

std::string heading(const Json& doc) {
  const Json& in = doc["inputs"];
  std::string out =
      fmt::format("Training {}: {}, sequences of {} tokens", text_of(doc, "model_name"),
                  text_of(in, "method"), cell(in, "sequence", 8));
  if (const std::string objective = text_of(in, "objective"); !objective.empty())
    out += ", " + objective;
  if (in["tokens"].get<double>() > 0.0) {
    out += fmt::format(", {} tokens", cell(in, "tokens", 4));
  } else if (in["dataset_size"].get<double>() > 0.0) {
    out += fmt::format(", {} examples", cell(in, "dataset_size", 9));
  }
  return out + fmt::format(": {}.", text_of(doc, "status"));
}

std::vector<std::string> rejected_lines(const Json& doc) {
  std::vector<std::string> out;
  for (const Json& x : doc["rejected"]) {
    if (out.size() >= 6) break;
    const bool memory = text_of(x, "unit") == "B";
    if (text_of(x, "what") == "layout") {
      out.push_back(fmt::format("{} x {}: no layout divides model and batch.", cell(x, "gpus", 8),
                                text_of(x, "gpu")));
      continue;
    }
    const auto amount = [&](const char* key) {
      return memory ? gib(x[key]) + " GiB" : cell(x, key, 4) + " " + text_of(x, "unit");
    };
    const double over = x["needed"].get<double>() - x["available"].get<double>();
    out.push_back(fmt::format(
        "{} x {}: {} needs {}, there are {} (short by {}); best layout {}, recompute {}.",
        cell(x, "gpus", 8), text_of(x, "gpu"), text_of(x, "what"), amount("needed"),
        amount("available"),
        memory ? fmt::format("{:.2f} GiB", over / kGib) : fmt::format("{:.4g}", over),
        text_of(x, "layout"), text_of(x, "recompute")));
  }
  return out;
}

std::vector<std::string> run_lines(const Json& o) {
  std::vector<std::string> out;
  const Json& t = o["step_time_s"];
  out.push_back(fmt::format(
      "Step {} s ({} to {}); {} tokens/s per GPU, MFU {:.1f} %, HFU {:.1f} %; {}, {}.",
      cell(t, "value", 4), cell(t, "low", 4), cell(t, "high", 4),
      cell(o, "tokens_per_s_per_gpu", 5), 100.0 * o["mfu"].get<double>(),
      100.0 * o["hfu"].get<double>(), text_of(o, "framework"), text_of(o, "precision")));
  if (!o["days"].is_null())
    out.push_back(fmt::format("{} days at {:.1f} % goodput, USD {}, {} kWh, {} t CO2e.",
                              cell(o, "days", 4), 100.0 * o["goodput"].get<double>(),
                              cell(o, "cost_usd", 5), cell(o, "energy_kwh", 4),
                              cell(o, "carbon_t", 4)));
  return out;
}

/// What files stated; defaults of programs are left to JSON.
std::vector<std::string> statement_lines(const Json& doc) {
  std::vector<std::string> out;
  for (const Json& s : doc["statements"]) {
    if (s["implied"].get<bool>()) continue;
    out.push_back(fmt::format("{} = {}: {}, {}{}", text_of(s, "input"), text_of(s, "value"),
                              text_of(s, "key"), text_of(s, "place"),
                              s["overridden"].get<bool>() ? "; not used" : ""));
  }
  return out;
}

std::vector<std::string> gap_lines(const Json& doc) {
  std::vector<std::string> out;
  for (const Json& gap : doc["not_assessed"]) {
    std::string line = fmt::format("{}: {}", text_of(gap, "what"), text_of(gap, "reason"));
    if (gap.contains("place")) line += fmt::format(" ({})", text_of(gap, "place"));
    out.push_back(std::move(line));
  }
  return out;
}

Sections sections_of(const ResultDocument& document) {
  const Json& doc = document.json();
  Sections out;
  Section head{"", {}, {heading(doc)}};
  out.push_back(std::move(head));
  const Json& options = doc["options"];
  if (!options.empty()) {
    Section list{"", options_table(options), run_lines(options[0])};
    out.push_back(std::move(list));
    out.push_back({"", memory_table(options[0]), {}});
    out.push_back({"", time_table(options[0]), {}});
    if (options[0].contains("post_training")) {
      const Json& post = options[0]["post_training"];
      out.push_back({"", round_table(post), round_lines(post)});
    }
  }
  if (const auto lines = rejected_lines(doc);
      !lines.empty() && text_of(doc, "status") != "feasible")
    out.push_back({"What is missing", {}, lines});
  if (doc.contains("nearest")) {
    const Json one = Json::array({doc["nearest"]});
    out.push_back({fmt::format("Nearest that works: {}", text_of(doc, "nearest_note")),
                   options_table(one), run_lines(doc["nearest"])});
  }
  if (doc.contains("fewest")) {
    const Json one = Json::array({doc["fewest"]});
    out.push_back({"Fewest GPUs of another card", options_table(one), run_lines(doc["fewest"])});
  }
  if (!doc["statements"].empty()) out.push_back({"From the files", {}, statement_lines(doc)});
  if (!doc["not_assessed"].empty()) out.push_back({"Not assessed", {}, gap_lines(doc)});
  Section notes{"", {}, {}};
  for (const Json& note : doc["notes"]) notes.lines.push_back(note.get<std::string>());
  notes.lines.push_back(fmt::format("{} layouts covered, {} estimated.",
                                    cell(doc["search"], "covered", 9),
                                    cell(doc["search"], "estimated", 9)));
  out.push_back(std::move(notes));
  return out;
}

}  // namespace

std::string train_text(const ResultDocument& document, const Style& style) {
  return sections_text(sections_of(document), style.columns);
}

std::string train_markdown(const ResultDocument& document, const Style&) {
  return sections_markdown(sections_of(document));
}

std::string train_csv(const ResultDocument& document, const Style&) {
  std::string out =
      "rank,gpu,gpus,tp,pp,cp,ep,dp,vpp,zero_stage,micro_batch,recompute,step_time_s,"
      "tokens_per_s_per_gpu,mfu,hfu,memory_bytes,days,cost_usd\n";
  for (const Json& o : document.json()["options"]) {
    const Json& l = o["layout"];
    out += fmt::format(
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", exact(o["rank"]),
        text_of(o, "gpu"), exact(o["gpus"]), exact(l["tp"]), exact(l["pp"]), exact(l["cp"]),
        exact(l["ep"]), exact(l["dp"]), exact(l["vpp"]), exact(o["zero_stage"]),
        exact(o["micro_batch"]), text_of(o, "recompute"), exact(o["step_time_s"]["value"]),
        exact(o["tokens_per_s_per_gpu"]), exact(o["mfu"]), exact(o["hfu"]),
        exact(o["memory_per_gpu_bytes"]["total"]), exact(o["days"]), exact(o["cost_usd"]));
  }
  return out;
}

}  // namespace gpusize
