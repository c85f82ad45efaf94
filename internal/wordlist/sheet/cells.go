package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/xuri/excelize/v2"

	"qunluo/internal/community"
	"qunluo/internal/wordlist"
)

// MaxCounted is how many rows of a table are counted at most.
const MaxCounted = 200_000

// Cells reads any table: XLSX (the first sheet), CSV, or what was pasted out of a spreadsheet, whose cells tabs part. It keeps at most most rows and says how many
// there are in all, the first counted too; rows that are empty at the end are none. Of a formula the value comes that was worked out when the file was
// saved, never the formula; a day comes as 2006-01-02 where its cell is written as one. CodeTooLarge and CodeBadInput come with a sentence for people.
func Cells(name string, raw []byte, most int) (rows [][]string, n int, err error) {
	if len(raw) > wordlist.MaxFile {
		return nil, 0, wordlist.Fault(community.CodeTooLarge, fmt.Sprintf("文件太大，最多 %d MB：什么也没有读。", wordlist.MaxFile>>20), fmt.Sprintf("the file is too large, at most %d MB: nothing of it was read", wordlist.MaxFile>>20))
	}
	form := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	switch {
	case bytes.HasPrefix(raw, []byte("PK\x03\x04")), form == "xlsx":
		return bookCells(raw, most)
	case form == "xls", bytes.HasPrefix(raw, []byte("\xd0\xcf\x11\xe0")):
		return nil, 0, wordlist.Fault(community.CodeBadInput, "这是旧的 .xls 文件：请另存为 .xlsx 或 .csv 再导入。", "this is an old .xls file: save it as .xlsx or .csv first")
	}
	text, err := decode(raw)
	if err != nil {
		return nil, 0, err
	}
	in := csv.NewReader(strings.NewReader(text))
	in.FieldsPerRecord, in.LazyQuotes = -1, true
	first, _, _ := strings.Cut(text, "\n")
	switch {
	case strings.Contains(first, "\t"):
		in.Comma = '\t'
	case !strings.Contains(first, ",") && strings.Contains(first, ";"):
		in.Comma = ';'
	}
	return keep(most, in.Read)
}

// keep reads rows until io.EOF, keeps the first and counts them all.
func keep(most int, next func() ([]string, error)) (rows [][]string, n int, err error) {
	at := 0
	for {
		cells, err := next()
		if err == io.EOF {
			return rows[:min(len(rows), n)], n, nil
		}
		if err != nil {
			return nil, 0, wordlist.Fault(community.CodeBadInput, fmt.Sprintf("表格读到第 %d 行出错：%v", at+1, err), fmt.Sprintf("the table cannot be read at row %d: %v", at+1, err))
		}
		if at++; at > MaxCounted {
			return rows, at, nil
		}
		if at <= most {
			rows = append(rows, cells)
		}
		for _, c := range cells {
			if strings.TrimSpace(c) != "" {
				n = at
				break
			}
		}
	}
}

func bookCells(raw []byte, most int) ([][]string, int, error) {
	if err := checkBook(raw); err != nil {
		return nil, 0, err
	}
	book, err := excelize.OpenReader(bytes.NewReader(raw), excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxUnpacked})
	if err != nil {
		return nil, 0, notBook(err)
	}
	defer book.Close()
	names := book.GetSheetList()
	if len(names) == 0 {
		return nil, 0, notBook(errors.New("it holds no sheet"))
	}
	kept, err := book.Rows(names[0])
	if err != nil {
		return nil, 0, notBook(err)
	}
	defer kept.Close()
	shown, err := book.Rows(names[0])
	if err != nil {
		return nil, 0, notBook(err)
	}
	defer shown.Close()
	at := 0
	return keep(most, func() ([]string, error) {
		if !kept.Next() {
			if kept.Error() != nil {
				return nil, kept.Error()
			}
			return nil, io.EOF
		}
		cells, err := kept.Columns(excelize.Options{RawCellValue: true})
		if at++; err != nil || at > most || !shown.Next() {
			return cells, err
		}
		seen, err := shown.Columns(excelize.Options{ShortDatePattern: "yyyy-mm-dd", LongDatePattern: "yyyy-mm-dd"})
		for i := range min(len(cells), len(seen)) {
			// A day is kept as a number of days; only how its cell is written tells it from other numbers.
			if day := dayOf(cells[i]); day != cells[i] && strings.ContainsAny(seen[i], "-/年") {
				cells[i] = day
			}
		}
		return cells, err
	})
}

// WriteCells writes a table as CSV or XLSX; next gives rows and then nil. Cells are written as they are: whoever calls keeps formulas out.
func WriteCells(w io.Writer, form string, next func() []string) error {
	switch form {
	case "csv":
		if _, err := io.WriteString(w, "\ufeff"); err != nil {
			return err
		}
		out := csv.NewWriter(w)
		for row := next(); row != nil; row = next() {
			if err := out.Write(row); err != nil {
				return err
			}
		}
		out.Flush()
		return out.Error()
	case "xlsx":
		book := excelize.NewFile()
		defer book.Close()
		out, err := book.NewStreamWriter(book.GetSheetName(0))
		if err != nil {
			return err
		}
		at := 0
		for row := next(); row != nil; row = next() {
			values := make([]any, len(row))
			for i, c := range row {
				values[i] = c // texts, never formulas
			}
			at++
			if err := out.SetRow(fmt.Sprintf("A%d", at), values); err != nil {
				return err
			}
		}
		if err := out.Flush(); err != nil {
			return err
		}
		return book.Write(w)
	}
	return community.Errorf(community.CodeBadInput, "form: want csv or xlsx")
}
