package table

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"qunluo/internal/community"
)

// clean leaves out what no database keeps and no page should show: control and direction characters, line breaks and tabs apart.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == 0xFEFF {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// Clean puts a value into the form in which a cell of the column keeps it; "" = empty. CodeBadInput, CodeTooLarge, with a sentence for people.
func (c Column) Clean(raw string) (string, error) {
	v := strings.TrimSpace(clean(raw))
	if utf8.RuneCountInString(v) > MaxCell {
		return "", Fault(community.CodeTooLarge, fmt.Sprintf("“%s”最多 %d 个字。", c.Name, MaxCell), fmt.Sprintf("“%s” holds at most %d characters", c.Name, MaxCell))
	}
	if c.Kind == Check {
		return c.tick(v)
	}
	if v == "" {
		if c.Needed {
			return "", Fault(community.CodeBadInput, "“"+c.Name+"”必须填。", "“"+c.Name+"” is needed")
		}
		return "", nil
	}
	switch c.Kind {
	case Number:
		return c.number(v)
	case Date:
		return c.date(v)
	case Choice:
		if !slices.Contains(c.Options, v) {
			return "", Fault(community.CodeBadInput, fmt.Sprintf("“%s”里没有选项“%s”：请从 %s 中选。", c.Name, short(v), strings.Join(c.Options, "、")), fmt.Sprintf("“%s” has no option “%s”: choose from %s", c.Name, short(v), strings.Join(c.Options, ", ")))
		}
	case Link:
		u, err := url.Parse(v)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.ContainsAny(v, " \n\t") {
			return "", Fault(community.CodeBadInput, "“"+c.Name+"”要以 http:// 或 https:// 开头的链接。", "“"+c.Name+"” holds a link that begins with http:// or https://")
		}
	case Person:
		if utf8.RuneCountInString(v) > MaxName || strings.Contains(v, "\n") {
			return "", Fault(community.CodeBadInput, fmt.Sprintf("“%s”要一个名字，最多 %d 个字。", c.Name, MaxName), fmt.Sprintf("“%s” holds a name of at most %d characters", c.Name, MaxName))
		}
	}
	return v, nil
}

// ticks are what people write into a box that is ticked, or not.
var (
	ticked   = []string{"1", "true", "yes", "y", "on", "x", "是", "√", "✓", "✔", "☑", "对", "有", "已"}
	unticked = []string{"", "0", "false", "no", "n", "off", "否", "×", "✗", "☐", "不", "无", "未"}
)

func (c Column) tick(v string) (string, error) {
	switch low := strings.ToLower(v); {
	case slices.Contains(ticked, low):
		return "1", nil
	case slices.Contains(unticked, low):
		return "", nil
	}
	return "", Fault(community.CodeBadInput, "“"+c.Name+"”只能是“是”或“否”。", "“"+c.Name+"” is yes or no")
}

// number takes 1,234.50, ￥12 and 15% apart; full-width digits count.
func (c Column) number(v string) (string, error) {
	bad := Fault(community.CodeBadInput, "“"+c.Name+"”要一个数。", "“"+c.Name+"” holds a number")
	text := strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == '．':
			return '.'
		case r == '，' || r == ',' || r == ' ' || r == '￥' || r == '¥':
			return -1
		case r == '－' || r == '−':
			return '-'
		}
		return r
	}, v)
	if len(text) > 32 || strings.ContainsAny(text, "xXpPnNiI_") {
		return "", bad
	}
	text, share := strings.CutSuffix(text, "%")
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(n, 0) || math.Abs(n) >= 1e15 {
		return "", bad
	}
	if share {
		n /= 100
	}
	if n == 0 {
		return "0", nil // never -0
	}
	return strconv.FormatFloat(n, 'f', -1, 64), nil
}

var dateForms = []string{"2006-1-2", "2006/1/2", "2006.1.2", "2006年1月2日", "20060102", "2006-1-2 15:04:05", "2006/1/2 15:04:05", "2006/1/2 15:04", "2006-1-2 15:04", time.RFC3339}

// date reads a day as people and spreadsheets write it; a bare number is a spreadsheet's count of days since 1899-12-30.
func (c Column) date(v string) (string, error) {
	for _, form := range dateForms {
		if at, err := time.Parse(form, v); err == nil && at.Year() >= 1900 && at.Year() <= 2999 {
			return at.Format(time.DateOnly), nil
		}
	}
	if n, err := strconv.ParseFloat(v, 64); err == nil && n >= 20_000 && n < 80_000 {
		return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(n)).Format(time.DateOnly), nil
	}
	return "", Fault(community.CodeBadInput, "“"+c.Name+"”要一个日期，如 2026-11-29。", "“"+c.Name+"” holds a date such as 2026-11-29")
}

func short(s string) string {
	if r := []rune(s); len(r) > 20 {
		return string(r[:20]) + "…"
	}
	return s
}

// Formula reports whether a spreadsheet would work a value out instead of showing it.
func Formula(v string) bool {
	return slices.ContainsFunc([]string{"=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"}, func(bad string) bool { return strings.HasPrefix(v, bad) })
}

// Harmless is a value for a file that spreadsheets open: an apostrophe keeps it from being worked out. Numbers of a number column need none.
func (c Column) Harmless(v string) string {
	if c.Kind == Number {
		if _, err := strconv.ParseFloat(v, 64); err == nil {
			return v
		}
	}
	if Formula(v) {
		return "'" + v
	}
	return v
}
