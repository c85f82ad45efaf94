package importer

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"qunluo/internal/community"
)

// decodeLine turns a line of unknown encoding into UTF-8: UTF-8 if it is valid or nearly so, else GB18030 if every byte has a
// meaning there, else Latin-1. Encodings may change from line to line (IRC clients).
func decodeLine(b []byte, facts *Facts) string {
	if utf8.Valid(b) {
		return string(b)
	}
	if mostlyUTF8(b) {
		facts.fix("invalid_replaced")
		return string(bytes.ToValidUTF8(b, []byte("\uFFFD")))
	}
	if s, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b); err == nil && !bytes.ContainsRune(s, utf8.RuneError) && !hasC1(s) {
		facts.fix("gb18030")
		return string(s)
	}
	facts.fix("latin1")
	s, _ := charmap.ISO8859_1.NewDecoder().Bytes(b) // every byte has a meaning in Latin-1
	return string(s)
}

// mostlyUTF8 recognises UTF-8 with a wound: IRC servers cut long lines in the middle of a character. Text in another
// encoding has hardly any valid characters of several bytes.
func mostlyUTF8(b []byte) bool {
	whole, broken := 0, 0
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			broken++
		} else if n > 1 {
			whole++
		}
		b = b[n:]
	}
	return whole >= 4*broken
}

// hasC1 finds C1 control characters, which GB18030 gives for four-byte rubbish and nobody types.
func hasC1(b []byte) bool {
	for i := 0; i+1 < len(b); i++ {
		if b[i] == 0xC2 && b[i+1] < 0xA0 {
			return true
		}
	}
	return false
}

// decoded decodes a whole file: UTF-16 when a byte order mark says so, GB18030 when its beginning is no UTF-8. Deciding by
// line would not do, because many a short GB18030 word is also valid UTF-8 ("图片" is "ͼƬ").
func decoded(r io.Reader) io.Reader {
	b := bufio.NewReaderSize(r, SniffLen)
	head, _ := b.Peek(SniffLen)
	if len(head) >= 2 && (head[0] == 0xFF && head[1] == 0xFE || head[0] == 0xFE && head[1] == 0xFF) {
		return unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Reader(b)
	}
	if i := bytes.LastIndexByte(head, '\n'); i >= 0 {
		head = head[:i]
	}
	if !utf8.Valid(head) {
		return simplifiedchinese.GB18030.NewDecoder().Reader(b)
	}
	return b
}

// tidy makes a text storable: NUL and bytes that are no UTF-8 become U+FFFD, a text over community.MaxText is cut at a
// rune. Both are counted.
func tidy(s string, facts *Facts) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "\uFFFD")
		facts.fix("nul_replaced")
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
		facts.fix("invalid_replaced")
	}
	if len(s) > community.MaxText {
		s = clip(s, community.MaxText)
		facts.fix("cut")
	}
	return s
}

// MaxName bounds names and ids taken from files, in bytes.
const MaxName = 1 << 10

// tidyName is tidy for names and ids: one line's worth, at most MaxName bytes.
func tidyName(s string, facts *Facts) string {
	if len(s) > MaxName {
		s = clip(s, MaxName)
		facts.fix("name_cut")
	}
	return tidy(s, facts)
}

// clip cuts a text to at most n bytes, at a rune.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// clipRunes cuts a text to n characters.
func clipRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

var bom = []byte("\xEF\xBB\xBF")

// names keeps one copy of texts that come again and again (ids, nicknames). It is emptied when it grows past its
// bound, so that a hostile file costs time, not memory.
type names struct{ m map[string]string }

const maxNames = 50_000

func (n *names) get(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if s, ok := n.m[string(b)]; ok {
		return s
	}
	if n.m == nil || len(n.m) >= maxNames {
		n.m = map[string]string{}
	}
	s := string(b)
	if len(s) <= 128 {
		n.m[s] = s
	}
	return s
}
