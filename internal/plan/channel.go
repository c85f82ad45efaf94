package plan

import (
	"cmp"
	"slices"
	"strings"

	"qunluo/internal/community"
)

// Channel is one way of a manuscript: ChannelPage, one official account's draft box ("mp:" and the account's id), or the groups of one
// platform ("groups:" and the platform).
type Channel string

// ChannelPage is the page of our own.
const ChannelPage Channel = "page"

const (
	boxChannel    = "mp:"
	groupsChannel = "groups:"
)

// BoxChannel is the draft box of an official account.
func BoxChannel(account community.ID) Channel { return Channel(boxChannel + account.String()) }

// GroupsChannel are the groups of a platform.
func GroupsChannel(p community.Platform) Channel { return Channel(groupsChannel + string(p)) }

// Box gives the official account whose draft box a channel is.
func (c Channel) Box() (community.ID, bool) {
	text, ok := strings.CutPrefix(string(c), boxChannel)
	id, err := community.ParseID(text)
	return id, ok && err == nil
}

// Groups gives the platform whose groups a channel is.
func (c Channel) Groups() (community.Platform, bool) {
	p, ok := strings.CutPrefix(string(c), groupsChannel)
	return community.Platform(p), ok && p != ""
}

// rank orders channels: the page first, whose address others may tell; then draft boxes; then groups.
func (c Channel) rank() int {
	_, box := c.Box()
	switch {
	case c == ChannelPage:
		return 0
	case box:
		return 1
	}
	return 2
}

// Channels lists the channels of a manuscript in the order in which it goes: groups are those that its filter means now.
func (t To) Channels(groups []community.GroupRow) []Channel {
	var out []Channel
	if t.Page {
		out = append(out, ChannelPage)
	}
	for _, a := range t.Accounts {
		if c := BoxChannel(a); !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	if t.Groups {
		var of []Channel
		for _, g := range groups {
			if c := GroupsChannel(g.Platform); !slices.Contains(of, c) {
				of = append(of, c)
			}
		}
		slices.Sort(of)
		out = append(out, of...)
	}
	return out
}

// SortChannels puts channels into the order in which a manuscript goes.
func SortChannels(list []Channel) {
	slices.SortFunc(list, func(a, b Channel) int { return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a, b)) })
}

// ChannelState is where a manuscript stands in one channel.
type ChannelState string

// States. Kept are ChannelGoing, ChannelSent, ChannelTask, ChannelFailed, ChannelUnsure and ChannelWithdrawn; what became of a mass send or a task since is read from it.
const (
	ChannelIdle      ChannelState = "idle" // nobody sent it there
	ChannelGoing     ChannelState = "going"
	ChannelWaiting   ChannelState = "waiting" // for its time, for a second person, or for the guard
	ChannelTask      ChannelState = "task"    // a person has it to do
	ChannelSent      ChannelState = "sent"
	ChannelHand      ChannelState = "hand"   // a person did it
	ChannelPartly    ChannelState = "partly" // some groups have it, others will not get it unless it is sent again
	ChannelFailed    ChannelState = "failed"
	ChannelUnsure    ChannelState = "unsure" // the answer was lost: it is looked for before it is sent again
	ChannelWithdrawn ChannelState = "withdrawn"
)

// Went is what is kept of a manuscript in one channel.
type Went struct {
	Channel Channel
	State   ChannelState
	Version int          // of the manuscript, that went
	Ref     community.ID // of the mass send (made before it goes, so that it goes once), or of the task; zero = none
	Handle  string       // the draft's id at the platform, or the page's code
	Steps   []byte       // JSON: what was done at the platform so far, so that it is not done twice
	Code    community.Code
	Why     [2]string // in the platform's or our words, Chinese and English; empty = nothing is wrong
	User    string
	At      int64
	Tries   int
}

// claimFor is how long one who sends a manuscript has a channel alone, in milliseconds: who died meanwhile gives it up.
const claimFor = 5 * minuteMS

// MayGo says whether a manuscript of a version may be sent into a channel now: CodeConflict where it went, or is on its way. Pages and draft boxes
// take a later version in the place of an earlier one; groups never get it twice.
func (w Went) MayGo(version int, now int64) error {
	_, groups := w.Channel.Groups()
	switch w.State {
	case "", ChannelIdle, ChannelFailed, ChannelUnsure, ChannelWithdrawn:
		return nil
	case ChannelGoing:
		if now-w.At > claimFor {
			return nil
		}
		return community.Errorf(community.CodeConflict, "%s: it is on its way", w.Channel)
	}
	if !groups && version > w.Version {
		return nil
	}
	return community.Errorf(community.CodeConflict, "%s: it went there already", w.Channel)
}

// Standing is where a manuscript stands in a channel, given what its mass send counts (hand: of those sent, by a person) or the state of its task.
func (w Went) Standing(send Broadcast, hand int, task string) ChannelState {
	_, groups := w.Channel.Groups()
	switch {
	case w.State == "":
		return ChannelIdle
	case w.State == ChannelTask:
		return taskStanding(task)
	case w.State != ChannelSent || !groups:
		return w.State
	}
	n := send.Counts
	switch {
	case send.State == Cancelled && n.Sent == 0:
		return ChannelFailed
	case send.State == Draft || n.All == 0 || n.Waiting+n.Blocked > 0:
		return ChannelWaiting
	case n.Person > 0:
		return ChannelTask
	case n.Sending > 0:
		return ChannelGoing
	case n.Failed+n.NotSent > 0 && n.Sent > 0:
		return ChannelPartly
	case n.Failed+n.NotSent > 0:
		return ChannelFailed
	case hand == n.Sent:
		return ChannelHand
	}
	return ChannelSent
}

// taskStanding reads the state of a person's task.
func taskStanding(task string) ChannelState {
	switch task {
	case "done":
		return ChannelHand
	case "refused", "expired":
		return ChannelFailed
	}
	return ChannelTask
}

// Stand is a channel of a manuscript as people see it.
type Stand struct {
	Channel Channel
	Went    Went // its State is as kept
	State   ChannelState
	Send    Broadcast // of groups
	Groups  int       // that it goes to now, where it has not gone yet
}

// StandFor gives what is kept of a channel; one that nothing is kept of is idle.
func (m Manuscript) StandFor(c Channel) Went {
	for _, w := range m.Went {
		if w.Channel == c {
			return w
		}
	}
	return Went{Channel: c, State: ChannelIdle}
}

// Barred says why a manuscript may not go into a channel as it looks there: a finding that refuses, unless it is one about links and force says
// why it goes all the same.
func Barred(list []Look, force string) (Note, bool) {
	for _, l := range list {
		for _, n := range l.Notes {
			if n.Refuse && (force == "" || !slices.Contains(LinkKinds, n.Kind)) {
				return n, true
			}
		}
	}
	return Note{}, false
}
