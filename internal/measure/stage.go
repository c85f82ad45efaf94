package measure

import (
	"math"
	"strings"

	"qunluo/internal/community"
)

// Stages of a group (methods.md §4).
const (
	StageBurst   = "burst"
	StageStable  = "stable"
	StageDecline = "decline"
	StageYoung   = "young"   // fewer than eight covered weeks: too young to say
	StageUnknown = "unknown" // the last weeks are not known well enough
)

// StageRules are what stages are told by.
type StageRules struct {
	YoungMonths int     `json:"young_months"` // up to this age the prior is burst
	OldMonths   int     `json:"old_months"`   // from this age on it is decline; between them stable
	NewShare    float64 `json:"new_share"`    // of speakers who are new: above it a rising group is in its burst
	Slope       float64 `json:"slope"`        // fall per week, as a share of the median, below which a decline may be told
	Level       float64 `json:"level"`        // of the 26 weeks' median, below which a decline may be told
	P           float64 `json:"p"`            // of the trend test
	Spam        float64 `json:"spam"`         // of messages that rules hit: above it a rise is no burst
	Alarm       float64 `json:"alarm"`        // limit of the sum that warns of a decline; higher = later and more seldom
}

// DefaultStageRules are those of methods.md §4; the limit of the warning was chosen on recorded rooms.
func DefaultStageRules() StageRules {
	return StageRules{YoungMonths: 3, OldMonths: 12, NewShare: 0.4, Slope: 0.03, Level: 0.7, P: 0.05, Spam: 0.2, Alarm: 2.25}
}

// Check says what is wrong with rules: community.CodeBadInput.
func (r StageRules) Check() error {
	share := func(v float64) bool { return v > 0 && v < 1 }
	switch {
	case r.YoungMonths < 1 || r.OldMonths <= r.YoungMonths || r.OldMonths > 240:
		return community.Errorf(community.CodeBadInput, "months: want 1 to 240, the second above the first")
	case !share(r.NewShare) || !share(r.Slope) || !share(r.Level) || !share(r.Spam) || !(r.P >= 0.001 && r.P <= 0.2):
		return community.Errorf(community.CodeBadInput, "shares: want above 0 and below 1; p: 0.001 to 0.2")
	case !(r.Alarm >= 1 && r.Alarm <= 20):
		return community.Errorf(community.CodeBadInput, "alarm: want 1 to 20")
	}
	return nil
}

const (
	stageWeeks = 8  // usable weeks of a trend
	stageReach = 12 // calendar weeks that they may be spread over
	levelWeeks = 26 // calendar weeks of the median that the level is compared with
	levelNow   = 4  // usable weeks of the level now
	burstDays  = 13 * 7
	monthDays  = 30.4375
)

// Stage is the verdict about a group, with what it rests on.
type Stage struct {
	Verdict  string // by the curve
	ByAge    string // the prior, by age alone
	Age      int    // days since the first day on record: the group is at least as old
	Usable   int    // weeks that speak; of Weeks
	Weeks    int
	Speakers Trend // weekly speakers of the last eight usable weeks
	Messages Trend // weekly messages of the same weeks
	NewShare Figure
	Level    float64 // median weekly speakers of the last four usable weeks
	Usual    float64 // median of the last 26 weeks' usable ones
	CoreThen Figure  // share of messages of the top 10 %: the first half of the eight weeks
	CoreNow  Figure  // the second half
	Spam     Figure  // share of the eight weeks' messages, recalled ones included, that rules hit and nobody found innocent
	Kept     Figure  // of who was new four weeks before, those who spoke: the eight weeks pooled
	Shifts   []Shift // At is an index of weeks
	Warning  Warning
}

// Differ reports whether age and curve say different things.
func (s Stage) Differ() bool {
	return s.ByAge != "" && s.Verdict != s.ByAge && s.Verdict != StageYoung && s.Verdict != StageUnknown
}

// Alarms reports whether somebody is to be told: a decline begins, or is there.
func (s Stage) Alarms() bool { return s.Warning.On || s.Verdict == StageDecline }

// Judge tells a group's stage by its weeks, the oldest first. Weeks that are not known, and those of known holidays, do not speak.
func Judge(weeks []Week, r StageRules) Stage {
	s := judge(weeks, r)
	s.Shifts = Shifts(speakersOf(weeks, usableOf(weeks)))
	return s
}

// usableOf are the weeks that speak.
func usableOf(weeks []Week) (usable []int) {
	for i, w := range weeks {
		if w.Usable() {
			usable = append(usable, i)
		}
	}
	return usable
}

// judge is Judge without the change points, which no verdict rests on.
func judge(weeks []Week, r StageRules) Stage {
	s := Stage{Weeks: len(weeks), Age: 7 * len(weeks), Verdict: StageYoung}
	s.ByAge = priorStage(float64(s.Age)/monthDays, r)
	usable := usableOf(weeks)
	s.Usable = len(usable)
	s.Warning = Warn(weeks, r)
	if len(usable) < stageWeeks {
		return s
	}
	last := usable[len(usable)-stageWeeks:]
	if last[0] < len(weeks)-stageReach {
		s.Verdict = StageUnknown
		return s
	}
	s.weigh(weeks, usable, last)
	s.Verdict = s.byCurve(r)
	return s
}

// priorStage is what age alone would say.
func priorStage(months float64, r StageRules) string {
	switch {
	case months == 0:
		return ""
	case months < float64(r.YoungMonths):
		return StageBurst
	case months < float64(r.OldMonths):
		return StageStable
	}
	return StageDecline
}

func speakersOf(weeks []Week, at []int) []Spot {
	list := make([]Spot, len(at))
	for i, n := range at {
		list[i] = Spot{n, float64(weeks[n].Speakers)}
	}
	return list
}

// weigh computes the numbers that the verdict rests on.
func (s *Stage) weigh(weeks []Week, usable, last []int) {
	s.Speakers = MannKendallCorrelated(speakersOf(weeks, last))
	said := make([]Spot, len(last))
	var fresh, spoke, kept, began, spam, sent float64
	top, all := [2]float64{}, [2]float64{}
	for i, n := range last {
		w, half := weeks[n], i*2/len(last)
		said[i] = Spot{n, float64(w.Messages)}
		fresh, spoke = fresh+float64(w.New), spoke+float64(w.Speakers)
		kept, began = kept+float64(w.Kept), began+float64(w.Fresh)
		spam, sent = spam+float64(min(w.Spam, w.Messages+w.Recalled)), sent+float64(w.Messages+w.Recalled)
		top[half], all[half] = top[half]+float64(w.Top), all[half]+float64(w.Messages)
	}
	s.Messages = MannKendallCorrelated(said)
	c := Coverage{len(last), len(weeks[last[0]:])}
	full := Coverage{len(last), len(last)}
	s.NewShare, s.Kept = ratio(fresh, spoke, Speakers, full), ratio(kept, began, Speakers, full)
	s.CoreThen, s.CoreNow = ratio(top[0], all[0], Speakers, full), ratio(top[1], all[1], Speakers, full)
	s.Spam = ratio(spam, sent, GroupDays, full)
	for _, f := range []*Figure{&s.NewShare, &s.Kept, &s.CoreThen, &s.CoreNow, &s.Spam} {
		f.Coverage = c
	}
	now := usable[len(usable)-levelNow:]
	s.Level = medianOf(valuesOf(speakersOf(weeks, now)))
	past := usable
	for len(past) > 0 && past[0] < len(weeks)-levelWeeks {
		past = past[1:]
	}
	s.Usual = medianOf(valuesOf(speakersOf(weeks, past)))
}

func (s *Stage) byCurve(r StageRules) string {
	rises := s.Speakers.Sen > 0
	fresh := s.NewShare.Withheld == "" && s.NewShare.Value > r.NewShare
	flooded := s.Spam.Withheld == "" && s.Spam.Value > r.Spam
	switch {
	case rises && !flooded && (s.Age < burstDays || fresh):
		return StageBurst
	case s.Speakers.P < r.P && s.Speakers.Sen < -r.Slope*s.Speakers.Median && s.Level < r.Level*s.Usual:
		return StageDecline
	}
	return StageStable
}

// Warning is how near a group is to being told to decline: a sum of how far each week falls short of what is usual, in
// standard deviations less an allowance, that starts anew at zero (CUSUM, Page 1954).
type Warning struct {
	On     bool
	Score  float64
	Limit  float64
	Since  int     // index of the week at which the sum left zero; -1 = it is zero
	Usual  float64 // speakers of a usual week
	Recent float64 // mean of the last two usable weeks
	Known  int     // weeks that the usual rests on
}

const (
	warnSpan      = 16   // usable weeks that the usual is learnt from
	warnLeast     = 8    // usable weeks that it needs
	warnLag       = 2    // the weeks right before one do not count as usual for it
	warnAllowance = 0.75 // standard deviations that a week may fall short
	warnDrop      = 0.75 // of the usual, that the last two weeks must be below
	warnFresh     = 12   // usable weeks after which a fall that lasts is taken for the new usual
	warnStale     = 4    // calendar weeks within which the last usable one must lie
	warnCap       = 3.0  // standard deviations that one week counts at most: one bad week alone warns of nothing
)

// Warn looks for a beginning decline of weekly speakers. Counts are taken as 2·√(x+3/8), whose spread hardly depends on their
// size (Anscombe 1948); the spread is that of the group, and at least that of chance.
func Warn(weeks []Week, r StageRules) Warning {
	w := Warning{Limit: r.Alarm, Since: -1}
	var at []int
	var y, raw []float64
	for i, one := range weeks {
		if one.Usable() {
			at, y, raw = append(at, i), append(y, 2*math.Sqrt(float64(one.Speakers)+0.375)), append(raw, float64(one.Speakers))
		}
	}
	usual, began := 0.0, 0
	for i := warnLeast + warnLag; i < len(y); i++ {
		past := y[max(0, i-warnLag-warnSpan) : i-warnLag]
		switch {
		case w.Since >= 0 && i-began >= warnFresh:
			w.Score, w.Since = 0, -1
		case w.Since >= 0: // what is usual is not learnt from the fall itself
			past = y[max(0, began-warnLag-warnSpan) : began-warnLag]
		}
		usual = medianOf(past)
		short := min((usual-y[i])/max(1, madOf(past)), warnCap) - warnAllowance
		if w.Score = max(0, w.Score+short); w.Score == 0 {
			w.Since = -1
		} else if w.Since < 0 {
			w.Since, began = at[i], i
		}
		w.Known = len(past)
	}
	if w.Known == 0 {
		return w
	}
	w.Usual = max(0, usual*usual/4-0.375)
	w.Recent = meanOf(raw[len(raw)-2:])
	w.On = w.Score > w.Limit && w.Recent < warnDrop*w.Usual && at[len(at)-1] >= len(weeks)-warnStale
	return w
}

// Ruling is a person's word about a group's stage; it stands beside what is reckoned, until its day.
type Ruling struct {
	ID      community.ID
	Group   community.GroupKey
	Stage   string // burst, stable or decline
	Reason  string
	User    string
	At      int64 // UTC ms
	Until   Day   // included
	Ended   int64 // UTC ms; 0 = nobody took it back
	EndedBy string
}

const mostRuling = 366 // days that a ruling holds at most

// Check says what is wrong with a ruling made on a day: community.CodeBadInput.
func (r Ruling) Check(today Day) error {
	switch {
	case r.Stage != StageBurst && r.Stage != StageStable && r.Stage != StageDecline:
		return community.Errorf(community.CodeBadInput, "stage: want burst, stable or decline")
	case strings.TrimSpace(r.Reason) == "" || len(r.Reason) > maxAdjust:
		return community.Errorf(community.CodeBadInput, "reason: want 1 to %d bytes", maxAdjust)
	case r.Until < today || r.Until > today+mostRuling:
		return community.Errorf(community.CodeBadInput, "until: want today or a day of the coming year")
	}
	return nil
}

// Holds reports whether a ruling is in force on a day.
func (r Ruling) Holds(today Day) bool { return r.Ended == 0 && today <= r.Until }

// StageLook is what a weekly look found.
type StageLook struct {
	Group   community.GroupKey
	Week    Day // its Monday
	Verdict string
	Warned  bool
	At      int64 // UTC ms
}
