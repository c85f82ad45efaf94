package measure

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"qunluo/internal/community"
)

// Words say things in a person's language.
type Words interface {
	T(key string, args ...any) string
	Number(n any) string
}

// Label is what a line is called.
func (l Line) Label(w Words) string { return w.T(l.Metric, "k", l.K, "j", l.K) }

// Means is the definition of a line's figure. day is the last of the days it is about.
func (l Line) Means(w Words, day Day) string {
	return w.T(l.Metric+"_means", "k", l.K, "to", day.String(), "week", day.String())
}

// Said is a line's value as people read it: a share of fewer than 20 shows its counts first, and what is not known says why.
func (l Line) Said(w Words) string {
	switch {
	case l.Withheld != "":
		return "– (" + w.T("sheet.withheld_"+l.Withheld) + ")"
	case l.Unit == UnitWord:
		return w.T(l.Word)
	case l.Unit == UnitShare && l.Grey:
		return w.Number(int64(math.Round(l.Num))) + "/" + w.Number(l.N) + " (" + percentOf(l.Value) + ")"
	}
	return l.plain(w)
}

func (l Line) plain(w Words) string {
	switch l.Unit {
	case UnitShare:
		return percentOf(l.Value)
	case UnitMean:
		return strings.TrimSuffix(strconv.FormatFloat(l.Value, 'f', 1, 64), ".0")
	case UnitNumber:
		return strconv.FormatFloat(l.Value, 'f', 2, 64)
	case UnitMinutes:
		return w.T("sheet.minutes", "num", strconv.FormatFloat(l.Value, 'f', 1, 64))
	case UnitDays:
		return w.T("sheet.days", "num", strconv.FormatFloat(l.Value, 'f', 1, 64))
	}
	return w.Number(int64(l.Value))
}

func percentOf(v float64) string { return strconv.FormatFloat(v*100, 'f', 1, 64) + "%" }

// Rests says what a line rests on: how many of what, and how many of the days are known.
func (l Line) Rests(w Words) string {
	out := w.T("sheet.n", "num", w.Number(l.N), "of", w.T("sheet.of_"+cmp.Or(l.Population, GroupDays)))
	if l.Coverage.Of > 0 {
		out += w.T("sheet.covered", "covered", w.Number(l.Coverage.Covered), "of", w.Number(l.Coverage.Of))
	}
	return out
}

// Report is a weekly report in words, as it is sent: nothing in it names a member.
type Report struct {
	ID       string          `json:"id"`
	Org      string          `json:"organisation"`
	Lang     string          `json:"lang"`
	From     string          `json:"from"`
	To       string          `json:"to"`
	Title    string          `json:"title"`
	Sections []ReportSection `json:"sections"` // all groups together, then each
	Left     int             `json:"groups_left_out"`
}

// ReportSection is what is said of one group; Group "" = of all together.
type ReportSection struct {
	Group string       `json:"group"`
	Name  string       `json:"name"`
	Lines []ReportLine `json:"lines"`
}

// ReportLine is a figure with what it was in the week before.
type ReportLine struct {
	Metric   string   `json:"metric"`
	Label    string   `json:"label"`
	Said     string   `json:"said"`
	Value    *float64 `json:"value"` // null where it is not known
	Unit     string   `json:"unit"`
	N        int64    `json:"n"`
	Rests    string   `json:"rests_on"`
	Covered  int      `json:"covered_days"`
	Of       int      `json:"days"`
	Withheld string   `json:"withheld"`
	Before   string   `json:"before"` // "" = not compared
	Link     string   `json:"link"`
}

// ReportLineOf puts a line into words. before is the same figure of the week before; nil = not compared.
func ReportLineOf(l Line, before *Line, w Words, link string) ReportLine {
	out := ReportLine{Metric: l.Metric, Label: l.Label(w), Said: l.Said(w), Unit: l.Unit, N: l.N, Rests: l.Rests(w), Covered: l.Coverage.Covered, Of: l.Coverage.Of, Withheld: l.Withheld, Link: link}
	if l.Withheld == "" && l.Unit != UnitWord {
		v := l.Value
		out.Value = &v
	}
	if before != nil {
		out.Before = before.Said(w)
	}
	return out
}

// Text is the report for a mail or a file.
func (r Report) Text(w Words) string {
	var b strings.Builder
	b.WriteString(r.Title + "\n" + w.T("weekly.intro", "from", r.From, "to", r.To) + "\n")
	for _, s := range r.Sections {
		b.WriteString("\n== " + oneLine(s.Name) + " ==\n")
		for _, l := range s.Lines {
			b.WriteString(l.Label + ": " + l.Said)
			if l.Before != "" {
				b.WriteString(w.T("weekly.before", "before", l.Before))
			}
			b.WriteString("\n    " + l.Rests + "\n    " + l.Link + "\n")
		}
	}
	if r.Left > 0 {
		b.WriteString("\n" + w.T("weekly.left", "num", r.Left) + "\n")
	}
	return b.String()
}

// oneLine keeps a name from looking like more than one line.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// WeeklyOrder is somebody's order of the weekly report.
type WeeklyOrder struct {
	ID      community.ID
	Org     community.OrgKey
	User    string // whose it is: their right to see groups bounds it
	Groups  []community.GroupKey
	Weekday int // 0 = Monday
	Hour    int
	Lang    string
	Way     string // mail or webhook
	Address string
	Secret  string // webhook: what it is signed with
	Paused  bool
	Since   int64 // UTC ms: nothing that was due before is made up for
	Created int64
}

// Bounds of orders.
const (
	WeeklyOrderMost = 50  // of an organisation
	ReportGroups    = 100 // in one report
)

// Check says what is wrong with an order but its address: community.CodeBadInput.
func (s WeeklyOrder) Check(langs []string) error {
	switch {
	case s.Weekday < 0 || s.Weekday > 6:
		return community.Errorf(community.CodeBadInput, "weekday: want 0 (Monday) to 6")
	case s.Hour < 0 || s.Hour > 23:
		return community.Errorf(community.CodeBadInput, "hour: want 0 to 23")
	case !slices.Contains(langs, s.Lang):
		return community.Errorf(community.CodeBadInput, "lang: want one of %s", strings.Join(langs, ", "))
	case len(s.Groups) > ReportGroups:
		return community.Errorf(community.CodeBadInput, "groups: at most %d", ReportGroups)
	}
	return nil
}

// Slot is the latest moment at or before now at which the report is due, UTC ms, and the week that it belongs to by its Monday. An
// hour that the zone leaves out counts as the one before.
func (s WeeklyOrder) Slot(now int64, zone *time.Location) (at int64, week Day) {
	day, _ := DayOf(now, zone)
	monday := day - Day(day.Weekday())
	if at = s.moment(monday, zone); at > now {
		monday -= 7
		at = s.moment(monday, zone)
	}
	return at, monday
}

// Next is the first moment after now at which the report is due.
func (s WeeklyOrder) Next(now int64, zone *time.Location) int64 {
	_, monday := s.Slot(now, zone)
	return s.moment(monday+7, zone)
}

func (s WeeklyOrder) moment(monday Day, zone *time.Location) int64 {
	day := time.UnixMilli((monday + Day(s.Weekday)).Start(time.UTC)).UTC()
	return time.Date(day.Year(), day.Month(), day.Day(), s.Hour, 0, 0, 0, zone).UnixMilli()
}

// Due reports whether the report of the latest slot is to be sent now.
func (s WeeklyOrder) Due(now int64, zone *time.Location) (week Day, is bool) {
	at, week := s.Slot(now, zone)
	return week, !s.Paused && at >= s.Since
}

// States of a report that was or is to be sent.
const (
	ReportWaits  = "waits"
	ReportSent   = "sent"
	ReportRetry  = "retry" // did not go out, and is tried again
	ReportFailed = "failed"
	ReportKept   = "kept" // no mail server is set: it is there to be downloaded
)

// ReportRun is a report on its way, or one that came there.
type ReportRun struct {
	ID       community.ID
	Sub      community.ID
	Slot     string // unique of its order: the Monday of its week, or an id where a person asked
	Manual   bool
	State    string
	Attempts int
	Error    string
	Until    Day     // the last day it is about
	Report   *Report // nil = not composed yet
	At, Done int64   // UTC ms
	User     string  // who asked for it; "" = the calendar
}
