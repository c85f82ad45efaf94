package app_test

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/store"
	"qunluo/internal/store/storetest"
)

// floodBook has the three windows, with thresholds of their own from 23:00 to 07:00.
const floodBook = `{"mode":"live","zone":"Asia/Shanghai","night":{"from":"23:00","to":"07:00"},"removals_pct":0,"rules":[
{"id":"flood","name":"刷屏","kind":"flood","mode":"live","params":{"windows":[
 {"seconds":1,"messages":5,"night_messages":3},
 {"seconds":60,"messages":8,"same":4,"night_messages":6,"night_same":2},
 {"seconds":3600,"messages":12,"night_messages":10}]}}]}`

// TestFloodIsCaughtInEveryWindowByDayAndByNight lets members speak at paces that only one window catches, through the
// belt and into the tables. The message that goes over the limit is the one that is hit; one less, or a little slower, is
// none.
func TestFloodIsCaughtInEveryWindowByDayAndByNight(t *testing.T) {
	cases := []struct {
		name  string
		clock string // Shanghai, of the first message
		gap   time.Duration
		n     int  // messages; the last one is hit
		same  bool // equal words
		why   string
	}{
		{"a second by day", "12:00", 150 * time.Millisecond, 6, false, "flood 1s 6>5"},
		{"a second by night", "01:00", 300 * time.Millisecond, 4, false, "flood 1s 4>3"},
		{"a minute by day", "12:30", 7 * time.Second, 9, false, "flood 60s 9>8"},
		{"a minute by night", "01:30", 9 * time.Second, 7, false, "flood 60s 7>6"},
		{"an hour by day", "13:00", 4 * time.Minute, 13, false, "flood 3600s 13>12"},
		{"an hour by night", "02:00", 5 * time.Minute, 11, false, "flood 3600s 11>10"},
		{"the same in a minute by day", "15:00", 11 * time.Second, 5, true, "repeat 60s 5>4"},
		{"the same in a minute by night", "03:30", 20 * time.Second, 3, true, "repeat 60s 3>2"},
		{"evening, the night not begun", "22:50", 7 * time.Second, 9, false, "flood 60s 9>8"},
		{"the night just begun", "23:00", 9 * time.Second, 7, false, "flood 60s 7>6"},
		{"the night just over", "07:00", 7 * time.Second, 9, false, "flood 60s 9>8"},
		{"too slow for the second", "16:00", 260 * time.Millisecond, 6, false, ""},
		{"too slow for the minute", "16:30", 8 * time.Second, 9, false, ""},
		{"too slow for the hour", "17:00", 5*time.Minute + time.Second, 13, false, ""},
	}
	onBoth(t, func(t *testing.T, dbURL string) {
		s := openFlooded(t, dbURL)
		for i, tc := range cases {
			who := fmt.Sprint("flooder-", i)
			hits := s.paced(i, tc.clock, tc.gap, tc.n, who, tc.same)
			want := []string{}
			if tc.why != "" {
				want = append(want, fmt.Sprintf("message %d: %s", tc.n, tc.why))
			}
			if fmt.Sprint(hits) != fmt.Sprint(want) {
				t.Errorf("%s: %v, want %v", tc.name, hits, want)
			}
		}
		strikes, n, err := s.desk.FindStrikes(t.Context(), community.StrikeFilter{Group: s.group, Page: community.Page{Limit: 200}})
		check(t, err)
		if n != 11 || strikes[0].Rule != "flood" {
			t.Errorf("%d strikes in the ledger, want 11 under the rule flood", n)
		}
		rep, err := s.app.AsDecided(t.Context(), s.group)
		check(t, err)
		if rep.Different != 0 || rep.Decisions != 11 {
			t.Errorf("replay: %d decisions, %d different; want 11 equal ones", rep.Decisions, rep.Different)
		}
	})
}

// flooded is a house whose clock is held, with one group under the book above and no connection that runs.
type flooded struct {
	t       *testing.T
	app     *app.App
	clock   atomic.Int64
	account community.AccountKey
	group   community.GroupKey
	desk    *store.Desk
}

func openFlooded(t *testing.T, dbURL string) *flooded {
	t.Helper()
	s := &flooded{t: t}
	s.clock.Store(shanghai(t, 0, "00:00"))
	cfg := config.Config{DataDir: storetest.DataDir(t), Database: config.Database{URL: dbURL}}
	a, err := app.Open(t.Context(), app.Options{Config: cfg, Clock: func() time.Time { return time.UnixMilli(s.clock.Load()) }})
	check(t, err)
	t.Cleanup(func() { check(t, a.Close()) })
	s.app = a
	org, err := a.Store().Org(t.Context(), "徒步社", false)
	check(t, err)
	account, err := a.Hands(org, nil).SaveAccount(t.Context(), "test", community.Account{Connector: "sim", Name: "群助手", Settings: []byte(`{}`)}, "")
	check(t, err)
	s.account, s.desk = account.Key, a.Store().For(community.Scope{Org: org})
	s.group = s.apply("seen", "somebody", "大家好").Group
	_, err = a.Hands(org, nil).Publish(plain(t.Context()), "test", s.group, json.RawMessage(floodBook), "时间窗")
	check(t, err)
	return s
}

// shanghai is a time of day, days after the day on which the story begins.
func shanghai(t *testing.T, days int, clock string) int64 {
	zone, err := time.LoadLocation("Asia/Shanghai")
	check(t, err)
	at, err := time.ParseInLocation("2006-01-02 15:04", "2026-03-02 "+clock, zone)
	check(t, err)
	return at.AddDate(0, 0, days).UnixMilli()
}

type applied struct {
	Group     community.GroupKey
	Decisions []community.Decision
}

func (s *flooded) apply(key, who, text string) applied {
	s.t.Helper()
	out, err := s.app.Engine().Apply(s.t.Context(), community.Inbound{
		Account: s.account, Type: community.MessageCreated, Key: key, OccurredAt: s.clock.Load(), Group: community.Ref{ID: "500"},
		Actor: community.Who{ID: who, Name: who}, Body: community.Body{Text: text, Message: key},
	})
	check(s.t, err)
	return applied{out[0].Group, out[0].Decisions}
}

// paced lets a member speak n times on the day, gap apart, and gives which messages were hit and why.
func (s *flooded) paced(day int, clock string, gap time.Duration, n int, who string, same bool) []string {
	s.t.Helper()
	s.clock.Store(shanghai(s.t, 1+day, clock))
	hits := []string{}
	for i := range n {
		text := fmt.Sprintf("第 %d 句", i)
		if same {
			text = "快来看看"
		}
		for _, d := range s.apply(fmt.Sprintf("%s-%d", who, i), who, text).Decisions {
			if len(d.Actions) == 0 || d.Verdict != community.Hit {
				s.t.Errorf("a hit without consequence: %+v", d)
			}
			hits = append(hits, fmt.Sprintf("message %d: %s", i+1, d.Hits[0].Why))
		}
		s.clock.Add(gap.Milliseconds())
	}
	return hits
}
