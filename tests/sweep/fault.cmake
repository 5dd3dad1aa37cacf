# The shim preloaded into the programs. It replaces malloc(): not together with a sanitizer.
if(NOT CLV_SANITIZE)
    add_library(clv_shim MODULE shim_files.c shim_memory.c shim_argon2.c shim_env.c)
    set_target_properties(clv_shim PROPERTIES PREFIX "")
    target_compile_options(clv_shim PRIVATE -U_FORTIFY_SOURCE)
    target_link_libraries(clv_shim PRIVATE clv_warnings Threads::Threads)
endif()
