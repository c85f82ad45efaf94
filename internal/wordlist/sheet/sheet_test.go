package sheet

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/lexicon"
	"qunluo/internal/wordlist"
)

var head = []string{"词语", "类别", "级别", "变体", "到期", "状态", "原因"}

func entries(list ...wordlist.Entry) iter.Seq2[wordlist.Entry, error] {
	return func(yield func(wordlist.Entry, error) bool) {
		for _, e := range list {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	loc := time.FixedZone("CST", 8*3600)
	end := time.Date(2027, 3, 1, 0, 0, 0, 0, loc).UnixMilli()
	list := []wordlist.Entry{
		{Word: lexicon.Word{Text: "刷单返利", Category: "兼职", Level: 2, Views: "auto", Expires: end}, State: wordlist.Active},
		{Word: lexicon.Word{Text: "=HYPERLINK(1)", Category: "+公式", Views: "raw"}, State: wordlist.Held, Why: "short"},
		{Word: lexicon.Word{Text: "加，微；信\"号\"", Views: "auto"}, State: wordlist.Active},
	}
	want := []wordlist.Row{
		{Text: "刷单返利", Category: "兼职", Level: "2", Views: "auto", Expires: "2027-02-28"},
		{Text: "=HYPERLINK(1)", Category: "+公式", Views: "raw"},
		{Text: "加，微；信\"号\"", Views: "auto"},
	}
	for _, form := range Forms() {
		var out bytes.Buffer
		if err := Write(&out, form, head, entries(list...), loc); err != nil {
			t.Fatal(form, err)
		}
		got, err := Read("list."+form, out.Bytes())
		if err != nil {
			t.Fatal(form, err)
		}
		for i := range got {
			got[i].Line = 0
			if form == "txt" {
				got[i] = wordlist.Row{Text: got[i].Text, Category: want[i].Category, Level: want[i].Level, Views: want[i].Views, Expires: want[i].Expires}
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: read %+v, want %+v", form, got, want)
		}
		if form == "csv" && strings.Contains(out.String(), "\n=") {
			t.Error("a cell begins with a formula")
		}
	}
}

func TestTablesAreReadHoweverTheyAreHeaded(t *testing.T) {
	gb, err := simplifiedchinese.GB18030.NewEncoder().String("广告\n代开发票\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, file, raw string
		want            []wordlist.Row
	}{
		{"a word a line", "a.txt", "\ufeff广告\r\n\r\n代开发票", []wordlist.Row{{Line: 1, Text: "广告"}, {Line: 3, Text: "代开发票"}}},
		{"GB18030", "a.txt", gb, []wordlist.Row{{Line: 1, Text: "广告"}, {Line: 2, Text: "代开发票"}}},
		{"UTF-16", "a.txt", "\xff\xfe\x7f^JT\n\x00", []wordlist.Row{{Line: 1, Text: "广告"}}},
		{"no head", "a.csv", "广告,引流,2\n", []wordlist.Row{{Line: 1, Text: "广告", Category: "引流", Level: "2"}}},
		{"other order", "a.csv", "类别;词;到期日\n引流;广告;2027-01-01\n", []wordlist.Row{{Line: 2, Text: "广告", Category: "引流", Expires: "2027-01-01"}}},
		{"tabs", "a.csv", "Word\tLevel\n广告\t3\n\t\n", []wordlist.Row{{Line: 2, Text: "广告", Level: "3"}}},
		{"no ending", "words", "广告\n", []wordlist.Row{{Line: 1, Text: "广告"}}},
		{"nothing", "a.txt", "", nil},
		{"nothing in a table", "a.csv", "", nil},
	} {
		got, err := Read(c.file, []byte(c.raw))
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %+v, %v, want %+v", c.name, got, err, c.want)
		}
	}
}

// zipOf makes an archive of files of zeros.
func zipOf(t *testing.T, n int, size int64, method uint16) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i := range n {
		f, err := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("xl/%d.xml", i), Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(f, zeros{}, size); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestBadFilesAreRefusedWithASentence: bombs, halves and what is no list leave an error in two languages, and are not
// unpacked.
func TestBadFilesAreRefusedWithASentence(t *testing.T) {
	var whole bytes.Buffer
	if err := Write(&whole, "xlsx", head, entries(wordlist.Entry{Word: lexicon.Word{Text: "词"}}), time.UTC); err != nil {
		t.Fatal(err)
	}
	lying := zipOf(t, 1, 8<<20, zip.Deflate)
	for _, c := range []struct {
		name, file string
		raw        []byte
		code       community.Code
	}{
		{"21 MB", "a.txt", make([]byte, wordlist.MaxFile+1), community.CodeTooLarge},
		{"10 million words", "a.txt", bytes.Repeat([]byte("a\n"), 10_000_000), community.CodeTooLarge},
		{"300,000 rows of a table", "a.csv", bytes.Repeat([]byte("词,类\n"), 300_000), community.CodeTooLarge},
		{"one line without end", "a.txt", bytes.Repeat([]byte("长"), 1<<20), community.CodeBadInput},
		{"a bomb by ratio", "a.xlsx", lying, community.CodeTooLarge},
		{"many entries", "a.xlsx", zipOf(t, 1001, 1, zip.Store), community.CodeTooLarge},
		{"half a file", "a.xlsx", whole.Bytes()[:whole.Len()/2], community.CodeBadInput},
		{"a zip that is no book", "a.xlsx", zipOf(t, 1, 10, zip.Store), community.CodeBadInput},
		{"text called xlsx", "a.xlsx", []byte("广告\n"), community.CodeBadInput},
		{"an old book", "a.xls", []byte("\xd0\xcf\x11\xe0\xa1\xb1"), community.CodeBadInput},
		{"a picture", "a.txt", []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\xff\xfe\xfd"), community.CodeBadInput},
	} {
		_, err := Read(c.file, c.raw)
		say := connect.SayOf(err)
		if community.CodeOf(err) != c.code || say[0] == "" || say[1] == "" {
			t.Errorf("%s: %v, want %s with a sentence", c.name, err, c.code)
		}
	}
}
