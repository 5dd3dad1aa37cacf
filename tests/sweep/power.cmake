# Power cuts, replayed from what the shim wrote down.
clv_test(power_rooms LABEL hostile
    USES keyfile journal unitd
    LINKS PkgConfig::libargon2 PkgConfig::libsodium -Wl,--wrap=clv_matrix_is_zero
    SOURCES power.c power_disk.c power_rooms.c logs.c shim_files.c shim_argon2.c
            ${PROJECT_SOURCE_DIR}/tests/support/run.c
            ${PROJECT_SOURCE_DIR}/src/unitd/store.c ${PROJECT_SOURCE_DIR}/src/unitd/sealed.c)
target_compile_options(power_rooms PRIVATE -U_FORTIFY_SOURCE)
