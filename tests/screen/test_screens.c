/* What the screens look like. Golden screens: set CLV_UPDATE_GOLDEN to write them anew. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "demo.h"

static struct demo demo;

static void teardown(void)
{
    demo_clear(&demo);
}

TestSuite(screens, .fini = teardown);

#define START(...) demo_start(&demo, &(struct demo_options){__VA_ARGS__})

Test(screens, text_question)
{
    START(.args = {"text"});
    terminal_wait_text(demo.t, "Description");
    terminal_send(demo.t, "Lena's part");
    terminal_wait_golden(demo.t, "text-80x24");
}

Test(screens, text_question_with_the_rail)
{
    START(.args = {"text"}, .rows = 30, .cols = 100);
    terminal_wait_golden(demo.t, "text-100x30");
}

Test(screens, record_and_rail_on_a_large_window)
{
    START(.args = {"continue"}, .rows = 43, .cols = 132);
    terminal_wait_golden(demo.t, "continue-132x43");
}

Test(screens, record_beneath_the_question)
{
    START(.args = {"continue"});
    terminal_wait_golden(demo.t, "continue-80x24");
}

Test(screens, choice_with_a_problem)
{
    START(.args = {"choice"});
    terminal_wait_golden(demo.t, "choice-80x24");
    terminal_send(demo.t, KEY_DOWN KEY_DOWN);
    terminal_wait_golden(demo.t, "choice-second-80x24");
}

Test(screens, choices_are_in_sight_and_facts_can_be_scrolled_to)
{
    START(.args = {"long"});
    terminal_wait_golden(demo.t, "long-80x24");
    terminal_send(demo.t, KEY_ENTER);
    terminal_wait_text(demo.t, "Choose first");
    terminal_send(demo.t, KEY_PAGE_UP);
    terminal_wait_golden(demo.t, "long-top-80x24");
    terminal_send(demo.t, "3" KEY_ENTER);
    cr_assert_eq(demo_end(&demo), 0);
    cr_assert(demo_answered(&demo, "units.next=stop"));
}

Test(screens, a_long_text_is_read_from_its_beginning)
{
    START(.args = {"read"});
    terminal_wait_text(demo.t, "first");
    terminal_wait_text(demo.t, "more below: PgDn");
    terminal_send(demo.t, KEY_ENTER);
    terminal_wait_text(demo.t, "Press Enter to go on.");
    terminal_wait_text(demo.t, "more above: PgUp");
    terminal_send(demo.t, KEY_ENTER);
    cr_assert_eq(demo_end(&demo), 0);
}

Test(screens, secret_shows_a_fixed_mark)
{
    START(.args = {"secret"});
    terminal_wait_golden(demo.t, "secret-nothing-80x24");
    terminal_send(demo.t, "a");
    terminal_wait_golden(demo.t, "secret-typing-80x24");
    terminal_send(demo.t, KEY_CTRL_Z);
    terminal_wait_text(demo.t, "Suspending is refused");
    terminal_send(demo.t, "bcdefghi");
    terminal_wait_gone(demo.t, "Suspending is refused");
    terminal_wait_golden(demo.t, "secret-typing-80x24");
}

Test(screens, units_troubled_first)
{
    START(.args = {"continue"});
    terminal_wait_text(demo.t, "Press Enter");
    terminal_send(demo.t, KEY_F2);
    terminal_wait_golden(demo.t, "units-80x24");
    terminal_send(demo.t, KEY_F5);
    terminal_wait_golden(demo.t, "record-80x24");
    terminal_send(demo.t, KEY_ENTER);
    terminal_wait_golden(demo.t, "continue-80x24");
}

Test(screens, help_of_the_question)
{
    START(.args = {"text"});
    terminal_wait_text(demo.t, "Description");
    terminal_send(demo.t, KEY_F1);
    terminal_wait_golden(demo.t, "help-80x24");
}

Test(screens, curtain)
{
    START(.args = {"curtain"});
    terminal_wait_golden(demo.t, "curtain-80x24");
}

Test(screens, curtain_takes_everything_away)
{
    START(.args = {"continue", "curtain"});
    terminal_wait_text(demo.t, "Press Enter");
    terminal_send(demo.t, KEY_ENTER);
    terminal_wait_golden(demo.t, "curtain-80x24");
}

Test(screens, sheet_and_its_code)
{
    START(.args = {"sheet"});
    terminal_wait_golden(demo.t, "sheet-80x24");
    terminal_send(demo.t, KEY_TAB);
    terminal_wait_golden(demo.t, "code-80x24");
}

Test(screens, progress)
{
    START(.args = {"progress"});
    terminal_wait_golden(demo.t, "progress-80x24");
    demo_let_go(&demo);
    cr_assert_eq(demo_end(&demo), 0);
}

/* ---- ASCII, colours ---- */

/* Without UTF-8, curses repeats a character with REP, which libvterm 0.1.4 draws one too short at
 * the right edge; this TERM has no REP. */
#define ASCII "LC_ALL=C", "TERM=tmux-256color"

static void assert_ascii(void)
{
    char *text = terminal_text(demo.t);
    for (size_t i = 0; text[i] != '\0'; i++)
        cr_assert_lt((unsigned char)text[i], 0x7f);
    free(text);
}

Test(screens, ascii_when_the_locale_is_not_utf8)
{
    START(.args = {"continue"}, .env = {ASCII}, .rows = 30, .cols = 100);
    terminal_wait_golden(demo.t, "continue-ascii-100x30");
    assert_ascii();
}

Test(screens, a_code_without_unicode_is_drawn_with_blanks)
{
    START(.args = {"sheet"}, .env = {ASCII});
    terminal_wait_text(demo.t, "Receipt");
    terminal_send(demo.t, KEY_TAB);
    terminal_wait_text(demo.t, "Tab   text");
    assert_ascii();
    /* 11 x 8 modules, two cells wide each: the dark one at module (2, 2). */
    int row = (24 - 8) / 2 + 2, col = (80 - 14 - 22) / 2 + 4;
    struct terminal_cell dark, light;
    terminal_cell(demo.t, row, col, &dark);
    terminal_cell(demo.t, row - 1, col, &light);
    cr_assert_arr_eq(dark.bg, "\0\0\0", 3);
    cr_assert_gt(light.bg[0], 200);
}

static struct terminal_cell cell_of(const char *text)
{
    struct terminal_cell cell;
    int row = 0, col = 0;
    cr_assert(terminal_find(demo.t, text, &row, &col), "%s is not there", text);
    terminal_cell(demo.t, row, col, &cell);
    return cell;
}

static void assert_no_colour(void)
{
    for (int row = 0; row < 24; row++) {
        for (int col = 0; col < 80; col++) {
            struct terminal_cell cell;
            terminal_cell(demo.t, row, col, &cell);
            cr_assert(cell.default_fg && cell.default_bg, "row %d, column %d", row, col);
        }
    }
}

Test(screens, no_color_means_no_colour)
{
    START(.args = {"continue"}, .env = {"NO_COLOR=1"});
    terminal_wait_golden(demo.t, "continue-80x24");
    assert_no_colour();
    cr_assert(cell_of("TEST - REHEARSAL").reverse);
}

Test(screens, mono_theme_and_colourless_terminals)
{
    START(.args = {"--theme", "mono", "continue"}, .env = {"NO_COLOR="});
    terminal_wait_golden(demo.t, "continue-80x24");
    assert_no_colour();
    demo_clear(&demo);
    START(.args = {"continue"}, .env = {"TERM=vt100"});
    terminal_wait_text(demo.t, "Press Enter");
    assert_no_colour();
}

/* source  https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio */
static double linear(unsigned char c)
{
    double s = c / 255.0, x = (s + 0.055) / 1.055;
    if (s <= 0.03928)
        return s / 12.92;
    return x * x * (0.6 + 0.4 * x); /* close to x^2.4 from above and below by less than 2 % */
}

static double luminance(const unsigned char *rgb)
{
    return 0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2]);
}

static double contrast(const struct terminal_cell *cell)
{
    double a = luminance(cell->fg), b = luminance(cell->bg);
    return a > b ? (a + 0.05) / (b + 0.05) : (b + 0.05) / (a + 0.05);
}

static void assert_contrast(double least)
{
    for (int row = 0; row < 24; row++) {
        for (int col = 0; col < 80; col++) {
            struct terminal_cell cell;
            terminal_cell(demo.t, row, col, &cell);
            if (cell.text[0] != ' ' && !(cell.default_fg && cell.default_bg))
                cr_assert_gt(contrast(&cell), least, "%s at row %d, column %d", cell.text, row,
                             col);
        }
    }
}

Test(screens, colours_have_contrast_and_say_nothing_alone)
{
    START(.args = {"continue"}, .env = {"NO_COLOR="});
    terminal_wait_golden(demo.t, "continue-80x24"); /* the same text as without colour */
    cr_assert_not(cell_of("TEST - REHEARSAL").default_bg);
    cr_assert_not(cell_of("[!!]").default_bg);
    assert_contrast(4.5);
}

Test(screens, high_contrast)
{
    START(.args = {"--theme", "high-contrast", "continue"});
    terminal_wait_golden(demo.t, "continue-80x24");
    assert_contrast(7.0);
}

Test(screens, the_cursor_is_where_the_person_works)
{
    int row, col, want_row, want_col;
    bool visible;
    START(.args = {"text", "choice"});
    terminal_wait_text(demo.t, "Description");
    terminal_send(demo.t, "abc");
    terminal_wait_text(demo.t, "> abc");
    cr_assert(terminal_find(demo.t, "> abc", &want_row, &want_col));
    terminal_cursor(demo.t, &row, &col, &visible);
    cr_assert(visible && row == want_row && col == want_col + 5, "%d,%d", row, col);
    terminal_send(demo.t, KEY_ENTER);
    terminal_wait_text(demo.t, "Try again");
    terminal_send(demo.t, "3");
    terminal_wait_text(demo.t, ">  3");
    cr_assert(terminal_find(demo.t, ">  3", &want_row, &want_col));
    terminal_cursor(demo.t, &row, &col, &visible);
    cr_assert(visible && row == want_row && col == want_col, "%d,%d", row, col);
}

Test(screens, production_has_no_test_banner)
{
    START(.args = {"production", "continue"});
    terminal_wait_text(demo.t, "Press Enter");
    cr_assert_not(terminal_has_text(demo.t, "TEST - REHEARSAL"));
}
