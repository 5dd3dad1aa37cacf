#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* A pair made for this test and published here: TEST_KEY protects nothing. The answers were
 * computed with plain integer arithmetic, not with OpenSSL. */
#define TEST_KEY                                                                                   \
    "308204a20201000282010100bde35a01607638abcaeacafc7fa9bd3eb39d4d448d18ab12434f288717169935bdfd" \
    "a646e3905efd122aeffc6bfbf43538b65234b715dd94c000d4d0f8d1e0500e37913a69d504b0198730857533cf15" \
    "cccf81bca7ace29b9f174aed8f77523da5d8e81315321bf21dbce57edc7583138f11e91d4396679112dbf0da105f" \
    "d2b94ee6ef822d742e3ed8795f14c8961af0abef0381ed4e2ec7b02445889fb4b50b24404d16938f284f9e5606b5" \
    "5574e167a36d2cbb02caf1f61bc3544ff4f644e6f34ad9650ebf041c00bd42b50e31995be7b3444912bcd867f133" \
    "ddf04c4596077d4d64be5e7e563d0bb820cf1c4f37ed56b14e0071131387e48f39f15662188d0203010001028201" \
    "00087dda08cd3a4433048646f10f39753dd054f4bf5fcaee5d88f68982af08e2ed991336841d899781dc35e0d90a" \
    "30307dcfcd31746b8a9607e0a538df267d663956456c606f1aa854c2b37dbb3e2044bebe13ba82c801ce79749e1b" \
    "4aefdb3f6983d8e519f35cf40c7a017846d9cf847ed3ab52a02d2554f8d31dd451c02134e0623a9a0c6f27ab03c5" \
    "a8a5abf02fabf5cef4a7e8d75f35368e375b2f4e8da10c5183f8301e4bd273ca57857002473a7f5d6eac2ad52b3f" \
    "6940f5bbe42feb636a32d4fa88f2c9519303c39b86282dbfe43d144bd0ada945c0cf07892088491f6dcfc6b88758" \
    "7ea6b4a7ec366ae10f81d0375d157f2304fd22a84432ac4a451a1102818100f71ac6bbd5b6da8b1a33f0168d364b" \
    "c60c0c6926699bc641846717eda8308c0f85c02fa80e67621ff6b2ca6ad7e3771a1e051b2bdc9950d3ce681aedc9" \
    "30acf3e9d08761a7dbe7318e425a40d0f1b01007e56b1a161fcb2f65e3443fffed50fb5a00f4ea4c38cdf349a3f7" \
    "892e43702a79363a3e8979236e53f1f4ee63f843d102818100c4b94a12dd7683e70bc77d7c556514c39a5d09079c" \
    "c31014d741fae80dd15e4ae7bd65129604e0cbcf711db7499898f6118318381904d57a67d30985d37f98e71205c9" \
    "248b7c34948d8c3e5c76626e1cd1311bcfccaf4582b91983417589d7ff41fa313c8fb4bb99de4dde9ff7aa173ad8" \
    "a67af6af2f2edea2617be96c89a3fd0281807b322c56c58c2e951f713987e4cb6727cc25fbde9cd47f19770b7710" \
    "93c3f07064bc9685f0f876217d7b5213c6a2af64a406e3af1082979ba1d2a16a5fde16bc5c9c0c83118f3f4aa3a4" \
    "4d1ef78d27bc365398fc1e7fa76b701ec88e27e88771694404d7333d36e0ce9c22f38fcf2b82e17fb9b6280fef2c" \
    "3849ef55531e19a1028180605f8d84546e3d0c315f178093ad2350f80c5fe214d012cec2ed95e79ced56ce475d27" \
    "68c589ba3ede6f41e98aea70f50b7b37a033d1846ba4f56412e59bfae228982104003966e0e7bf2ec5c9514b345e" \
    "df3a0ac0f1949207f011b73dc7bbc35725247dd0c0efaedf93325f17cb81f9d82d26cc36e25c89c0ef14ef33b6f2" \
    "590281804fa1209c9383ffe62d33c448bfcf6196f26d4f05da4cad483ee1f53a07e11c45954400c144eec2014e3a" \
    "88c861a248380bff88d80e62bfba820d40ad6d9a587682a6882e936a89157e792a67f859272629b90726f84dc330" \
    "ee6adf25f7162f2507622c8d421d0b4a593d408699bdb8d666b1d0e36b59e6c1bdadf9898497dce2"
/* X9.31 signature of SHA-256("abc"), and the same block in PKCS#1 v1.5. */
#define X931_SIGNATURE                                                                             \
    "8736cb73d585b3bdf387907d318f952122002fb9214c812b7c9b2675f5d54074a8894cd7963912c803e54ce32c42" \
    "f6c3a14f2488f68f23dfe754f0cf03dd3de960125c15e5abb629cf5794ffdb8e310f96a3480e8d7869ce18deb2bf" \
    "155605a78c5877cb061bb2c401ed742d0bff12f0f698635455c1d8e5445c15920064594b698b50ebf8d344e4cf2c" \
    "bf6e86b46ff66b30b5a50f5019032b86f7c49cbfa87c19fa3776573c0adb7360fc39553b8af03b0dc3521c17a8eb" \
    "8cd329f89e1ca4250ff20133243f931f7392176c3bdcf479a70cdddf441b85c07275094c69900d17de1f8ea05276" \
    "edf8f1efa915078ae9a7e39643d01f3f0f15c20a7ba4a8936d38"
#define PKCS1_SIGNATURE                                                                            \
    "aa9e5025b4fb5a5b41b345cfc506003032f3d1d4a3083caf1f110c49723f200e2d24da2896f0cc623079f2f9e39b" \
    "93705751ccc7d38589112f4cd12b28970ac728b0e0cb5cbffbfa63375deed5b2718d14f8698063f10f21d3f0bce3" \
    "1b0b5d4c331e9e17bc82741e78461954218a8b533e2d0d74f7aa75737f2bb5b455d14125e7dd621af979121e84cb" \
    "19fb40ea4161744661c8d75842060ee9c97f6dc7b0a0141e2444d3aab03621815d0ebfe7d7032af59ebe6e7ebe38" \
    "da4b6b7b92cddab8d869336493d86a9cfe6b4eef4e8b5015e71a27e419e530233eb63a7f972ab1a50e0f2cd09e8f" \
    "be146549d5a0ec95ee6acd9aaa7d576a1e1ac0c7e97abf34e9d4"
/* PKCS#1 v1.5 type 2 of the bytes 00 to 1f. */
#define CIPHER                                                                                     \
    "b6601b474b68a3339f8d60b232075dc5f76ed89910a56e6ea9aa4db98ded616a1c6981f39eeb7a135bf13012ffdb" \
    "dcd2ab32d9757993db72b4f8847dfc29275827e3ab9551e726e01a55effc2a84434c802cc022af391549bf24a7c8" \
    "759157b2b5a008f037a17d70cdb8c941f486708ef464e705fee5f2340048641daac334f9cfa5827eb4fb0d3d1788" \
    "3a1166aba16f0459ac22a5b954da2467ccca23fe034f62b3dec9d713a04471386975dc35e661ee61cd8d701b2d2a" \
    "c33c76868994d28a9e3688b8f7e5d01d925a5e919268858e5552a1af9ba4c17aa93f3a088290cf3ffa30232e028f" \
    "69a196f13aea703b4abb37d3e29b0cd727dc3701bae19e7c2fe0"
#define CLEAR "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static clv_status wrong(struct clv_error *err)
{
    return clv_fail(err, CLV_E_INTERNAL, "a known answer differs");
}

struct key_pair {
    struct clv_secret *private_der;
    uint8_t *public_der;
    size_t public_len;
};

static clv_status load_pair(struct key_pair *pair, struct clv_error *err)
{
    pair->private_der = clv_self_test_secret(TEST_KEY);
    if (pair->private_der == NULL)
        return wrong(err);
    return clv_rsa_public(pair->private_der, &pair->public_der, &pair->public_len, err);
}

static void clear_pair(struct key_pair *pair)
{
    clv_secret_free(&pair->private_der);
    free(pair->public_der);
}

static clv_status sign_and_verify(const struct key_pair *pair, struct clv_error *err)
{
    uint8_t digest[CLV_SHA256_LEN], want[CLV_RSA2048_LEN], pkcs1[CLV_RSA2048_LEN];
    uint8_t sig[CLV_RSA2048_LEN];
    size_t len = 0;
    clv_sha256("abc", 3, digest);
    if (clv_unhex(X931_SIGNATURE, strlen(X931_SIGNATURE), want, sizeof want, err) != CLV_OK ||
        clv_unhex(PKCS1_SIGNATURE, strlen(PKCS1_SIGNATURE), pkcs1, sizeof pkcs1, err) != CLV_OK)
        return wrong(err);

    const uint8_t *key = pair->public_der;
    clv_status status = clv_rsa_sign_x931(pair->private_der, digest, sig, sizeof sig, &len, err);
    if (status == CLV_OK && (len != sizeof want || memcmp(sig, want, len) != 0))
        status = wrong(err);
    if (status == CLV_OK)
        status = clv_rsa_verify_x931(key, pair->public_len, digest, sig, len, err);
    if (status == CLV_OK)
        status = clv_rsa_verify_pkcs1(key, pair->public_len, digest, pkcs1, sizeof pkcs1, err);
    digest[0] ^= 1;
    if (status == CLV_OK &&
        clv_rsa_verify_x931(key, pair->public_len, digest, sig, len, NULL) == CLV_OK)
        status = wrong(err);
    return status;
}

clv_status clv_self_test_x931(struct clv_error *err)
{
    struct key_pair pair = {0};
    clv_status status = load_pair(&pair, err);
    if (status == CLV_OK)
        status = sign_and_verify(&pair, err);
    clear_pair(&pair);
    return status;
}

static clv_status decrypt_to(const struct key_pair *pair, const uint8_t *cipher,
                             const struct clv_secret *want, struct clv_error *err)
{
    struct clv_secret *got = NULL;
    clv_status status = clv_rsa_decrypt(pair->private_der, cipher, CLV_RSA2048_LEN, &got, err);
    if (status == CLV_OK && !clv_secret_equal(got, want))
        status = wrong(err);
    clv_secret_free(&got);
    return status;
}

static clv_status decrypt_and_encrypt(const struct key_pair *pair, const struct clv_secret *clear,
                                      struct clv_error *err)
{
    uint8_t cipher[CLV_RSA2048_LEN];
    size_t len = 0;
    clv_status status = clv_unhex(CIPHER, strlen(CIPHER), cipher, sizeof cipher, err);
    if (status == CLV_OK)
        status = decrypt_to(pair, cipher, clear, err);
    if (status == CLV_OK)
        status = clv_rsa_encrypt(pair->public_der, pair->public_len, clear, cipher, sizeof cipher,
                                 &len, err);
    if (status == CLV_OK)
        status = decrypt_to(pair, cipher, clear, err);
    return status;
}

clv_status clv_self_test_rsa_cipher(struct clv_error *err)
{
    struct key_pair pair = {0};
    struct clv_secret *clear = clv_self_test_secret(CLEAR);
    clv_status status = load_pair(&pair, err);
    if (status == CLV_OK)
        status = clear != NULL ? decrypt_and_encrypt(&pair, clear, err) : wrong(err);
    clv_secret_free(&clear);
    clear_pair(&pair);
    return status;
}
