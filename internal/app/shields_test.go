package app_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
)

// shield gives a group's newest shield.
func (n *night) shield() community.Shield {
	n.t.Helper()
	list, err := n.app.Shields(n.org, nil).Of(n.t.Context(), n.group.Key)
	check(n.t, err)
	if len(list) == 0 {
		return community.Shield{}
	}
	return list[0]
}

// says lets a member of the group say something and gives what the belt decided at once.
func (n *night) says(name, text, key string) []community.Decision {
	n.t.Helper()
	ctx := n.t.Context()
	m := n.member(name)
	out, err := n.app.Engine().Apply(ctx, community.Inbound{Type: community.MessageCreated, GroupKey: n.group.Key, ActorKey: m.Key, Key: key, OccurredAt: n.app.Now(), Body: community.Body{Text: text, Message: key}})
	check(n.t, err)
	return out[0].Decisions
}

// TestShieldIsTimedAndLeavesEverythingAsItWas: it acts while it is on, also after a restart; its end comes by itself; the rulebook
// keeps its version.
func TestShieldIsTimedAndLeavesEverythingAsItWas(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, `{"scene":"quiet"}`)
		ctx, shields := t.Context(), n.app.Shields(n.org, nil)
		const link = "看 https://evil.example/x"
		if got := n.says("大刘", link, "l1"); len(got) != 0 && got[0].Verdict == community.Hit {
			t.Fatalf("before = %+v", got)
		}
		for name, c := range map[string]struct {
			g      community.GroupKey
			until  int64
			reason string
		}{"no reason": {n.group.Key, 0, " "}, "past": {n.group.Key, 1, "x"}, "for ever": {n.group.Key, n.app.Now() + 400*24*3600_000, "x"}, "no group": {999, 0, "x"}} {
			if _, err := shields.On(ctx, "ming", c.g, c.until, c.reason); community.CodeOf(err) != community.CodeBadInput && community.CodeOf(err) != community.CodeNotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
		s, err := shields.On(ctx, n.id("ming"), n.group.Key, n.app.Now()+2*3600_000, "有人刷广告")
		check(t, err)
		if _, err := shields.On(ctx, "ming", n.group.Key, 0, "再来"); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("twice: %v, want a conflict", err)
		}
		if got := n.says("大刘", link, "l2"); len(got) != 1 || got[0].Verdict != community.Hit || got[0].Hits[0].Rule != "shield-locks" || len(got[0].Strikes) != 0 {
			t.Errorf("while on = %+v", got)
		}
		n.end()
		n.open()
		if got := n.says("大刘", link, "l3"); len(got) != 1 || got[0].Hits[0].Rule != "shield-locks" {
			t.Errorf("after a restart = %+v", got)
		}
		n.pass(2*time.Hour + time.Minute)
		await(t, func() bool { return !n.shield().On })
		over := n.shield()
		if over.ID != s.ID || over.EndedBy != "" || over.Ended < s.Until || over.Book != s.Book {
			t.Errorf("over = %+v", over)
		}
		if got := n.says("大刘", link, "l4"); len(got) != 0 && got[0].Verdict == community.Hit {
			t.Errorf("afterwards = %+v", got)
		}
		g, err := n.desk.GroupByKey(ctx, n.group.Key)
		check(t, err)
		if g.Book != n.group.Book || g.Mode != n.group.Mode {
			t.Errorf("the group is at version %d, %s; want %d, %s", g.Book, g.Mode, n.group.Book, n.group.Mode)
		}
		if _, err := n.app.Shields(n.org, nil).Off(ctx, "ming", n.group.Key, ""); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("off while off: %v, want a conflict", err)
		}
		rep, err := n.app.AsDecided(ctx, n.group.Key)
		check(t, err)
		if rep.Different != 0 {
			t.Errorf("replay: %d different: %s %s", rep.Different, rep.Differences[0].Stored, rep.Differences[0].Now)
		}
	})
}

// TestShieldAsksAPersonForWhatNoConnectionCanSet: a WeChat group's settings are a task with the steps; what the person wrote down
// comes back as a task when it ends, and a task that nobody did is not wanted any more.
func TestShieldAsksAPersonForWhatNoConnectionCanSet(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "", public)
		ctx, shields := t.Context(), s.app.Shields(s.org, nil)
		g, err := s.app.Hands(s.org, nil).AddGroup(ctx, "ming", community.Group{Name: "宝妈一群"}, 0, "")
		check(t, err)
		how, err := shields.How(ctx, g.Key)
		check(t, err)
		said := map[string]community.Level{}
		for _, h := range how {
			said[string(h.Part)+"/"+h.By] = h.Level
		}
		if said["invites/setting"] != community.Human || said["locks/rule"] == community.Native || said["reports/page"] != community.Native {
			t.Errorf("how = %v", said)
		}
		page := "/groups/" + g.ID.String() + "/shield"
		if body := s.does(page, page, url.Values{"do": {"on"}, "hours": {"1"}, "reason": {"有人骚扰"}}); !strings.Contains(body, "已打开") {
			t.Errorf("page = %s", excerpt(body))
		}
		task := s.todo(g.Key, "防骚扰模式已打开")
		check(t, s.app.Hands(s.org, nil).TaskDone(ctx, "ming", task, "原来没开邀请确认"))
		s.does(page, page, url.Values{"do": {"off"}})
		s.todo(g.Key, "原来是：原来没开邀请确认")
		list, err := shields.Of(ctx, g.Key)
		check(t, err)
		if list[0].Before != "原来没开邀请确认" || list[0].EndedBy == "" {
			t.Errorf("shield = %+v", list[0])
		}
		_, err = shields.On(ctx, "ming", g.Key, 0, "又来了")
		check(t, err)
		again := s.todo(g.Key, "防骚扰模式已打开")
		_, err = shields.Off(ctx, "ming", g.Key, "")
		check(t, err)
		await(t, func() bool {
			k, err := s.app.Store().TaskNow(ctx, again)
			return err == nil && k.State == "refused"
		})
	})
}

// todo waits for an open task of a group whose text holds some words.
func (s *shift) todo(g community.GroupKey, words string) community.ID {
	s.t.Helper()
	var id community.ID
	await(s.t, func() bool {
		rows, _, err := s.desk.FindTasks(s.t.Context(), community.TaskFilter{Group: g})
		for _, k := range rows {
			if k.Verb == community.Todo && strings.Contains(k.Text, words) && (k.State == "open" || k.State == "claimed") {
				id = k.ID
			}
		}
		return err == nil && !id.IsZero()
	})
	return id
}
