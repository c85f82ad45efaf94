package community

// Verdict is what came of looking at an event.
type Verdict string

// Verdicts.
const (
	Hit     Verdict = "hit"     // a live rule hit; there may be a strike and actions
	DryHit  Verdict = "dry"     // only dry rules hit: recorded, nothing done
	Spared  Verdict = "spared"  // a rule hit but the member is immune or the text allowed
	Served  Verdict = "served"  // welcome, keyword reply: something was answered, nobody was at fault
	Faulted Verdict = "faulted" // a rule panicked: nothing was changed
	Judged  Verdict = "judged"  // a person's decision carried out
)

// Span is a part of Body.Text in bytes, [Start, End).
type Span struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// RuleHit says that a rule found what it looks for.
type RuleHit struct {
	Rule  string `json:"rule"`
	Kind  string `json:"kind"`
	Spans []Span `json:"spans,omitempty"`
	Dry   bool   `json:"dry,omitempty"`
	Why   string `json:"why,omitempty"`   // code with figures: "flood 60s 12>10"
	Chose bool   `json:"chose,omitempty"` // this hit gave the consequence

	Words []HitWord `json:"words,omitempty"` // which words of word lists were found
	Near  []int64   `json:"near,omitempty"`  // numbers of the earlier events that it resembles, newest first
}

// HitWord names a word of a word list as a hit found it.
type HitWord struct {
	List    string `json:"list"`              // id of the list
	Version int    `json:"version,omitempty"` // the list's version in the book then in force
	Word    int64  `json:"word"`              // the word's number within its list
}

// Strike (违规记分) is a row, never a counter.
type Strike struct {
	ID       ID        `json:"id"`
	Decision ID        `json:"decision"`
	Group    GroupKey  `json:"group"`
	Member   MemberKey `json:"member"`
	Rule     string    `json:"rule"`
	Book     int       `json:"book"`              // rulebook version
	Article  int       `json:"article,omitempty"` // of that version, on which it rests; 0 = none
	Event    int64     `json:"event"`             // number of the evidence event
	User     string    `json:"user,omitempty"`
	At       int64     `json:"at"`
	Expires  int64     `json:"expires"`
}

// Decision is what a step says about one event, with reasons. Its ID is derived, never random.
type Decision struct {
	ID        ID        `json:"id"`
	Decider   string    `json:"decider"`
	Group     GroupKey  `json:"group"`
	Event     int64     `json:"event"` // number
	Seq       int64     `json:"seq"`
	At        int64     `json:"at"`
	Member    MemberKey `json:"member,omitempty"`
	Book      int       `json:"book,omitempty"` // rulebook version in force
	Verdict   Verdict   `json:"verdict"`
	Hits      []RuleHit `json:"hits,omitempty"`
	Rung      int       `json:"rung,omitempty"`    // of the ladder, from 1
	Article   int       `json:"article,omitempty"` // of that version, on which a sanction rests; 0 = none
	Strikes   []Strike  `json:"strikes,omitempty"`
	Actions   []Action  `json:"actions,omitempty"`
	Confirmed int       `json:"confirmed,omitempty"` // the version of the rules that the member agreed to by this
	Revoke    []ID      `json:"revoke,omitempty"`    // strikes that no longer count
	Cancel    []ID      `json:"cancel,omitempty"`    // actions not to be carried out any more
	Undoes    ID        `json:"undoes,omitzero"`     // the decision that this one undoes
	User      string    `json:"user,omitempty"`
	Why       string    `json:"why,omitempty"`
	Wakes     []Wake    `json:"wakes,omitempty"`
	Alarm     string    `json:"alarm,omitempty"` // whoever is on duty is alarmed: the figures

	Report *ReportWeighed `json:"report,omitempty"` // about a report: what it weighs
}

// About is the number of the event that a decision is about: of a report, the message reported.
func (d *Decision) About() int64 {
	if d.Report != nil && d.Report.Event != 0 {
		return d.Report.Event
	}
	return d.Event
}

// Wake asks for a timer.fired event at a later time. Key is unique per group: asking twice gives one.
type Wake struct {
	Key string `json:"key"`
	At  int64  `json:"at"`
}
