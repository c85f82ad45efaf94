package community

// HoldSuspicion is why an action waits for a person: weak evidence.
const HoldSuspicion = "suspicion"

// HitRules are an organisation's rules for telling whoever is on duty about hits.
type HitRules struct {
	Off     bool `json:"off,omitempty"` // nobody is told
	Minutes int  `json:"minutes"`       // between two notices about one group
	Dry     int  `json:"dry"`           // dry hits of a group within an hour, from which on people are told
	All     bool `json:"all,omitempty"` // also of hits that were dealt with by themselves
}

// Or gives the rules with their defaults: ten minutes, twenty dry hits.
func (r HitRules) Or() HitRules {
	if r.Minutes == 0 {
		r.Minutes = 10
	}
	if r.Dry == 0 {
		r.Dry = 20
	}
	return r
}

// Reasons why whoever is on duty is told of a hit, or is not.
const (
	NoticeSuspect = "suspect" // weak evidence: a person must look
	NoticeReport  = "report"  // members reported it
	NoticeHeld    = "held"    // an action waits to be let go
	NoticeFault   = "fault"   // a rule failed
	NoticeDry     = "dry"     // one of many dry hits
	NoticeActed   = "acted"   // dealt with by itself
	NoticeOff     = "off"     // nobody is to be told
)

// NoticeOf says why a decision needs a person; NoticeActed = it does not.
func NoticeOf(d *Decision) string {
	suspects := false
	for _, a := range d.Actions {
		switch a.Hold {
		case "":
		case HoldSuspicion:
			suspects = true
		default:
			return NoticeHeld
		}
	}
	switch {
	case d.Report != nil && d.Report.Raised:
		return NoticeReport
	case d.Verdict == Faulted:
		return NoticeFault
	case suspects, d.Verdict == Hit && len(d.Strikes) == 0 && len(d.Actions) == 0:
		return NoticeSuspect
	}
	return NoticeActed
}

// HitNotice is whether somebody was told of a hit.
type HitNotice struct {
	Why    string // "" = it is not settled yet whether anybody is told
	Alarm  ID     // zero = nobody was to be told
	Asked  int64  // when an alarm was opened about it, UTC ms
	Told   int64  // when somebody was told first; 0 = nobody was
	User   string
	Way    string
	Holder string // who took it on
}

// WaitingHit is a decision of which nobody has been told yet.
type WaitingHit struct {
	Decision
	Org       OrgKey
	GroupName string
}
