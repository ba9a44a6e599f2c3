#include "gpusize/fleet/compat_document.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

constexpr std::string_view kSchema = "https://gpusize.dev/schema/compat-1.schema.json";

Diagnostics check(const CompatTable& table, const std::vector<CompatQuestion>& questions) {
  Diagnostics out;
  const std::vector<std::string> known = table.subjects();
  for (const CompatQuestion& question : questions) {
    const bool is_known = question.subject == "driver" || question.subject == "cuda" ||
                          std::find(known.begin(), known.end(), question.subject) != known.end();
    if (!is_known) {
      const std::string near = did_you_mean(question.subject, known);
      out.push_back(make_error(
          "compat-unknown-subject",
          fmt::format("no data speak of \"{}\"", printable(question.subject)), {},
          near.empty() ? "see: gpusize compat --gpu CARD, which lists what is known" : near));
    }
    if (!question.version.empty() && !is_version(question.version)) {
      out.push_back(
          make_error("compat-version",
                     fmt::format("\"{}\" is no version of {}", printable(question.version),
                                 printable(question.subject)),
                     {}, "digits and dots, for example 12.8"));
    }
  }
  return out;
}

void text_or_null(ObjectWriter& out, std::string_view key, const std::string& text) {
  if (text.empty()) return out.null(key);
  out.text(key, text);
}

void write(ObjectWriter& document, const CompatAnswer& answer) {
  ObjectWriter row = document.append("findings");
  row.text("subject", answer.subject);
  text_or_null(row, "version", answer.version);
  row.text("support", name_of(answer.support));
  row.text("reason", answer.reason);
  text_or_null(row, "min", answer.min);
  text_or_null(row, "max", answer.max);
  text_or_null(row, "source", answer.source.title);
  text_or_null(row, "ref", answer.source.ref);
  text_or_null(row, "as_of", answer.source.as_of);
  row.text("confidence", answer.source.title.empty() ? "" : name_of(answer.confidence));
}

std::vector<CompatAnswer> all_answers(const Catalog& catalog, const GpuSpec& gpu,
                                      const std::vector<CompatQuestion>& questions) {
  std::vector<CompatAnswer> out;
  if (!questions.empty()) {
    for (const CompatQuestion& question : questions)
      out.push_back(ask_compat(catalog.compat(), gpu, question));
    for (CompatAnswer& need : check_needs(catalog.compat(), questions))
      out.push_back(std::move(need));
    return out;
  }
  for (const std::string& subject : catalog.compat().subjects()) {
    CompatAnswer answer = ask_compat(catalog.compat(), gpu, {subject, ""});
    if (!answer.source.title.empty()) out.push_back(std::move(answer));
  }
  return out;
}

}  // namespace

Result<ResultDocument> compat_document(const Catalog& catalog, const GpuSpec& gpu,
                                       const std::vector<CompatQuestion>& questions) {
  if (Diagnostics problems = check(catalog.compat(), questions); has_errors(problems))
    return problems;
  ResultDocument document(kSchema, "compat");
  ObjectWriter out = document.root();
  out.object("catalog").text("version", catalog.version());
  const std::vector<CompatAnswer> answers = all_answers(catalog, gpu, questions);
  const auto any = [&](Support support) {
    return std::any_of(answers.begin(), answers.end(),
                       [&](const CompatAnswer& a) { return a.support == support; });
  };
  const bool listing = questions.empty();
  out.text("status", listing                  ? "listing"
                     : any(Support::kNo)      ? "forbidden"
                     : any(Support::kUnknown) ? "unknown"
                                              : "supported");
  ObjectWriter inputs = out.object("inputs");
  inputs.text("gpu", gpu.id);
  inputs.list("questions");
  for (const CompatQuestion& question : questions) {
    inputs.append_text("questions", question.version.empty()
                                        ? question.subject
                                        : fmt::format("{}@{}", question.subject, question.version));
  }
  out.text("gpu", gpu.id);
  out.text("architecture", gpu.architecture);
  const CompatFamily* family = catalog.compat().family_of(gpu);
  text_or_null(out, "family", family == nullptr ? "" : family->id);
  out.list("findings");
  for (const CompatAnswer& answer : answers) write(out, answer);
  out.list("not_assessed");
  for (const CompatAnswer& answer : answers) {
    if (answer.support != Support::kUnknown || listing) continue;
    ObjectWriter row = out.append("not_assessed");
    row.text("what", answer.subject);
    row.text("reason", answer.reason);
  }
  return document;
}

}  // namespace gpusize
