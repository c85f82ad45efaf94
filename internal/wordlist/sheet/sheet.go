// Package sheet reads and writes word lists as files: TXT, CSV and XLSX; and any table as rows of cells.
package sheet

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
	"qunluo/internal/wordlist"
)

// MaxRows is how many rows of a file are read.
const MaxRows = 200_000

// Forms are the kinds of files, as their names end.
func Forms() []string { return []string{"txt", "csv", "xlsx"} }

// Read reads the rows of a file. Its form is what its name ends with, else TXT; an XLSX file is known by its content.
// CodeTooLarge and CodeBadInput come with a sentence for people.
func Read(name string, raw []byte) ([]wordlist.Row, error) {
	if len(raw) > wordlist.MaxFile {
		return nil, tooLarge("文件太大", "the file is too large")
	}
	form := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	switch {
	case bytes.HasPrefix(raw, []byte("PK\x03\x04")), form == "xlsx":
		return readBook(raw)
	case form == "xls", bytes.HasPrefix(raw, []byte("\xd0\xcf\x11\xe0")):
		return nil, wordlist.Fault(community.CodeBadInput, "这是旧的 .xls 文件：请另存为 .xlsx 或 .csv 再导入。", "this is an old .xls file: save it as .xlsx or .csv first")
	}
	text, err := decode(raw)
	if err != nil {
		return nil, err
	}
	if form == "csv" || form == "tsv" {
		return readCSV(text)
	}
	return readLines(text)
}

func tooLarge(zh, en string) error {
	return wordlist.Fault(community.CodeTooLarge,
		zh+fmt.Sprintf("，最多 %d MB、%d 行；一个词库最多 %d 个词。请分成几个词库，或先去掉用不到的词。", wordlist.MaxFile>>20, MaxRows, lexicon.MaxList),
		en+fmt.Sprintf("; at most %d MB and %d rows, and a list has at most %d words: make several lists of it, or leave out what is not needed", wordlist.MaxFile>>20, MaxRows, lexicon.MaxList))
}

func tooMany() error { return tooLarge("文件的行数太多", "the file has too many rows") }

// decode makes UTF-8 of what programs here write: UTF-8, UTF-16 with a byte order mark, GB18030.
func decode(raw []byte) (string, error) {
	switch {
	case bytes.HasPrefix(raw, []byte("\xff\xfe")), bytes.HasPrefix(raw, []byte("\xfe\xff")):
		out, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(raw)
		return string(out), err
	case utf8.Valid(raw):
		return string(bytes.TrimPrefix(raw, []byte("\ufeff"))), nil
	}
	out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(raw)
	if err != nil || bytes.ContainsRune(out, utf8.RuneError) || bytes.IndexByte(out, 0) >= 0 {
		return "", wordlist.Fault(community.CodeBadInput, "看不懂文件的编码：请存为 UTF-8 再导入。", "the file's encoding is not known: save it as UTF-8 first")
	}
	return string(out), nil
}

// readLines reads a word a line.
func readLines(text string) (rows []wordlist.Row, err error) {
	in := bufio.NewScanner(strings.NewReader(text))
	in.Buffer(nil, 1<<20)
	for line := 1; in.Scan(); line++ {
		if strings.TrimSpace(in.Text()) == "" {
			continue
		}
		if len(rows) == MaxRows {
			return nil, tooMany()
		}
		rows = append(rows, wordlist.Row{Line: line, Text: in.Text()})
	}
	if errors.Is(in.Err(), bufio.ErrTooLong) {
		return nil, wordlist.Fault(community.CodeBadInput, "有一行超过 1 MB：TXT 应当一行一个词。", "a line has more than 1 MB: a TXT file holds a word a line")
	}
	return rows, in.Err()
}

func readCSV(text string) ([]wordlist.Row, error) {
	in := csv.NewReader(strings.NewReader(text))
	in.FieldsPerRecord, in.LazyQuotes, in.ReuseRecord = -1, true, true
	if first, _, _ := strings.Cut(text, "\n"); strings.Contains(first, "\t") {
		in.Comma = '\t'
	} else if !strings.Contains(first, ",") && strings.Contains(first, ";") {
		in.Comma = ';'
	}
	return gather(func() ([]string, int, error) {
		cells, err := in.Read()
		if err != nil {
			return nil, 0, err
		}
		line, _ := in.FieldPos(0)
		return cells, line, nil
	})
}

// columns of a row, by the names that head them. Without a head they come in this order.
var columns = [][]string{
	{"word", "词语", "词", "敏感词", "关键词", "words", "text"},
	{"category", "类别", "分类", "类型", "tag"},
	{"level", "级别", "等级", "从第几级处罚"},
	{"views", "变体", "view"},
	{"expires", "到期", "到期日", "有效期", "有效期至", "expiry"},
	{"state", "状态"},
	{"why", "原因", "reason"},
}

// headed finds the columns that a first row names; nil when it names none.
func headed(cells []string) []int {
	at := slices.Repeat([]int{-1}, len(columns))
	for i, cell := range cells {
		name := strings.ToLower(strings.Trim(cell, " \ufeff"))
		for k, names := range columns {
			if slices.Contains(names, name) && at[k] < 0 {
				at[k] = i
			}
		}
	}
	if at[0] < 0 {
		return nil
	}
	return at
}

// gather makes rows of cells. next gives io.EOF at the end.
func gather(next func() ([]string, int, error)) (rows []wordlist.Row, err error) {
	at := []int{0, 1, 2, 3, 4}
	for first := true; ; first = false {
		cells, line, err := next()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, wordlist.Fault(community.CodeBadInput, "表格读到第 "+strconv.Itoa(len(rows)+1)+" 行出错："+err.Error(), "the table cannot be read after row "+strconv.Itoa(len(rows))+": "+err.Error())
		}
		if first {
			if named := headed(cells); named != nil {
				at = named
				continue
			}
		}
		cell := func(k int) string {
			if i := at[k]; i >= 0 && i < len(cells) {
				return plain(cells[i])
			}
			return ""
		}
		row := wordlist.Row{Line: line, Text: cell(0), Category: cell(1), Level: cell(2), Views: cell(3), Expires: cell(4)}
		if row == (wordlist.Row{Line: line}) {
			continue
		}
		if len(rows) == MaxRows {
			return nil, tooMany()
		}
		rows = append(rows, row)
	}
}

// formulas are what a cell may not begin with, or spreadsheets would work it out.
var formulas = []string{"=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"}

func isFormula(cell string) bool {
	return slices.ContainsFunc(formulas, func(bad string) bool { return strings.HasPrefix(cell, bad) })
}

// harmless keeps a cell from being read as a formula; plain takes that back.
func harmless(cell string) string {
	if isFormula(cell) {
		return "'" + cell
	}
	return cell
}

func plain(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "'"); ok && isFormula(rest) {
		return rest
	}
	return cell
}

// Write writes words as a file of a form. TXT holds the words alone; head are the names of the columns of the others.
func Write(w io.Writer, form string, head []string, words iter.Seq2[wordlist.Entry, error], loc *time.Location) error {
	switch form {
	case "txt":
		return writeLines(w, words)
	case "csv":
		return writeCSV(w, head, words, loc)
	case "xlsx":
		return writeBook(w, head, words, loc)
	}
	return community.Errorf(community.CodeBadInput, "form: want txt, csv or xlsx")
}

func writeLines(w io.Writer, words iter.Seq2[wordlist.Entry, error]) error {
	out := bufio.NewWriter(w)
	for e, err := range words {
		if err != nil {
			return err
		}
		out.WriteString(e.Text)
		out.WriteByte('\n')
	}
	return out.Flush()
}

func writeCSV(w io.Writer, head []string, words iter.Seq2[wordlist.Entry, error], loc *time.Location) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.Write(head)
	for e, err := range words {
		if err != nil {
			return err
		}
		out.Write(cellsOf(e, loc))
	}
	out.Flush()
	return out.Error()
}

func cellsOf(e wordlist.Entry, loc *time.Location) []string {
	level, expires := "", ""
	if e.Level > 0 {
		level = strconv.Itoa(e.Level)
	}
	if e.Expires > 0 {
		expires = time.UnixMilli(e.Expires - 1).In(loc).Format(time.DateOnly)
	}
	return []string{harmless(e.Text), harmless(e.Category), level, harmless(e.Views), expires, string(e.State), harmless(e.Why)}
}
