// gpusize-probe: measures this machine's GPU and writes one CSV of kernel times.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "check.hpp"
#include "nvml.hpp"
#include "probe.hpp"

namespace gpusize::probe {
namespace {

constexpr int kUsage = 2;

const std::vector<Operator>& operators() {
  static const std::vector<Operator> all {
    {"launch", measure_launches}, {"copy", measure_copies}, {"host", measure_host_link},
        {"elementwise", measure_elementwise}, {"gemm", measure_gemm},
        {"grouped", measure_grouped_gemm},
#if !GPUSIZE_PROBE_HIP
        {"decode", measure_decode_attention}, {"prefill", measure_prefill_attention},
#endif
    {
      "collective", measure_collectives
    }
  };
  return all;
}

struct Options {
  bool quick = false;
  bool help = false;
  int device = 0;
  std::string date;
  std::string output;
  std::vector<std::string> only;
};

void usage(std::ostream& out) {
  out << "usage: gpusize-probe --date YYYY-MM-DD [--output FILE] [--quick] [--only OP]... "
         "[--device N]\n"
         "Measures the GPU and writes one CSV. The date is written into each row as given.\nOP:";
  for (const Operator& each : operators()) out << ' ' << each.name;
  out << '\n';
}

bool known(std::string_view op) {
  return std::any_of(operators().begin(), operators().end(),
                     [&](const Operator& each) { return each.name == op; });
}

bool is_date(std::string_view text) {
  if (text.size() != 10) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 4 || i == 7;
    if (dash ? text[i] != '-' : (text[i] < '0' || text[i] > '9')) return false;
  }
  return true;
}

/// Nothing where the arguments make no sense; says why on standard error.
std::optional<Options> parsed(const std::vector<std::string>& args) {
  Options out;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string& arg = args[i];
    if (arg == "--quick") {
      out.quick = true;
      continue;
    }
    if (arg == "--help" || arg == "-h") {
      out.help = true;
      return out;
    }
    if (i + 1 == args.size()) {
      std::cerr << "error: " << arg << ": unknown, or without its value\n";
      return std::nullopt;
    }
    const std::string& value = args[++i];
    if (arg == "--date" && is_date(value)) {
      out.date = value;
    } else if (arg == "--output") {
      out.output = value;
    } else if (arg == "--only" && known(value)) {
      out.only.push_back(value);
    } else if (arg == "--device" && !value.empty() &&
               value.find_first_not_of("0123456789") == std::string::npos && value.size() < 4) {
      out.device = std::stoi(value);
    } else {
      std::cerr << "error: " << arg << ' ' << value << ": not understood\n";
      return std::nullopt;
    }
  }
  if (out.date.empty()) {
    std::cerr << "error: --date is missing: the day of the measurement, YYYY-MM-DD\n";
    return std::nullopt;
  }
  return out;
}

std::string version_text(int version) {
  return std::to_string(version / 1000) + '.' + std::to_string(version % 1000 / 10);
}

struct Opened {
  Device device;
  Machine machine;
  std::string pci;
};

Opened opened(const Options& options) {
  Opened out;
  check(cudaGetDeviceCount(&out.device.count), "looking for GPUs");
  require(options.device < out.device.count, "there is no GPU " + std::to_string(options.device));
  check(cudaSetDevice(options.device), "cudaSetDevice");
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, options.device), "cudaGetDeviceProperties");
  std::size_t free_bytes = 0;
  std::size_t total_bytes = 0;
  check(cudaMemGetInfo(&free_bytes, &total_bytes), "cudaMemGetInfo");
  std::array<char, 32> pci{};
  check(cudaDeviceGetPCIBusId(pci.data(), static_cast<int>(pci.size()), options.device),
        "cudaDeviceGetPCIBusId");
  int runtime = 0;
  check(cudaRuntimeGetVersion(&runtime), "cudaRuntimeGetVersion");
  out.device.index = options.device;
  out.device.sms = properties.multiProcessorCount;
  out.device.major = properties.major;
  out.device.minor = properties.minor;
  out.device.l2_bytes = static_cast<std::size_t>(properties.l2CacheSize);
  out.device.memory_bytes = free_bytes;
  out.machine.gpu = properties.name;
  out.machine.cuda = version_text(runtime);
  out.machine.date = options.date;
  out.pci = pci.data();
  return out;
}

/// Operators that failed.
int measure(const Options& options, Context& context) {
  int failed = 0;
  for (const Operator& each : operators()) {
    if (!options.only.empty() &&
        std::find(options.only.begin(), options.only.end(), each.name) == options.only.end()) {
      continue;
    }
    std::cerr << each.name << "...\n";
    try {
      each.measure(context);
    } catch (const std::exception& error) {
      std::cerr << "error: " << each.name << ": " << error.what() << '\n';
      ++failed;
    }
  }
  return failed;
}

int run(const Options& options) {
  Opened gpu = opened(options);
  const Nvml nvml(gpu.pci);
  gpu.machine.driver = nvml.driver();
  std::ofstream file;
  if (!options.output.empty()) {
    file.open(options.output);
    require(file.good(), "cannot write " + options.output);
  }
  Table table(options.output.empty() ? std::cout : file, gpu.machine);
  Timer timer(nvml, options.quick);
  Context context{gpu.device, timer, table, options.quick};
  std::cerr << gpu.machine.gpu << ", " << gpu.device.sms << " multiprocessors, compute capability "
            << gpu.device.major << '.' << gpu.device.minor << ", " << (gpu.device.l2_bytes >> 20U)
            << " MiB L2\n";
  const int failed = measure(options, context);
  std::cerr << table.rows() << " rows" << (failed == 0 ? "" : ", some operators failed") << '\n';
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace gpusize::probe

int main(int argc, char** argv) {
  using namespace gpusize::probe;
  const std::optional<Options> options = parsed({argv + 1, argv + argc});
  if (!options || options->help) {
    usage(options ? std::cout : std::cerr);
    return options ? EXIT_SUCCESS : kUsage;
  }
  try {
    return run(*options);
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
