package storetest

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/store"
)

// Exercise proves the projections and the reading side of a store. open gives a new, empty store each time.
func Exercise(t *testing.T, open func(testing.TB) *store.Store) {
	for _, part := range []struct {
		name string
		run  func(*testing.T, *store.Store)
	}{
		{"figures equal a recount", figuresEqualRecount},
		{"figures built anew are the same", rebuildIsTheSame},
		{"sums over groups equal their days", sumsEqualTheirDays},
		{"an undone import leaves no trace in figures", undoneImport},
		{"questions and answers equal one reading", questionsEqualOneReading},
		{"a day with more questions than one part holds", aLongDayOfQuestions},
		{"an answer that is recalled opens its question again", recalledAnswer},
		{"what retention is made of equals the log", historyEqualsTheLog},
		{"stays say how they ended", staysSayHowTheyEnded},
		{"what tiers rest on is read from the log", tierPeopleAreRead},
		{"tiers are kept with their changes and pins", tiersAreKept},
		{"tags reach the score of tiers", tagsReachTheScore},
		{"benefits follow the tier", benefitsFollowTheTier},
		{"reaches are kept", reachesAreKept},
		{"ways of members are read from the log", waysAreRead},
		{"payments stand until they are void", paymentsAreKept},
		{"a rejoin is a new stay", rejoinIsNewStay},
		{"a roster ends the stays of who is missing", rosterEndsStays},
		{"presence is not membership", presenceIsNoStay},
		{"a list tells how people came", listTellsSource},
		{"what a session keeps is kept", notesAreKept},
		{"stories told late find their place", toldLate},
		{"names are kept as they were", namesAreKept},
		{"people are called what they are called now", calledNow},
		{"the roster is counted by day", rosterByDay},
		{"members are listed in every order", memberOrders},
		{"who never spoke is found", neverSpoke},
		{"search finds Chinese by two characters", searchChinese},
		{"messages are paged without loss", messagesPaged},
		{"a recalled message is marked and not counted", recalledMessages},
		{"hits are counted and linked", hitsAreLinked},
		{"a scope hides what lies outside", scopeHides},
		{"days nobody listened are unknown", unknownDays},
		{"a changed zone cuts the days anew", changedZone},
		{"every list can be asked", everyList},
		{"bots leave the figures of all days, and come back", botsLeaveFigures},
		{"figures lead to exactly their people", figuresLeadToTheirPeople},
		{"a day online is known though nothing was heard", onlineDays},
		{"presence in imported channels is collapsed", presenceCollapsed},
		{"a desk keeps followers and is no group", deskIsNoGroup},
		{"projections follow the log when woken", followsWake},
		{"requests to be let in wait for an answer", joinsKept},
		{"codes keep their entries, scans and pictures", codesKept},
		{"what a platform says of a held account is kept", restrictionKept},
		{"the last place is shown to one", lastPlaceHeld},
		{"a mark tells who came by a code", marksCounted},
		{"who is in two sub groups is found", doublesFound},
		{"several accounts are one person, until taken back", personsAreMerged},
		{"what members have in common is suggested", matchesAreSuggested},
		{"whoever has two accounts is found in two sub groups", personDoubles},
		{"tags of contacts follow their list", contactTagsFollow},
		{"a send by plan is there once and taken once", takenOnce},
		{"an item of the calendar is decided on once and handed over once", calendarKept},
		{"an SOP's turns are kept once, with the text of their version", turnsKept},
		{"the roster of duty is kept", rosterIsKept},
		{"ways to tell people are kept", waysAreKept},
		{"an alarm follows its task", alarmFollowsTask},
		{"two tasks of one member lose no words", twoTasksOfOneMember},
		{"of many steps on one reading one wins", oneOfManySteps},
		{"a link works once", passWorksOnce},
		{"what differs is kept, with since when", driftIsKept},
		{"the minutes nobody heard are kept", silenceIsKept},
		{"attached bots are kept and see their groups only", botsAreKept},
		{"keys to the API are kept, used and ended", tokensAreKept},
		{"second factors open once, codes of the last resort too", factorsAreKept},
		{"sign-ins are listed and ended", signInsAreKept},
		{"a pseudonym opens by a second person", revealsAreKept},
		{"assets are kept by their hash", assetsAreKept},
		{"words of lists are kept with every version", wordsAreKept},
		{"a large list is paged", largeListIsPaged},
		{"work on word lists is noted", runsOfWords},
		{"labelled cases are kept", casesAreKept},
		{"trials of rulebooks are kept", trialsAreKept},
		{"experiments are kept", experimentsAreKept},
		{"posters are kept", postersAreKept},
		{"appeals are kept", appealsAreKept},
		{"bulks are kept", bulksAreKept},
		{"points are kept", pointsAreKept},
		{"votes are kept", votesAreKept},
		{"lists are shared", listsAreShared},
		{"suggestions are kept", suggestionsAreKept},
		{"charters are kept", chartersAreKept},
		{"reports are kept", reportsAreKept},
		{"notices are kept", noticesAreKept},
		{"goals and words about stages are kept", goalsAreKept},
		{"templates of groups are kept by version", templatesAreKept},
		{"groups are begun with templates and undone", foundingsAreKept},
		{"weekly reports are sent once a week", weekliesAreKept},
		{"digests are kept", digestsAreKept},
		{"leavers are kept", leaversAreKept},
		{"items of the library are kept with their versions", libraryIsKept},
		{"turns that name items keep what they said", turnsNameItems},
		{"drafts are kept with what became of them", draftsAreKept},
		{"cards of messages are kept and erased", cardsAreKept},
		{"shared tables are kept, edit by edit", tablesAreKept},
		{"documents kept elsewhere are registered", outsideDocsAreKept},
		{"draws are kept", drawsAreKept},
		{"live Q&As are kept", liveqasAreKept},
		{"feeds are kept with their entries", feedsAreKept},
		{"morning reports are kept with what became of them", morningsAreKept},
		{"outlets are kept", outletsAreKept},
		{"calls of a model are counted", modelCallsAreCounted},
		{"proposals are kept", proposalsAreKept},
		{"every name is known", everyNameIsKnown},
		{"adjustments are kept", adjustmentsAreKept},
		{"what stood before changes is kept", pastsAreKept},
		{"formats are kept", formatsAreKept},
		{"overlaps are found", overlapsAreFound},
		{"people who sign in are kept with their reach", usersAreKept},
		{"leads are kept", leadsAreKept},
		{"tags are worn by hand and by rule", tagsAreWorn},
		{"rules of tags are kept", tagRulesAreKept},
		{"groups are tagged at once", groupsAreTaggedAtOnce},
		{"lives of groups are kept", livesAreKept},
		{"open questions are told of", openQuestionsAreTold},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(t, open(t)) })
	}
}

var shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

// at is an instant in Shanghai, in UTC milliseconds.
func at(date string) int64 {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", date, shanghai)
	if err != nil {
		panic(err)
	}
	return t.UnixMilli()
}

func day(t testing.TB, s string) measure.Day {
	t.Helper()
	d, err := measure.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func who(name string) community.Who { return community.Who{ID: "u-" + name, Name: name} }

var tea = community.Ref{ID: "tea", Name: "茶友群"}

func say(g community.Ref, name, text string, at int64) community.Inbound {
	key := fmt.Sprintf("%s-%s-%d-%s", g.ID, name, at, text)
	return community.Inbound{Type: community.MessageCreated, Key: key, Group: g, Actor: who(name), OccurredAt: at, Body: community.Body{Text: text, Message: key}}
}

func recallOf(in community.Inbound, at int64) community.Inbound {
	return community.Inbound{Type: community.MessageDeleted, Key: "del-" + in.Key, Group: in.Group, Actor: in.Actor, OccurredAt: at, Body: community.Body{Message: in.Body.Message}}
}

func join(g community.Ref, name string, at int64) community.Inbound {
	return community.Inbound{Type: community.MemberJoined, Group: g, Actor: who(name), OccurredAt: at, Body: community.Body{Scene: "qr", State: "spring"}}
}

func leave(g community.Ref, name string, at int64) community.Inbound {
	return community.Inbound{Type: community.MemberLeft, Group: g, Actor: who(name), OccurredAt: at, Body: community.Body{Reason: "left"}}
}

func rosterOf(g community.Ref, at int64, names ...string) community.Inbound {
	var list []string
	for _, n := range names {
		list = append(list, fmt.Sprintf(`{"id":"u-%s","name":"%s","role":"member"}`, n, n))
	}
	return community.Inbound{Type: community.RosterRead, Group: g, OccurredAt: at, Body: community.Body{Data: []byte("[" + strings.Join(list, ",") + "]")}}
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func caughtUp(t *testing.T, s *store.Store) {
	t.Helper()
	if err := s.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s = %+v, want %+v", what, got, want)
	}
}

func desk(s *store.Store) *store.Desk { return s.For(community.Scope{Org: 1}) }

// life makes a story of groups: messages, recalls, joins, departures and new names, in order of time.
func life(rng *rand.Rand, groups []community.Ref, n int) []community.Inbound {
	now := at("2026-01-01 00:00:00")
	var list []community.Inbound
	var said []community.Inbound
	classes := []community.Class{community.Text, community.Text, community.Text, community.Image, community.RedPack, community.System, community.Link}
	for i := range n {
		now += rng.Int64N(1_600_000)
		g := groups[min(rng.IntN(len(groups)), rng.IntN(len(groups)))]
		name := fmt.Sprintf("m%d", min(rng.IntN(40), rng.IntN(40)))
		switch p := rng.IntN(100); {
		case p < 4:
			list = append(list, join(g, name, now))
		case p < 7:
			list = append(list, leave(g, name, now))
		case p < 10 && len(said) > 0:
			k := rng.IntN(len(said))
			list = append(list, recallOf(said[k], now))
			said = slices.Delete(said, k, k+1)
		default:
			in := say(g, name, fmt.Sprintf("第 %d 句 hello", i), now)
			in.Body.Class = classes[rng.IntN(len(classes))]
			if rng.IntN(50) == 0 {
				in.Body.Card = fmt.Sprintf("名片%d", rng.IntN(3))
			}
			if rng.IntN(30) == 0 {
				in.Body.Caused = community.ID{1}
			}
			list = append(list, in)
			said = append(said, in)
		}
	}
	return list
}

// write appends a story in commits of different sizes, now and then with the projections in between.
func write(t *testing.T, s *store.Store, l *Log, rng *rand.Rand, list []community.Inbound) []community.Event {
	t.Helper()
	var events []community.Event
	for len(list) > 0 {
		n := min(len(list), 1+rng.IntN(700))
		events = append(events, l.Append(t, list[:n]...)...)
		list = list[n:]
		if rng.IntN(3) == 0 {
			caughtUp(t, s)
		}
	}
	caughtUp(t, s)
	return events
}

var threeGroups = []community.Ref{tea, {ID: "run", Name: "跑步群"}, {ID: "book", Name: "读书群"}}

func figuresEqualRecount(t *testing.T, s *store.Store) {
	rng := rand.New(rand.NewPCG(1, 2))
	events := write(t, s, NewLog(s), rng, life(rng, threeGroups, 5000))
	from, to := day(t, "2026-01-10"), day(t, "2026-02-15")
	for _, g := range []community.GroupKey{0, events[0].Group} {
		got := must(desk(s).Activity(t.Context(), g, "", from, to))(t)
		want := recount(events, g, from, to)
		for i, d := range got.Daily {
			w := want.days[from+measure.Day(i)]
			same(t, fmt.Sprintf("group %d, %s", g, d.Day), []int64{d.Messages, d.DAU, d.WAU, d.MAU, d.Recalled},
				[]int64{w.messages, int64(len(w.speakers)), w.trailing(7), w.trailing(30), w.recalled})
		}
		same(t, "messages", got.Messages, want.messages)
		same(t, "speakers", got.Speakers, int64(len(want.said)))
		same(t, "hours", got.Hours, want.hours)
		same(t, "classes", got.Classes, want.classList())
		for _, talker := range got.Top {
			same(t, "messages of a talker", talker.Messages, want.said[talker.Member])
		}
	}
}

// counted is a naive recount from the events.
type counted struct {
	days     map[measure.Day]*countedDay
	messages int64
	said     map[community.MemberKey]int64
	hours    [24]int64
	classes  map[community.Class]int64
}

type countedDay struct {
	all      map[measure.Day]*countedDay
	day      measure.Day
	messages int64
	recalled int64
	speakers map[community.MemberKey]bool
}

func (d *countedDay) trailing(n int) int64 {
	set := map[community.MemberKey]bool{}
	for i := range measure.Day(n) {
		if d.all[d.day-i] == nil {
			continue
		}
		for m := range d.all[d.day-i].speakers {
			set[m] = true
		}
	}
	return int64(len(set))
}

func (c *counted) classList() []measure.ClassCount {
	var list []measure.ClassCount
	for k, n := range c.classes {
		list = append(list, measure.ClassCount{Class: k, Count: n})
	}
	slices.SortFunc(list, func(a, b measure.ClassCount) int { return int(a.Class) - int(b.Class) })
	return list
}

func recount(events []community.Event, g community.GroupKey, from, to measure.Day) *counted {
	c := &counted{days: map[measure.Day]*countedDay{}, said: map[community.MemberKey]int64{}, classes: map[community.Class]int64{}}
	recalled := map[string]bool{}
	for _, ev := range events {
		if ev.Type == community.MessageDeleted {
			recalled[ev.Body.Message] = true
		}
	}
	for d := from - 40; d <= to; d++ {
		c.days[d] = &countedDay{all: c.days, day: d, speakers: map[community.MemberKey]bool{}}
	}
	for _, ev := range events {
		local := time.UnixMilli(ev.OccurredAt).In(shanghai)
		d := measure.Day((local.Unix() + 8*3600) / 86400)
		b := ev.Body
		if ev.Type != community.MessageCreated || g != 0 && ev.Group != g || c.days[d] == nil || !b.Caused.IsZero() ||
			b.Class == community.RedPack || b.Class == community.System {
			continue
		}
		if recalled[b.Message] {
			c.days[d].recalled++
			continue
		}
		c.days[d].messages++
		c.days[d].speakers[ev.Actor] = true
		if d >= from && d <= to {
			c.messages++
			c.said[ev.Actor]++
			c.hours[local.Hour()]++
			c.classes[b.Class]++
		}
	}
	return c
}

func rebuildIsTheSame(t *testing.T, s *store.Store) {
	rng := rand.New(rand.NewPCG(3, 4))
	write(t, s, NewLog(s), rng, life(rng, threeGroups, 3000))
	before := must(s.DigestFigures(t.Context()))(t)
	found, total, err := desk(s).FindMessages(t.Context(), community.MessageFilter{Text: "第 hello"})
	if err != nil || len(found) == 0 {
		t.Fatalf("found %d: %v", len(found), err)
	}
	var seen int64
	if err := s.Rebuild(t.Context(), func(done, of int64) { seen = done }); err != nil {
		t.Fatal(err)
	}
	if seen != 3000 {
		t.Errorf("progress ended at %d, want 3000", seen)
	}
	same(t, "figures", must(s.DigestFigures(t.Context()))(t), before)
	again, n, err := desk(s).FindMessages(t.Context(), community.MessageFilter{Text: "第 hello"})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "found", again, found)
	same(t, "total", n, total)
	inSmallReadings(t, s, before)
	if err := s.Rebuild(t.Context(), nil, store.SearchView); err != nil {
		t.Fatal(err)
	}
	lag := must(s.Lag(t.Context()))(t)
	same(t, "lag", lag, store.Lag{store.SearchView: 0, store.FiguresView: 0, store.QuestionsView: 0})
}

func undoneImport(t *testing.T, s *store.Store) {
	rng := rand.New(rand.NewPCG(5, 6))
	l := NewLog(s)
	events := write(t, s, l, rng, life(rng, threeGroups[:1], 800))
	g := events[0].Group
	before := must(s.DigestFigures(t.Context()))(t)
	asked := community.MessageFilter{Text: "押金"}
	l.Account, l.Run = 0, 7
	l.Append(t, say(tea, "old1", "押金怎么退", at("2025-12-01 10:00:00")), say(tea, "m1", "押金", at("2025-12-02 10:00:00")), join(tea, "old2", at("2025-12-03 10:00:00")))
	caughtUp(t, s)
	if found, _, err := desk(s).FindMessages(t.Context(), asked); err != nil || len(found) != 2 {
		t.Fatalf("found %d, want 2: %v", len(found), err)
	}
	if got := must(s.DigestFigures(t.Context()))(t); got["group_day"] == before["group_day"] {
		t.Fatal("the import changed nothing")
	}
	l.Run = 0
	l.Append(t, community.Inbound{Type: community.ImportUndone, GroupKey: g, Key: "import:7", OccurredAt: at("2026-03-01 10:00:00"), Body: community.Body{Data: []byte(`{"import":7}`)}})
	caughtUp(t, s)
	if found, total, err := desk(s).FindMessages(t.Context(), asked); err != nil || len(found) != 0 || total != 0 {
		t.Errorf("found %d of %d after undoing, want none: %v", len(found), total, err)
	}
	after := must(s.DigestFigures(t.Context()))(t)
	for _, table := range []string{"group_day", "people", "stay", "recalled", "import_span", "group_fact", "name_span"} {
		same(t, table, after[table], before[table])
	}
	if err := s.Rebuild(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	same(t, "figures built anew", must(s.DigestFigures(t.Context()))(t), after)
	inSmallReadings(t, s, after)
}

// inSmallReadings builds the figures anew in readings of few events, many to a transaction.
func inSmallReadings(t *testing.T, s *store.Store, want map[string]string) {
	t.Helper()
	defer s.ReadAtATime(0)
	for _, n := range []int{37, 211} {
		s.ReadAtATime(n)
		if err := s.Rebuild(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		for table, sum := range must(s.DigestFigures(t.Context()))(t) {
			same(t, fmt.Sprintf("%s in readings of %d", table, n), sum, want[table])
		}
	}
}

func rejoinIsNewStay(t *testing.T, s *store.Store) {
	l := NewLog(s)
	evs := l.Append(t, join(tea, "anna", at("2026-01-01 10:00:00")), leave(tea, "anna", at("2026-01-05 10:00:00")), join(tea, "anna", at("2026-01-09 10:00:00")))
	caughtUp(t, s)
	stays := must(desk(s).Stays(t.Context(), evs[0].Actor))(t)
	if len(stays) != 2 {
		t.Fatalf("%d stays, want 2", len(stays))
	}
	if stays[0].ID == stays[1].ID || stays[0].ID.IsZero() {
		t.Errorf("ids %s and %s", stays[0].ID, stays[1].ID)
	}
	same(t, "the first", []any{stays[1].JoinedAt, stays[1].LeftAt, stays[1].LeftReason, stays[1].Scene, stays[1].State},
		[]any{at("2026-01-01 10:00:00"), at("2026-01-05 10:00:00"), "left", "qr", "spring"})
	same(t, "the second", []any{stays[0].JoinedAt, stays[0].LeftAt}, []any{at("2026-01-09 10:00:00"), int64(0)})
}

func rosterEndsStays(t *testing.T, s *store.Store) {
	l := NewLog(s)
	l.Know(t, who("anna"), who("ben"), who("cora"))
	evs := l.Append(t, rosterOf(tea, at("2026-01-01 10:00:00"), "anna", "ben", "cora"), say(tea, "ben", "在", at("2026-01-02 10:00:00")),
		rosterOf(tea, at("2026-01-03 10:00:00"), "anna", "cora"))
	caughtUp(t, s)
	row := must(desk(s).GroupByKey(t.Context(), evs[0].Group))(t)
	same(t, "members", row.Members, 2)
	stays := must(desk(s).Stays(t.Context(), evs[1].Actor))(t)
	if len(stays) != 1 {
		t.Fatalf("%d stays, want 1", len(stays))
	}
	st := stays[0]
	same(t, "stay", []any{st.JoinedAt, st.LeftLow, st.LeftAt, st.LeftReason, st.Certainty},
		[]any{int64(0), at("2026-01-02 10:00:00"), at("2026-01-03 10:00:00"), "unknown", community.Inferred})
	l.Append(t, leave(tea, "ben", at("2026-01-02 20:00:00")))
	caughtUp(t, s)
	st = must(desk(s).Stays(t.Context(), evs[1].Actor))(t)[0]
	same(t, "stay, told exactly", []any{st.LeftLow, st.LeftAt, st.LeftReason, st.Certainty}, []any{int64(0), at("2026-01-02 20:00:00"), "left", community.Observed})
	days := must(desk(s).Activity(t.Context(), evs[0].Group, "", day(t, "2026-01-01"), day(t, "2026-01-03")))(t).Daily
	same(t, "leaves by day", []int64{days[0].Leaves, days[1].Leaves, days[2].Leaves}, []int64{0, 1, 0})
}

func presenceIsNoStay(t *testing.T, s *store.Store) {
	l := NewLog(s)
	l.Know(t, who("anna"), who("ben"))
	comes := func(when string) community.Inbound {
		in := join(tea, "anna", at(when))
		in.Body = community.Body{Scene: community.Presence}
		return in
	}
	goes := func(when, reason string) community.Inbound {
		in := leave(tea, "anna", at(when))
		in.Body.Reason = reason
		return in
	}
	without := rosterOf(tea, at("2026-01-01 18:00:00"), "ben")
	without.Body.Scene = community.Presence
	evs := l.Append(t, comes("2026-01-01 10:00:00"), goes("2026-01-01 11:00:00", community.Presence), without, comes("2026-01-02 10:00:00"),
		goes("2026-01-02 10:01:00", community.Presence), comes("2026-01-02 10:02:00"))
	caughtUp(t, s)
	stays := must(desk(s).Stays(t.Context(), evs[0].Actor))(t)
	if len(stays) != 1 || stays[0].LeftAt != 0 || stays[0].JoinedAt != at("2026-01-01 10:00:00") {
		t.Fatalf("stays = %+v, want one that lasts", stays)
	}
	l.Append(t, goes("2026-01-03 10:00:00", "kicked"), comes("2026-01-04 10:00:00"))
	caughtUp(t, s)
	stays = must(desk(s).Stays(t.Context(), evs[0].Actor))(t)
	if len(stays) != 2 || stays[1].LeftReason != "kicked" {
		t.Errorf("stays = %+v, want a second one after the removal", stays)
	}
	days := must(desk(s).Activity(t.Context(), evs[0].Group, "", day(t, "2026-01-01"), day(t, "2026-01-04")))(t).Daily
	var joins, leaves int64
	for _, d := range days {
		joins, leaves = joins+d.Joins, leaves+d.Leaves
	}
	same(t, "joins and leaves", []int64{joins, leaves}, []int64{2, 1})
}

func toldLate(t *testing.T, s *store.Store) {
	l := NewLog(s)
	evs := l.Append(t, say(tea, "anna", "你好", at("2026-02-01 10:00:00")), join(tea, "ben", at("2026-02-02 10:00:00")))
	l.Run, l.Account = 3, 0
	l.Append(t, join(tea, "anna", at("2026-01-01 10:00:00")), join(tea, "ben", at("2026-01-01 10:00:00")), say(tea, "anna", "早", at("2026-01-02 10:00:00")))
	caughtUp(t, s)
	anna := must(desk(s).Stays(t.Context(), evs[0].Actor))(t)
	same(t, "stays of anna", len(anna), 1)
	same(t, "joined", anna[0].JoinedAt, at("2026-01-01 10:00:00"))
	ben := must(desk(s).Stays(t.Context(), evs[1].Actor))(t)
	same(t, "stays of ben", len(ben), 2)
	same(t, "the earlier one", []any{ben[1].JoinedAt, ben[1].LeftAt, ben[1].Certainty}, []any{at("2026-01-01 10:00:00"), at("2026-02-02 10:00:00"), community.Inferred})
	same(t, "members", must(desk(s).GroupByKey(t.Context(), evs[0].Group))(t).Members, 2)
}

func namesAreKept(t *testing.T, s *store.Store) {
	l := NewLog(s)
	named := func(name, card string, when int64) community.Inbound {
		in := say(tea, "anna", name+card, when)
		in.Actor.Name, in.Actor.Card = name, card
		return in
	}
	evs := l.Append(t, named("安娜", "", at("2026-01-05 10:00:00")), named("安娜", "茶友", at("2026-01-06 10:00:00")),
		named("安妮", "茶友", at("2026-01-07 10:00:00")), named("安妮", "茶友", at("2026-01-08 10:00:00")), named("安娜", "茶友", at("2026-01-02 10:00:00")))
	caughtUp(t, s)
	g := evs[0].Group
	same(t, "names", must(desk(s).Names(t.Context(), evs[0].Actor))(t), []community.NameSpan{
		{Group: 0, Name: "安娜", From: at("2026-01-02 10:00:00"), To: at("2026-01-07 10:00:00")},
		{Group: 0, Name: "安妮", From: at("2026-01-07 10:00:00")},
		{Group: g, Name: "茶友", From: at("2026-01-02 10:00:00")},
	})
	for _, text := range []string{"安娜", "安妮", "茶友", "U-ANNA"} {
		list, n, err := desk(s).FindMembers(t.Context(), community.MemberFilter{Group: g, Text: text})
		if err != nil || n != 1 || len(list) != 1 || list[0].Card != "茶友" {
			t.Errorf("%s: %d of %d: %v", text, len(list), n, err)
		}
	}
}

// calledNow: lists show the newest name that was heard, not the id that somebody was first known by; a history read in
// from a file gives nobody an old name back.
func calledNow(t *testing.T, s *store.Store) {
	l := NewLog(s)
	called := func(id, name string, when int64) community.Inbound {
		in := say(tea, id, "早", when)
		in.Actor.Name = name
		return in
	}
	g := l.Append(t, called("anna", "", at("2026-01-05 10:00:00")), called("ben", "小本", at("2026-01-05 10:00:01")))[0].Group
	shown := func() map[string]string {
		t.Helper()
		caughtUp(t, s)
		list, _, err := desk(s).FindMembers(t.Context(), community.MemberFilter{Group: g})
		anyone, _, err2 := desk(s).FindMembers(t.Context(), community.MemberFilter{})
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		names := map[string]string{}
		for i, m := range append(list, anyone...) {
			if was, ok := names[m.External]; ok && was != m.Name {
				t.Errorf("row %d: %s is called %s, elsewhere %s", i, m.External, m.Name, was)
			}
			names[m.External] = m.Name
		}
		return names
	}
	same(t, "nothing but an id", shown(), map[string]string{"u-anna": "u-anna", "u-ben": "小本"})
	l.Append(t, called("anna", "安娜", at("2026-01-06 10:00:00")), called("ben", "大本", at("2026-01-06 10:00:01")), called("anna", "", at("2026-01-06 11:00:00")))
	same(t, "told now", shown(), map[string]string{"u-anna": "安娜", "u-ben": "大本"})
	l.Run, l.Account = 7, 0
	l.Append(t, called("ben", "少本", at("2025-01-06 10:00:00")), called("cora", "", at("2025-01-06 10:00:01")), called("cora", "可拉", at("2025-01-06 10:00:02")))
	same(t, "after a history", shown(), map[string]string{"u-anna": "安娜", "u-ben": "大本", "u-cora": "可拉"})
}

func placeOf(g community.GroupKey) []measure.Place {
	return []measure.Place{{Group: g, Zone: shanghai}}
}

func rosterByDay(t *testing.T, s *store.Store) {
	l := NewLog(s)
	l.Know(t, who("anna"), who("ben"), who("cora"))
	evs := l.Append(t, say(tea, "anna", "早", at("2026-01-01 10:00:00")), rosterOf(tea, at("2026-01-02 10:00:00"), "anna", "ben", "cora"),
		join(tea, "dan", at("2026-01-03 10:00:00")), leave(tea, "ben", at("2026-01-04 10:00:00")), join(tea, "ben", at("2026-01-04 12:00:00")), leave(tea, "anna", at("2026-01-05 23:59:59")))
	caughtUp(t, s)
	got := must(desk(s).Roster(t.Context(), placeOf(evs[0].Group), day(t, "2026-01-01"), day(t, "2026-01-06")))(t)
	same(t, "roster", got, []int64{-1, 3, 4, 4, 3, 3})
}

func memberOrders(t *testing.T, s *store.Store) {
	l := NewLog(s)
	l.Know(t, who("d"))
	l.Append(t, join(tea, "b", at("2026-01-03 10:00:00")), say(tea, "b", "1", at("2026-01-04 10:00:00")), say(tea, "b", "2", at("2026-01-05 10:00:00")),
		join(tea, "a", at("2026-01-04 10:00:00")), say(tea, "a", "3", at("2026-01-06 10:00:00")), join(tea, "c", at("2026-01-05 10:00:00")), leave(tea, "c", at("2026-01-06 10:00:00")),
		rosterOf(tea, at("2026-01-07 10:00:00"), "a", "b", "d"))
	caughtUp(t, s)
	groups, _, err := desk(s).FindGroups(t.Context(), community.GroupFilter{})
	if err != nil {
		t.Fatal(err)
	}
	yes, no := true, false
	for _, c := range []struct {
		page    community.Page
		present *bool
		want    string
	}{
		{community.Page{}, nil, "a b c d"},
		{community.Page{Desc: true}, nil, "d c b a"},
		{community.Page{Sort: "joined"}, nil, "d b a c"},
		{community.Page{Sort: "last_word", Desc: true}, nil, "a b c d"},
		{community.Page{Sort: "messages", Desc: true}, &yes, "b a d"},
		{community.Page{Sort: "name"}, &no, "c"},
		{community.Page{Sort: "strikes", Desc: true}, &yes, "d b a"},
		{community.Page{Limit: 2, Offset: 1}, nil, "b c"},
	} {
		for _, key := range []community.GroupKey{groups[0].Key, 0} {
			f := community.MemberFilter{Group: key, Present: c.present, Page: c.page}
			list, total, err := desk(s).FindMembers(t.Context(), f)
			if err != nil {
				t.Fatalf("%+v: %v", c.page, err)
			}
			var names []string
			for _, m := range list {
				names = append(names, m.Name)
			}
			if got := strings.Join(names, " "); got != c.want && (key != 0 || c.page.Sort != "joined" && c.page.Sort != "strikes") {
				t.Errorf("group %d, %+v: %s, want %s", key, c.page, got, c.want)
			}
			if c.page.Limit != 0 && total != 4 {
				t.Errorf("total %d, want 4", total)
			}
		}
	}
	if _, _, err := desk(s).FindMembers(t.Context(), community.MemberFilter{Page: community.Page{Sort: "shoe"}}); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("an unknown sort gives %v", err)
	}
}

func neverSpoke(t *testing.T, s *store.Store) {
	l := NewLog(s)
	l.Know(t, who("anna"), who("ben"))
	evs := l.Append(t, rosterOf(tea, at("2026-01-01 10:00:00"), "anna", "ben"), say(tea, "ben", "在", at("2026-01-02 10:00:00")), join(tea, "cora", at("2026-01-03 10:00:00")))
	caughtUp(t, s)
	yes := true
	list, total, err := desk(s).FindMembers(t.Context(), community.MemberFilter{Group: evs[0].Group, Present: &yes, NeverSpoke: true, Page: community.Page{Sort: "joined"}})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "total", total, 2)
	same(t, "never spoke", []any{list[0].Name, list[0].JoinedAt, list[1].Name, list[1].JoinedAt}, []any{"anna", int64(0), "cora", at("2026-01-03 10:00:00")})
	a := must(desk(s).Activity(t.Context(), evs[0].Group, "", day(t, "2026-01-01"), day(t, "2026-01-03")))(t)
	same(t, "figure", []any{a.NeverSpoke.Num, a.NeverSpoke.Den, a.NeverSpoke.Grey}, []any{2.0, 3.0, true})
	_, silent, err := desk(s).FindMembers(t.Context(), community.MemberFilter{Group: evs[0].Group, SilentSince: at("2026-01-03 00:00:00")})
	if err != nil || silent != 3 {
		t.Errorf("silent %d, want 3: %v", silent, err)
	}
}
