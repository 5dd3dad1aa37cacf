/* The keys of the check-value table. */
#ifndef CLAVIGER_TESTS_CUSTODY_KEYS_H
#define CLAVIGER_TESTS_CUSTODY_KEYS_H

#include "claviger/custody.h"
#include "secrets.h"

#define KEY_1 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_2 "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
#define KEY_3 "5bf0e1d2c3b4a5968778695a4b3c2d1e0ffedccdbcab9a8978675645342312f0"
#define KEY_SUM "fb5041726314053627d8c9faeb9c8dbeaf5e7c6d1c0b3a29d8c7f6e59483b250"

#endif
