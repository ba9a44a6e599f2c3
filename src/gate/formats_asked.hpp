#pragma once
// The number formats that engine options ask for, in the words of `estimate`.

#include <optional>
#include <string>

#include "gpusize/spec/deployed.hpp"

namespace gpusize {

/// The format of `--quantization` and `--dtype` as `estimate --weights` takes it; nothing for one
/// that makes another size of the checkpoint, which nobody has stated.
std::optional<std::string> weights_asked(const ServingArgs& args);

/// `--kv-cache-dtype` as `estimate --kv` takes it.
std::string kv_asked(const ServingArgs& args);

/// The same option as the compatibility rules name it (`awq`, `fp8`, `fp4`); empty: they do not.
std::string kernel_asked(const ServingArgs& args);

}  // namespace gpusize
