package bulk

import (
	"encoding/json"
	"slices"

	"qunluo/internal/community"
)

// State is where a proposal stands.
type State string

// States of proposals.
const (
	Waiting   State = "waiting"   // for a second person
	Approved  State = "approved"  // for its time to start
	Running   State = "running"   // under way
	Done      State = "done"      // as far as it went
	Stopped   State = "stopped"   // the rest is not done
	Refused   State = "refused"   // the second person said no
	Expired   State = "expired"   // nobody answered in time
	Withdrawn State = "withdrawn" // called off before it started
	Undoing   State = "undoing"   // what was done is being taken back
	Undone    State = "undone"    // what could be taken back is
)

// States lists them as filters offer them.
var States = []State{Waiting, Approved, Running, Done, Stopped, Refused, Expired, Withdrawn, Undoing, Undone}

// Open reports whether something is still to come of it by itself or by a person's word.
func (s State) Open() bool { return s == Waiting || s == Approved || s == Running || s == Undoing }

// may is the table of what may follow what.
var may = map[State][]State{
	Waiting:  {Approved, Refused, Expired, Withdrawn},
	Approved: {Running, Withdrawn, Done},
	Running:  {Done, Stopped},
	Done:     {Undoing},
	Stopped:  {Undoing},
	Undoing:  {Undone},
}

// MayBecome reports whether one state may follow another.
func MayBecome(from, to State) bool { return slices.Contains(may[from], to) }

// Params are what is to be done, beside to whom.
type Params struct {
	Seconds int64           `json:"seconds,omitempty"` // mute
	Block   bool            `json:"block,omitempty"`   // remove: and refuse new requests
	Rule    string          `json:"rule,omitempty"`    // strike: under this rule's ladder
	Article string          `json:"article,omitempty"` // strike: what it enforces
	Event   int64           `json:"event,omitempty"`   // strike: the message it rests on; 0 = their last
	Tag     string          `json:"tag,omitempty"`
	Stay    bool            `json:"stay,omitempty"`  // tag and untag: the stay in each group, not the person
	Ref     community.ID    `json:"ref,omitzero"`    // send: the mass send
	Path    string          `json:"path,omitempty"`  // export: what is fetched
	Order   json.RawMessage `json:"order,omitempty"` // lockdown and loosen: as their rooms read it
	Groups  int             `json:"groups,omitempty"`
}

// maxTag bounds a tag, in bytes.
const maxTag = 100

// Check says what is wrong with what is to be done: community.CodeBadInput.
func (p Params) Check(k Kind) error {
	switch {
	case k == Mute && (p.Seconds < 1 || p.Seconds > 30*24*3600):
		return refuse(community.CodeBadInput, "禁言时长要在 1 秒到 30 天之间。", "mute: want 1 s to 30 days")
	case (k == Tag || k == Untag) && (p.Tag == "" || len(p.Tag) > maxTag):
		return refuse(community.CodeBadInput, "标签要有 1 到 %d 字节。", "tag: want 1 to %d bytes", maxTag)
	}
	return nil
}

// Left is how many are left out for one reason, with some of their names.
type Left struct {
	Why   string   `json:"why"`
	N     int      `json:"n"`
	Names []string `json:"names,omitempty"`
}

// Proposal is one run over many. Total is counted as its kind is; People are those in it or behind it, as an estimate.
type Proposal struct {
	ID       community.ID     `json:"id"`
	Org      community.OrgKey `json:"-"`
	Kind     Kind             `json:"kind"`
	State    State            `json:"state"`
	User     string           `json:"user"` // who wants it
	Reason   string           `json:"reason"`
	Params   Params           `json:"params"`
	Total    int              `json:"total"`
	People   int64            `json:"people"`
	Out      []Left           `json:"left_out,omitempty"` // who was left out when it was proposed
	Second   bool             `json:"second"`             // it needed a second person
	Created  int64            `json:"created"`
	Expires  int64            `json:"expires"`
	Decided  int64            `json:"decided"`
	Decider  string           `json:"decider"`
	Answer   string           `json:"answer"`
	Starts   int64            `json:"starts"`
	Began    int64            `json:"began"`
	Ended    int64            `json:"ended"`
	EndedBy  string           `json:"ended_by"`
	Note     string           `json:"note"` // why it ended otherwise than as wanted, or who ended it and why
	Progress Progress         `json:"progress"`
}

// Progress counts what became of the people of a run.
type Progress struct {
	Planned int `json:"planned"`
	Done    int `json:"done"`
	Left    int `json:"left_out"` // when their turn came
	Failed  int `json:"failed"`
	Undone  int `json:"undone"`
	Kept    int `json:"kept"` // could not be taken back
}

// Person is somebody who signs in, as far as the guard asks.
type Person struct {
	ID    string
	Known bool // by name and password, not only as whoever sits at the machine
	Owner bool
	On    bool
}

// Open gives a proposal as it begins: it waits for a second person, or for its time. Whoever is not known by name can be one
// of two no more than anybody can be both: community.CodeForbidden.
func Open(p Proposal, need Need, r Rules, who Person, now int64) (Proposal, error) {
	p.Created, p.Second, p.State = now, need.Second, Waiting
	p.Expires = now + int64(r.Expiry)*3600_000
	if !need.Second {
		p.State, p.Starts = Approved, now+need.Cool
		return p, nil
	}
	if !who.Known || !who.On {
		return p, refuse(community.CodeForbidden, "这么多要由两个知道姓名的人确认：请先说明你是谁（登录，或加 --as 登录名）。", "so many need two people, each known by name: say who you are (sign in, or add --as LOGIN)")
	}
	return p, nil
}

// MayDecide says whether a person may be the second: community.CodeForbidden for whoever proposed it, is not known by name or
// has not the role; CodeConflict when it does not wait.
func MayDecide(p Proposal, who Person, now int64) error {
	switch {
	case p.State != Waiting:
		return refuseIn(p.State, "它%s，不在等人确认。", "it is %s and waits for nobody")
	case now >= p.Expires:
		return refuse(community.CodeLate, "确认的期限已过。", "its time to be decided is over")
	case who.ID == p.User:
		return refuse(community.CodeForbidden, "提交的人不能当第二个人。", "whoever proposed it cannot be the second person")
	case !who.Known || !who.On:
		return refuse(community.CodeForbidden, "第二个人必须是知道姓名、没有停用的用户。", "the second person must be known by name, and not switched off")
	case !who.Owner && OwnersOnly(p.Kind):
		return refuse(community.CodeForbidden, "这一类要由所有者当第二个人。", "an owner must be the second person")
	}
	return nil
}

// OwnersOnly reports whether only an owner may propose or confirm a kind: what leaves the house, and the limits themselves.
func OwnersOnly(k Kind) bool { return k == Export || k == Loosen }

// Decide gives the proposal after a second person's word.
func Decide(p Proposal, who Person, yes bool, answer string, r Rules, now int64) (Proposal, error) {
	if err := MayDecide(p, who, now); err != nil {
		return p, err
	}
	p.Decided, p.Decider, p.Answer, p.State = now, who.ID, answer, Refused
	if yes {
		p.State, p.Starts = Approved, now+int64(r.Limits[p.Kind].Cool)*60_000
	}
	return p, nil
}

// End gives the proposal in another state that somebody wants. community.CodeConflict when that may not follow.
func End(p Proposal, to State, user, note string, now int64) (Proposal, error) {
	if !MayBecome(p.State, to) {
		return p, &Refusal{community.CodeConflict, [2]string{"它" + stateWords[p.State] + "，不能再这样改。", "it is " + string(p.State) + " and cannot become " + string(to)}}
	}
	p.State = to
	if to == Running {
		p.Began = now
		return p, nil
	}
	p.Ended, p.EndedBy = now, user
	if note != "" {
		p.Note = note
	}
	return p, nil
}

// Fetchable says whether an export may be fetched: by whoever asked for it, the very same, within a day of the yes.
func Fetchable(p Proposal, user, path string, now int64) error {
	switch {
	case p.Kind != Export || p.Params.Path != path:
		return refuse(community.CodeNotFound, "当时申请导出的不是这一份。", "it was asked for something else")
	case p.User != user:
		return refuse(community.CodeForbidden, "只有申请的人可以取。", "only who asked for it may fetch it")
	case p.State != Done:
		return refuseIn(p.State, "它%s。", "it is %s")
	case now > max(p.Decided, p.Created)+24*3600_000:
		return refuse(community.CodeLate, "同意后一天内可以取，现在过期了，请重新申请。", "it could be fetched for a day: ask again")
	}
	return nil
}

// Item is one person of a run, in one group; of an undo one decision.
type Item struct {
	N        int                 `json:"n"`
	Group    community.GroupKey  `json:"-"`
	Member   community.MemberKey `json:"-"`
	Ref      community.ID        `json:"ref,omitzero"` // undo: the decision
	State    string              `json:"state"`        // planned, done, left_out, failed, undone, kept
	Why      string              `json:"why"`
	Decision community.ID        `json:"decision,omitzero"` // that carries it
	At       int64               `json:"at"`
	Name     string              `json:"name"`
	MemberID community.ID        `json:"member"`
	InGroup  string              `json:"group"`
}

// Waits is the error of what must wait for a second person: it was proposed instead.
type Waits struct {
	Proposal community.ID
	Err      error
}

// Error says it.
func (w *Waits) Error() string { return w.Err.Error() }

// Unwrap gives the words and the code.
func (w *Waits) Unwrap() error { return w.Err }

// Order is what somebody wants done to many: to the members whom a filter finds or who were picked, or (Undo) to what a filter
// of decisions finds.
type Order struct {
	Kind      Kind
	Params    Params
	Members   community.MemberFilter
	Picked    []community.ID // of members; empty = all whom the filter finds
	Decisions community.DecisionFilter
	Expect    int // how many the preview said; another number now is CodeConflict. 0 = nobody saw a preview
}

// Preview is what an order would do now.
type Preview struct {
	Items  []Item // who is in it
	Out    []Left // who is left out, and why
	Need   Need
	Err    error // why it cannot be done as it stands: a cap
	People int64
	Spent  Spent
	Limit  Limit
	Others int // people who could be the second
}
