package sheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"qunluo/internal/community"
	"qunluo/internal/wordlist"
)

// Bounds of an XLSX file, looked at before anything of it is unpacked.
const (
	maxUnpacked = 200 << 20 // bytes
	maxEntries  = 1000
	maxRatio    = 100 // unpacked to packed, of entries above 1 MB
)

// notBook is what is said of a file that is none, or only half of one.
func notBook(err error) error {
	return wordlist.Fault(community.CodeBadInput, "不是完整的 XLSX 文件："+err.Error(), "is not a whole XLSX file: "+err.Error())
}

// checkBook refuses archives that would unpack into more than they should.
func checkBook(raw []byte) error {
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return notBook(err)
	}
	if len(z.File) > maxEntries {
		return wordlist.Fault(community.CodeTooLarge, fmt.Sprintf("XLSX 里有 %d 个文件，最多 %d 个。", len(z.File), maxEntries), fmt.Sprintf("the XLSX file holds %d files, at most %d", len(z.File), maxEntries))
	}
	var all uint64
	for _, f := range z.File {
		all += f.UncompressedSize64
		if all > maxUnpacked || f.UncompressedSize64 > 1<<20 && f.UncompressedSize64 > maxRatio*max(f.CompressedSize64, 1) {
			return wordlist.Fault(community.CodeTooLarge, fmt.Sprintf("XLSX 解压后超过 %d MB，或压缩得不合常理：没有打开。", maxUnpacked>>20), fmt.Sprintf("the XLSX file would unpack to more than %d MB, or is packed beyond reason: it was not opened", maxUnpacked>>20))
		}
		if !f.Mode().IsRegular() && !f.Mode().IsDir() || strings.Contains(f.Name, "..") {
			return notBook(fmt.Errorf("it holds %q", f.Name))
		}
	}
	return trueSizes(z)
}

// trueSizes reads every entry once, because an archive may lie about them.
func trueSizes(z *zip.Reader) error {
	left := int64(maxUnpacked)
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			return notBook(err)
		}
		n, err := io.Copy(io.Discard, io.LimitReader(in, left+1))
		if err = errors.Join(err, in.Close()); err != nil {
			return notBook(err)
		}
		if left -= n; left < 0 {
			return wordlist.Fault(community.CodeTooLarge, "XLSX 解压后太大：没有打开。", "the XLSX file unpacks to too much: it was not opened")
		}
	}
	return nil
}

// readBook reads the first sheet of an XLSX file, row by row.
func readBook(raw []byte) ([]wordlist.Row, error) {
	if err := checkBook(raw); err != nil {
		return nil, err
	}
	book, err := excelize.OpenReader(bytes.NewReader(raw), excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxUnpacked, RawCellValue: true})
	if err != nil {
		return nil, notBook(err)
	}
	defer book.Close()
	names := book.GetSheetList()
	if len(names) == 0 {
		return nil, notBook(errors.New("it holds no sheet"))
	}
	rows, err := book.Rows(names[0])
	if err != nil {
		return nil, notBook(err)
	}
	defer rows.Close()
	line := 0
	out, err := gather(func() ([]string, int, error) {
		if !rows.Next() {
			if rows.Error() != nil {
				return nil, 0, rows.Error()
			}
			return nil, 0, io.EOF
		}
		line++
		cells, err := rows.Columns(excelize.Options{RawCellValue: true})
		return cells, line, err
	})
	for i := range out {
		out[i].Expires = dayOf(out[i].Expires)
	}
	return out, err
}

// dayOf writes a day that a spreadsheet keeps as a number of days as people write it.
func dayOf(cell string) string {
	var days float64
	if n, err := fmt.Sscanf(cell+" .", "%g .", &days); n != 1 || err != nil || days < 20000 || days > 2958465 {
		return cell
	}
	day, err := excelize.ExcelDateToTime(days, false)
	if err != nil {
		return cell
	}
	return day.Format(time.DateOnly)
}

func writeBook(w io.Writer, head []string, words iter.Seq2[wordlist.Entry, error], loc *time.Location) error {
	book := excelize.NewFile()
	defer book.Close()
	out, err := book.NewStreamWriter(book.GetSheetName(0))
	if err != nil {
		return err
	}
	put := func(row int, cells []string) error {
		values := make([]any, len(cells))
		for i, c := range cells {
			values[i] = c // texts, never formulas
		}
		return out.SetRow(fmt.Sprintf("A%d", row), values)
	}
	if err := put(1, head); err != nil {
		return err
	}
	row := 1
	for e, err := range words {
		if err != nil {
			return err
		}
		row++
		if err := put(row, cellsOf(e, loc)); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return book.Write(w)
}
