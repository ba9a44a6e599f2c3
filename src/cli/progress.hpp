#pragma once
// A progress line on a terminal, and Ctrl-C that asks a long run to stop with what it knows.

#include <cstdint>
#include <string>

namespace gpusize::cli {

/// While one lives, the first Ctrl-C sets stop_requested(); the second ends the program.
class StopOnInterrupt {
 public:
  StopOnInterrupt();
  ~StopOnInterrupt();
  StopOnInterrupt(const StopOnInterrupt&) = delete;
  StopOnInterrupt& operator=(const StopOnInterrupt&) = delete;
  [[nodiscard]] static bool requested();
};

/// Draws to standard error when that is a terminal, at most ten times a second.
class ProgressBar {
 public:
  ProgressBar(std::string what, std::uint64_t total);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  void update(std::uint64_t done);

 private:
  std::string what_;
  std::uint64_t total_;
  bool terminal_;
  bool drawn_ = false;
  double begun_s_;
  double drawn_s_ = 0.0;
};

}  // namespace gpusize::cli
