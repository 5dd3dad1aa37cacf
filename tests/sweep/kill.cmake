# The kill sweep (kill_sweep.c). claviger and claviger-unitd run under ptrace, with password hashes at
# no cost; not together with a sanitizer, which wants to trace as well.
if(CLV_SANITIZE)
    return()
endif()
add_library(clv_argon2_shim MODULE shim_argon2.c)
set_target_properties(clv_argon2_shim PROPERTIES PREFIX "")
target_link_libraries(clv_argon2_shim PRIVATE clv_warnings)

add_executable(kill_sweep kill_sweep.c kill_trace.c kill_calls.c kill_folder.c kill_end.c
                          shim_argon2.c)
target_link_libraries(kill_sweep PRIVATE claviger::ceremony claviger::journal claviger::keyfile
                                         claviger::crypto claviger::base clv_warnings)
target_compile_definitions(kill_sweep PRIVATE
    CLV_SOURCE_DIR="${PROJECT_SOURCE_DIR}" CLV_BINARY_DIR="${PROJECT_BINARY_DIR}"
    CLV_ARGON2_SHIM="$<TARGET_FILE_NAME:clv_argon2_shim>")
add_dependencies(kill_sweep claviger claviger-unitd clv_argon2_shim)

add_test(NAME kill-sample COMMAND kill_sweep sample)
set_tests_properties(kill-sample PROPERTIES LABELS scenario TIMEOUT 600 SKIP_RETURN_CODE 77)
add_test(NAME kill-sweep COMMAND kill_sweep all 0/1 ${CMAKE_CURRENT_BINARY_DIR}/kill-sweep.log)
set_tests_properties(kill-sweep PROPERTIES LABELS sweep TIMEOUT 172800 SKIP_RETURN_CODE 77)
