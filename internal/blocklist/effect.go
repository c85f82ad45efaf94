package blocklist

import (
	"slices"

	"qunluo/internal/community"
)

// Effect is what a list does to somebody who comes.
type Effect string

// Effects.
const (
	Off    Effect = "off"    // nothing, and nothing is noted
	Dry    Effect = "dry"    // it is only noted
	Hold   Effect = "hold"   // a person is asked
	Refuse Effect = "refuse" // a request is refused; of somebody who is in already a person is asked
)

// Effects lists them as forms offer them.
var Effects = []Effect{Off, Dry, Hold, Refuse}

// DryDays is how long a new subscription only notes, unless a group was switched on.
const DryDays = 7

// In says what a list does in a group: what was set there; else what was chosen when it was subscribed to, after the dry days.
func In(set, later Effect, subscribed, now int64) Effect {
	switch {
	case set != "":
		return set
	case now < subscribed+DryDays*dayMillis:
		return Dry
	}
	return later
}

// Live reports whether an entry counts at a moment.
func (e Entry) Live(now int64) bool { return e.Added <= now+maxSkew && now < e.Expires }

// Mine is an entry of our own list, with the account plain: it is hashed when the list is made.
type Mine struct {
	Platform  community.Platform
	External  string
	Class     string
	Evidence  int
	Added     int64
	Expires   int64
	Withdrawn int64 // UTC ms; 0 = it stands
	Why       string
	User      string
	Name      string // what we call them here; it leaves the house never
}

// Check says what is wrong with an entry: community.CodeBadInput.
func (m Mine) Check() error {
	switch {
	case m.Platform == "" || m.External == "" || len(m.External) > 200:
		return community.Errorf(community.CodeBadInput, "account: want a platform and an id")
	case !slices.Contains(Classes, m.Class):
		return community.Errorf(community.CodeBadInput, "class: want one of %v", Classes)
	case m.Expires <= m.Added || m.Expires-m.Added > maxDays*dayMillis:
		return community.Errorf(community.CodeBadInput, "expires: want 1 to %d days", maxDays)
	case m.Evidence < 0 || m.Evidence > 1_000_000:
		return community.Errorf(community.CodeBadInput, "evidence: want a number")
	}
	return nil
}

// Make puts our own entries into a document.
func Make(d Document, mine []Mine) Document {
	for _, m := range mine {
		if m.Withdrawn == 0 {
			d.Entries = append(d.Entries, Entry{ID: Name(m.Platform, m.External, d.Salt, d.Hashed), Class: m.Class, Evidence: m.Evidence, Added: m.Added, Expires: m.Expires})
		}
	}
	return d
}

// Subscription is a list of somebody else's that we follow.
type Subscription struct {
	ID      community.ID     `json:"id"`
	Org     community.OrgKey `json:"-"`
	Name    string           `json:"name"` // what we call it
	URL     string           `json:"url"`
	Key     string           `json:"key"` // pinned
	NewKey  string           `json:"new_key,omitempty"`
	State   string           `json:"state"` // on; stopped = its key changed
	List    string           `json:"list"`
	Version int64            `json:"version"`
	Digest  string           `json:"-"`
	Salt    string           `json:"-"`
	Hashed  bool             `json:"hashed"`
	Later   Effect           `json:"later"` // after the dry days
	Entries int              `json:"entries"`
	Created int64            `json:"created"`
	Tried   int64            `json:"tried"`
	Fetched int64            `json:"fetched"`
	Error   string           `json:"error"` // code of the last failed try
	User    string           `json:"user"`
}

// Known is what is known of its list.
func (s Subscription) Known() Known {
	return Known{Key: s.Key, List: s.List, Version: s.Version, Digest: s.Digest}
}

// Hit is somebody who was found on a list.
type Hit struct {
	Subscription community.ID
	Source       string
	Group        community.GroupKey
	GroupName    string
	Member       community.MemberKey
	MemberID     community.ID
	MemberName   string
	Class        string
	Effect       string // dry, hold, refuse, allowed
	Request      bool
	Decision     community.ID
	At           int64
}
