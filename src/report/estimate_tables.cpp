#include "report/estimate_tables.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "gpusize/report/text_table.hpp"
#include "report/bars.hpp"
#include "report/cells.hpp"
#include "report/sections.hpp"

namespace gpusize {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kGib = 1073741824.0;
constexpr std::size_t kBarWidth = 30;
constexpr std::size_t kShownOperators = 14;

std::string gib(const Json& bytes) { return fmt::format("{:.2f}", bytes.get<double>() / kGib); }

std::string heading(const Json& doc, const Words& w) {
  const Json& d = doc["deployment"];
  return w.text("say.estimate_heading", text_of(d, "model_name"), cell(d, "gpus"),
                text_of(d, "gpu"), text_of(d, "layout"), text_of(d, "weights"), text_of(d, "kv"),
                text_of(d, "engine"), text_of(d, "engine_version"));
}

TextTable memory_table(const Json& doc, const Words& w) {
  const Json& m = doc["memory_per_gpu_bytes"];
  const double capacity = m["capacity"].get<double>();
  TextTable table({{w.str("table.memory"), Align::kLeft},
                   {"GiB", Align::kRight},
                   {"%", Align::kRight},
                   {"", Align::kLeft}});
  constexpr std::array<const char*, 6> kRows{"weights", "kv_cache", "activations",
                                             "runtime", "free",     "capacity"};
  for (const char* key : kRows) {
    const double share = m[key].get<double>() / capacity;
    const bool whole = std::string_view(key) == "capacity";
    table.row({w.str(fmt::format("memory.{}", key)), gib(m[key]),
               fmt::format("{:.1f}", 100.0 * share), whole ? "" : bar(share, kBarWidth)});
  }
  return table;
}

std::string cache_line(const Json& doc, const Words& w) {
  return w.text("say.kv_room", gib(doc["memory_per_gpu_bytes"]["kv_room"]),
                cell(doc, "kv_tokens_that_fit", 12), cell(doc, "sequences_that_fit", 12),
                cell(doc, "kv_bytes_per_token", 9));
}

std::string parameter_line(const Json& doc, const Words& w) {
  const Json& p = doc["parameters"];
  const auto billions = [&](const char* key) {
    return human_number(p[key].get<double>() / 1e9, 4);
  };
  return w.text("say.parameters", billions("total"), billions("active"),
                gib(p["checkpoint_bytes"]));
}

/// A word of the document in this language; one that the words do not know as it is.
std::string known(const Words& w, const char* group, const std::string& text) {
  const auto found = w.find(fmt::format("{}.{}", group, text));
  return found ? std::string(*found) : text;
}

std::string step_line(const Json& doc, const Words& w) {
  const Json& s = doc["step"];
  const Json& t = s["time_ms"];
  return w.text(text_of(s, "phase") == "decode" ? "say.decode" : "say.prefill",
                cell(s, "sequences", 7), cell(s, "new_tokens", 9), cell(s, "context_tokens", 9),
                cell(t, "value"), cell(t, "low"), cell(t, "high"), cell(s, "kernels_ms"),
                cell(s, "host_ms"), known(w, "bound", text_of(s, "bound")),
                known(w, "evidence", text_of(s, "evidence")));
}

std::string moved(const Json& op) {
  const double bytes = op["weight_bytes"].get<double>() + op["activation_bytes"].get<double>() +
                       op["kv_bytes"].get<double>();
  return human_number(bytes / 1e6);
}

/// Operators by share, the small ones as one row, so that the column adds up.
TextTable operator_table(const Json& doc, const Words& w, std::size_t most) {
  const double total = doc["step"]["time_ms"]["value"].get<double>();
  std::vector<const Json*> rows;
  for (const Json& op : doc["operators"]) rows.push_back(&op);
  std::stable_sort(rows.begin(), rows.end(), [](const Json* a, const Json* b) {
    return (*a)["time_ms"].get<double>() > (*b)["time_ms"].get<double>();
  });
  TextTable table({{w.str("table.operator"), Align::kLeft},
                   {w.str("table.count"), Align::kRight},
                   {"GFLOP", Align::kRight},
                   {"MB", Align::kRight},
                   {w.str("table.link_mb"), Align::kRight},
                   {"ms", Align::kRight},
                   {"%", Align::kRight},
                   {w.str("table.bound"), Align::kLeft}});
  const std::size_t shown = rows.size() > most + 1 ? most : rows.size();
  for (std::size_t i = 0; i < shown; ++i) {
    const Json& op = *rows[i];
    const double ms = op["time_ms"].get<double>();
    table.row({text_of(op, "name"), cell(op, "count", 6),
               human_number(op["flops"].get<double>() / 1e9), moved(op),
               human_number(op["comm_bytes"].get<double>() / 1e6), human_number(ms),
               fmt::format("{:.1f}", 100.0 * ms / total), known(w, "bound", text_of(op, "bound"))});
  }
  double rest = 0.0;
  for (std::size_t i = shown; i < rows.size(); ++i) rest += (*rows[i])["time_ms"].get<double>();
  if (shown < rows.size()) {
    table.row({w.text("table.others", fmt::format("{}", rows.size() - shown)), "", "", "", "",
               human_number(rest), fmt::format("{:.1f}", 100.0 * rest / total), ""});
  }
  return table;
}

struct InputOption {
  const char* key;
  const char* option;
  const char* usual;  ///< value at which the option is left out
};
constexpr auto kOptions = std::to_array<InputOption>({
    {"model", "--model", ""},
    {"gpu", "--gpu", ""},
    {"tp", "--tp", "1"},
    {"pp", "--pp", "1"},
    {"ep", "--ep", "1"},
    {"dp", "--dp", "1"},
    {"weights", "--weights", "native"},
    {"kv", "--kv", "auto"},
    {"engine", "--engine", "auto"},
    {"phase", "--phase", "decode"},
    {"batch", "--batch", "1"},
    {"context", "--context", ""},
    {"new_tokens", "--new-tokens", ""},
    {"images", "--images", "0"},
    {"image_tokens", "--image-tokens", "0"},
    {"memory_fraction", "--memory-fraction", ""},
    {"max_batched_tokens", "--max-batched-tokens", ""},
    {"max_sequences", "--max-sequences", ""},
});

/// The request as a command line, quoted where a shell needs it.
std::string as_options(const Json& inputs) {
  const auto quoted = [](const std::string& text) {
    const bool plain =
        text.find_first_not_of(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=+") ==
        std::string::npos;
    return plain ? text : fmt::format("\"{}\"", text);
  };
  std::string out;
  for (const InputOption& option : kOptions) {
    const std::string text = exact(inputs[option.key]);
    if (!text.empty() && text != option.usual)
      out += fmt::format(" {} {}", option.option, quoted(text));
  }
  for (const Json& change : inputs["set"])
    out += fmt::format(" --set {}", quoted(change.get<std::string>()));
  return inputs["mtp"].get<bool>() ? out + " --mtp" : out;
}

/// What to do next, as a command.
std::string next_command(const Json& doc) {
  const Json& inputs = doc["inputs"];
  if (!doc["fits"].get<bool>())
    return fmt::format("gpusize plan --model {} --qps 1", text_of(inputs, "model"));
  return fmt::format("gpusize explain estimate{} step.time_ms.value", as_options(inputs));
}

std::string verdict(const Json& doc, const Words& w) {
  const Json& m = doc["memory_per_gpu_bytes"];
  const auto in_gib = [](double bytes) { return fmt::format("{:.2f}", bytes / kGib); };
  if (doc["fits"].get<bool>())
    return w.text("say.fits", in_gib(m["kv_room"].get<double>() - m["kv_cache"].get<double>()));
  if (m["kv_room"].get<double>() > 0.0)
    return w.text("say.kv_too_big", gib(m["kv_cache"]), gib(m["kv_room"]));
  return w.text("say.weights_too_big",
                in_gib(m["weights"].get<double>() + m["activations"].get<double>() +
                       m["runtime"].get<double>()),
                in_gib(std::min(m["usable"].get<double>(), m["capacity"].get<double>())));
}

std::vector<std::string> remarks(const Json& doc, const Words& w) {
  std::vector<std::string> notes;
  for (const Json& note : doc["notes"]) notes.push_back(note.get<std::string>());
  std::vector<std::string> gaps;
  for (const Json& item : doc["not_assessed"])
    gaps.push_back(fmt::format("{}: {}", text_of(item, "what"), text_of(item, "reason")));
  std::vector<std::string> out = stated(w, "say.note", notes);
  for (std::string& line : stated(w, "say.not_assessed", gaps)) out.push_back(std::move(line));
  const std::size_t assumed = doc["assumptions"].size();
  if (assumed > 0) out.push_back(w.text("say.assumed", fmt::format("{}", assumed)));
  return out;
}

Sections sections(const ResultDocument& document, const Words& w, std::size_t most) {
  const Json& doc = document.json();
  Sections out;
  out.push_back({"", std::nullopt, {heading(doc, w), parameter_line(doc, w)}});
  out.push_back({"", memory_table(doc, w), {cache_line(doc, w)}});
  out.push_back({"", std::nullopt, {step_line(doc, w)}});
  out.push_back({"", operator_table(doc, w, most), remarks(doc, w)});
  out.push_back({"", std::nullopt, {verdict(doc, w), w.text("say.next", next_command(doc))}});
  return out;
}

}  // namespace

std::string estimate_text(const ResultDocument& document, const Style& style) {
  return sections_text(sections(document, Words::of(style.lang), kShownOperators), style.columns);
}

std::string estimate_markdown(const ResultDocument& document, const Style& style) {
  return sections_markdown(
      sections(document, Words::of(style.lang), document.json()["operators"].size()));
}

std::string estimate_csv(const ResultDocument& document, const Style&) {
  const Json& operators = document.json()["operators"];
  std::vector<Column> columns;
  for (const auto& [key, value] : operators[0].items()) columns.push_back({key, Align::kLeft});
  TextTable table(columns);
  for (const Json& op : operators) {
    std::vector<std::string> cells;
    for (const auto& [key, value] : op.items()) cells.push_back(exact(value));
    table.row(std::move(cells));
  }
  return table.csv();
}

}  // namespace gpusize
