package importer

import (
	"encoding/json"
	"hash/maphash"
	"math/bits"
	"sort"

	"qunluo/internal/community"
)

// Report says what came of an import. Its figures add up, per unit and in all:
//
//	rows + extra = added + duplicates + near + skipped + bad
//
// where extra is how many more events than rows were made by rows that make several. All times are UTC ms.
type Report struct {
	Units   []UnitReport `json:"units"`
	Ignored []Ignored    `json:"ignored,omitempty"`
	DryRun  bool         `json:"dry_run,omitempty"` // nothing was written; duplicates are those within the unit only
	Counts
}

// Counts are the figures of a unit or of all.
type Counts struct {
	Rows       int64 `json:"rows"`       // read
	Extra      int64 `json:"extra"`      // events beyond the first of a row
	Added      int64 `json:"added"`      // events new to the store
	Duplicates int64 `json:"duplicates"` // events already known, in the file or in the store
	Near       int64 `json:"near"`       // events left out because another program brought them already, most likely
	Skipped    int64 `json:"skipped"`    // rows left out on purpose
	Bad        int64 `json:"bad"`        // rows that could not be read
}

// AddUp reports whether the figures agree with each other.
func (c Counts) AddUp() bool { return c.Rows+c.Extra == c.Added+c.Duplicates+c.Near+c.Skipped+c.Bad }

func (c *Counts) add(o Counts) {
	c.Rows += o.Rows
	c.Extra += o.Extra
	c.Added += o.Added
	c.Duplicates += o.Duplicates
	c.Near += o.Near
	c.Skipped += o.Skipped
	c.Bad += o.Bad
}

// UnitReport is the report of one chat.
type UnitReport struct {
	Run       RunInfo          `json:"run"`
	Files     int              `json:"files"`
	Bytes     int64            `json:"bytes"`
	Sure      int              `json:"sure"` // of the format, 0..100
	Version   string           `json:"version,omitempty"`
	Exporter  string           `json:"exporter,omitempty"`
	From      int64            `json:"from,omitempty"`
	To        int64            `json:"to,omitempty"`
	Zone      string           `json:"zone,omitempty"`
	ZoneHow   string           `json:"zone_how,omitempty"`   // file, given, dialect, derived, guessed
	NeedZone  bool             `json:"need_zone,omitempty"`  // the files give no zone and none was given
	NeedGroup bool             `json:"need_group,omitempty"` // the files give no group id: the group is named by its name
	GroupHow  string           `json:"group_how,omitempty"`  // Target.How: chosen, new, remembered; "" = as the file says
	Ambiguous int64            `json:"ambiguous_times,omitempty"`
	Types     map[string]int64 `json:"types"`  // rows by original type
	Events    map[string]int64 `json:"events"` // events made by type, before duplicates are taken off
	Skips     map[string]int64 `json:"skips,omitempty"`
	Fixes     map[string]int64 `json:"fixes,omitempty"`
	Members   Members          `json:"members"`
	Sentences Sentences        `json:"sentences,omitzero"`
	BadRows   []BadRow         `json:"bad_rows,omitempty"` // the first maxBadRows of them
	Gaps      Gaps             `json:"gaps,omitzero"`
	Nears     Nears            `json:"nears,omitzero"`
	Completed int64            `json:"completed,omitempty"` // messages that an earlier copy by hand had cut
	OwnTotal  *int64           `json:"own_total,omitempty"` // messages by the exporter's own count
	Messages  int64            `json:"messages"`            // by ours
	Rosters   []RosterChange   `json:"rosters,omitempty"`
	Preview   []Preview        `json:"preview,omitempty"`       // of a trial, the first Options.Show messages
	Missing   []string         `json:"missing_files,omitempty"` // that the file names and that were not there
	Reserved  []string         `json:"reservations,omitempty"`
	Error     string           `json:"error,omitempty"` // why reading stopped, in English
	Why       string           `json:"why,omitempty"`   // the same as a code of faults
	What      string           `json:"what,omitempty"`  // what that concerns
	Counts
}

// nears notes what was near something that is there. Left out, it waits for somebody's decision.
func (u *UnitReport) nears(n Nears) {
	if u.Nears = n; n.Found > 0 && !n.Kept {
		u.Reserved = append(u.Reserved, ReservedNear)
	}
}

// stop notes why reading a unit ended early.
func (u *UnitReport) stop(err error) {
	f := faultOf(err, "")
	u.Error, u.Reserved = f.Error(), append(u.Reserved, ReservedError)
	u.Why, u.What = f.Why()
}

// Members counts people by how sure their identity is.
type Members struct {
	Stable   int  `json:"stable"`
	NameOnly int  `json:"name_only"`
	More     bool `json:"more,omitempty"` // there are more; counting stopped at maxMembers
}

// Sentences are system sentences that were not understood, or not fully.
type Sentences struct {
	Unparsed int64    `json:"unparsed"`
	Doubtful int64    `json:"doubtful"` // understood, but not who is meant: names only
	Samples  []string `json:"samples,omitempty"`
}

// BadRow is a row that could not be read.
type BadRow struct {
	File  string `json:"file,omitempty"`
	Place int64  `json:"place"` // line, or ordinal in the list
	Why   string `json:"why"`   // a code of bad.go
	Text  string `json:"text"`  // its first 200 characters
}

// Gaps are silences of more than ten times the median silence.
type Gaps struct {
	Median int64 `json:"median_ms"` // of the silences above zero, to the next quarter of a power of two
	Count  int64 `json:"count"`     // exact up to the same step
	List   []Gap `json:"list,omitempty"`
}

// Gap is a silence.
type Gap struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

const (
	maxBadRows = 100
	maxMembers = 300_000
	maxGaps    = 20
)

// Reservations: codes of UnitReport.Reserved.
const (
	ReservedBad   = "bad_rows_over_1_percent"
	ReservedTotal = "own_total_differs"
	ReservedError = "stopped_early"
	ReservedNear  = "near_left_out"
	ReservedFiles = "files_missing"
)

// Reservations reports whether any unit was imported with reservations.
func (r *Report) Reservations() bool {
	for i := range r.Units {
		if len(r.Units[i].Reserved) > 0 {
			return true
		}
	}
	return false
}

// tally gathers a unit's report row by row, in memory that does not grow with the rows.
type tally struct {
	r       *UnitReport
	seed    maphash.Seed
	members map[uint64]bool // hash of id → stable
	last    int64
	silence [256]int64 // how many silences, by quarter of a power of two
	gaps    []Gap      // the longest, shortest first
}

func newTally(r *UnitReport) *tally {
	r.Types, r.Events = map[string]int64{}, map[string]int64{}
	return &tally{r: r, seed: maphash.MakeSeed(), members: map[uint64]bool{}}
}

func (t *tally) row(row *Row) {
	r := t.r
	r.Rows++
	r.Types[row.Kind]++
	switch {
	case row.Bad != "":
		t.bad(row)
	case row.Skip != "" || len(row.Events) == 0:
		r.Skipped++
		if r.Skips == nil {
			r.Skips = map[string]int64{}
		}
		r.Skips[row.Skip]++
	default:
		r.Extra += int64(len(row.Events) - 1)
		for i := range row.Events {
			t.event(&row.Events[i])
		}
	}
}

func (t *tally) bad(row *Row) {
	t.r.Bad++
	if len(t.r.BadRows) >= maxBadRows {
		return
	}
	raw := row.Raw[:min(len(row.Raw), 1000)]
	var facts Facts
	t.r.BadRows = append(t.r.BadRows, BadRow{row.File, row.Place, row.Bad, clipRunes(tidy(decodeLine(raw, &facts), &facts), 200)})
}

func (t *tally) event(ev *community.Inbound) {
	r := t.r
	r.Events[string(ev.Type)]++
	if r.From == 0 || ev.OccurredAt < r.From {
		r.From = ev.OccurredAt
	}
	r.To = max(r.To, ev.OccurredAt)
	t.member(&ev.Actor)
	t.member(&ev.Subject)
	t.member(&ev.By)
	if ev.Type == community.RosterRead {
		var list []community.Who
		if json.Unmarshal(ev.Body.Data, &list) == nil {
			for i := range list {
				t.member(&list[i])
			}
		}
	}
	if ev.Type == community.MessageCreated {
		t.silent(ev.OccurredAt)
	}
}

func (t *tally) member(w *community.Who) {
	if w.ID == "" {
		return
	}
	h := maphash.String(t.seed, w.ID)
	if _, ok := t.members[h]; ok {
		return
	}
	if len(t.members) >= maxMembers {
		t.r.Members.More = true
		return
	}
	stable := w.Certainty != community.NameOnly
	t.members[h] = stable
	if stable {
		t.r.Members.Stable++
	} else {
		t.r.Members.NameOnly++
	}
}

func (t *tally) silent(at int64) {
	gap := at - t.last
	from := t.last
	t.last = max(t.last, at)
	if from == 0 || gap <= 0 {
		return
	}
	t.silence[quarter(gap)]++
	if len(t.gaps) == maxGaps && gap <= t.gaps[0].To-t.gaps[0].From {
		return
	}
	i := sort.Search(len(t.gaps), func(i int) bool { return t.gaps[i].To-t.gaps[i].From >= gap })
	t.gaps = append(t.gaps, Gap{})
	copy(t.gaps[i+1:], t.gaps[i:])
	t.gaps[i] = Gap{from, at}
	if len(t.gaps) > maxGaps {
		t.gaps = t.gaps[1:]
	}
}

// quarter numbers the steps of a scale with four steps to each power of two.
func quarter(n int64) int {
	log := bits.Len64(uint64(n)) - 1
	if log < 2 {
		return int(n)
	}
	return log*4 + int(n>>(log-2))&3
}

// quarterFloor is the smallest number of a step.
func quarterFloor(q int) int64 {
	if q < 8 {
		return int64(q)
	}
	return int64(4+q%4) << (q/4 - 2)
}

// close turns what was gathered into the report's last fields.
func (t *tally) close(facts *Facts, err error) {
	r := t.r
	r.Version, r.Exporter, r.Ambiguous = facts.Version, facts.Exporter, facts.Ambiguous
	r.Zone, r.ZoneHow, r.NeedGroup = facts.Zone, facts.ZoneHow, facts.Guessed
	r.NeedZone = facts.ZoneHow == "guessed"
	r.Fixes, r.Messages = facts.Fixes, facts.Messages
	r.Sentences = Sentences{facts.Unparsed, facts.Doubtful, facts.Sentences}
	t.closeGaps()
	if facts.OwnTotal >= 0 {
		own := facts.OwnTotal
		r.OwnTotal = &own
		if own != facts.Messages {
			r.Reserved = append(r.Reserved, ReservedTotal)
		}
	}
	if r.Missing = facts.Missing; len(r.Missing) > 0 {
		r.Reserved = append(r.Reserved, ReservedFiles)
	}
	if r.Bad*100 > r.Rows {
		r.Reserved = append(r.Reserved, ReservedBad)
	}
	if err != nil {
		r.stop(err)
	}
}

func (t *tally) closeGaps() {
	var total, below int64
	for _, n := range t.silence {
		total += n
	}
	if total == 0 {
		return
	}
	g := &t.r.Gaps
	for q, n := range t.silence {
		if below += n; below*2 >= total {
			g.Median = quarterFloor(q)
			break
		}
	}
	for q := quarter(g.Median*10) + 1; q < len(t.silence); q++ {
		g.Count += t.silence[q]
	}
	for i := len(t.gaps) - 1; i >= 0; i-- {
		if gap := t.gaps[i]; gap.To-gap.From > g.Median*10 {
			g.List = append(g.List, gap)
		}
	}
}
