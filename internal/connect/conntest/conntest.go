// Package conntest is the examination that every leaf of connect passes: what a leaf claims is really done to a
// counterpart, and what goes wrong has the code that the contract promises. A leaf may claim only what is proved here.
package conntest

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

// patience is how long anything may take; in a bubble it costs nothing.
const patience = 30 * time.Second

// Rig is a leaf and how its counterpart is started.
type Rig struct {
	Connector connect.Connector
	Bad       []Bad    // settings that Open must refuse
	Secrets   []string // never to be seen in an error or a report; Bad and the counterpart's settings contain them
	// Start starts a counterpart that ends with the test. It is called inside the test's bubble.
	Start func(t *testing.T) *Counterpart
	// OnNetwork says that the counterpart needs the real network: the tests then run outside a synctest bubble.
	OnNetwork bool
}

// Bad is settings with a mistake, and the field that the error must name.
type Bad struct {
	Settings string
	Field    string
}

// Counterpart is the other end: one group in which our account is an admin and Member is none.
type Counterpart struct {
	Settings json.RawMessage
	Self     string // our account's id
	Group    string
	Member   string // a plain member
	// Outside says that our account is no member of the group: it will not be on its list.
	Outside bool
	// Sample is the type of event that stands for all where the platform shows no messages; "" = message.created.
	Sample community.Type
	// Deaf says that the platform tells nothing at all.
	Deaf bool
	// Personal says that what is sent goes to Member: the group is a desk, which holds what happens between us and people.
	Personal bool
	// NoIDs says that the platform gives what is sent no id.
	NoIDs bool
	// Meet is called once the session runs: a counterpart that dials us does so now. nil = we dial.
	Meet func(s connect.Session)

	Provoke map[community.Type]func() // lets Member (or somebody else) bring an event about
	Again   func()                    // delivers the last provoked event once more, as platforms do; nil = it never does
	Message func() string             // a fresh message of Member's, its id
	Ask     func() string             // a fresh join request, its Body.Message
	// Broadcast is a fresh mass send that waits for a person, its id; needed where reminding or stopping is claimed.
	Broadcast func() string
	Did       func() []Done // what was really done, in order

	Untimed   bool                                    // mutes have no end there: whoever mutes must unmute
	Swallow   func()                                  // the next call is done and never answered; nil = cannot
	Cut       func()                                  // cuts the connection and accepts no other; nil = cannot
	Mend      func()                                  // accepts again (and dials, where it is the one who dials)
	Missing   func(verb community.Verb, missing bool) // lets a verb be missing, or takes that back; nil = cannot
	Demote    func()                                  // our account is a plain member from now on; nil = cannot
	Deliver   func(frame []byte)                      // sends a raw frame; nil = there are no frames
	Trouble   map[string]func()                       // what may happen to our own account, and is said: removed, muted …
	Hostile   func(name string)                       // a message of somebody of that name, with a part of unknown kind; nil = cannot
	Malformed [][]byte                                // frames to be refused
	Oversized []byte                                  // a frame to be refused for its size
}

// Done is something that was really done at the counterpart.
type Done struct {
	Verb    community.Verb
	Group   string
	Member  string
	Message string // recall: its id; approve: the flag
	Text    string
	Seconds int64 // mute: to within 2
	No      bool  // approve: refused; mute_all: lifted
}

// Exercise examines a leaf.
func Exercise(t *testing.T, rig Rig) {
	tests := []struct {
		name string
		run  func(t *testing.T, rig Rig)
	}{
		{"InfoIsComplete", info},
		{"BadSettingsAreRefusedByName", badSettings},
		{"OpenDoesNotWaitForTheNetwork", openAlone},
		{"HealthIsReported", health},
		{"NativeVerbsAreReallyDone", native},
		{"VerbsNotClaimedAreUnsupported", unclaimed},
		{"EventsHaveStableKeys", events},
		{"OwnMessagesAreOurs", ownEcho},
		{"WhatTheHostDoesNotTakeIsOfferedAgain", hostRefuses},
		{"BadFramesAreRefusedAndTheConnectionKept", badFrames},
		{"UnansweredIsATimeout", unanswered},
		{"CutIsUnreachableAndMendsItself", cut},
		{"MissingVerbsAreLearnedAndUnlearned", missing},
		{"RankIsProbed", demoted},
		{"ListsAreComplete", lists},
		{"TroubleIsSaidWithWhatToDo", troubled},
		{"HostileNamesAndUnknownKindsAreTaken", hostile},
		{"CancelEndsRun", cancelled},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if rig.OnNetwork {
				test.run(t, rig)
				return
			}
			synctest.Test(t, func(t *testing.T) { test.run(t, rig) })
		})
	}
}

// living is a session at work with its counterpart.
type living struct {
	*Counterpart
	connect.Session
	host *Host
	stop context.CancelFunc
	over chan error
}

// start lets a session live until the test ends, and waits until it is online.
func start(t *testing.T, rig Rig) *living {
	t.Helper()
	c := rig.Start(t)
	host := NewHost()
	s, err := rig.Connector.Open(t.Context(), c.Settings, host)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	l := &living{Counterpart: c, Session: s, host: host, stop: stop, over: make(chan error, 1)}
	go func() { l.over <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if !l.ended(t) {
			t.Error("Run does not end with its context")
		}
		secretsKept(t, rig, host)
	})
	if c.Meet != nil {
		host.Until(t, "Run says connecting", func() bool { return len(host.Healths()) > 0 })
		c.Meet(s)
	}
	host.Until(t, "the session is online", func() bool { return host.State() == "online" })
	return l
}

// sample is the type of event that stands for all.
func (l *living) sample() community.Type {
	if l.Sample != "" {
		return l.Sample
	}
	return community.MessageCreated
}

func (l *living) ended(t *testing.T) bool {
	t.Helper()
	select {
	case err := <-l.over:
		l.over <- err
		return true
	case <-time.After(patience):
		return false
	}
}

func secretsKept(t *testing.T, rig Rig, host *Host) {
	t.Helper()
	for _, h := range host.Healths() {
		for _, secret := range rig.Secrets {
			if strings.Contains(h.Detail, secret) {
				t.Errorf("a report holds a secret: %s", strings.ReplaceAll(h.Detail, secret, "***"))
			}
		}
	}
}

func info(t *testing.T, rig Rig) {
	i := rig.Connector.Info()
	if i.Name == "" || i.Platform == "" || !inBoth(i.Title) || !inBoth(i.Summary) || (i.Risk[0] == "") != (i.Risk[1] == "") {
		t.Errorf("info lacks a name, a platform or words in one of the languages: %+v", i)
	}
	if i.Unofficial && !inBoth(i.Risk) {
		t.Error("an unofficial gateway says nothing about its risk")
	}
	seen := map[string]bool{}
	for _, f := range i.Fields {
		if f.Name == "" || seen[f.Name] || !inBoth(f.Title) || (f.Help[0] == "") != (f.Help[1] == "") {
			t.Errorf("field %q is there twice or lacks words in one of the languages", f.Name)
		}
		seen[f.Name] = true
		if f.Default == "" {
			continue
		}
		alone, err := json.Marshal(map[string]string{f.Name: f.Default})
		if err != nil {
			t.Fatal(err)
		}
		f.Required = false
		if _, err := connect.ReadSettings([]connect.Field{f}, alone); err != nil {
			t.Errorf("the default of %s is refused: %v", f.Name, err)
		}
	}
	for verb := range i.Defaults.Verbs {
		if !slices.Contains(community.Verbs, verb) {
			t.Errorf("the defaults claim %q, which is no verb", verb)
		}
	}
}

func inBoth(words [2]string) bool { return words[0] != "" && words[1] != "" }

func badSettings(t *testing.T, rig Rig) {
	if len(rig.Bad) == 0 {
		t.Error("the rig has no bad settings")
	}
	bad := append(slices.Clone(rig.Bad), Bad{`{"nobody_knows_this":1}`, "nobody_knows_this"}, Bad{`[]`, "settings"})
	for _, b := range bad {
		_, err := rig.Connector.Open(t.Context(), json.RawMessage(b.Settings), NewHost())
		if community.CodeOf(err) != community.CodeBadInput || !strings.Contains(err.Error(), b.Field) {
			t.Errorf("%s: %v, want bad_input naming %s", b.Settings, err, b.Field)
			continue
		}
		for _, secret := range rig.Secrets {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error for a wrong %s holds a secret", b.Field)
			}
		}
	}
}

func openAlone(t *testing.T, rig Rig) {
	c := rig.Start(t)
	if c.Cut != nil {
		c.Cut()
	}
	began := time.Now()
	if _, err := rig.Connector.Open(t.Context(), c.Settings, NewHost()); err != nil {
		t.Errorf("open without a counterpart: %v", err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("open took %s", took)
	}
}

func health(t *testing.T, rig Rig) {
	l := start(t, rig)
	l.host.Until(t, "health names our account", func() bool {
		all := l.host.Healths()
		return all[len(all)-1].Self == l.Self
	})
	l.stop()
	if !l.ended(t) {
		t.Fatal("Run does not end")
	}
	if l.host.State() != "offline" {
		t.Errorf("after Run ended the state is %q, want offline", l.host.State())
	}
}

// say is a message to the group, or to Member where it has none.
func (l *living) say(id community.ID, text string) community.Action {
	a := community.Action{ID: id, Verb: community.Send, Text: text, To: community.Address{Group: l.Group}}
	if l.Personal {
		a.To.Member = l.Member
	}
	return a
}

// trial is one action and what must then have been done; made when it is its turn.
func (l *living) trial(verb community.Verb, id community.ID) (community.Action, Done) {
	a := community.Action{ID: id, Verb: verb, To: community.Address{Group: l.Group, Member: l.Member}}
	want := Done{Verb: verb, Group: l.Group, Member: l.Member}
	switch verb {
	case community.Send:
		a.Text, a.Mention, want.Text = "大家好", true, "大家好"
	case community.RecallMsg:
		a.To.Message = l.Message()
		want.Message = a.To.Message
	case community.Mute:
		a.Seconds, a.Until = 9999, time.Now().UnixMilli()+600_000
		if !l.Untimed {
			want.Seconds = 600
		}
	case community.Approve:
		a.To.Member, a.Message, a.Text, a.Refuse = "", l.Ask(), "请看群规", true
		want.Member, want.Message, want.No = "", a.Message, true
	case community.SetCard:
		a.Text, want.Text = "新名片", "新名片"
	case community.Announce, community.Rename:
		a.To.Member, a.Text = "", "周末徒步"
		want.Member, want.Text = "", "周末徒步"
	case community.MuteAll:
		a.To.Member, want.Member = "", ""
	case community.Essence:
		a.To.Message = l.Message()
		want.Message, want.Member = a.To.Message, ""
	case community.Invite:
		a.To.Member, want.Member = "", ""
		a.Args = json.RawMessage(`{"kind":"link","state":"spring-01"}`)
		want.Text = "spring-01"
	case community.MassSend:
		a.To.Member, a.Text = "", "周末徒步"
		want.Member, want.Text = "", "周末徒步"
	case community.MassRemind, community.MassCancel:
		a.To.Member, a.Message = "", "no-such-mass-send"
		if l.Broadcast != nil {
			a.Message = l.Broadcast()
		}
		want.Member, want.Message = "", a.Message
	}
	return a, want
}

func native(t *testing.T, rig Rig) {
	l := start(t, rig)
	l.settleRank(t, community.Native)
	claimed := l.Abilities(l.Group)
	late, _ := l.trial(community.Mute, community.ID{})
	late.Until = time.Now().UnixMilli() - 1000
	before := len(l.Did())
	if claimed.Level(community.Mute) == community.Native {
		if _, err := l.Do(t.Context(), late); err != nil || len(l.Did()) != before {
			t.Errorf("a mute whose end has passed: %v, did %+v; want nothing done", err, l.Did()[before:])
		}
	}
	verbs := slices.Clone(community.Verbs)
	slices.SortStableFunc(verbs, func(a, b community.Verb) int { return order(a) - order(b) })
	for i, verb := range verbs {
		level := claimed.Level(verb)
		if level != community.Native && level != community.Assisted {
			continue
		}
		a, want := l.trial(verb, community.DeriveID(community.ID{}, "trial", i))
		if level == community.Assisted { // a person's tap is not worth a word to one member
			a.Mention, a.To.Member, want.Member = false, "", ""
		}
		receipt, err := l.Do(t.Context(), a)
		if err != nil {
			t.Errorf("%s is claimed %s: %v", verb, level, err)
			continue
		}
		if receipt.State != community.Acked && receipt.State != community.Confirmed {
			t.Errorf("%s: receipt %+v, want acked or confirmed", verb, receipt)
		}
		if (verb == community.Send || level == community.Assisted) && receipt.Message == "" && !l.NoIDs {
			t.Errorf("%s: the receipt has no id", verb)
		}
		if verb == community.ListMember {
			l.host.Until(t, "a roster comes as an event", func() bool { return len(l.host.Of(community.RosterRead)) > 0 })
			continue
		}
		if !slices.ContainsFunc(l.Did(), want.is) {
			t.Errorf("%s is claimed and acked, but the counterpart did not do it: want %+v in %+v", verb, want, l.Did())
		}
	}
}

// order puts what ends things last: a removed member cannot be muted any more.
func order(v community.Verb) int {
	switch v {
	case community.Mute:
		return 1
	case community.Unmute:
		return 2
	case community.MuteAll:
		return 3
	case community.Remove:
		return 4
	}
	return 0
}

func (want Done) is(got Done) bool {
	if want.Verb != got.Verb || want.Member != got.Member || want.No != got.No || got.Group != "" && want.Group != got.Group {
		// a platform whose recall names the message only leaves the rest empty
		if want.Verb != community.RecallMsg || got.Verb != want.Verb {
			return false
		}
	}
	away := want.Seconds - got.Seconds
	return strings.Contains(got.Text, want.Text) && (want.Message == "" || want.Message == got.Message) && away >= -2 && away <= 2
}

func unclaimed(t *testing.T, rig Rig) {
	l := start(t, rig)
	claimed := l.Abilities(l.Group)
	for _, verb := range append(slices.Clone(community.Verbs), "nobody.knows_this") {
		if level := claimed.Level(verb); level == community.Native || level == community.Assisted || level == community.Human {
			continue
		}
		before := len(l.Did())
		a, _ := l.trial(verb, community.ID{})
		if _, err := l.Do(t.Context(), a); community.CodeOf(err) != community.CodeUnsupported {
			t.Errorf("%s is not claimed: %v, want unsupported", verb, err)
		}
		if got := l.Did(); len(got) != before {
			t.Errorf("%s is not claimed, yet the counterpart did %+v", verb, got[before:])
		}
	}
}

func events(t *testing.T, rig Rig) {
	l := start(t, rig)
	if l.Deaf {
		t.Skip("the platform tells nothing")
	}
	types := make([]community.Type, 0, len(l.Provoke))
	for kind := range l.Provoke {
		types = append(types, kind)
	}
	slices.Sort(types)
	if !slices.Contains(types, l.sample()) {
		t.Errorf("the counterpart provokes no %s", l.sample())
	}
	for _, kind := range types {
		before := len(l.host.Of(kind))
		l.Provoke[kind]()
		l.host.Until(t, "an event "+string(kind), func() bool { return len(l.host.Of(kind)) > before })
		in := l.host.Of(kind)[before]
		if in.Key == "" || in.Group.ID != l.Group && !in.Private && !in.Group.Desk || in.OccurredAt < 100_000_000_000 && in.OccurredAt != 0 {
			t.Errorf("%s: key %q, group %q, at %d (UTC ms wanted)", kind, in.Key, in.Group.ID, in.OccurredAt)
		}
		if l.Again == nil {
			continue
		}
		l.Again()
		l.host.Until(t, "the same again", func() bool { return len(l.host.Of(kind)) > before+1 })
		if again := l.host.Of(kind)[before+1]; again.Key != in.Key {
			t.Errorf("%s told twice has keys %q and %q", kind, in.Key, again.Key)
		}
	}
	before := len(l.host.Of(l.sample()))
	l.Provoke[l.sample()]()
	l.Provoke[l.sample()]()
	l.host.Until(t, "two of them", func() bool { return len(l.host.Of(l.sample())) >= before+2 })
	seen := map[string]int{}
	for _, in := range l.host.Of(l.sample()) {
		seen[in.Key]++
	}
	if len(seen) < 2 && l.Again == nil {
		t.Error("two messages have the same key")
	}
}

func ownEcho(t *testing.T, rig Rig) {
	l := start(t, rig)
	if l.Deaf {
		t.Skip("the platform tells nothing")
	}
	if l.Abilities(l.Group).Level(community.Send) != community.Native {
		t.Skip("cannot send")
	}
	id := community.DeriveID(community.ID{}, "own", 1)
	receipt, err := l.Do(t.Context(), l.say(id, "我们说的"))
	if err != nil {
		t.Fatal(err)
	}
	l.Provoke[community.MessageCreated]()
	l.host.Until(t, "a message of somebody else", func() bool {
		return slices.ContainsFunc(l.host.Of(community.MessageCreated), func(in connect.Inbound) bool { return in.Actor.ID != l.Self })
	})
	for _, in := range l.host.Of(community.MessageCreated) {
		ours := in.Body.Message == receipt.Message
		if ours != (in.Actor.Role == community.RoleSelf) || ours && in.Body.Caused != id {
			t.Errorf("message %s by %s: role %q, caused by %q; ours is %s", in.Body.Message, in.Actor.ID, in.Actor.Role, in.Body.Caused, receipt.Message)
		}
	}
}

func lists(t *testing.T, rig Rig) {
	l := start(t, rig)
	members, canMembers := l.Session.(connect.MemberLister)
	claimed := l.Abilities(l.Group).Level(community.ListMember) == community.Native
	switch {
	case claimed && !canMembers:
		t.Error("claims member.list natively without being a MemberLister")
	case canMembers && !claimed:
		if _, err := members.Members(t.Context(), l.Group); community.CodeOf(err) != community.CodeUnsupported {
			t.Errorf("member.list is not claimed: %v, want unsupported", err)
		}
	case canMembers:
		got, err := members.Members(t.Context(), l.Group)
		has := func(id string, role community.Role) bool {
			return slices.ContainsFunc(got, func(w community.Who) bool { return w.ID == id && w.Role == role })
		}
		if err != nil || !has(l.Member, community.RoleMember) || !l.Outside && !has(l.Self, community.RoleSelf) {
			t.Errorf("members = %+v, %v; want %s as member and %s as self", got, err, l.Member, l.Self)
		}
		if got, err := members.Members(t.Context(), "404404"); err == nil {
			t.Errorf("members of no group = %+v, want an error", got)
		}
	}
	if groups, ok := l.Session.(connect.GroupLister); ok {
		got, err := groups.Groups(t.Context())
		if err != nil || !slices.ContainsFunc(got, func(g community.Ref) bool { return g.ID == l.Group && g.Name != "" }) {
			t.Errorf("groups = %+v, %v; want %s with its name", got, err, l.Group)
		}
	}
}

func cancelled(t *testing.T, rig Rig) {
	l := start(t, rig)
	began := time.Now()
	if !l.Deaf {
		l.host.Refuse(community.Errorf(community.CodeBusy, "disk full")) // the worst moment: something is waiting
		l.Provoke[l.sample()]()
		l.host.Until(t, "the host was asked", func() bool { return l.host.Refused() > 0 })
	}
	l.stop()
	if !l.ended(t) {
		t.Fatal("Run does not end with its context")
	}
	if err := <-l.over; err == nil {
		t.Error("Run = nil, want the context's error")
	} else {
		l.over <- err
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("Run took %s to end", took)
	}
	// In a bubble, a goroutine that is left behind fails the test.
}

func lastOf[T any](list []T, n int) []T { return list[max(0, len(list)-n):] }
