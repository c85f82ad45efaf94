package duty

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"qunluo/internal/community"
)

const minute = 60_000

// run is an alarm going round: each person's answer to being told, by name.
type run struct {
	alarm  Alarm
	roster Roster
	policy Policy
	now    int64
	told   map[string]bool  // whether any way reaches them; absent = yes
	acks   map[string]int64 // after how many ms they acknowledge; absent = never
}

func (r *run) add(steps ...Step) {
	for _, s := range steps {
		r.alarm.State, r.alarm.Holder = After(r.alarm, s)
		r.alarm.Steps = append(r.alarm.Steps, s)
	}
}

// round carries moves out until the alarm rests; it gives false when it does not come to rest.
func (r *run) round() bool {
	for range 1000 {
		m := Next(r.alarm, r.roster, r.policy, r.now)
		switch m.Do {
		case Rest:
			return true
		case Record:
			r.add(m.Steps...)
		case Tell:
			r.tell(m.User)
		case Wait:
			r.wait(m.Until)
		}
	}
	return false
}

func (r *run) tell(user string) {
	if reached, known := r.told[user]; known && !reached {
		r.add(Step{At: r.now, What: Failed, User: user, Note: NoWay})
		return
	}
	r.add(Step{At: r.now, What: Told, User: user, Way: "webhook"})
}

// wait lets the time pass; the person who was asked may acknowledge before it is over.
func (r *run) wait(until int64) {
	last := r.alarm.Steps[len(r.alarm.Steps)-1]
	if after, ok := r.acks[last.User]; ok && last.What == Told && r.now+after < until {
		r.now += after
		step, fresh, err := Acknowledge(r.alarm, last.User, r.now)
		if err == nil && fresh {
			r.add(step)
			return
		}
	}
	r.now = until
}

func (r *run) story() []string {
	var out []string
	for _, s := range r.alarm.Steps {
		out = append(out, s.What+" "+s.User)
	}
	return out
}

func fresh(t testing.TB) *run {
	r := office(t)
	return &run{roster: r, now: when(t, r.Zone, "2026-05-04 09:00"), policy: Policy{Owners: []string{"olga"}},
		alarm: Alarm{State: Waiting, Steps: []Step{{What: Opened}}}}
}

func TestAlarmGoesRound(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(*run)
		want []string
		min  int64 // minutes that passed
	}{
		"acknowledged in time": {func(r *run) { r.acks = map[string]int64{"anna": 9 * minute} },
			[]string{"opened ", "asked anna", "told anna", "acknowledged anna"}, 9},
		"not acknowledged, so the next is asked": {func(r *run) { r.acks = map[string]int64{"ben": minute} },
			[]string{"opened ", "asked anna", "told anna", "passed_on anna", "asked ben", "told ben", "acknowledged ben"}, 11},
		"nobody answers, at last the owner": {func(*run) {},
			[]string{"opened ", "asked anna", "told anna", "passed_on anna", "asked ben", "told ben", "passed_on ben", "asked carl", "told carl", "passed_on carl",
				"asked olga", "told olga", "passed_on olga", "exhausted "}, 40},
		"who cannot be told is passed over at once": {func(r *run) { r.told = map[string]bool{"anna": false}; r.acks = map[string]int64{"ben": 0} },
			[]string{"opened ", "asked anna", "failed anna", "passed_on anna", "asked ben", "told ben", "acknowledged ben"}, 0},
		"who may not sign in is not asked": {func(r *run) { r.policy.Off = []string{"anna", "ben"}; r.acks = map[string]int64{"carl": 0} },
			[]string{"opened ", "asked carl", "told carl", "acknowledged carl"}, 0},
		"nobody is there at all": {func(r *run) { r.roster, r.policy.Owners = Roster{}, nil }, []string{"opened ", "exhausted "}, 0},
		"taken, and the deadline passes": {func(r *run) {
			r.acks = map[string]int64{"anna": minute, "ben": minute}
			r.alarm.Due = r.now + 30*minute
		},
			[]string{"opened ", "asked anna", "told anna", "acknowledged anna", "expired anna", "asked ben", "told ben", "acknowledged ben", "expired ben",
				"asked carl", "told carl", "passed_on carl", "asked olga", "told olga", "passed_on olga", "exhausted "}, 51},
	} {
		t.Run(name, func(t *testing.T) {
			r := fresh(t)
			c.set(r)
			began := r.now
			if !r.round() {
				t.Fatal("the alarm does not come to rest")
			}
			if got := r.story(); !slices.Equal(got, c.want) {
				t.Errorf("steps = %q\nwant %q", got, c.want)
			}
			if got := (r.now - began) / minute; got != c.min {
				t.Errorf("took %d minutes, want %d", got, c.min)
			}
		})
	}
}

func TestMinutesToAcknowledgeAreAsSet(t *testing.T) {
	r := fresh(t)
	r.policy.Ack = 3 * minute
	m := Next(r.alarm, r.roster, r.policy, r.now)
	if m.Do != Record || m.Steps[0].Until != r.now+3*minute {
		t.Errorf("move = %+v, want asked until %d", m, r.now+3*minute)
	}
	r.policy.Ack = 0
	if m := Next(r.alarm, r.roster, r.policy, r.now); m.Steps[0].Until != r.now+10*minute {
		t.Errorf("without a setting until %d, want 10 minutes", m.Steps[0].Until)
	}
}

func TestAcknowledgingTwiceChangesNothing(t *testing.T) {
	r := fresh(t)
	step, ok, err := Acknowledge(r.alarm, "anna", r.now)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	r.add(step)
	if _, ok, err := Acknowledge(r.alarm, "anna", r.now+1); ok || err != nil {
		t.Errorf("again = %v, %v; want nothing and no error", ok, err)
	}
	if _, _, err := Acknowledge(r.alarm, "ben", r.now+1); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("by somebody else = %v, want a conflict", err)
	}
	r.add(Step{What: Done})
	if _, _, err := Acknowledge(r.alarm, "anna", r.now+2); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("after its end = %v, want a conflict", err)
	}
	if m := Next(r.alarm, r.roster, r.policy, r.now); m.Do != Rest {
		t.Errorf("after its end: %v, want rest", m.Do)
	}
}

func TestHandedOnGoesToTheNext(t *testing.T) {
	r := fresh(t)
	r.acks = map[string]int64{"anna": 0}
	r.round()
	if _, err := HandOn(r.alarm, "ben", r.now); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("handed on by who does not have it = %v, want a conflict", err)
	}
	step, err := HandOn(r.alarm, "anna", r.now)
	if err != nil {
		t.Fatal(err)
	}
	r.add(step)
	if want := []string{Waiting, ""}; r.alarm.State != want[0] || r.alarm.Holder != want[1] {
		t.Errorf("state %q of %q, want waiting", r.alarm.State, r.alarm.Holder)
	}
	if m := Next(r.alarm, r.roster, r.policy, r.now); m.Do != Record || m.Steps[0].User != "ben" {
		t.Errorf("next = %+v, want ben to be asked", m)
	}
}

// TestTellingIsRepeatedUntilItIsWritten: a stop between the decision to ask and the word that it was done.
func TestTellingIsRepeatedUntilItIsWritten(t *testing.T) {
	r := fresh(t)
	r.add(Next(r.alarm, r.roster, r.policy, r.now).Steps...)
	first := Next(r.alarm, r.roster, r.policy, r.now)
	again := Next(r.alarm, r.roster, r.policy, r.now+5)
	if first.Do != Tell || !reflect.DeepEqual(first, again) {
		t.Errorf("moves = %+v, %+v; want to tell anna both times", first, again)
	}
}

// TestOneAtATimeAndItEnds: whatever people do, nobody is asked twice, never two people at once within their minutes, the
// owners come last, and the alarm comes to rest.
func TestOneAtATimeAndItEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		owners := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"olga", "otto", "anna"}), 0, 3, rapid.ID[string]).Draw(t, "owners")
		r := &run{roster: anyRoster(t), now: 1_777_000_000_000 + rapid.Int64Range(0, 7*24*3600*1000).Draw(t, "now"), policy: Policy{Ack: rapid.Int64Range(1, 20*minute).Draw(t, "ack"), Owners: owners},
			alarm: Alarm{State: Waiting, Steps: []Step{{What: Opened}}}, told: map[string]bool{}, acks: map[string]int64{}}
		r.alarm.Due = r.now + rapid.Int64Range(0, 3).Draw(t, "due")*20*minute
		for _, u := range []string{"anna", "ben", "carl", "dora", "olga", "otto"} {
			r.told[u] = rapid.Bool().Draw(t, "told")
			if rapid.Bool().Draw(t, "acks") {
				r.acks[u] = rapid.Int64Range(0, 30*minute).Draw(t, "after")
			}
		}
		if !r.round() {
			t.Fatalf("no rest: %v", r.story())
		}
		checkOrder(t, r)
	})
}

func checkOrder(t *rapid.T, r *run) {
	asked := map[string]bool{}
	open, ownersBegan := "", false
	for i, s := range r.alarm.Steps {
		if i > 0 && s.At < r.alarm.Steps[i-1].At {
			t.Fatalf("time runs back at %d: %v", i, r.story())
		}
		switch s.What {
		case Asked:
			if asked[s.User] || open != "" {
				t.Fatalf("%s is asked while %q has it, or again: %v", s.User, open, r.story())
			}
			if ownersBegan && s.Note != AsOwner {
				t.Fatalf("somebody of the roster after an owner: %v", r.story())
			}
			asked[s.User], open, ownersBegan = true, s.User, s.Note == AsOwner
		case Told, Failed, Acknowledged:
			if s.User != open {
				t.Fatalf("%s of %s, but %q is asked: %v", s.What, s.User, open, r.story())
			}
		case PassedOn, Expired:
			if s.Note == NoAnswer && s.At < untilOf(r.alarm.Steps[:i]) {
				t.Fatalf("passed on before the minutes are over: %v", r.story())
			}
			open = ""
		}
	}
}

func untilOf(steps []Step) int64 {
	for _, s := range slices.Backward(steps) {
		if s.What == Asked {
			return s.Until
		}
	}
	return 0
}
