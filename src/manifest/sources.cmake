target_sources(gpusize PRIVATE
  manifest/arguments.cpp
  manifest/kubernetes_parts.cpp
  manifest/manifest.cpp
  manifest/serving_data.cpp
  manifest/settings.cpp
  manifest/shell_text.cpp
  manifest/target_command.cpp
  manifest/target_compose.cpp
  manifest/target_helm_vllm.cpp
  manifest/target_k8s.cpp
  manifest/target_kserve.cpp
  manifest/target_lws.cpp
  manifest/target_slurm.cpp
  manifest/targets.cpp
  manifest/yaml_text.cpp)
