package importer

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qunluo/internal/community"
)

// PasteOptions say what a pasted text leaves open.
type PasteOptions struct {
	Zone string // of its times; "" = GuessedZone
	// Day is when the text was copied, UTC ms: for times without a date (today), 昨天, 星期三, and dates without a year.
	// 0 = not known.
	Day int64
}

// PastedRow is a message read out of pasted text, for a preview in which a person puts right what is wrong. Its people are
// known by name alone and what it says is reported, not observed.
type PastedRow struct {
	Line  int    // where it begins, from 1
	At    int64  // UTC ms; 0 = the text does not say, or not enough
	When  string // the time as it stands there
	Name  string
	Text  string
	Class community.Class
	Sure  int      // 0..100
	Why   []string // what makes it less sure: codes of pasteWhy

	local  int64
	minute bool
	rank   int // 3 a whole date, 2 without a year, 1 a time of day, 0 a name alone
}

// Codes of PastedRow.Why, with what each takes off the certainty.
var pasteWhy = map[string]int{
	"no_name": 90, // words before the first header
	"no_time": 60, // a name, no time
	"no_date": 50, // a time of day, and nobody said which day
	"no_year": 10,
	"no_gap":  20, // the header does not stand after a blank line
	"day":     20, // the date was told by the operator
}

// maxPaste bounds a pasted text, in bytes.
const maxPaste = 8 << 20

// Paste reads what a phone or a computer copies out of a WeChat chat (formats.md §16, not verified against every client):
// blocks of a header, "昵称 时间" or "时间 昵称" or "昵称:", and the words below it. It is conservative: what is not surely a
// header is words. A text beyond 8 MiB is cut.
func Paste(text string, o PasteOptions) ([]PastedRow, error) {
	name := o.Zone
	if name == "" {
		name = GuessedZone
	}
	loc, err := LoadZone(name)
	if err != nil {
		return nil, err
	}
	p := paster{day: o.Day, zone: &zone{loc: loc, amb: new(int64)}}
	lines := strings.Split(strings.ReplaceAll(clip(strings.TrimPrefix(text, string(bom)), maxPaste), "\r\n", "\n"), "\n")
	heads := p.heads(lines)
	rows := make([]PastedRow, 0, len(heads)+1)
	if first := len(lines); len(heads) > 0 {
		first = heads[0].Line - 1
		rows = p.add(rows, PastedRow{Line: 1, Why: []string{"no_name"}}, lines[:first])
	} else {
		rows = p.add(rows, PastedRow{Line: 1, Why: []string{"no_name"}}, lines)
	}
	for i, h := range heads {
		end := len(lines)
		if i+1 < len(heads) {
			end = heads[i+1].Line - 1
		}
		rows = p.add(rows, h, lines[h.Line:end])
	}
	return rows, nil
}

type paster struct {
	day  int64
	zone *zone
}

// add gives a header its words; a block without any is none.
func (p *paster) add(rows []PastedRow, h PastedRow, words []string) []PastedRow {
	text := strings.Trim(strings.Join(words, "\n"), "\n \t")
	if h.Text != "" {
		text = strings.TrimRight(h.Text+"\n"+text, "\n")
	}
	if text == "" && h.Name == "" {
		return rows
	}
	var facts Facts
	h.Text, h.Name = tidy(text, &facts), tidyName(h.Name, &facts)
	h.Class, _ = renderedClass(h.Text)
	h.Sure = 90
	for _, why := range h.Why {
		h.Sure -= pasteWhy[why]
	}
	h.Sure = max(h.Sure, 0)
	return append(rows, h)
}

// heads finds the headers. Where most of them stand after a blank line, those that do not are words that imitate one.
func (p *paster) heads(lines []string) []PastedRow {
	var gapped, tight []PastedRow
	blank := true
	for i, line := range lines {
		if strings.TrimSpace(line) == "" {
			blank = true
			continue
		}
		if h, ok := p.head(strings.TrimSpace(line)); ok {
			h.Line = i + 1
			if blank {
				gapped = append(gapped, h)
			}
			tight = append(tight, h)
		}
		blank = false
	}
	gapped, tight = alike(gapped), alike(tight)
	if len(gapped)*2 > len(tight) {
		return gapped
	}
	for i := range tight {
		if i > 0 {
			tight[i].Why = append(tight[i].Why, "no_gap")
		}
	}
	return tight
}

// alike leaves the headers of the fullest form that occurs: one copy writes them all alike, and "明天 9:00" is words where
// the others have a date.
func alike(heads []PastedRow) []PastedRow {
	best := 0
	for i := range heads {
		best = max(best, heads[i].rank)
	}
	return slices.DeleteFunc(heads, func(h PastedRow) bool { return h.rank != best && (best != 3 || h.rank != 2) })
}

const (
	pasteDay   = `(?:(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})日?|(今天|昨天|前天|星期[一二三四五六日天]|周[一二三四五六日天]))`
	pasteClock = `(上午|下午|凌晨|早上|中午|傍晚|晚上|AM|PM|am|pm)? ?(\d{1,2}:\d{2}(?::\d{2})?)(?: ?(AM|PM|am|pm))?`
	pasteWhen  = `((?:` + pasteDay + `[ T]{0,2})?` + pasteClock + `)`
)

var (
	pasteNameFirst = regexp.MustCompile(`^(.+?)[ \t\x{3000}]+` + pasteWhen + `$`)
	pasteTimeFirst = regexp.MustCompile(`^` + pasteWhen + `[ \t\x{3000}]+(.+?)[:：]?$`)
	pasteNameOnly  = regexp.MustCompile(`^([^:：]{1,40})[:：]$`)
)

// maxPasteName bounds a name in a header, in characters: longer lines are words.
const maxPasteName = 40

// head reads a line as a header.
func (p *paster) head(line string) (PastedRow, bool) {
	if utf8.RuneCountInString(line) > maxPasteName+40 {
		return PastedRow{}, false
	}
	if m := pasteNameFirst.FindStringSubmatch(line); m != nil {
		return p.timed(strings.TrimRight(m[1], ":："), m[2], m[3:])
	}
	if m := pasteTimeFirst.FindStringSubmatch(line); m != nil {
		return p.timed(m[len(m)-1], m[1], m[2:])
	}
	if m := pasteNameOnly.FindStringSubmatch(line); m != nil {
		return PastedRow{Name: strings.TrimSpace(m[1]), Why: []string{"no_time"}}, true
	}
	return PastedRow{}, false
}

// timed reads the parts of a time: year, month, day, relative day, half of the day, clock, half of the day.
func (p *paster) timed(name, when string, m []string) (PastedRow, bool) {
	name = strings.TrimSpace(name)
	ms, ok := clockMS(m[5])
	half := strings.ToLower(m[4] + m[6])
	if ms, ok = halfDay(ms, half, ok); !ok || name == "" || utf8.RuneCountInString(name) > maxPasteName {
		return PastedRow{}, false
	}
	row := PastedRow{Name: name, When: when, minute: strings.Count(m[5], ":") == 1, rank: 1}
	switch {
	case m[0] != "":
		row.rank = 3
	case m[1] != "":
		row.rank = 2
	}
	day, why, ok := p.date(m[0], m[1], m[2], m[3])
	if !ok {
		return PastedRow{}, false
	}
	if why != "" {
		row.Why = append(row.Why, why)
	}
	if why != "no_date" {
		row.local = day + ms
		row.At = p.zone.instant(row.local)
	}
	return row, true
}

// halfDay puts 下午 and the like into a time of day.
func halfDay(ms int64, half string, ok bool) (int64, bool) {
	const noon = 12 * 3600_000
	switch {
	case !ok:
		return 0, false
	case half == "":
		return ms, true
	case ms >= noon+3600_000:
		return ms, half != "am" && half != "上午" && half != "凌晨"
	case half == "pm" || half == "下午" || half == "晚上" || half == "傍晚":
		if ms < noon {
			ms += noon
		}
	case half == "am" || half == "凌晨":
		if ms >= noon {
			ms -= noon
		}
	}
	return ms, true
}

// weekdays in the order of time.Weekday.
var weekdays = []rune("日一二三四五六")

// date gives the day, as midnight in ms as if in UTC, and what is unsure about it.
func (p *paster) date(year, month, day, relative string) (ms int64, why string, ok bool) {
	var today int64
	var thisYear int
	if p.day != 0 {
		t := time.UnixMilli(p.day).In(p.zone.loc)
		today, _ = civil(t.Year(), int(t.Month()), t.Day())
		thisYear = t.Year()
	}
	m, _ := digits(month)
	d, _ := digits(day)
	switch {
	case year != "":
		y, _ := digits(year)
		ms, ok = civil(y, m, d)
		return ms, "", ok && ms >= earliest-dayMS
	case p.day == 0 && month != "":
		_, ok = civil(2024, m, d) // a leap year: the date exists in some year
		return 0, "no_date", ok
	case p.day == 0:
		return 0, "no_date", true
	case month != "":
		if ms, ok = civil(thisYear, m, d); ok && ms > today { // not in the future: last year's
			ms, ok = civil(thisYear-1, m, d)
		}
		return ms, "no_year", ok
	}
	return today - p.back(relative, today)*dayMS, "day", true
}

// back says how many days ago a relative day was.
func (p *paster) back(relative string, today int64) int64 {
	switch relative {
	case "", "今天":
		return 0
	case "昨天":
		return 1
	case "前天":
		return 2
	}
	runes := []rune(relative)
	want := max(slices.Index(weekdays, runes[len(runes)-1]), 0) // 星期天 is 星期日
	now := int(time.UnixMilli(today).UTC().Weekday())
	ago := (now - want + 7) % 7
	if ago == 0 {
		ago = 7
	}
	return int64(ago)
}

// pasted reads a file of pasted text as Paste does; times nobody can know are bad rows.
func pasted() Format {
	return Format{
		Name:     "wechat-paste",
		Title:    [2]string{"粘贴的微信聊天文字（未经样本验证）", "pasted WeChat text (not verified against a sample)"},
		Platform: "wechat",
		Sniff:    sniffPaste,
		Zoneless: func([]byte, string) bool { return true },
		Read:     readPaste,
	}
}

// sniffPaste wants at least three blocks with a whole date, and hardly anything else.
func sniffPaste(head []byte, _ string) int {
	if len(head) >= SniffLen {
		head = head[:bytes.LastIndexByte(head, '\n')+1]
	}
	if !utf8.Valid(head) {
		return 0
	}
	rows, err := Paste(string(head), PasteOptions{})
	sure := 0
	for i := range rows {
		if rows[i].At != 0 {
			sure++
		}
	}
	if err != nil || sure < 3 || sure*10 < len(rows)*9 {
		return 0
	}
	return 45
}

func readPaste(u *Unit, opt Options, facts *Facts, yield Yield) error {
	facts.OwnTotal, facts.Platform = -1, "wechat"
	z, err := zoneFor(opt, "", facts)
	if err != nil {
		return err
	}
	in, err := u.Files[0].Open()
	if err != nil {
		return err
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(decoded(in), maxPaste+1))
	if err != nil {
		return err
	}
	if len(text) > maxPaste {
		facts.fix("cut")
	}
	group := facts.ref(opt, "", bareName(u.Files[0].Path))
	keys := newKeyer(facts.chat)
	rows, err := Paste(strings.ToValidUTF8(string(text), "\uFFFD"), PasteOptions{Zone: facts.Zone, Day: opt.At})
	if err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		row := Row{Place: int64(r.Line), Kind: "block"}
		switch {
		case r.Name == "":
			row.Bad, row.Raw = badBefore, []byte(r.Text)
		case r.At == 0 || !opt.plausible(r.At):
			row.Bad, row.Raw = badTime, []byte(r.Name+" "+r.When+"\n"+r.Text)
		default:
			minute := ""
			if r.minute {
				minute = MarkMinute
			}
			facts.Messages++
			row.Events = []community.Inbound{{Type: community.MessageCreated, OccurredAt: r.At, Group: group, Actor: nameOnly(r.Name), Key: keys.hashed(r.local, r.Name, r.Text),
				Body: community.Body{Text: r.Text, Name: r.Name, Class: r.Class, Source: source(MarkReported, minute, z.mark)}}}
		}
		if err := yield(&row); err != nil {
			return err
		}
	}
	return nil
}
