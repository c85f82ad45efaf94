package plan

import (
	"testing"
	"time"

	"qunluo/internal/community"
)

func TestWhatThePlatformSaysOfAGroupCountsForThatGroup(t *testing.T) {
	for name, tc := range map[string]struct {
		k    Target
		want TargetState
		wait bool
	}{
		"the sender has yet to confirm":           {Target{Kept: Sending, Did: community.HumanTask, Told: Sending}, Sending, true},
		"sent here, others wait":                  {Target{Kept: Sending, Did: community.HumanTask, Told: Sent}, Sent, false},
		"missed here, sent elsewhere":             {Target{Kept: Sending, Did: community.Confirmed, Told: Failed}, Failed, false},
		"a person says done, the platform not":    {Target{Kept: Sending, Did: community.Acked, Told: Sending}, Sending, true},
		"taken back before anybody confirmed":     {Target{Kept: Sending, Did: community.Cancelled, Told: Failed}, NotSent, false},
		"a person refused, the sender tapped all": {Target{Kept: Sending, Did: community.Failed, Told: Sent}, Sent, false},
		"a person refused, nobody tapped":         {Target{Kept: Sending, Did: community.Failed, Told: Sending}, Failed, false},
		"nothing is told":                         {Target{Kept: Sending, Did: community.Confirmed}, Sent, false},
		"nobody can tell":                         {Target{Kept: Sending, Did: community.Unknown, Told: Sending}, Sending, false},
	} {
		if got := tc.k.State(); got != tc.want || tc.k.Remindable() != tc.wait {
			t.Errorf("%s: %s, waits for a person %v; want %s, %v", name, got, tc.k.Remindable(), tc.want, tc.wait)
		}
	}
}

func TestSenderIsRemindedThreeTimesAndNotAtNight(t *testing.T) {
	l, zone := DefaultLimits(), time.FixedZone("", 8*3600)
	noon := time.Date(2026, 11, 27, 12, 0, 0, 0, zone).UnixMilli()
	const hour = 3600 * 1000
	k := Target{Kept: Sending, Did: community.HumanTask, Told: Sending, Verb: community.MassSend, Mode: community.Assisted, Due: noon, Taken: noon}
	with := func(change func(k *Target, l *Limits)) (Target, Limits) { c, m := k, l; change(&c, &m); return c, m }
	for name, tc := range map[string]struct {
		change func(k *Target, l *Limits)
		at     int64
		want   bool
	}{
		"too soon":           {func(*Target, *Limits) {}, noon + hour, false},
		"after two hours":    {func(*Target, *Limits) {}, noon + 2*hour, true},
		"reminded just now":  {func(k *Target, _ *Limits) { k.Reminded = []int64{noon + 2*hour} }, noon + 3*hour, false},
		"the third":          {func(k *Target, _ *Limits) { k.Reminded = []int64{1, noon + 2*hour} }, noon + 5*hour, true},
		"no fourth":          {func(k *Target, _ *Limits) { k.Reminded = []int64{1, 2, 3} }, noon + 9*hour, false},
		"at night":           {func(*Target, *Limits) {}, noon + 11*hour, false},
		"switched off":       {func(_ *Target, l *Limits) { l.Remind = 0 }, noon + 9*hour, false},
		"given up":           {func(*Target, *Limits) {}, noon + 25*hour, false},
		"confirmed":          {func(k *Target, _ *Limits) { k.Told = Sent }, noon + 2*hour, false},
		"pasted by a person": {func(k *Target, _ *Limits) { k.Verb, k.Mode, k.Told = community.Send, community.Human, "" }, noon + 2*hour, false},
	} {
		if c, m := with(tc.change); c.RemindNow(m, zone, tc.at) != tc.want {
			t.Errorf("%s: %v, want %v", name, !tc.want, tc.want)
		}
	}
	if k.Lapsed(l, noon+24*hour) || !k.Lapsed(l, noon+24*hour+1) {
		t.Error("a request is given up before or after its hours")
	}
}

func TestPlatformsQuotaHoldsEvenWhatAPersonForces(t *testing.T) {
	noon := time.Date(2026, 11, 27, 4, 0, 0, 0, time.UTC).UnixMilli()
	f := Facts{Zone: time.UTC, Due: noon, Until: noon + 1000, Force: true}
	if v := Guard(DefaultLimits(), f, noon); len(v.Reasons) != 1 || v.Reasons[0].Code != Platform || v.Possible != noon+1000 {
		t.Errorf("verdict = %+v, want the platform's quota and when it is free", v)
	}
	if v := Guard(DefaultLimits(), f, noon+1000); !v.OK() {
		t.Errorf("when it is free: %+v", v)
	}
}
