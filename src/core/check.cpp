#include "gpusize/core/check.hpp"

#include <fmt/format.h>

namespace gpusize {

void fail_check(const char* condition, const std::string& message, const char* file, int line) {
  throw InternalError(fmt::format("{} ({} at {}:{})", message, condition, file, line));
}

}  // namespace gpusize
