package measure_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// TestGrowthByHand counts a small month: who came by whom, whose talk it was, who answered.
func TestGrowthByHand(t *testing.T) {
	zone := time.FixedZone("", 8*3600)
	at := func(day, hour int) int64 { return time.Date(2026, 11, day, hour, 0, 0, 0, zone).UnixMilli() }
	operators := map[community.MemberKey]bool{1: true}
	joins := []measure.Arrival{{At: at(2, 9), Inviter: 5}, {At: at(2, 9), Inviter: 1}, {At: at(3, 9), Scene: "qr"}, {At: at(3, 9)}, {At: at(3, 9), Scene: "invite"}, {At: at(3, 9), Inviter: 6, Scene: "qr"}}
	questions := []measure.Question{
		{At: at(4, 9), Member: 5, Answers: []measure.Answer{{At: at(4, 10), Member: 6, By: measure.ByReply}}},
		{At: at(4, 11), Member: 5, Answers: []measure.Answer{{At: at(4, 12), Member: 1, By: measure.ByReply}}},
		{At: at(5, 9), Member: 6},
	}
	months := measure.Grow(9, zone, joins, map[string]measure.Talked{"2026-11": {Messages: 40, Members: 30}, "2026-10": {Messages: 3, Members: 0}}, questions, operators)
	if len(months) != 2 || months[0].Month != "2026-11" || months[1].Month != "2026-10" {
		t.Fatalf("months = %+v", months)
	}
	m := months[0]
	if fmt.Sprint(m.Ways) != fmt.Sprint(map[string]int64{"member": 2, "operator": 1, "other": 1, "unknown": 2}) {
		t.Errorf("ways = %v", m.Ways)
	}
	for _, c := range []struct {
		name string
		f    measure.Figure
		want float64
	}{{"invitation", m.ByInvitation(), 0.5}, {"talk", m.OwnTalk(), 0.75}, {"answers", m.OwnAnswers(), 1.0 / 3}, {"a month of the operator", months[1].OwnTalk(), 0}} {
		if c.f.Withheld != "" || c.f.Value != c.want {
			t.Errorf("%s = %+v, want %v", c.name, c.f, c.want)
		}
	}
	if f := months[1].ByInvitation(); f.Withheld != measure.NoData {
		t.Errorf("without a join: %+v, want no number", f)
	}
	if f := (measure.GrowthMonth{Ways: map[string]int64{"unknown": 7}}).ByInvitation(); f.Withheld != measure.NoData {
		t.Errorf("where the platform hides who invited: %+v, want no number", f)
	}
}

// TestTalksBelongToWhoOpenedThem compares with a second way: cut the messages at silences first, then look who speaks first.
func TestTalksBelongToWhoOpenedThem(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for range 200 {
		n := 1 + rng.IntN(60)
		times, operator := make([]int64, n), make([]bool, n)
		now := int64(1_000_000)
		for i := range n {
			now += int64(rng.IntN(50)) * 60_000
			times[i], operator[i] = now, rng.IntN(3) == 0
		}
		want := 0
		for i := 0; i < n; {
			j := i + 1
			for j < n && times[j]-times[j-1] <= 30*60_000 {
				j++
			}
			if !operator[i] {
				want += j - i
			}
			i = j
		}
		got, state := 0, measure.TalkState{}
		for i := range n {
			var by bool
			if state, by = state.Hear(times[i], operator[i]); !by {
				got++
			}
		}
		if got != want {
			t.Fatalf("%d of %d messages in members' talks, want %d", got, n, want)
		}
	}
}
