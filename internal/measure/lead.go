package measure

import (
	"cmp"
	"encoding/csv"
	"io"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Marked and Activations are the populations of what marks of leads are judged by.
const (
	Marked      = "marked"
	Activations = "activations"
)

// Signals by which somebody may be a potential user.
const (
	SignalFollow = "follow" // followed an account of ours
	SignalMenu   = "menu"   // clicked an entry of its menu
	SignalLink   = "link"   // opened a short link that was made for them
	SignalMoment = "moment" // reacted to a post (朋友圈)
	SignalSignup = "signup" // signed up offline
)

// SignalKinds lists them as forms offer them.
func SignalKinds() []string {
	return []string{SignalFollow, SignalMenu, SignalLink, SignalMoment, SignalSignup}
}

// Signal is something that a person did. Person is what people are told apart by: several accounts of one human are one.
type Signal struct {
	Person int64
	Member community.MemberKey // the account that did it; 0 = known by their words alone
	Who    string              // those words
	Kind   string
	At     int64 // UTC ms
	Source string
	Hand   bool // a person entered it
}

// LeadRule marks whoever reaches Least within Days: each kind of signal counts once, by its weight.
type LeadRule struct {
	Weights map[string]int `json:"weights"`
	Least   int            `json:"least"`
	Days    int            `json:"days"`
}

// LeadRuleVersion is a rule as it was kept. Nothing is overwritten.
type LeadRuleVersion struct {
	LeadRule
	Version int // 0 = the rule that stands where nobody wrote one
	Note    string
	User    string
	At      int64 // UTC ms
}

const (
	maxWeight   = 10
	maxLeadDays = 180
)

// DefaultLeadRule stands where nobody wrote one: two signals of what costs an effort, or an offline sign-up.
func DefaultLeadRule() LeadRule {
	return LeadRule{Weights: map[string]int{SignalFollow: 1, SignalMenu: 2, SignalLink: 2, SignalMoment: 1, SignalSignup: 3}, Least: 3, Days: 30}
}

// Check says what is wrong with a rule: community.CodeBadInput.
func (r LeadRule) Check() error {
	sum := 0
	for kind, w := range r.Weights {
		if !slices.Contains(SignalKinds(), kind) || w < 0 || w > maxWeight {
			return community.Errorf(community.CodeBadInput, "weights: want 0 to %d for each of %s", maxWeight, strings.Join(SignalKinds(), ", "))
		}
		sum += w
	}
	switch {
	case r.Least < 1 || r.Least > sum:
		return community.Errorf(community.CodeBadInput, "least: want 1 to %d, what all signals together weigh", sum)
	case r.Days < 1 || r.Days > maxLeadDays:
		return community.Errorf(community.CodeBadInput, "days: want 1 to %d", maxLeadDays)
	}
	return nil
}

// Reason is a signal that a mark rests on.
type Reason struct {
	Kind   string
	Weight int
	At     int64 // the latest within the window, UTC ms
	Source string
}

// Lead is a person whom the rule marks.
type Lead struct {
	Person  int64
	Member  community.MemberKey // 0 = not known as a member yet
	Who     string
	At      int64 // when the rule was first met, UTC ms
	Score   int
	Reasons []Reason // in the order of the kinds
	State   string   // LeadWaiting, LeadActivated, LeadNot, LeadBefore or LeadUnmatched
	Active  int64    // when they were activated, UTC ms; 0 = never
}

// What became of a mark.
const (
	LeadWaiting   = "waiting"   // 30 days have not passed
	LeadActivated = "activated" // within 30 days
	LeadNot       = "not"
	LeadBefore    = "before"    // they were active when they were marked: no potential user
	LeadUnmatched = "unmatched" // known by their words alone: nobody can tell
)

// leadWithin is within which time after the mark somebody is to be activated, in milliseconds.
const leadWithin = 30 * dayMS

// Leads is whom a rule marks, and how well.
type Leads struct {
	List      []Lead // the latest first
	Signals   map[string]int
	Precision Share // of marks whose 30 days have passed: activated within them
	Recall    Share // of activations since signals are known: marked in the 30 days before
	Unmatched int   // marks that nobody can judge
}

// Share is a share with its 95 % interval (Wilson).
type Share struct {
	Figure
	Low, High float64
}

func shareOf(num, den int, population string) Share {
	s := Share{Figure: ratio(float64(num), float64(den), population, Coverage{1, 1})}
	s.Low, s.High = Wilson(s.Num, s.Den)
	return s
}

// MarkLeads applies a rule to signals and compares it with who was activated when (UTC ms, by person). What was entered later about an
// earlier time counts as of that time.
func MarkLeads(signals []Signal, activated map[int64]int64, r LeadRule, now int64) Leads {
	out := Leads{Signals: map[string]int{}}
	by, first := map[int64][]Signal{}, int64(math.MaxInt64)
	for _, s := range signals {
		if s.At > now || s.At <= 0 {
			continue
		}
		by[s.Person] = append(by[s.Person], s)
		out.Signals[s.Kind]++
		first = min(first, s.At)
	}
	marked := map[int64]int64{}
	hits, judged := 0, 0
	for person, list := range by {
		lead, ok := r.mark(list)
		if !ok {
			continue
		}
		lead.Person, marked[person] = person, lead.At
		lead.Active = activated[person]
		lead.State = lead.outcome(now)
		switch lead.State {
		case LeadActivated:
			hits, judged = hits+1, judged+1
		case LeadNot:
			judged++
		case LeadUnmatched:
			out.Unmatched++
		}
		out.List = append(out.List, lead)
	}
	found, all := 0, 0
	for person, at := range activated {
		if at < first || at > now {
			continue
		}
		all++
		if m, ok := marked[person]; ok && m <= at && at <= m+leadWithin {
			found++
		}
	}
	out.Precision, out.Recall = shareOf(hits, judged, Marked), shareOf(found, all, Activations)
	slices.SortFunc(out.List, func(a, b Lead) int { return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(a.Person, b.Person)) })
	return out
}

// outcome is what became of a mark. Somebody who is activated is so at once, though their 30 days go on: such marks are judged only when
// the days have passed, else those who act early would count more.
func (l Lead) outcome(now int64) string {
	switch {
	case l.Member == 0:
		return LeadUnmatched
	case l.Active > 0 && l.Active < l.At:
		return LeadBefore
	case l.At+leadWithin > now:
		return LeadWaiting
	case l.Active > 0 && l.Active <= l.At+leadWithin:
		return LeadActivated
	}
	return LeadNot
}

// mark finds when a person's signals first meet the rule.
func (r LeadRule) mark(list []Signal) (Lead, bool) {
	slices.SortStableFunc(list, func(a, b Signal) int { return cmp.Compare(a.At, b.At) })
	last := map[string]Signal{}
	lead := Lead{}
	for _, s := range list {
		if last[s.Kind] = s; lead.Member == 0 {
			lead.Member, lead.Who = s.Member, s.Who
		}
		score, reasons := 0, []Reason(nil)
		for _, kind := range SignalKinds() {
			if was, ok := last[kind]; ok && r.Weights[kind] > 0 && s.At-was.At <= int64(r.Days)*dayMS {
				score += r.Weights[kind]
				reasons = append(reasons, Reason{kind, r.Weights[kind], was.At, was.Source})
			}
		}
		if score >= r.Least {
			lead.At, lead.Score, lead.Reasons = s.At, score, reasons
			for _, later := range list { // an account may become known after the mark
				if lead.Member == 0 {
					lead.Member = later.Member
				}
			}
			return lead, true
		}
	}
	return lead, false
}

// SignalLine is a signal as a file gives it: Who is a member's id, platform's id or name.
type SignalLine struct {
	Who, Kind, Source string
	At                int64
	Line              int
}

// Fault says what is wrong with a signal, as SignalFault does; "" = nothing.
func (l SignalLine) Fault() string {
	switch {
	case l.Who == "" || len(l.Who) > maxWho || !utf8.ValidString(l.Who) || strings.ContainsRune(l.Who, 0):
		return "who"
	case !slices.Contains(SignalKinds(), l.Kind):
		return "kind"
	case l.At <= 0:
		return "time"
	case len(l.Source) > maxWho || !utf8.ValidString(l.Source) || strings.ContainsRune(l.Source, 0):
		return "text"
	}
	return ""
}

// SignalFault is a line that cannot be taken: what is head, who, kind, time or many.
type SignalFault struct {
	Line int
	What string
}

// MaxSignals bounds a file of signals, in lines.
const MaxSignals = 50_000

const maxWho = 200 // bytes

// ReadSignals reads a CSV of signals: a head line that names who, kind and at, in any order, and perhaps source. Times are those of a
// zone. With faults nothing else counts; at most 20 are given.
func ReadSignals(r io.Reader, zone *time.Location) (list []SignalLine, faults []SignalFault, err error) {
	rows, faults, err := readTable(r, []string{"who", "kind", "at"})
	for _, row := range rows {
		line := SignalLine{Who: row.cell("who"), Kind: strings.ToLower(row.cell("kind")), Source: row.cell("source"), Line: row.line}
		at, e := community.ParsePaid(row.cell("at"), zone)
		line.At = at
		if e != nil {
			line.At = 0
		}
		what := line.Fault()
		if what != "" {
			if faults = append(faults, SignalFault{row.line, what}); len(faults) == 20 {
				break
			}
			continue
		}
		list = append(list, line)
	}
	if len(faults) > 0 {
		list = nil
	}
	return list, faults, err
}

// tableRow is a line of a CSV with a head.
type tableRow struct {
	line   int
	column map[string]int
	cells  []string
}

func (t tableRow) cell(name string) string {
	if i, ok := t.column[name]; ok && i < len(t.cells) {
		return strings.TrimSpace(t.cells[i])
	}
	return ""
}

// readTable reads the lines of a CSV whose head names the columns that are needed.
func readTable(r io.Reader, needed []string) (rows []tableRow, faults []SignalFault, err error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord, in.LazyQuotes = -1, true
	head, err := in.Read()
	if err == io.EOF {
		return nil, []SignalFault{{1, "head"}}, nil
	}
	if err != nil {
		return nil, nil, community.Errorf(community.CodeBadInput, "the file is no CSV: %w", err)
	}
	column := map[string]int{}
	for i, name := range head {
		column[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))] = i
	}
	for _, must := range needed {
		if _, ok := column[must]; !ok {
			return nil, []SignalFault{{1, "head"}}, nil
		}
	}
	for {
		row, err := in.Read()
		if err == io.EOF {
			return rows, nil, nil
		}
		if err != nil {
			return nil, nil, community.Errorf(community.CodeBadInput, "the file is no CSV: %w", err)
		}
		line, _ := in.FieldPos(0)
		if len(rows) >= MaxSignals {
			return nil, []SignalFault{{line, "many"}}, nil
		}
		rows = append(rows, tableRow{line, column, row})
	}
}
