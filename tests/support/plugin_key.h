/* Signature-key files as the plug-in leaves them, out of the published vectors. They belong to
 * production and are opened in no time, because the plug-in stretches passwords little.
 *
 *     plugin_key_write(dir, PLUGIN_P521, "Ines");               dir/Ines.sigkey
 *     plugin_key_password(PLUGIN_P521, text, sizeof(text)); */
#ifndef CLV_TESTS_PLUGIN_KEY_H
#define CLV_TESTS_PLUGIN_KEY_H

#include <stddef.h>

enum plugin_key { PLUGIN_P521, PLUGIN_RSA };

/* Writes dir/NAME.sigkey, whose administrator is called name. Both end the program when the vectors
 * cannot be read: no test may run yet. */
void plugin_key_write(const char *dir, enum plugin_key key, const char *name);
void plugin_key_password(enum plugin_key key, char *ret, size_t cap);

#endif
