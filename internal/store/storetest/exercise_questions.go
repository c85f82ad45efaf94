package storetest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/store"
)

// talkative puts questions, names, mentions and replies into a story.
func talkative(rng *rand.Rand, story []community.Inbound) []community.Inbound {
	asked := map[string]community.Inbound{}
	words := []string{"押金", "快递", "活动", "发票", "会员"}
	for i := range story {
		in := &story[i]
		if in.Type != community.MessageCreated || in.Body.Class != community.Text {
			continue
		}
		text := words[rng.IntN(len(words))]
		last, known := asked[in.Group.ID]
		switch p := rng.IntN(10); {
		case p < 3:
			in.Body.Text = text + "怎么办？"
			asked[in.Group.ID] = *in
		case p < 5 && known:
			in.Body.Text = last.Body.Name + "：" + text + "这样办"
		case p < 6 && known:
			in.Body.Text = "@" + last.Body.Name + " 好"
			in.Body.Segments = []community.Segment{{Kind: "at", Ref: last.Actor.ID, Text: "@" + last.Body.Name}, {Kind: "text", Text: " 好"}}
		case p < 7 && known:
			in.Body.Text, in.Body.ReplyTo = "是的", last.Body.Message
		case p < 8:
			in.Body.Text, in.Body.ReplyTo = "嗯", "no-such-message"
		default:
			in.Body.Text = text
		}
	}
	return story
}

// questionsEqualOneReading lives a random life in commits and catch-ups of random sizes, and compares with one reading of the
// whole log, and with projections built anew; then an import is taken back.
func questionsEqualOneReading(t *testing.T, s *store.Store) {
	rng := rand.New(rand.NewPCG(31, 32))
	l := NewLog(s)
	events := write(t, s, l, rng, talkative(rng, life(rng, threeGroups, 3000)))
	l.Append(t, quietGroups()...)
	caughtUp(t, s)
	from, to := day(t, "2026-01-02"), day(t, "2026-02-20")
	compareQuestions(t, s, "kept", events, from, to)
	sameByGroup(t, s, "kept", events, from, to)
	before := must(s.DigestFigures(t.Context()))(t)
	l.Account, l.Run = 0, 7
	l.Append(t, say(tea, "old1", "怎么退押金？", at("2026-01-12 10:00:00")), say(tea, "old2", "old1：打客服电话", at("2026-01-12 10:01:00")))
	caughtUp(t, s)
	list, _, err := desk(s).Questions(t.Context(), 0, "", from, to)
	if err != nil || len(list) == 0 {
		t.Fatal(err)
	}
	with := len(list)
	sameByGroup(t, s, "with an import", events, from, to)
	l.Account, l.Run = 1, 0
	l.Append(t, community.Inbound{Type: community.ImportUndone, GroupKey: events[0].Group, Key: "import:7", OccurredAt: at("2026-03-01 10:00:00"), Body: community.Body{Data: []byte(`{"import":7}`)}})
	caughtUp(t, s)
	after := must(s.DigestFigures(t.Context()))(t)
	for _, table := range []string{"question", "answer", "asked_day", "thread", "contact"} {
		same(t, table+" without the import", after[table], before[table])
	}
	if list, _, _ = desk(s).Questions(t.Context(), 0, "", from, to); len(list) != with-1 {
		t.Errorf("%d questions with the import, %d without", with, len(list))
	}
	sameByGroup(t, s, "without the import", events, from, to)
	if err := s.Rebuild(t.Context(), nil, store.QuestionsView); err != nil {
		t.Fatal(err)
	}
	for table, sum := range must(s.DigestFigures(t.Context()))(t) {
		same(t, table+" built anew", sum, after[table])
	}
}

// quietGroups are so many that questions of all groups are read by days, not by groups.
func quietGroups() (list []community.Inbound) {
	for i := range 30 {
		list = append(list, say(community.Ref{ID: fmt.Sprint("quiet", i), Name: fmt.Sprint("静", i)}, "quiet", "好", at("2026-01-02 10:00:00")))
	}
	return list
}

// sameByGroup holds the questions of all groups, which are read by days, against those of each group.
func sameByGroup(t *testing.T, s *store.Store, what string, events []community.Event, from, to measure.Day) {
	t.Helper()
	all, _, err := desk(s).Questions(t.Context(), 0, "", from, to)
	if err != nil || len(all) == 0 {
		t.Fatalf("%s: %d questions, %v", what, len(all), err)
	}
	of := map[community.GroupKey][]measure.Question{}
	for _, q := range all {
		of[q.Group] = append(of[q.Group], q)
	}
	seen := map[community.GroupKey]bool{}
	for _, ev := range events {
		if seen[ev.Group] {
			continue
		}
		seen[ev.Group] = true
		one, _, err := desk(s).Questions(t.Context(), ev.Group, "", from, to)
		if err != nil || len(one) != len(of[ev.Group]) {
			t.Fatalf("%s: group %d: %d questions, %v; among all %d", what, ev.Group, len(one), err, len(of[ev.Group]))
		}
		for i, q := range one {
			for _, list := range [][]measure.Answer{q.Answers, of[ev.Group][i].Answers} {
				slices.SortFunc(list, func(a, b measure.Answer) int { return cmp.Compare(a.Number, b.Number) })
			}
			if !reflect.DeepEqual(q, of[ev.Group][i]) {
				t.Fatalf("%s: alone %+v, among all %+v", what, q, of[ev.Group][i])
			}
		}
	}
}

// aLongDayOfQuestions has more questions on one day than one part of its list holds, answers that come on the next day, questions
// before 1970, and takes an import back from the middle of it.
func aLongDayOfQuestions(t *testing.T, s *store.Store) {
	l := NewLog(s)
	l.Append(t, quietGroups()...)
	noon := at("2026-01-05 12:00:00")
	story := func(prefix string) (list []community.Inbound) {
		for i := range 1500 {
			asked := say(tea, "asker", fmt.Sprint(prefix, i, "押金怎么退？"), noon+int64(i))
			list = append(list, asked)
			if i%3 == 0 {
				a := say(tea, "helper", fmt.Sprint(prefix, i, "这样"), noon+86_400_000+int64(i))
				a.Body.ReplyTo = asked.Body.Message
				list = append(list, a)
			}
		}
		return append(list, say(tea, "asker", prefix+"早年怎么退？", -1), say(tea, "asker", prefix+"更早怎么退？", -86_400_000))
	}
	var events []community.Event
	for part := range slices.Chunk(story("a"), 500) {
		events = append(events, l.Append(t, part...)...)
		caughtUp(t, s)
	}
	before := must(s.DigestFigures(t.Context()))(t)["asked_day"]
	from, to := day(t, "1969-12-30"), day(t, "2026-01-06")
	check := func(what string, want int) {
		t.Helper()
		list, r, err := desk(s).Questions(t.Context(), 0, "", day(t, "2026-01-05"), to)
		if err != nil || len(list) != want || r.Certain != want/3 {
			t.Errorf("%s: %d questions, %d answered, %v; want %d, %d", what, len(list), r.Certain, err, want, want/3)
		}
		sameByGroup(t, s, what, events[:1], day(t, "2026-01-05"), to)
		sameByGroup(t, s, what+", before 1970", events[:1], from, from+2)
	}
	check("kept", 1500)
	l.Account, l.Run = 0, 7
	l.Append(t, story("b")...)
	l.Account, l.Run = 1, 0
	caughtUp(t, s)
	check("with an import", 3000)
	l.Append(t, community.Inbound{Type: community.ImportUndone, GroupKey: events[0].Group, Key: "import:7", OccurredAt: at("2026-03-01 10:00:00"), Body: community.Body{Data: []byte(`{"import":7}`)}})
	caughtUp(t, s)
	check("without it", 1500)
	same(t, "days without the import", must(s.DigestFigures(t.Context()))(t)["asked_day"], before)
	if err := s.Rebuild(t.Context(), nil, store.QuestionsView); err != nil {
		t.Fatal(err)
	}
	check("built anew", 1500)
}

// compareQuestions reads the whole log once, without any projection.
func compareQuestions(t *testing.T, s *store.Store, what string, events []community.Event, from, to measure.Day) {
	t.Helper()
	recalled, members, message := map[string]bool{}, map[string]community.MemberKey{}, map[string]int64{}
	for _, ev := range events {
		key := fmt.Sprint(ev.Group, ev.Body.Message)
		if ev.Type == community.MessageDeleted {
			recalled[key] = true
		} else if ev.Type == community.MessageCreated {
			members["u-"+ev.Body.Name] = ev.Actor
		}
	}
	threads, want := map[community.GroupKey]*measure.Threads{}, map[int64]*measure.Question{}
	for _, ev := range events {
		key := fmt.Sprint(ev.Group, ev.Body.Message)
		if ev.Type != community.MessageCreated || !ev.Body.Caused.IsZero() || ev.Body.Class == community.System || ev.Body.Class == community.RedPack {
			continue
		}
		said := measure.Said{Number: ev.Number, At: ev.OccurredAt, Member: ev.Actor, Name: ev.Body.Card, Text: ev.Body.Text}
		if said.Name == "" {
			said.Name = ev.Body.Name
		}
		for _, part := range ev.Body.Segments {
			if m := members[part.Ref]; part.Kind == "at" && m != ev.Actor {
				said.Mentions = append(said.Mentions, m)
			}
		}
		if ev.Body.ReplyTo != "" {
			if said.Answers = message[fmt.Sprint(ev.Group, ev.Body.ReplyTo)]; said.Answers == 0 {
				said.Answers = -1
			}
		}
		if threads[ev.Group] == nil {
			threads[ev.Group] = measure.NewThreads()
		}
		link := threads[ev.Group].Follow(said)
		if measure.Asks(ev.Body.Text) {
			message[key] = ev.Number
			want[ev.Number] = &measure.Question{Number: ev.Number, Group: ev.Group, At: ev.OccurredAt, Member: ev.Actor}
		}
		if q := want[link.To]; q != nil && q.Member != ev.Actor && !recalled[key] {
			q.Answers = append(q.Answers, measure.Answer{Number: ev.Number, At: ev.OccurredAt, Member: ev.Actor, By: link.By})
		}
		if recalled[key] && want[ev.Number] != nil {
			want[ev.Number].At = -1 // asked nothing, in the end
		}
	}
	got, r, err := desk(s).Questions(t.Context(), 0, "", from, to)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, q := range want {
		if d, _ := measure.DayOf(q.At, shanghai); q.At > 0 && d >= from && d <= to {
			n++
		}
	}
	if len(got) != n || r.Questions != n || r.Certain == 0 || r.Likely == 0 || r.Open == 0 {
		t.Errorf("%s: %d questions, want %d: %d certain, %d likely, %d open", what, len(got), n, r.Certain, r.Likely, r.Open)
	}
	for i, q := range got {
		w := want[q.Number]
		if w == nil || w.Member != q.Member || w.At != q.At || len(w.Answers) != len(q.Answers) {
			t.Fatalf("%s: question %+v, want %+v", what, q, w)
		}
		state, first := q.State()
		if ws, wf := w.State(); state != ws || first != wf {
			t.Errorf("%s: question %d is %s by %+v, want %s by %+v", what, q.Number, state, first, ws, wf)
		}
		if i > 0 && q.At > got[i-1].At {
			t.Fatalf("%s: the latest do not stand first", what)
		}
	}
}

func recalledAnswer(t *testing.T, s *store.Store) {
	l := NewLog(s)
	asked := say(tea, "m1", "几点开始？", at("2026-01-05 10:00:00"))
	answer := say(tea, "m2", "九点", at("2026-01-05 10:05:00"))
	answer.Body.ReplyTo = asked.Body.Message
	bot := say(tea, "m3", "请看群公告", at("2026-01-05 10:01:00"))
	bot.Body.ReplyTo, bot.Body.Role = asked.Body.Message, community.RoleBot
	owner := say(tea, "m4", "大家周末有空吗？", at("2026-01-05 11:00:00"))
	owner.Body.Role = community.RoleOwner
	events := l.Append(t, asked, bot, answer, owner)
	caughtUp(t, s)
	from := day(t, "2026-01-05")
	state := func(what, want string) {
		t.Helper()
		list, r, err := desk(s).Questions(t.Context(), events[0].Group, "", from, from)
		if err != nil || len(list) != 1 {
			t.Fatalf("%s: questions %+v, %v; want the member's alone", what, list, err)
		}
		if got, _ := list[0].State(); got != want || r.Questions != 1 {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
		if want == measure.AnsweredCertain && (r.Median != 5 || !r.MedianKnown) {
			t.Errorf("%s: median %v minutes, want 5", what, r.Median)
		}
	}
	state("answered", measure.AnsweredCertain)
	l.Append(t, recallOf(answer, at("2026-01-05 12:00:00")))
	caughtUp(t, s)
	state("recalled", measure.OpenQuestion)
	rows := must(desk(s).MessagesByNumber(t.Context(), []int64{events[0].Number, 999}))(t)
	if len(rows) != 1 || rows[events[0].Number].Text != "几点开始？" {
		t.Errorf("messages by number = %+v", rows)
	}
	if other := must(s.For(community.Scope{Org: 2}).MessagesByNumber(t.Context(), []int64{events[0].Number}))(t); len(other) != 0 {
		t.Errorf("another organisation reads %+v", other)
	}
	l.Append(t, recallOf(asked, at("2026-01-05 13:00:00")))
	caughtUp(t, s)
	if list, r, err := desk(s).Questions(t.Context(), events[0].Group, "", from, from); err != nil || len(list) != 0 || r.Answered.Withheld != measure.NoData {
		t.Errorf("without the question: %+v, %+v, %v", list, r.Answered, err)
	}
}
