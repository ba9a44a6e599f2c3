#include "cli/progress.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

namespace gpusize::cli {
namespace {

volatile std::sig_atomic_t g_stop = 0;

void on_interrupt(int) {
  g_stop = 1;
  std::signal(SIGINT, SIG_DFL);  // the second one ends the program
}

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

constexpr std::size_t kBarWidth = 30;

}  // namespace

StopOnInterrupt::StopOnInterrupt() {
  g_stop = 0;
  std::signal(SIGINT, on_interrupt);
}

StopOnInterrupt::~StopOnInterrupt() { std::signal(SIGINT, SIG_DFL); }

bool StopOnInterrupt::requested() { return g_stop != 0; }

ProgressBar::ProgressBar(std::string what, std::uint64_t total)
    : what_(std::move(what)),
      total_(total),
      terminal_(isatty(STDERR_FILENO) == 1),
      begun_s_(now_s()) {}

ProgressBar::~ProgressBar() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
}

void ProgressBar::update(std::uint64_t done) {
  if (!terminal_ || total_ == 0) return;
  const double now = now_s();
  if (now - drawn_s_ < 0.1 || now - begun_s_ < 0.5) return;
  drawn_s_ = now;
  drawn_ = true;
  const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total_));
  const auto marks = static_cast<std::size_t>(share * static_cast<double>(kBarWidth));
  const double left = share > 0.0 ? (now - begun_s_) * (1.0 - share) / share : 0.0;
  std::fputs(
      fmt::format("\r{} [{}{}] {:.0f} %, {:.0f} s left\x1b[K", what_, std::string(marks, '#'),
                  std::string(kBarWidth - marks, '.'), 100.0 * share, left)
          .c_str(),
      stderr);
  std::fflush(stderr);
}

}  // namespace gpusize::cli
