package points_test

import (
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/points"
)

var zone = time.FixedZone("CST", 8*3600)

func at(text string) int64 {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", text, zone)
	if err != nil {
		panic(err)
	}
	return t.UnixMilli()
}

func said(when, text string) community.Event {
	return community.Event{Number: 9, Group: 1, Actor: 7, At: at(when), Body: community.Body{Text: text}}
}

func TestSigningInCountsOnceADayInTheGroupsZoneWithItsStreak(t *testing.T) {
	r, s := points.Default(), points.State{}
	for _, c := range []struct {
		when, text string
		earned     int
		answer     points.Answer
	}{
		{"2026-11-01 23:59:59", "签到", 5, points.SaySigned},
		{"2026-11-02 00:00:01", " 签到 ", 6, points.SaySigned}, // two seconds later, another day there
		{"2026-11-02 23:00:00", "签到", 0, points.SayAgain},
		{"2026-11-03 08:00:00", "签到", 7, points.SaySigned},
		{"2026-11-05 08:00:00", "签到", 5, points.SaySigned}, // a day was missed
		{"2026-11-05 08:01:00", "积分", 0, points.SayMine},
		{"2026-11-05 08:02:00", "排行", 0, points.SayRank},
	} {
		var list []points.Entry
		var answer points.Answer
		s, list, answer = points.Message(r, zone, s, said(c.when, c.text))
		got := 0
		for _, e := range list {
			got += e.Amount
		}
		if got != c.earned || answer != c.answer {
			t.Errorf("%s %s: %d, %q; want %d, %q", c.when, c.text, got, answer, c.earned, c.answer)
		}
	}
	for day := range 20 {
		s, _, _ = points.Message(r, zone, s, community.Event{Actor: 7, At: at("2026-11-06 08:00:00") + int64(day)*86400_000, Body: community.Body{Text: "签到"}})
	}
	if _, list, _ := points.Message(r, zone, s, community.Event{Actor: 7, At: at("2026-11-26 08:00:00"), Body: community.Body{Text: "签到"}}); list[0].Amount != r.Sign+r.Most {
		t.Errorf("a long streak earns %d, want at most %d", list[0].Amount, r.Sign+r.Most)
	}
}

func TestFloodingEarnsNothing(t *testing.T) {
	r, s := points.Default(), points.State{}
	total := func(when, text string) int {
		var list []points.Entry
		if s, list, _ = points.Message(r, zone, s, said(when, text)); len(list) > 0 {
			return list[0].Amount
		}
		return 0
	}
	for _, c := range []struct {
		when, text string
		want       int
	}{
		{"2026-11-01 10:00:00", "大家早上好", 1}, {"2026-11-01 10:00:05", "今天天气不错", 0}, {"2026-11-01 10:01:00", "大家早上好", 0}, {"2026-11-01 10:02:00", "嗯", 0}, {"2026-11-01 10:03:00", "周末去哪里", 2},
	} {
		if got := total(c.when, c.text); got != c.want {
			t.Errorf("%s %s: the day stands at %d, want %d", c.when, c.text, got, c.want)
		}
	}
	last := 0
	for i := range 50 {
		if got := total(time.UnixMilli(at("2026-11-01 11:00:00")+int64(i)*60_000).In(zone).Format("2006-01-02 15:04:05"), "第几条消息了"+string(rune('a'+i))); got != 0 {
			last = got
		}
	}
	if last != r.SpeakCap {
		t.Errorf("the day ends at %d, want the cap %d", last, r.SpeakCap)
	}
	if got := total("2026-11-02 08:00:00", "新的一天开始"); got != 1 {
		t.Errorf("the next day begins at %d, want 1", got)
	}
}

func TestInvitingCountsForWhoWasBrought(t *testing.T) {
	r := points.Default()
	g, ok := points.Joined(r, community.Event{Number: 3, Group: 1, Actor: 8, By: 7, At: 1000})
	if e := points.Stayed(r, g); !ok || e.Member != 7 || e.Amount != 20 || e.Ref != "invite:8" || g.Due != 1000+7*86400_000 {
		t.Errorf("guest = %+v, entry = %+v", g, e)
	}
	for _, ev := range []community.Event{{Actor: 8}, {Actor: 8, By: 8}} {
		if _, ok := points.Joined(r, ev); ok {
			t.Errorf("%+v earns something", ev)
		}
	}
}

func TestRulesAreBounded(t *testing.T) {
	if err := points.Default().Check(); err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(*points.Rules){func(r *points.Rules) { r.Word = "" }, func(r *points.Rules) { r.Rank = "签到" }, func(r *points.Rules) { r.Sign = -1 }, func(r *points.Rules) { r.Speak = 10_001 }, func(r *points.Rules) { r.Days = 0 }} {
		r := points.Default()
		change(&r)
		if err := r.Check(); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("%+v: %v, want bad input", r, err)
		}
	}
	rows := []points.Row{{Points: 9}, {Points: 5}, {Points: 5}, {Points: 1}}
	if points.Places(rows); rows[1].Place != 2 || rows[2].Place != 2 || rows[3].Place != 4 {
		t.Errorf("places = %+v", rows)
	}
}
