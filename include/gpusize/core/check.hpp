#pragma once
// Our own bugs, as against a user's mistakes (those are Diagnostics): GPUSIZE_CHECK throws
// InternalError, which only main() catches (exit code 70).

#include <stdexcept>
#include <string>

namespace gpusize {

/// A state that no input should be able to reach.
class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void fail_check(const char* condition, const std::string& message, const char* file,
                             int line);

}  // namespace gpusize

#define GPUSIZE_CHECK(condition, message)                             \
  do {                                                                \
    if (!(condition)) {                                               \
      ::gpusize::fail_check(#condition, message, __FILE__, __LINE__); \
    }                                                                 \
  } while (false)
