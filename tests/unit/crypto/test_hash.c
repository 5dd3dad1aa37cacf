#include <string.h>

#include "support.h"

TestSuite(hash, .init = start, .fini = no_secret_is_alive);

static void assert_hex(const uint8_t *got, size_t len, const char *want)
{
    char hex[2 * CLV_SHA512_LEN + 1];
    clv_hex(got, len, hex);
    cr_assert_str_eq(hex, want);
}

/* FIPS 180-2 appendix B and C. */
Test(hash, known_answers)
{
    static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    uint8_t short_one[CLV_SHA256_LEN], long_one[CLV_SHA512_LEN];
    clv_sha256(NULL, 0, short_one);
    assert_hex(short_one, sizeof short_one,
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    clv_sha256(two_blocks, strlen(two_blocks), short_one);
    assert_hex(short_one, sizeof short_one,
               "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    clv_sha512(NULL, 0, long_one);
    assert_hex(long_one, sizeof long_one,
               "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
               "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e");
}

Test(hash, pieces_hash_as_one)
{
    uint8_t data[200], whole[CLV_SHA256_LEN], pieces[CLV_SHA256_LEN];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)i;
    clv_sha256(data, sizeof data, whole);
    for (size_t cut = 0; cut <= sizeof data; cut++) {
        const struct clv_view views[] = {
            clv_view_of(data, cut),
            clv_view_of(NULL, 0),
            clv_view_of(data + cut, sizeof data - cut),
        };
        clv_sha256_pieces(views, 3, pieces);
        cr_assert_arr_eq(pieces, whole, sizeof whole);
    }
}
