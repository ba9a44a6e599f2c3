#pragma once
// Formats of training files as data: what each key or option means. One file and one row of
// `kDialects` per format; the collector is the same for all.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gpusize/spec/training_files.hpp"

namespace gpusize {

enum class RowShape : std::uint8_t {
  kCount,   ///< a whole number from 1
  kAmount,  ///< a whole number from 0; 0 and less state nothing
  kText,
  kWord,     ///< one of `words`
  kWords,    ///< some of `words`, separated by spaces
  kSwitch,   ///< true states `says`
  kLevel,    ///< a whole number from 0 to 3
  kSize,     ///< of the model: a whole number from 1
  kTrait,    ///< of the model: a word, or `true`
  kGap,      ///< changes the run and is not sized, for the reason in `says`
  kTargets,  ///< modules with adapters: `says` unless it is every linear layer
  kFile,     ///< another file of the run
};

/// A word of the file and ours; none of ours: known, not sized; `-`: it says nothing.
struct TrainWord {
  std::string_view written;
  std::string_view ours;
};

struct TrainRow {
  std::string_view name;  ///< lower case; options with dashes, nested keys joined by dots
  RowShape shape = RowShape::kGap;
  TrainKey key = TrainKey::kModel;
  std::string_view says = {};
  std::span<const TrainWord> words = {};
};

struct TrainImplied {
  TrainKey key;
  std::string_view value;
  std::string_view written;
};

struct TrainDialect {
  std::string_view label;
  std::span<const TrainRow> rows;
  /// Keys that do not change size or speed; a star at the end takes any rest.
  std::string_view irrelevant;
  std::span<const TrainImplied> implied;
  bool options = false;  ///< written as command-line options
};

/// Puts statements together and keeps the problems.
class TrainCollector {
 public:
  TrainCollector(TrainingSpec& spec, Diagnostics& problems) : spec_(spec), problems_(problems) {}

  /// One key with its value as text. Returns false when the dialect does not know the key.
  bool apply(const TrainDialect& dialect, std::string_view name, std::string_view value,
             const Location& where, std::string_view written);
  void unknown(const TrainDialect& dialect, std::string_view name, const Location& where,
               std::string_view written);
  void imply(const TrainDialect& dialect, const Location& where);
  void state(TrainKey key, TrainSetting setting);
  void gap(std::string what, std::string reason, Location where);
  void error(std::string code, std::string message, Location where, std::string hint = {});

  struct Reference {
    std::string path;
    Location where;
    std::string written;
  };
  std::vector<Reference> references;  ///< files that were named

 private:
  void apply_row(const TrainRow& row, std::string_view value, const Location& where,
                 std::string_view written);
  void apply_word(const TrainRow& row, std::string_view value, const Location& where,
                  std::string_view written);
  void apply_number(const TrainRow& row, std::string_view value, const Location& where,
                    std::string_view written);
  void apply_switch(const TrainRow& row, std::string_view value, const Location& where,
                    std::string_view written);
  void state_size(const TrainRow& row, TrainSetting setting);
  void differ(const TrainSetting& had, const TrainSetting& now);

  TrainingSpec& spec_;
  Diagnostics& problems_;
};

/// The first row of a name; several rows may read one key.
const TrainRow* find_row(const TrainDialect& dialect, std::string_view name);
bool is_irrelevant(const TrainDialect& dialect, std::string_view name);
/// `true`, `yes`, `1`, nothing at all.
bool is_yes(std::string_view value);
bool is_no(std::string_view value);

/// A map's leaves in the dialect's rows, nested keys joined by dots.
void read_training_map(const TrainDialect& dialect, Node map, TrainCollector& out);
/// A script or a bare list of options.
void read_training_script(const std::string& path, std::string_view text, TrainCollector& out,
                          TrainingSpec& spec);
/// What follows from several statements together: GPUs, precision, batch, tokens.
void settle_training(TrainingSpec& spec, Diagnostics& problems);

// One per source file.
extern const TrainDialect kMegatronArguments;
extern const TrainDialect kDeepSpeedConfig;
extern const TrainDialect kAccelerateConfig;
extern const TrainDialect kTrainingArguments;
extern const TrainDialect kAdapterConfig;
extern const TrainDialect kLauncherOptions;

}  // namespace gpusize
