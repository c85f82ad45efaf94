package app_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/console"
	"qunluo/internal/policy"
)

// hand is a group of plain WeChat that people bring by hand.
type hand struct {
	*gate
	group community.GroupRow
	desk  console.Importer
}

// byHand makes the group, with a rule that warns at the first advertisement and removes at the second.
func byHand(t *testing.T, dbURL string) *hand {
	t.Helper()
	g := openGate(t, dbURL)
	made, err := g.app.Hands(g.org, nil).AddGroup(t.Context(), "ming", community.Group{Name: "宝妈一群"}, 0, "新群")
	check(t, err)
	book := bookOf(t, community.Live, []policy.Rung{{Actions: []string{policy.ActWarn}}, {Actions: []string{policy.ActRemove}}},
		policy.Rule{ID: "ads", Name: "广告", Kind: "keyword", Mode: policy.RuleLive, Params: json.RawMessage(`{"lists":[{"words":["代开发票"]}]}`)})
	_, err = g.app.Hands(g.org, nil).Publish(plain(t.Context()), "ming", made.Key, book, "第一版")
	check(t, err)
	h := &hand{gate: g, desk: g.app.Imports()}
	h.group, err = g.desk.GroupByKey(t.Context(), made.Key)
	check(t, err)
	return h
}

// try lets a text be read without writing.
func (h *hand) try(format, text string, renamed map[string]string) (community.ID, told) {
	h.t.Helper()
	return h.start(console.ImportOrder{Name: "粘贴.txt", File: strings.NewReader(text), Format: format, Group: h.group.Key, At: h.ms.Load(), Dry: true, Live: true, Renamed: renamed, Show: 50})
}

func (h *hand) start(o console.ImportOrder) (community.ID, told) {
	h.t.Helper()
	run, err := h.desk.Start(h.t.Context(), "ming", h.org, o)
	check(h.t, err)
	return run, h.ended(run)
}

// take reads a text, and takes it in.
func (h *hand) take(format, text string, renamed map[string]string) (community.ID, told) {
	h.t.Helper()
	run, _ := h.try(format, text, renamed)
	run, err := h.desk.Commit(h.t.Context(), "ming", h.org, run)
	check(h.t, err)
	return run, h.ended(run)
}

// told is what a run's report says.
type told struct {
	Added      int64 `json:"added"`
	Duplicates int64 `json:"duplicates"`
	Error      string
	State      string
	Units      []struct {
		Completed int64
		Rosters   []struct {
			Members, Joined, Gone int
			Samples               []string
			Renamed               []struct{ From, To string }
			Maybe                 []struct{ From, To string } `json:"maybe_renamed"`
		}
		Preview []struct {
			Name, Text string
			Known      bool
			Whole      bool
		}
	}
}

func (h *hand) ended(run community.ID) told {
	h.t.Helper()
	check(h.t, h.desk.Await(h.t.Context(), run))
	row, err := h.gate.desk.ImportByID(h.t.Context(), run)
	check(h.t, err)
	var rep told
	check(h.t, json.Unmarshal(row.Report, &rep))
	rep.State = row.State
	return rep
}

// waiting lists the open tasks of the group by verb and whom they are about.
func (h *hand) waiting() string {
	h.t.Helper()
	rows, _, err := h.gate.desk.FindTasks(h.t.Context(), community.TaskFilter{Page: community.Page{Limit: 50}})
	check(h.t, err)
	var all []string
	for _, k := range rows {
		if k.Group == h.group.Key {
			all = append(all, string(k.Verb)+" "+k.TargetName)
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// until waits for the tasks to be as wanted: actions are carried out beside.
func (h *hand) until(want string) {
	h.t.Helper()
	ctx, stop := context.WithTimeout(h.t.Context(), time.Minute)
	defer stop()
	for h.waiting() != want {
		h.app.Jobs().Wake()
		select {
		case <-ctx.Done():
			h.t.Fatalf("tasks = %q, want %q", h.waiting(), want)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// caughtUp waits for the projections.
func (h *hand) caughtUp() {
	h.t.Helper()
	check(h.t, h.app.Store().CatchUp(h.t.Context()))
}

const firstPaste = "小满妈 2026-11-02 09:30\n早上好\n\n发票王 2026-11-02 09:31\n代开发票，加我\n\n旧话 2026-10-20 08:00\n代开发票，以前的\n"

// TestPastedTalkIsReadAsAConnectionsWould: the difference is shown first; what is new and young is decided about and becomes
// tasks; what is old is history; the same once more is nothing; an overlapping longer excerpt brings only what is new.
func TestPastedTalkIsReadAsAConnectionsWould(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		h := byHand(t, dbURL)
		_, rep := h.try("wechat-paste", firstPaste, nil)
		if rep.State != "dry" || rep.Added != 3 || len(rep.Units) != 1 || len(rep.Units[0].Preview) != 3 {
			t.Fatalf("the trial says %+v", rep)
		}
		if h.waiting() != "" {
			t.Fatal("a trial made tasks")
		}
		run, rep := h.take("wechat-paste", firstPaste, nil)
		if rep.State != "done" || rep.Added != 3 {
			t.Fatalf("taken in: %+v", rep)
		}
		h.until("message.send 发票王") // not the one of October
		if _, rep = h.take("wechat-paste", firstPaste, nil); rep.Added != 0 || rep.Duplicates != 3 {
			t.Errorf("the same once more: %+v", rep)
		}
		_, rep = h.try("wechat-paste", firstPaste+"\n发票王 2026-11-02 09:40\n代开发票，量大从优\n", nil)
		if rep.Added != 1 || rep.Duplicates != 3 || !rep.Units[0].Preview[0].Known || rep.Units[0].Preview[3].Known {
			t.Errorf("an overlapping excerpt: %+v", rep)
		}
		h.take("wechat-paste", firstPaste+"\n发票王 2026-11-02 09:40\n代开发票，量大从优\n", nil)
		h.until("member.remove 发票王, message.send 发票王")

		check(t, h.desk.Undo(t.Context(), "ming", h.org, run, "贴错群了"))
		strikes, _, err := h.gate.desk.FindStrikes(t.Context(), community.StrikeFilter{Group: h.group.Key, Page: community.Page{Limit: 9}})
		check(t, err)
		revoked := 0
		for _, s := range strikes {
			if s.Revoked != 0 {
				revoked++
			}
		}
		if len(strikes) != 2 || revoked != 1 {
			t.Errorf("of %d strikes %d are revoked, want 1 of 2: that of the excerpt that was taken back", len(strikes), revoked)
		}
	})
}

// TestNextRosterConfirmsARemoval: a task for a removal closes by itself once a pasted list, read after it was asked for, has
// the member no more, whether the person pressed done or not; as long as the name stands there it waits.
func TestNextRosterConfirmsARemoval(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		h := byHand(t, dbURL)
		_, rep := h.take("roster-names", "小满妈\n发票王\n大刘\n阿敏\n", nil)
		if r := rep.Units[0].Rosters; len(r) != 1 || r[0].Members != 4 {
			t.Fatalf("the first list: %+v", rep)
		}
		h.take("wechat-paste", "发票王 2026-11-02 09:31\n代开发票，加我\n\n发票王 2026-11-02 09:40\n代开发票，量大从优\n", nil)
		h.until("member.remove 发票王, message.send 发票王")
		h.caughtUp()
		h.ms.Add(60_000)
		h.take("roster-names", "小满妈\n发票王\n大刘\n阿敏\n", nil)
		h.until("member.remove 发票王, message.send 发票王") // still there
		h.ms.Add(60_000)
		h.caughtUp()
		_, rep = h.take("roster-names", "小满妈\n大刘\n阿敏\n", nil)
		if r := rep.Units[0].Rosters[0]; r.Gone != 1 || r.Joined != 0 || strings.Join(r.Samples, ",") != "- 发票王" {
			t.Errorf("the difference: %+v", r)
		}
		h.until("message.send 发票王")
		rows, _, err := h.gate.desk.FindTasks(t.Context(), community.TaskFilter{State: "done", Page: community.Page{Limit: 9}})
		check(t, err)
		if len(rows) != 1 || rows[0].Verb != community.Remove || rows[0].Note != string(community.RosterRead) {
			t.Errorf("closed: %+v", rows)
		}
	})
}

// TestImportedRosterConfirmsARemoval: so does a list that comes as a file, which decides nothing.
func TestImportedRosterConfirmsARemoval(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		h := byHand(t, dbURL)
		h.take("roster-names", "小满妈\n发票王\n", nil)
		h.caughtUp()
		h.take("wechat-paste", "发票王 2026-11-02 09:31\n代开发票，加我\n\n发票王 2026-11-02 09:40\n代开发票，量大从优\n", nil)
		h.until("member.remove 发票王, message.send 发票王")
		h.ms.Add(60_000)
		h.start(console.ImportOrder{Name: "名单.csv", File: strings.NewReader("昵称,角色\n小满妈,群主\n"), Format: "roster-csv", Group: h.group.Key, At: h.ms.Load()})
		h.until("message.send 发票王")
	})
}

// TestNamesMeanWhoBearsThem: who took another name stays the same member when a person says so; names that lists guess at
// are offered, not assumed; of two of one name nobody counts as gone; who is known by id is meant by their name.
func TestNamesMeanWhoBearsThem(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		h := byHand(t, dbURL)
		h.start(console.ImportOrder{Name: "名单.csv", File: strings.NewReader("wxid,昵称\nwx_1,小满妈\nwx_2,发票王\nwx_3,大刘\nwx_4,大刘\n"), Format: "roster-csv", Group: h.group.Key, At: h.ms.Load() - 3600_000})
		h.caughtUp()
		_, rep := h.try("roster-names", "小满妈\n发票王\n大刘\n新来的\n", nil)
		if r := rep.Units[0].Rosters[0]; r.Gone != 0 || r.Joined != 1 || r.Members != 5 {
			t.Errorf("names of people known by id: %+v", r)
		}
		h.take("wechat-paste", "发票王 2026-11-02 09:31\n代开发票，加我\n\n发票王 2026-11-02 09:40\n代开发票，量大从优\n", nil)
		h.until("member.remove 发票王, message.send 发票王")
		h.caughtUp()
		h.ms.Add(60_000)
		h.take("roster-names", "小满妈\n发票王\n大刘\n新来的\n", nil)
		h.until("member.remove 发票王, message.send 发票王") // wx_2 is meant, and there
		h.caughtUp()
		h.ms.Add(60_000)
		list := "小满妈\n正经人\n大刘\n新来的\n"
		_, rep = h.try("roster-names", list, nil)
		if r := rep.Units[0].Rosters[0]; len(r.Maybe) != 1 || r.Maybe[0].From != "发票王" || r.Maybe[0].To != "正经人" || r.Gone != 1 {
			t.Fatalf("a new name in the place of an old one: %+v", r)
		}
		_, rep = h.take("roster-names", list, map[string]string{"正经人": "发票王"})
		if r := rep.Units[0].Rosters[0]; r.Gone != 0 || r.Joined != 0 || len(r.Renamed) != 1 {
			t.Errorf("said to be the same: %+v", r)
		}
		h.until("member.remove 发票王, message.send 发票王") // not removed, only renamed
	})
}

// TestUndoneRosterOpensWhatItClosed: once a pasted list is taken back, the removal that it had confirmed waits for people
// again, with the person who had it and a note why; a later list closes it again. What a person called done stays done.
func TestUndoneRosterOpensWhatItClosed(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		h := byHand(t, dbURL)
		h.take("roster-names", "小满妈\n发票王\n大刘\n", nil)
		h.take("wechat-paste", "发票王 2026-11-02 09:31\n代开发票，加我\n\n发票王 2026-11-02 09:40\n代开发票，量大从优\n", nil)
		h.until("member.remove 发票王, message.send 发票王")
		rows, _, err := h.gate.desk.FindTasks(t.Context(), community.TaskFilter{State: "open", Page: community.Page{Limit: 9}})
		check(t, err)
		hands := h.app.Hands(h.org, nil)
		for _, k := range rows {
			if k.Verb == community.Remove {
				check(t, hands.TaskClaim(t.Context(), "ming", k.ID, ""))
			}
		}
		h.caughtUp()
		h.ms.Add(60_000)
		run, _ := h.take("roster-names", "小满妈\n大刘\n", nil)
		h.until("message.send 发票王")
		check(t, h.desk.Undo(t.Context(), "ming", h.org, run, "贴错群了"))
		h.until("member.remove 发票王, message.send 发票王")
		rows, _, err = h.gate.desk.FindTasks(t.Context(), community.TaskFilter{Page: community.Page{Limit: 9}})
		check(t, err)
		for _, k := range rows {
			if k.Verb == community.Remove && (k.State != "claimed" || k.Assignee != "ming" || k.Note != string(community.ImportUndone) || k.DoneAt != 0 || k.Due < h.ms.Load()) {
				t.Errorf("reopened as %+v, want it with who had it, with a note and time to do it", k)
			}
		}
		await(t, func() bool {
			h.app.Jobs().Wake()
			busy, err := h.app.Store().Releasing(t.Context())
			return err == nil && !busy
		})
		h.caughtUp()
		h.ms.Add(60_000)
		h.take("roster-names", "小满妈\n大刘\n阿敏\n", nil)
		h.until("message.send 发票王")
		if err := h.desk.Undo(t.Context(), "ming", h.org, run, "再来"); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("undone twice: %v", err)
		}
		h.until("message.send 发票王")
	})
}

// TestCutMessageIsCompletedNotDoubled: half a copy and then the whole of it give the message once; the trial says that it will
// be completed, the log keeps both as they came, rules look at what is new in it only, and the same once more is nothing. Half
// a copy after the whole is nothing new either. The same words said by themselves stay a message.
func TestCutMessageIsCompletedNotDoubled(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		h := byHand(t, dbURL)
		const begin, rest = "小满妈 2026-11-02 09:30\n早上好\n\n发票王 2026-11-02 09:31\n代开发票，加", "我微信\n\n大刘 2026-11-02 09:32\n别发广告\n"
		h.take("wechat-paste", begin, nil)
		h.until("message.send 发票王")
		_, rep := h.try("wechat-paste", begin+rest, nil)
		lines := rep.Units[0].Preview
		if rep.Units[0].Completed != 1 || len(lines) != 3 || !lines[0].Known || !lines[1].Whole || lines[1].Known || lines[2].Known || lines[2].Whole || rep.Added != 2 {
			t.Fatalf("the trial says %+v", rep)
		}
		_, rep = h.take("wechat-paste", begin+rest, nil)
		if rep.Added != 2 || rep.Duplicates != 1 {
			t.Errorf("taken in: %+v", rep)
		}
		for name, text := range map[string]string{"the whole": begin + rest, "half of it": begin, "a little more than half": begin + "我"} {
			if _, rep = h.take("wechat-paste", text, nil); rep.Added != 0 {
				t.Errorf("%s once more: %+v", name, rep)
			}
			if _, rep = h.try("wechat-paste", text, nil); rep.Added != 0 || !rep.Units[0].Preview[1].Known {
				t.Errorf("%s tried once more: %+v", name, rep)
			}
		}
		h.caughtUp()
		list, _, err := h.gate.desk.FindMessages(t.Context(), community.MessageFilter{Group: h.group.Key})
		check(t, err)
		var said []string
		for _, m := range list {
			said = append(said, string(m.Type)+" "+m.Text)
		}
		slices.Sort(said)
		if want := []string{"message.created 代开发票，加", "message.created 别发广告", "message.created 早上好", "message.edited 代开发票，加我微信"}; !slices.Equal(said, want) {
			t.Errorf("the log holds %q, want %q", said, want)
		}
		strikes, _, err := h.gate.desk.FindStrikes(t.Context(), community.StrikeFilter{Group: h.group.Key, Page: community.Page{Limit: 9}})
		check(t, err)
		if len(strikes) != 1 {
			t.Errorf("%d strikes, want one: the advertisement was in the first half", len(strikes))
		}
		if _, rep = h.take("wechat-paste", "阿敏 2026-11-02 10:00\n好\n", nil); rep.Added != 1 {
			t.Errorf("a short message: %+v", rep)
		}
		if _, rep = h.take("wechat-paste", "阿敏 2026-11-02 10:00\n好\n\n阿敏 2026-11-02 10:00\n好的，收到\n", nil); rep.Added != 1 || rep.Duplicates != 1 {
			t.Errorf("the short one and a longer one of the same minute: %+v, want both to stand", rep)
		}
		if _, rep = h.try("wechat-paste", "阿敏 2026-11-02 10:00\n好的，收到\n", nil); rep.Added != 0 {
			t.Errorf("the longer one alone: %+v", rep)
		}
	})
}
