#include "nvml.hpp"

#include <dlfcn.h>

#include <array>

namespace gpusize::probe {
namespace {

constexpr unsigned kSmClock = 1;

template <typename F>
F symbol(void* library, const char* name) {
  return reinterpret_cast<F>(dlsym(library, name));
}

}  // namespace

Nvml::Nvml(const std::string& pci_bus_id) {
  library_ = dlopen("libnvidia-ml.so.1", RTLD_LAZY);
  if (library_ == nullptr) return;
  const auto init = symbol<int (*)()>(library_, "nvmlInit_v2");
  const auto version = symbol<int (*)(char*, unsigned)>(library_, "nvmlSystemGetDriverVersion");
  const auto handle =
      symbol<int (*)(const char*, void**)>(library_, "nvmlDeviceGetHandleByPciBusId_v2");
  clock_ = symbol<int (*)(void*, unsigned, unsigned*)>(library_, "nvmlDeviceGetClockInfo");
  if (init == nullptr || version == nullptr || handle == nullptr || init() != 0) return;
  std::array<char, 96> text{};
  if (version(text.data(), text.size()) == 0) driver_ = text.data();
  if (handle(pci_bus_id.c_str(), &device_) != 0) device_ = nullptr;
}

Nvml::~Nvml() {
  if (library_ != nullptr) dlclose(library_);
}

int Nvml::sm_mhz() const {
  unsigned mhz = 0;
  if (device_ == nullptr || clock_ == nullptr || clock_(device_, kSmClock, &mhz) != 0) return 0;
  return static_cast<int>(mhz);
}

}  // namespace gpusize::probe
