target_sources(gpusize PRIVATE
  fleet/compat_document.cpp
  fleet/lever_combine.cpp
  fleet/lever_point.cpp
  fleet/lever_quality.cpp
  fleet/lever_table.cpp
  fleet/lever_train.cpp
  fleet/lever_writer.cpp
  fleet/levers_document.cpp
  fleet/levers_inputs.cpp
  fleet/mig_document.cpp
  fleet/mig_packing.cpp
  fleet/pool_answer.cpp
  fleet/pool_candidates.cpp
  fleet/pool_document.cpp
  fleet/pool_placing.cpp
  fleet/pool_solver.cpp
  fleet/pool_spec.cpp)
