#pragma once
// Driver version and clock as the management library tells them, where it is there; opened when the
// probe runs.
#include <string>

namespace gpusize::probe {

class Nvml {
 public:
  explicit Nvml(const std::string& pci_bus_id);
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;
  ~Nvml();

  /// Empty where the library is absent.
  const std::string& driver() const { return driver_; }
  /// Clock of the multiprocessors now; 0 where unknown.
  int sm_mhz() const;

 private:
  void* library_ = nullptr;
  void* device_ = nullptr;
  int (*clock_)(void*, unsigned, unsigned*) = nullptr;
  std::string driver_;
};

}  // namespace gpusize::probe
