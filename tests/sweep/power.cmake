# Power cuts, replayed from what the shim wrote down.
clv_test(power_rooms LABEL hostile
    USES keyfile journal unitd
    LINKS PkgConfig::libargon2 PkgConfig::libsodium -Wl,--wrap=clv_matrix_is_zero
    SOURCES power.c power_disk.c power_rooms.c logs.c shim_files.c shim_argon2.c
            ${PROJECT_SOURCE_DIR}/tests/support/run.c
            ${PROJECT_SOURCE_DIR}/src/unitd/store.c ${PROJECT_SOURCE_DIR}/src/unitd/sealed.c)
target_compile_options(power_rooms PRIVATE -U_FORTIFY_SOURCE)

if(TARGET clv_shim)
    clv_test(power_ceremony LABEL sweep TIMEOUT 36000
        USES base
        LINKS PkgConfig::libsodium
        SOURCES power.c power_disk.c power_ceremony.c shim_run.c
                ${PROJECT_SOURCE_DIR}/tests/support/run.c)
    # Some five thousand trees: one run of the programs, or two, for each that is looked at.
    set_property(TEST power_ceremony APPEND PROPERTY ENVIRONMENT CLAVIGER_SWEEP_SAMPLE=5)
    add_dependencies(power_ceremony clv_shim claviger claviger-unitd)
    add_test(NAME power_ceremony_sample COMMAND power_ceremony)
    set_tests_properties(power_ceremony_sample PROPERTIES LABELS scenario TIMEOUT 600
        ENVIRONMENT CLAVIGER_SWEEP_SAMPLE=1201)
endif()
