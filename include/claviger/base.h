/* base: what every room stands on.
 *
 * error.h   one status type, one error that collects what happened, what was not changed, what to do
 * secret.h  bytes that must not leak: guarded, locked, wiped, never printed
 * bytes.h   one reader, one writer for everything that is parsed or built
 * child.h   a piece of work in a process of its own
 * file.h    durable, exclusive, careful files and folders
 * ports.h   the clock and the random source, so that tests can replace them
 * text.h    hex, base64, and the rules for text that people type
 *
 * This room knows no other room. It never prints, never exits, and keeps no state but the count of
 * living secrets. */
#ifndef CLAVIGER_BASE_H
#define CLAVIGER_BASE_H

#include "claviger/base/bytes.h"
#include "claviger/base/child.h"
#include "claviger/base/error.h"
#include "claviger/base/file.h"
#include "claviger/base/ports.h"
#include "claviger/base/secret.h"
#include "claviger/base/text.h"

#endif
