# What `cmake --install` puts beside the programs, and the Debian package: cpack -G DEB.
set(claviger_docdir ${CMAKE_INSTALL_DATADIR}/doc/claviger)
install(FILES LICENSE DESTINATION ${claviger_docdir} RENAME copyright)
install(FILES README.md DESTINATION ${claviger_docdir})
install(DIRECTORY docs/ DESTINATION ${claviger_docdir}/docs)
install(FILES docs/json.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/claviger)

set(CPACK_PACKAGE_NAME claviger)
set(CPACK_PACKAGE_VENDOR "claviger")
set(CPACK_PACKAGE_CONTACT "claviger <claviger@example.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "walks key-part owners through loading a master key")
set(CPACK_PACKAGE_DESCRIPTION
"A terminal program that walks key-part owners and signature-key owners through
loading a master key into IBM EP11 crypto units in a supervised ceremony, with
a journal and receipts that a stranger can verify, every command of the Trusted
Key Entry plug-in, and software crypto units to rehearse on.")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
# Terminal descriptions and the font of printed receipts; shared libraries are found by what the
# programs are linked to.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ncurses-base, fonts-dejavu-core")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
include(CPack)
