/* Text of strangers on a screen: whatever the bytes, no cell outside the area changes and none
 * holds a control character. The first byte is the width, the second says whether UTF-8 is spoken.
 */
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "src/tui/page.h"

#define ROWS 12
#define COLS 60

static void check_cells(struct clv_tui_grid *g, struct clv_tui_area area)
{
    for (int row = 0; row < ROWS; row++) {
        for (int col = 0; col < COLS; col++) {
            const struct clv_tui_cell *cell = clv_grid_cell(g, row, col);
            bool inside = row >= area.row && row < area.row + area.rows && col >= area.col &&
                          col < area.col + area.cols;
            wchar_t c = cell->text[0];
            if ((c != 0 && c < 0x20) || (c >= 0x7f && c < 0xa0) || (!g->utf8 && c > 0x7e))
                abort();
            if (!inside && (c != L' ' || cell->text[1] != 0))
                abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2 || len > 4096)
        return 0;
    char *text = calloc(1, len);
    struct clv_tui_grid g = {.utf8 = data[1] % 2 == 0};
    struct clv_tui_area area = {2, 3, ROWS - 4, 20 + data[0] % (COLS - 26)};
    struct clv_page page = {.width = area.cols, .utf8 = g.utf8, .focus = -1};
    int top = data[0];
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    if (text == NULL || !clv_grid_resize(&g, ROWS, COLS))
        abort();
    memcpy(text, data + 2, len - 2);
    clv_page_add(&page, 2, CLV_STYLE_TEXT, text);
    clv_page_add_marked(&page, "[ok]", CLV_STYLE_DONE, text);
    if (clv_page_draw(&page, &g, area, &top) > area.rows || top < 0)
        abort();
    check_cells(&g, area);
    clv_page_clear(&page);
    clv_grid_free(&g);
    free(text);
    return 0;
}
