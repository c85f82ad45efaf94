package community

import (
	"encoding/json"
	"slices"
)

// OutletKind is a kind of thing that outside systems are told of.
type OutletKind string

// Kinds, in the order in which forms offer them.
const (
	OutRequest   OutletKind = "request.came"
	OutJoined    OutletKind = "member.joined"
	OutLeft      OutletKind = "member.left"
	OutFlagged   OutletKind = "message.flagged" // a rule in force hit
	OutReport    OutletKind = "report.came"     // a member reports something
	OutAppeal    OutletKind = "appeal.came"
	OutDone      OutletKind = "action.done" // the platform took it
	OutFailed    OutletKind = "action.failed"
	OutTask      OutletKind = "task.opened"
	OutTaskDone  OutletKind = "task.done" // by a person, or it fell away
	OutTaskLate  OutletKind = "task.overdue"
	OutAlarm     OutletKind = "alarm.opened"
	OutRules     OutletKind = "rules.published"
	OutBroadcast OutletKind = "broadcast.finished"
	OutDigest    OutletKind = "digest.ready"

	OutTest OutletKind = "outlet.test" // nothing happened: does it arrive? Nobody chooses it
)

// OutletKinds lists those that may be chosen.
var OutletKinds = []OutletKind{OutRequest, OutJoined, OutLeft, OutFlagged, OutReport, OutAppeal, OutDone, OutFailed, OutTask, OutTaskDone, OutTaskLate, OutAlarm, OutRules, OutBroadcast, OutDigest}

// Outlet is an address of an outside system that is told of what happens.
type Outlet struct {
	Key     int64
	ID      ID
	Org     OrgKey
	User    ID // who answers for it; what they may no longer see is no longer told
	Login   string
	Name    string
	Host    string // of the address, which itself is sealed
	Sealed  []byte // an OutletSecret
	Kinds   []OutletKind
	Groups  []GroupKey // nil = all, those without a group included
	Texts   bool       // what members wrote goes along
	Paused  bool       // what happens is kept, and sent when it goes on
	Created int64      // UTC ms
	Since   int64      // UTC ms: what was before is not told
	Fails   int        // tries in a row that came to nothing
	Rest    int64      // UTC ms before which nothing is tried; 0 = none
	Good    int64      // UTC ms of the last that arrived; 0 = none
	Bad     int64      // UTC ms of the last that did not; 0 = none
	BadCode Code       // why
	Waiting int        // parcels that wait
	Dead    int        // parcels that were given up
}

// OutletSecret is what of an outlet is sealed.
type OutletSecret struct {
	URL    string `json:"url"`
	Secret string `json:"secret"`           // whsec_ and the base64 of the key
	Before string `json:"before,omitempty"` // the one before: signs beside it until Until (UTC ms)
	Until  int64  `json:"until,omitempty"`
}

// Wants reports whether an outlet is told of something. group 0 is what concerns no single group.
func (o *Outlet) Wants(kind OutletKind, group GroupKey, at int64) bool {
	return slices.Contains(o.Kinds, kind) && at >= o.Since && (o.Groups == nil || slices.Contains(o.Groups, group))
}

// Happening is something that outlets may be told of.
type Happening struct {
	Org   OrgKey
	Kind  OutletKind
	Ref   string // names it for good
	Group GroupKey
	Event int64 // number in the log, from which texts are read; 0 = it has none
	At    int64 // UTC ms
	Data  OutletData
}

// OutletData is what an outside system is told: ids to ask for more by, and few words.
type OutletData struct {
	Group     string   `json:"group_id,omitempty"`
	Member    string   `json:"member_id,omitempty"`
	Event     int64    `json:"event,omitempty"`
	Decision  string   `json:"decision_id,omitempty"`
	Rules     []string `json:"rules,omitempty"`
	Action    string   `json:"action_id,omitempty"`
	Verb      string   `json:"verb,omitempty"`
	State     string   `json:"state,omitempty"`
	Task      string   `json:"task_id,omitempty"`
	Due       int64    `json:"due,omitempty"` // UTC ms
	Alarm     string   `json:"alarm_id,omitempty"`
	Alarmed   string   `json:"alarm_kind,omitempty"`
	Subject   string   `json:"subject,omitempty"` // "report:", "appeal:" or "digest:" and its id; what an alarm is about
	Broadcast string   `json:"broadcast_id,omitempty"`
	Text      string   `json:"text,omitempty"` // what a member wrote, where the outlet is told texts
}

// ParcelState says how a parcel stands.
type ParcelState string

// States of a parcel.
const (
	ParcelWaiting ParcelState = "waiting"
	ParcelSent    ParcelState = "sent" // the receiver answered 2xx
	ParcelDead    ParcelState = "dead" // given up: a person may send it again
)

// ParcelStates lists them.
var ParcelStates = []ParcelState{ParcelWaiting, ParcelSent, ParcelDead}

// Parcel is one thing told to one outlet. Its id is the same for every try.
type Parcel struct {
	ID       ID
	Outlet   int64
	Ref      string
	Kind     OutletKind
	Group    GroupKey
	Event    int64
	At       int64 // UTC ms: when it happened
	Made     int64
	Body     json.RawMessage // an OutletData without text
	State    ParcelState
	Attempts int
	Next     int64 // UTC ms: not tried before
	Tried    int64 // UTC ms of the last try; 0 = none
	Took     int64 // ms that the last try took
	Status   int   // of the last answer; 0 = none came
	Code     Code  // of the last try; "" = it arrived, or none was made
	Note     string
}

// Bounds of parcels.
const (
	ParcelTries = 8                  // then it is given up
	ParcelLives = 72 * 3600_000      // ms after which it is given up, tried or not
	ParcelKept  = 30 * 24 * 3600_000 // ms that the log of deliveries goes back
	outletRest  = 15 * 60_000        // ms: a receiver that fails is asked again at the latest after so long
)

// parcelPauses are the pauses after each try, in seconds: a little over ten hours until the last.
var parcelPauses = []int64{10, 60, 300, 900, 3600, 3 * 3600, 6 * 3600}

// ParcelPause is how long (ms) a parcel waits after its nth try (from 1) came to nothing.
func ParcelPause(n int) int64 {
	return parcelPauses[min(max(n, 1), len(parcelPauses))-1] * 1000
}

// Gone reports whether a parcel is given up after its last try.
func (p *Parcel) Gone(now int64) bool {
	return p.Attempts >= ParcelTries || now-p.Made >= ParcelLives
}

// OutletRest is how long (ms) nothing is sent to an address that failed n times in a row.
func OutletRest(n int) int64 { return min(ParcelPause(n), outletRest) }
