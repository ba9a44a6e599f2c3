// A compose file: one host, one service a replica, each with cards of its own.

#include <cmath>

#include <fmt/format.h>

#include "manifest/kubernetes_parts.hpp"
#include "manifest/shell_text.hpp"
#include "manifest/targets.hpp"

namespace gpusize {
namespace {

Tree device_ids(const Manifest& m, std::int64_t replica) {
  Tree ids = Tree::array();
  for (std::int64_t i = 0; i < m.gpus_per_node; ++i)
    ids.push_back(fmt::format("{}", replica * m.gpus_per_node + i));
  return ids;
}

void add_cards(const Manifest& m, std::int64_t replica, Tree& service) {
  const Tree ids = device_ids(m, replica);
  if (m.card.vendor != "amd") {
    const Tree device{
        {"driver", "nvidia"}, {"device_ids", ids}, {"capabilities", Tree::array({"gpu"})}};
    service["deploy"] = {{"resources", {{"reservations", {{"devices", Tree::array({device})}}}}}};
    return;
  }
  std::string list;
  for (const Tree& id : ids) list += (list.empty() ? "" : ",") + id.get<std::string>();
  service["devices"] = Tree::array({"/dev/kfd", "/dev/dri"});
  service["group_add"] = Tree::array({"video", "render"});
  service["environment"]["HIP_VISIBLE_DEVICES"] = list;
}

/// The command as the container's words; an option file is written before the engine starts.
void add_command(const EngineCommand& command, Tree& service) {
  if (command.file_name.empty()) {
    service["entrypoint"] = command.program;
    service["command"] = command.arguments();
    return;
  }
  service["entrypoint"] = Tree::array({"bash", "-c"});
  service["command"] = Tree::array({shell_file(command) + shell_command(command, "exec ", "  ")});
}

Tree health_check(const Manifest& m) {
  const std::string url = fmt::format("http://localhost:{}/health", m.port);
  return {{"test", Tree::array({"CMD", "curl", "-fs", url})},
          {"interval", "10s"},
          {"timeout", "5s"},
          {"retries", 6},
          {"start_period", fmt::format("{:.0f}s", std::ceil(m.start.seconds() * m.start.margin))}};
}

}  // namespace

Result<std::string> write_compose(const Manifest& m) {
  if (auto bad = needs_whole_cards(m, "compose")) return *bad;
  if (m.gpus() > m.card.node_gpus) {
    return make_error("manifest-target-nodes",
                      fmt::format("compose starts containers of one host with {} cards, the plan "
                                  "takes {}",
                                  m.card.node_gpus, m.gpus()),
                      {}, m.nodes > 1 ? "--target lws or slurm" : "--target k8s or slurm");
  }
  const auto command = engine_command(m, "");
  if (!command.ok()) return command.errors();
  Tree services = Tree::object();
  for (std::int64_t replica = 0; replica < m.replicas; ++replica) {
    Tree service{{"image", m.image}};
    add_command(*command, service);
    service["environment"] = {{"HF_HOME", "/weights"}, {"HF_TOKEN", "${HF_TOKEN:-}"}};
    service["ports"] = Tree::array({fmt::format("{}:{}", m.port + replica, m.port)});
    service["volumes"] = Tree::array({"weights:/weights"});
    service["shm_size"] = fmt::format("{}gb", m.shared_memory_gib);
    add_cards(m, replica, service);
    service["stop_grace_period"] = fmt::format("{}s", m.grace_s);
    service["#start"] = "A start takes " + start_text(m);
    service["healthcheck"] = health_check(m);
    service["restart"] = "unless-stopped";
    services[m.replicas == 1 ? m.name : fmt::format("{}-{}", m.name, replica)] = service;
  }
  Tree file{{"#summary", m.summary}, {"#reader", reader_note(m)}};
  file["services"] = std::move(services);
  file["volumes"] = {{"weights", Tree::object()}};
  return yaml_text(file);
}

}  // namespace gpusize
