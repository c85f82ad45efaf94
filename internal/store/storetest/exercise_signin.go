package storetest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/proof"
	"qunluo/internal/store"
)

func somebody(t *testing.T, s *store.Store, login string) community.User {
	t.Helper()
	return must(s.SaveUser(t.Context(), "cli", community.User{Org: 1, Login: login, Name: login, Role: "owner", Hash: "h", Lang: "zh-CN", Enabled: true}, ""))(t)
}

// factorsAreKept proves that a second factor is in use only once confirmed, that each step and each code of the last resort opens once
// even where many come at the same time, and that all of it goes with the factor.
func factorsAreKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	u, other := somebody(t, s, "lin"), somebody(t, s, "zhou")
	if f := must(s.Factor(ctx, u.Key))(t); f.On() || f.Created != 0 {
		t.Errorf("somebody new has a factor: %+v", f)
	}
	wants(t, "a step without a factor", s.UseStep(ctx, u.Key, 5), community.CodeConflict)
	fine(t, s.BeginFactor(ctx, u, []byte("first")))
	fine(t, s.BeginFactor(ctx, u, []byte("second")))
	if f := must(s.Factor(ctx, u.Key))(t); f.On() || string(f.Sealed) != "second" {
		t.Errorf("begun anew: %+v", f)
	}
	wants(t, "a step before it is confirmed", s.UseStep(ctx, u.Key, 5), community.CodeConflict)
	wants(t, "codes before it is confirmed", s.NewRecovery(ctx, u, []string{"x"}, by("u")), community.CodeConflict)
	wants(t, "the secret that was replaced", s.ConfirmFactor(ctx, u, []byte("first"), 5, nil, by("u")), community.CodeConflict)
	fine(t, s.ConfirmFactor(ctx, u, []byte("second"), 5, []string{"a", "b", "c"}, by(u.ID.String())))
	wants(t, "confirmed twice", s.ConfirmFactor(ctx, u, []byte("second"), 6, nil, by("u")), community.CodeConflict)
	wants(t, "begun over one in use", s.BeginFactor(ctx, u, []byte("third")), community.CodeConflict)
	if f := must(s.Factor(ctx, u.Key))(t); !f.On() || f.LastStep != 5 || f.Codes != 3 || string(f.Sealed) != "second" {
		t.Errorf("in use: %+v", f)
	}
	wants(t, "the step that confirmed it", s.UseStep(ctx, u.Key, 5), community.CodeConflict)
	wants(t, "an older step", s.UseStep(ctx, u.Key, 4), community.CodeConflict)
	if n := atOnce(8, func() error { return s.UseStep(ctx, u.Key, 7) }); n != 1 {
		t.Errorf("a step opened %d of 8 at the same time, want 1", n)
	}
	if n := atOnce(8, func() error { return s.UseRecovery(ctx, u, "b", by(u.ID.String())) }); n != 1 {
		t.Errorf("a code of the last resort opened %d of 8 at the same time, want 1", n)
	}
	wants(t, "somebody else's code", s.UseRecovery(ctx, other, "a", by("u")), community.CodeNotFound)
	for hash, want := range map[string]bool{"a": true, "b": false, "d": false} {
		if got := must(s.HasRecovery(ctx, u.Key, hash))(t); got != want {
			t.Errorf("code %s good: %v", hash, got)
		}
	}
	fine(t, s.NewRecovery(ctx, u, []string{"d"}, by(u.ID.String())))
	wants(t, "a code that was replaced", s.UseRecovery(ctx, u, "a", by("u")), community.CodeNotFound)
	fine(t, s.DropFactor(ctx, u, "factor.reset", by(other.ID.String())))
	wants(t, "dropped twice", s.DropFactor(ctx, u, "factor.reset", by("u")), community.CodeConflict)
	if good := must(s.HasRecovery(ctx, u.Key, "d"))(t); good {
		t.Error("a code of the last resort outlives its factor")
	}
	for verb, want := range map[string]int{"factor.on": 1, "factor.recovery": 1, "factor.codes": 1, "factor.reset": 1} {
		if n := audited(t, s, verb); n != want {
			t.Errorf("%s is %d times on record, want %d", verb, n, want)
		}
	}
	same(t, "usual demand", must(s.Demand(ctx, 1))(t), proof.Demand{Minutes: proof.UsualMinutes})
	want := proof.Demand{Roles: []string{"owner", "admin"}, Minutes: 10}
	fine(t, s.SetDemand(ctx, 1, want, by(u.ID.String())))
	same(t, "demand", must(s.Demand(ctx, 1))(t), want)
	same(t, "demand of another organisation", must(s.Demand(ctx, 2))(t), proof.Demand{Minutes: proof.UsualMinutes})
}

// atOnce calls fn n times at the same time and counts how often it went well.
func atOnce(n int, fn func() error) (good int) {
	var all sync.WaitGroup
	var mu sync.Mutex
	for range n {
		all.Go(func() {
			if fn() == nil {
				mu.Lock()
				good++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return good
}

// signInsAreKept proves that it is known who is signed in, and that ending, a new password and a locked person end it.
func signInsAreKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	u, other := somebody(t, s, "lin"), somebody(t, s, "zhou")
	in := func(u community.User, browser string, was community.ID) community.ID {
		t.Helper()
		return must(s.AddSignIn(ctx, u, community.SignIn{Address: "192.0.2.7", Browser: browser, System: "Windows", How: community.ByCode}, was))(t)
	}
	open := func(u community.User) (out []string) {
		t.Helper()
		for _, x := range must(s.SignIns(ctx, 1, u.ID, true, 50))(t) {
			out = append(out, x.Browser)
		}
		slices.Sort(out)
		return out
	}
	first, second := in(u, "A", community.ID{}), in(u, "B", community.ID{})
	third := in(other, "C", community.ID{})
	list := must(s.SignIns(ctx, 1, community.ID{}, false, 50))(t)
	i := slices.IndexFunc(list, func(x community.SignIn) bool { return x.ID == third })
	if len(list) != 3 || i < 0 || list[i].Login != "zhou" || list[i].User != other.ID || list[i].Address != "192.0.2.7" || list[i].System != "Windows" || list[i].How != community.ByCode || list[i].Began == 0 || list[i].Seen != list[i].Began || list[i].Ended != 0 {
		t.Fatalf("sign-ins = %+v", list)
	}
	if n := len(must(s.SignIns(ctx, 2, community.ID{}, false, 50))(t)); n != 0 {
		t.Errorf("another organisation sees %d sign-ins", n)
	}
	for name, x := range map[string]struct {
		u    community.User
		id   community.ID
		want bool
	}{"one's own": {u, first, true}, "another's": {u, third, false}, "none": {u, community.ID{9}, false}} {
		if st := must(s.StandingOf(ctx, x.u, x.id))(t); st.Open != x.want || st.Factor || st.Demand.Minutes != proof.UsualMinutes {
			t.Errorf("%s: %+v", name, st)
		}
	}
	fine(t, s.SawSignIn(ctx, first, "192.0.2.8"))
	wants(t, "another's is ended", s.EndSignIn(ctx, u, third, by(u.ID.String())), community.CodeNotFound)
	fine(t, s.EndSignIn(ctx, u, first, by(other.ID.String())))
	wants(t, "ended twice", s.EndSignIn(ctx, u, first, by("u")), community.CodeConflict)
	if st := must(s.StandingOf(ctx, u, first))(t); st.Open {
		t.Error("an ended sign-in is open")
	}
	list = must(s.SignIns(ctx, 1, u.ID, false, 50))(t)
	if i := slices.IndexFunc(list, func(x community.SignIn) bool { return x.ID == first }); i < 0 || list[i].Ended == 0 || list[i].EndedBy != other.ID.String() || list[i].Address != "192.0.2.8" {
		t.Errorf("ended: %+v", list)
	}
	fourth := in(u, "D", second) // the same browser again
	same(t, "open after signing in anew", open(u), []string{"D"})
	in(u, "E", third) // a browser cannot end another person's
	same(t, "another's is still open", open(other), []string{"C"})
	fine(t, s.AddPass(ctx, store.Pass{Hash: "phone", Purpose: "device", User: u.ID.String(), Expires: time.Now().Add(time.Hour).UnixMilli()}))
	if n := must(s.EndSignIns(ctx, u, fourth, by(u.ID.String())))(t); n != 1 {
		t.Errorf("ended %d others, want 1", n)
	}
	same(t, "open after ending the others", open(u), []string{"D"})
	_, err := s.Pass(ctx, "phone", "device")
	wants(t, "a phone after the end of all others", err, community.CodeForbidden)
	u.Name = "林晓"
	must(s.SaveUser(ctx, "cli", u, ""))(t)
	same(t, "open after a new name", open(u), []string{"D"})
	u.Hash = "new"
	must(s.SaveUser(ctx, "cli", u, ""))(t)
	same(t, "open after a new password", open(u), []string(nil))
	other.Enabled = false
	must(s.SaveUser(ctx, "cli", other, ""))(t)
	same(t, "open once locked", open(other), []string(nil))
	for verb, want := range map[string]int{"signin.end": 1, "signin.end_all": 1} {
		if n := audited(t, s, verb); n != want {
			t.Errorf("%s is %d times on record, want %d", verb, n, want)
		}
	}
}
