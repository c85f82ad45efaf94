package console

import (
	"encoding/csv"
	"mime"
	"strings"
	"time"
)

// sheet sends rows as CSV that spreadsheets read as UTF-8 and never as formulas (trust.md §8). more gives the next rows,
// none at the end.
func (k *call) sheet(name string, head []string, more func() ([][]string, error)) error {
	rows, err := more()
	if err != nil {
		return err
	}
	file := name + "-" + time.UnixMilli(k.now()).UTC().Format("20060102") + ".csv"
	k.W.Header().Set("Content-Type", "text/csv; charset=utf-8")
	k.W.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": file}))
	if _, err := k.W.Write([]byte("\xef\xbb\xbf")); err != nil {
		return nil //nolint:nilerr // the browser left
	}
	out := csv.NewWriter(k.W)
	out.Write(head)
	for len(rows) > 0 {
		for _, row := range rows {
			if k.few() > 0 {
				fewCells(row)
			}
			for i := range row {
				row[i] = harmless(row[i])
			}
			out.Write(row)
		}
		out.Flush()
		if out.Error() != nil {
			return nil // the browser left
		}
		if rows, err = more(); err != nil {
			out.Write([]string{k.T("list.cut_short")}) // the status is long sent: the file itself must say it
			out.Flush()
			return nil
		}
	}
	out.Flush()
	return nil
}

// harmless keeps a cell from being read as a formula.
func harmless(cell string) string {
	for _, bad := range []string{"=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"} {
		if strings.HasPrefix(cell, bad) {
			return "'" + cell
		}
	}
	return cell
}
