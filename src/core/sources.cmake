target_sources(gpusize PRIVATE
  core/confidence_below.cpp
  core/date.cpp
  core/derivation.cpp
  core/derivation_text.cpp
  core/dtype.cpp
  core/formula.cpp
  core/layout.cpp
  core/map_reader.cpp
  core/provenance.cpp
  core/shared_whys.cpp)
