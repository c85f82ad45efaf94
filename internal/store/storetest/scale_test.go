package storetest_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/store"
	"qunluo/internal/store/storetest"
)

var scale = flag.Int("scale", 20_000, "messages of the benchmarks' log; the targets hold at 1,000,000")

// texts of the size and variety of a chat; parts are put together so that words repeat as in a real one.
var phrases = []string{"押金", "什么时候", "退款", "今天", "活动", "报名", "链接", "在哪里", "谢谢", "老师", "群主", "发一下", "好的", "收到", "课程", "打卡",
	"价格", "多少", "加微信", "请问", "有没有", "明天", "下雨", "比赛", "照片", "hello", "v2ray", "接龙", "已经", "提交", "审核", "通过"}

// populate writes n messages of 500 groups (zipf) and a roster of people in one of them.
func populate(b *testing.B, s *store.Store, n, people int) []community.GroupKey {
	b.Helper()
	rng := rand.New(rand.NewPCG(7, 8))
	groups := rand.NewZipf(rng, 1.2, 8, 499)
	members := rand.NewZipf(rng, 1.05, 20, uint64(max(people, 2)-1))
	l := storetest.NewLog(s)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	keys := map[community.GroupKey]bool{}
	var first community.GroupKey
	for done := 0; done < n+people; {
		batch := make([]community.Inbound, 0, 5000)
		for len(batch) < cap(batch) && done < n+people {
			at += 10_000
			g := community.Ref{ID: "g0", Name: "g0"}
			in := community.Inbound{Type: community.MemberJoined, OccurredAt: at}
			who := done
			if done >= people {
				k := groups.Uint64()
				g = community.Ref{ID: fmt.Sprintf("g%d", k), Name: fmt.Sprintf("群%d", k)}
				who = int(members.Uint64())
				in.Type, in.Key = community.MessageCreated, fmt.Sprint(done)
				for range 3 + rng.IntN(8) {
					in.Body.Text += phrases[min(rng.IntN(len(phrases)), rng.IntN(len(phrases)))]
				}
				in.Body.Text += fmt.Sprint(done)
				in.Body.Message = in.Key
			}
			in.Group, in.Actor = g, community.Who{ID: fmt.Sprintf("u%d", who), Name: fmt.Sprintf("成员%d", who*7919%100_003)}
			batch = append(batch, in)
			done++
		}
		for _, ev := range l.Append(b, batch...) {
			if first == 0 {
				first = ev.Group
			}
			keys[ev.Group] = true
		}
	}
	list := []community.GroupKey{first}
	for g := range keys {
		if g != first {
			list = append(list, g)
		}
	}
	slices.Sort(list[1:])
	return list
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkProjections builds the projections of a log and tells events per CPU-second.
func BenchmarkProjections(b *testing.B) {
	s := storetest.SQLite(b)
	populate(b, s, *scale, *scale/10)
	for _, view := range []string{store.FiguresView, store.SearchView} {
		b.Run(view, func(b *testing.B) {
			for b.Loop() {
				if err := s.CatchUp(b.Context()); err != nil {
					b.Fatal(err)
				}
				start := cpu()
				if err := s.Rebuild(b.Context(), nil, view); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(*scale+*scale/10)/(cpu()-start).Seconds(), "events/CPU-s")
			}
		})
	}
}

// BenchmarkQuestions asks what doors ask and tells the 50th and 95th of 100 times.
func BenchmarkQuestions(b *testing.B) {
	s := storetest.SQLite(b)
	groups := populate(b, s, *scale, *scale/10)
	if err := s.CatchUp(b.Context()); err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(9, 9))
	d := s.For(community.Scope{Org: 1})
	big := groups[0]
	yes := true
	any := func() community.GroupKey { return groups[rng.IntN(min(len(groups), 60))] }
	word := func() string { return phrases[rng.IntN(len(phrases))] }
	from, today := time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC).UnixMilli(), time.Date(2026, 1, 20, 0, 0, 0, 0, time.UTC).UnixMilli()
	members := func(p community.Page, f community.MemberFilter) func() error {
		return func() error {
			f.Group, f.Page = big, p
			_, _, err := d.FindMembers(b.Context(), f)
			return err
		}
	}
	messages := func(f func() community.MessageFilter) func() error {
		return func() error { _, _, err := d.FindMessages(b.Context(), f()); return err }
	}
	for _, q := range []struct {
		name string
		ask  func() error
	}{
		{"messages/group", messages(func() community.MessageFilter { return community.MessageFilter{Group: any()} })},
		{"messages/word", messages(func() community.MessageFilter { return community.MessageFilter{Text: word()} })},
		{"messages/word in group", messages(func() community.MessageFilter { return community.MessageFilter{Text: word(), Group: any()} })},
		{"messages/two words", messages(func() community.MessageFilter { return community.MessageFilter{Text: word() + " " + word()} })},
		{"messages/two words in group", messages(func() community.MessageFilter { return community.MessageFilter{Text: word() + word(), Group: any()} })},
		{"messages/member", messages(func() community.MessageFilter {
			return community.MessageFilter{Member: community.MemberKey(1 + rng.IntN(1000))}
		})},
		{"messages/word in days", messages(func() community.MessageFilter {
			return community.MessageFilter{Text: word(), Group: any(), From: from, To: today}
		})},
		{"members/name", members(community.Page{}, community.MemberFilter{Present: &yes})},
		{"members/name, all, page 1000", members(community.Page{Offset: 50_000}, community.MemberFilter{})},
		{"members/joined", members(community.Page{Sort: "joined", Desc: true}, community.MemberFilter{})},
		{"members/last word", members(community.Page{Sort: "last_word", Desc: true}, community.MemberFilter{})},
		{"members/messages", members(community.Page{Sort: "messages", Desc: true}, community.MemberFilter{})},
		{"members/strikes", members(community.Page{Sort: "strikes", Desc: true}, community.MemberFilter{})},
		{"members/never spoke", members(community.Page{Sort: "joined"}, community.MemberFilter{NeverSpoke: true, Present: &yes})},
		{"members/text", members(community.Page{}, community.MemberFilter{Text: "员4711"})},
		{"groups", func() error { _, _, err := d.FindGroups(b.Context(), community.GroupFilter{}); return err }},
		{"activity/group", func() error { _, err := d.Activity(b.Context(), any(), "", 20474, 20503); return err }},
		{"activity/all", func() error { _, err := d.Activity(b.Context(), 0, "", 20474, 20503); return err }},
		{"days/all", func() error { _, err := d.Days(b.Context(), 0, "", 30); return err }},
	} {
		b.Run(q.name, func(b *testing.B) {
			times := make([]float64, 0, 100)
			for b.Loop() {
				times = times[:0]
				for range 100 {
					start := time.Now()
					if err := q.ask(); err != nil {
						b.Fatal(err)
					}
					times = append(times, float64(time.Since(start).Microseconds())/1000)
				}
			}
			slices.Sort(times)
			b.ReportMetric(times[49], "p50-ms")
			b.ReportMetric(times[94], "p95-ms")
		})
	}
}
