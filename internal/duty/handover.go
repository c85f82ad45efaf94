package duty

import (
	"encoding/json"
	"strings"

	"qunluo/internal/community"
)

// HandKind is a kind of thing that somebody who leaves hands over.
type HandKind string

// Kinds of things, in the order they are handed over: first what is ours alone, then what a platform must do.
const (
	HandTask      HandKind = "task"      // claimed by them
	HandAlarm     HandKind = "alarm"     // taken by them; it goes to the next on duty
	HandShift     HandKind = "shift"     // weekly
	HandSwap      HandKind = "swap"      // a change of the roster still to come
	HandBroadcast HandKind = "broadcast" // a mass send of theirs that is not over
	HandSOP       HandKind = "sop"
	HandCode      HandKind = "code"
	HandGroup     HandKind = "group"    // owned on its platform
	HandContacts  HandKind = "contacts" // those of one employee (企业微信)
)

// Ours reports whether the thing is handed over by writing it down; else a platform or a person must do it.
func (k HandKind) Ours() bool { return k != HandGroup && k != HandContacts }

// HandState is how far an item is.
type HandState string

// States of an item.
const (
	HandOpen   HandState = "open"
	HandDone   HandState = "done"
	HandFailed HandState = "failed" // Why and Detail say why; it can be tried again
	HandAsked  HandState = "asked"  // a person's task is open
)

// Why an item is not done, as codes that doors say in words.
const (
	NobodyThere = "nobody_there" // the taker has no account on that platform
	Changed     = "changed"      // it is not theirs any more
	NotRunning  = "unreachable"  // the connection is not open
	SaidNo      = "refused"      // the platform refused; Detail holds its words
	NoAnswerYet = "unknown"      // no answer: look there before trying again
	Dropped     = "dropped"      // the person asked said no, or let the task pass
)

// HandDetail is what a platform said.
type HandDetail struct {
	Say  [2]string  `json:"say,omitempty"`  // Chinese, English
	Rows [][]string `json:"rows,omitempty"` // id, code, words
}

// HandItem is one thing that is handed over.
type HandItem struct {
	N        int
	Kind     HandKind
	Subject  string // its id
	Name     string
	Platform community.Platform
	Group    community.GroupKey
	Account  community.AccountKey // whose connection can do it; 0 = none can
	From, To string               // ids there: the user's, or the platform's
	State    HandState
	Why      string
	Detail   HandDetail
	Rest     []string // what is left to try of it; nil = all
	Action   community.ID
	Tried    int
	Updated  int64
}

// Handover is somebody's leaving, with what they owned.
type Handover struct {
	ID                   community.ID
	Org                  community.OrgKey
	FromUser, ToUser     string // community.User.ID as text; "" = nobody who signs in
	FromMember, ToMember community.MemberKey
	Reason               string
	By                   string
	Created              int64
	Items                []HandItem
}

// Check says what is wrong with a handover: CodeBadInput.
func (h Handover) Check() error {
	switch {
	case h.FromUser == "" && h.FromMember == 0:
		return community.Errorf(community.CodeBadInput, "from: nobody leaves")
	case h.FromUser != "" && (h.ToUser == "" || h.ToUser == h.FromUser):
		return community.Errorf(community.CodeBadInput, "to: want another person who signs in")
	case h.FromMember != 0 && (h.ToMember == 0 || h.ToMember == h.FromMember):
		return community.Errorf(community.CodeBadInput, "to: want another member")
	case strings.TrimSpace(h.Reason) == "":
		return community.Errorf(community.CodeBadInput, "reason: needed")
	}
	return nil
}

// HandCount is how many items stand how.
type HandCount struct {
	Open, Done, Failed, Asked int
}

// Count counts items by state.
func (h Handover) Count() HandCount {
	var c HandCount
	for _, it := range h.Items {
		switch it.State {
		case HandOpen:
			c.Open++
		case HandDone:
			c.Done++
		case HandFailed:
			c.Failed++
		case HandAsked:
			c.Asked++
		}
	}
	return c
}

// Answered says what came of items of which a platform answered with those it did not hand over: the id, a code ("" = no
// answer) and words each. An item is one whole (a group, named by its platform id in ids) or, with a count of parts, a lot.
func Answered(it HandItem, said [2]string, rows [][]string) HandItem {
	it.Tried++
	it.Detail, it.Rest, it.Why, it.State = HandDetail{Say: said}, nil, "", HandDone
	for _, row := range rows {
		if len(row) < 3 {
			continue
		}
		it.State = HandFailed
		if it.Why == "" || row[1] != "" {
			it.Why = map[bool]string{true: NoAnswerYet, false: SaidNo}[row[1] == ""]
		}
		it.Rest = append(it.Rest, row[0])
		if len(it.Detail.Rows) < maxHandRows {
			it.Detail.Rows = append(it.Detail.Rows, row[:3])
		}
	}
	return it
}

// maxHandRows bounds how many of a platform's refusals an item keeps the words of.
const maxHandRows = 200

// Raw is the stored form of a detail.
func (d HandDetail) Raw() json.RawMessage {
	raw, _ := json.Marshal(d) // plain values
	return raw
}
