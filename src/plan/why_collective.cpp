#include <algorithm>

#include <fmt/format.h>

#include "gpusize/hw/formulas.hpp"
#include "plan/why_facts.hpp"
#include "plan/why_kernel.hpp"

namespace gpusize {
namespace {

constexpr double kAssumedNetwork = 12.5e9;  // B/s, where the catalog states no adapter

class CollectiveWhy {
 public:
  CollectiveWhy(const GpuSpec& gpu, const KernelRates& rates, const CollectiveShape& shape,
                Bytes one_shot_limit, const ShapeWhy& whys)
      : gpu_(gpu),
        rates_(rates),
        shape_(shape),
        one_shot_(takes_one_shot(shape, one_shot_limit)),
        ranks_(whys("ranks", static_cast<double>(shape.ranks))),
        message_(whys("message", shape.message.in(units::B))) {
    if (shape.network > Bytes{}) network_ = whys("network", shape.network.in(units::B));
  }

  Why time() const {
    const Why inside = inside_time();
    if (!shape_.across_nodes) return inside;
    const CollectiveRates& r = rates_.collective;
    return derive(formulas::kNetworkTime, "collective time",
                  {{"network_launch", rate("network_launch", r.network_launch.in(units::s), "s")},
                   {"inside_time", inside},
                   {"wire", crossing()},
                   {"network_fraction", rate("network_fraction", r.network_fraction)},
                   {"network", gpu_network_why(gpu_, kAssumedNetwork)}});
  }

 private:
  Why rate(std::string_view key, double value, std::string unit = {}) const {
    return rate_why(rates_, "collective", key, value, std::move(unit));
  }

  Why inside_time() const {
    const CollectiveRates& r = rates_.collective;
    if (shape_.kind == CollectiveKind::kAllToAll) return all_to_all();
    if (shape_.kind != CollectiveKind::kAllReduce) return algorithm("other", r.other);
    const Why ring = algorithm("all_reduce", r.all_reduce);
    if (!one_shot_ || !r.one_shot) return ring;
    return derive(
        formulas::kFasterAlgorithm, "all-reduce time",
        {{"ring", ring}, {"one_shot", algorithm("one_shot", *r.one_shot, formulas::kOneShotTime)}});
  }

  Why algorithm(std::string_view name, const CollectiveAlgorithm& a,
                const Formula& formula = formulas::kAlgorithmTime) const {
    auto inputs = algorithm_inputs(name, a);
    inputs.push_back({"ranks", ranks_});
    inputs.push_back({"per_rank", part(name, "per_rank", a.per_rank.in(units::s), "s")});
    return derive(formula, fmt::format("{} time", name), std::move(inputs));
  }

  Why all_to_all() const {
    const CollectiveRates& r = rates_.collective;
    auto inputs = algorithm_inputs("other", r.other);
    inputs.push_back({"all_to_all_launch", rate("all_to_all_launch", r.all_to_all_launch)});
    return derive(formulas::kAllToAllTime, "all-to-all time", std::move(inputs));
  }

  Why part(std::string_view name, std::string_view key, double value, std::string unit = {}) const {
    return rate(fmt::format("{}.{}", name, key), value, std::move(unit));
  }

  /// What every algorithm's formula takes.
  WhyInputs algorithm_inputs(std::string_view name, const CollectiveAlgorithm& a) const {
    const bool reduces_in_switch = gpu_.topology == LinkTopology::kSwitched && shape_.ranks > 4;
    const Why gain = reduces_in_switch
                         ? part(name, "switch_gain", a.switch_gain)
                         : constant_why("switch_gain", 1.0, "", "no reduction in a switch");
    return {{"launch", part(name, "launch", a.launch.in(units::s), "s")},
            {"wire", wire()},
            {"link_fraction", part(name, "link_fraction", a.link_fraction)},
            {"switch_gain", gain},
            {"bandwidth", link()},
            {"ramp", part(name, "ramp", a.ramp.in(units::s), "s")}};
  }

  Why wire() const {
    const Formula& formula = shape_.kind == CollectiveKind::kAllReduce ? formulas::kWireAllReduce
                             : shape_.kind == CollectiveKind::kSendReceive ? formulas::kWireSend
                                                                           : formulas::kWireGather;
    return derive(formula, "bytes on one link", {{"ranks", ranks_}, {"message", message_}});
  }

  Why crossing() const { return network_ != nullptr ? network_ : wire(); }

  Why link() const {
    if (shape_.kind == CollectiveKind::kSendReceive) return gpu_peer_why(gpu_);
    const std::int64_t group =
        std::max<std::int64_t>(std::min(shape_.ranks, gpu_.link_domain_gpus), 2);
    switch (gpu_.topology) {
      case LinkTopology::kSwitched: return gpu_link_why(gpu_);
      case LinkTopology::kMesh:
      case LinkTopology::kCubeMesh: return mesh_link(group);
      case LinkTopology::kPairBridge:
        return group <= 2 ? gpu_link_why(gpu_) : gpu_host_link_why(gpu_);
      case LinkTopology::kPcie: break;
    }
    return gpu_host_link_why(gpu_);
  }

  Why mesh_link(std::int64_t group) const {
    const std::string note =
        fmt::format("the smaller of the ranks and the link domain of {}", gpu_.link_domain_gpus);
    return derive(formulas::kMeshBandwidth, "links in use",
                  {{"link", gpu_link_why(gpu_)},
                   {"group", why_count("group", static_cast<double>(group), note)},
                   {"peer", gpu_peer_why(gpu_)}});
  }

  const GpuSpec& gpu_;
  const KernelRates& rates_;
  const CollectiveShape& shape_;
  bool one_shot_;
  Why ranks_;
  Why message_;
  Why network_;  ///< null when all of the wire's bytes cross
};

}  // namespace

Why why_collective(const Device& device, const CollectiveShape& shape, Bytes one_shot_limit,
                   const ShapeWhy& whys) {
  if (shape.kind == CollectiveKind::kNone || shape.ranks <= 1) {
    return why_count("collective time", 0.0, "one rank has nobody to talk to");
  }
  return CollectiveWhy(device.gpu(), device.rates(), shape, one_shot_limit, whys).time();
}

}  // namespace gpusize
