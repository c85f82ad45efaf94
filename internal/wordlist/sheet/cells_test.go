package sheet

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"qunluo/internal/community"
)

func TestCellsOfAnyTable(t *testing.T) {
	for name, c := range map[string]struct{ file, text string }{
		"csv": {"a.csv", "\ufeff名字,备注\r\n大刘,\"两\n行\"\r\n,\r\n"}, "pasted": {"", "名字\t备注\n大刘\t\"两\n行\"\n\t\n"}, "semicolons": {"a.csv", "名字;备注\n大刘;\"两\n行\"\n"},
	} {
		rows, n, err := Cells(c.file, []byte(c.text), 100)
		if err != nil || n != 2 || len(rows) != 2 || rows[1][0] != "大刘" || rows[1][1] != "两\n行" {
			t.Errorf("%s = %q, %d, %v", name, rows, n, err)
		}
	}
	if _, _, err := Cells("a.xlsx", []byte("PK\x03\x04 no"), 10); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("half a book: %v", err)
	}
	if _, _, err := Cells("a.xls", []byte("x"), 10); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("an old book: %v", err)
	}
}

// TestCellsOfABook: values of formulas and not formulas, days as days, numbers whole; of a long one the rest is counted only.
func TestCellsOfABook(t *testing.T) {
	book := excelize.NewFile()
	style, err := book.NewStyle(&excelize.Style{NumFmt: 14})
	if err != nil {
		t.Fatal(err)
	}
	rounded, err := book.NewStyle(&excelize.Style{NumFmt: 1})
	if err != nil {
		t.Fatal(err)
	}
	book.SetSheetRow("Sheet1", "A1", &[]any{"日子", "数", "公式", "号码"})
	book.SetSheetRow("Sheet1", "A2", &[]any{46027, 12.75, 0, "46027"})
	book.SetCellStyle("Sheet1", "A2", "A2", style)
	book.SetCellStyle("Sheet1", "B2", "B2", rounded)
	book.SetCellFormula("Sheet1", "C2", "=1+1")
	for i := 3; i <= 3000; i++ {
		book.SetCellValue("Sheet1", fmt.Sprint("B", i), i)
	}
	var buf bytes.Buffer
	if err := book.Write(&buf); err != nil {
		t.Fatal(err)
	}
	rows, n, err := Cells("x.xlsx", buf.Bytes(), 5)
	if err != nil || n != 3000 || len(rows) != 5 {
		t.Fatalf("book = %d rows of %d, %v", len(rows), n, err)
	}
	if got := strings.Join(rows[1], "|"); got != "2026-01-05|12.75||46027" && got != "2026-01-05|12.75|0|46027" {
		t.Errorf("row = %s", got)
	}
	for _, form := range []string{"csv", "xlsx"} {
		var out bytes.Buffer
		left := [][]string{{"名字", "备注"}, {"大刘", "'=1+1"}}
		err := WriteCells(&out, form, func() []string {
			if len(left) == 0 {
				return nil
			}
			row := left[0]
			left = left[1:]
			return row
		})
		if err != nil {
			t.Fatal(err)
		}
		back, n, err := Cells("x."+form, out.Bytes(), 10)
		if err != nil || n != 2 || strings.Join(back[1], "|") != "大刘|'=1+1" {
			t.Errorf("%s came back as %q, %v", form, back, err)
		}
	}
}
