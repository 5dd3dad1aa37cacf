# The shim preloaded into the programs. It replaces malloc(): not together with a sanitizer.
if(NOT CLV_SANITIZE)
    add_library(clv_shim MODULE shim_files.c shim_memory.c shim_argon2.c shim_env.c)
    set_target_properties(clv_shim PROPERTIES PREFIX "")
    target_compile_options(clv_shim PRIVATE -U_FORTIFY_SOURCE)
    target_link_libraries(clv_shim PRIVATE clv_warnings Threads::Threads)
    set(shim_memory shim_memory.c)
endif()

# Linked in, room by room: every call and every allocation, in memory.
clv_test(fault_rooms LABEL hostile
    USES keyfile journal unitd ceremony script receipt ep11
    LINKS PkgConfig::libargon2 PkgConfig::libsodium -Wl,--wrap=clv_matrix_is_zero
    SOURCES fault_walk.c fault_base.c fault_journal.c fault_media.c fault_keyfile.c fault_store.c
            fault_memory.c logs.c
            shim_files.c shim_argon2.c ${shim_memory}
            ${PROJECT_SOURCE_DIR}/tests/support/run.c ${PROJECT_SOURCE_DIR}/tests/support/start.c
            ${PROJECT_SOURCE_DIR}/tests/support/unitd_bench.c
            ${PROJECT_SOURCE_DIR}/tests/support/unitd_people.c
            ${PROJECT_SOURCE_DIR}/src/unitd/store.c ${PROJECT_SOURCE_DIR}/src/unitd/sealed.c)
target_compile_options(fault_rooms PRIVATE -U_FORTIFY_SOURCE)
add_test(NAME fault_rooms_all COMMAND fault_rooms)
set_tests_properties(fault_rooms_all PROPERTIES LABELS sweep TIMEOUT 3600
    ENVIRONMENT CLAVIGER_SWEEP_ALL=1)
if(shim_memory)
    target_compile_definitions(fault_rooms PRIVATE CLV_SHIM_MEMORY)
endif()

# Whole programs: a sample in every run, all classes in sh bootstrap sweep.
if(TARGET clv_shim)
    clv_test(fault_ceremony LABEL sweep TIMEOUT 36000
        USES base
        SOURCES fault_ceremony.c shim_run.c ${PROJECT_SOURCE_DIR}/tests/support/run.c)
    add_dependencies(fault_ceremony clv_shim claviger claviger-unitd)
    add_test(NAME fault_ceremony_sample COMMAND fault_ceremony)
    set_tests_properties(fault_ceremony_sample PROPERTIES LABELS scenario TIMEOUT 600
        ENVIRONMENT CLAVIGER_SWEEP_SAMPLE=401)
endif()
