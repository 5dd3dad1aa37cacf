/* libfyaml 0.7.12 loses one buffer of its own when a long quoted text with escapes ends in an
 * error. It is lost once a file, in a process that then says what is wrong with the file. Leaks of
 * ours are still seen. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml\n";
}
