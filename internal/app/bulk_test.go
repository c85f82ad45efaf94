package app_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/plan"
)

// tight lets one person touch two alone, everywhere, and mutes cool off no time.
func (n *night) tight() {
	n.t.Helper()
	b := n.app.Bulks(n.org, nil)
	r, err := b.Rules(n.t.Context())
	check(n.t, err)
	for k, l := range r.Limits {
		l.Soft = min(l.Soft, 2)
		r.Limits[k] = l
	}
	check(n.t, b.SetRules(n.t.Context(), n.id("ming"), r, "先从严"))
}

func (n *night) bulk(id community.ID) bulk.Proposal {
	n.t.Helper()
	p, err := n.app.Bulks(n.org, nil).ByID(n.t.Context(), id)
	check(n.t, err)
	return p
}

func (n *night) bulkIs(id community.ID, want bulk.State) bulk.Proposal {
	n.t.Helper()
	await(n.t, func() bool { return n.bulk(id).State == want })
	return n.bulk(id)
}

func codeIs(t *testing.T, what string, err error, want community.Code) {
	t.Helper()
	if got := community.CodeOf(err); got != want {
		t.Errorf("%s: %v, want %q", what, err, want)
	}
}

// TestManyRemovalsNeedTwoPeopleCoolOffAndGoAtThePace: the preview is exact and says who is left out; nobody confirms their own;
// whoever became staff meanwhile is left out; what was done is undone.
func TestManyRemovalsNeedTwoPeopleCoolOffAndGoAtThePace(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, `{"scene":"quiet"}`)
		ctx, b := t.Context(), n.app.Bulks(n.org, nil)
		n.tight()
		here := true
		order := bulk.Order{Kind: bulk.Remove, Members: community.MemberFilter{Group: n.group.Key, Present: &here}}
		v, err := b.Preview(ctx, n.id("anna"), order)
		check(t, err)
		left := 0
		for _, l := range v.Out {
			left += l.N
		}
		if len(v.Items)+left != n.group.Members || left == 0 || !v.Need.Second || v.Others != 2 {
			t.Fatalf("preview = %d in, out %+v, need %+v, %d others; the group has %d", len(v.Items), v.Out, v.Need, v.Others, n.group.Members)
		}
		order.Expect = len(v.Items) + 1
		_, err = b.Propose(ctx, n.id("anna"), order, "广告号")
		codeIs(t, "another number than seen", err, community.CodeConflict)
		order.Expect--
		_, err = b.Propose(ctx, "cli", order, "广告号")
		codeIs(t, "by nobody known", err, community.CodeForbidden)
		p, err := b.Propose(ctx, n.id("anna"), order, "广告号")
		check(t, err)
		_, err = b.Decide(ctx, n.id("anna"), p.ID, true, "")
		codeIs(t, "her own", err, community.CodeForbidden)
		p, err = b.Decide(ctx, n.id("ben"), p.ID, true, "看过名单")
		check(t, err)
		if p.State != bulk.Approved || p.Starts < n.app.Now()+9*60_000 {
			t.Fatalf("approved = %+v, want ten minutes to call it off", p)
		}
		first := v.Items[0]
		check(t, n.app.Hands(n.org, nil).Mark(ctx, n.id("ming"), first.MemberID, community.RoleStaff, "新同事"))
		n.end()
		n.pass(11 * time.Minute)
		n.open()
		await(t, func() bool { p := n.bulk(p.ID).Progress; return p.Done == 1 && p.Left == 1 })
		got := n.bulk(p.ID)
		if got.State != bulk.Running || got.Progress.Planned == 0 {
			t.Errorf("after the first hour's one removal: %+v", got)
		}
		if a := n.removals(); a != 1 {
			t.Errorf("%d removals in the first hour, want one: that is the group's pace", a)
		}
		b = n.app.Bulks(n.org, nil)
		p, err = b.Cancel(ctx, n.id("ben"), p.ID, "够了")
		check(t, err)
		if p.State != bulk.Stopped {
			t.Errorf("stopped = %s", p.State)
		}
		_, err = b.Undo(ctx, n.id("ben"), p.ID, "误会")
		check(t, err)
		if got = n.bulkIs(p.ID, bulk.Undone); got.Progress.Undone != 1 || got.EndedBy != n.id("ben") {
			t.Errorf("undone = %+v", got)
		}
		rows, _, err := n.desk.FindAudit(ctx, community.AuditFilter{Subject: "bulk:" + p.ID.String(), Page: community.Page{Limit: 50}})
		check(t, err)
		said := map[string]string{}
		for _, r := range rows {
			said[r.Verb] = r.User
		}
		if said["bulk.propose"] != n.id("anna") || said["bulk.approve"] != n.id("ben") || said["bulk.stop"] != n.id("ben") {
			t.Errorf("the trail names %v", said)
		}
	})
}

func (n *night) removals() int {
	n.t.Helper()
	rows, _, err := n.desk.FindActions(n.t.Context(), community.ActionFilter{Group: n.group.Key, Verb: community.Remove})
	check(n.t, err)
	return len(rows)
}

// TestFewAreDoneByOneAndSmallRunsAddUp: two mutes pass alone, the next two need a second person; a refusal ends it, so does time.
func TestFewAreDoneByOneAndSmallRunsAddUp(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, `{"scene":"quiet"}`)
		ctx, b := t.Context(), n.app.Bulks(n.org, nil)
		n.tight()
		here := true
		all, err := b.Preview(ctx, n.id("anna"), bulk.Order{Kind: bulk.Mute, Params: bulk.Params{Seconds: 600}, Members: community.MemberFilter{Group: n.group.Key, Present: &here}})
		check(t, err)
		mute := func(i ...int) bulk.Order {
			o := bulk.Order{Kind: bulk.Mute, Params: bulk.Params{Seconds: 600}, Members: community.MemberFilter{Group: n.group.Key}}
			for _, at := range i {
				o.Picked = append(o.Picked, all.Items[at].MemberID)
			}
			return o
		}
		p, err := b.Propose(ctx, n.id("anna"), mute(0, 1), "刷屏")
		check(t, err)
		if got := n.bulkIs(p.ID, bulk.Done); got.Second || got.Progress.Done != 2 {
			t.Errorf("two alone = %+v", got)
		}
		p, err = b.Propose(ctx, n.id("anna"), mute(2, 3), "刷屏")
		check(t, err)
		if p.State != bulk.Waiting {
			t.Errorf("two more alone = %s, want to wait: small runs add up", p.State)
		}
		_, err = b.Decide(ctx, n.id("ben"), p.ID, false, "")
		codeIs(t, "a no without a reason", err, community.CodeBadInput)
		p, err = b.Decide(ctx, n.id("ben"), p.ID, false, "不至于")
		check(t, err)
		if p.State != bulk.Refused || p.Answer != "不至于" {
			t.Errorf("refused = %+v", p)
		}
		late, err := b.Propose(ctx, n.id("anna"), mute(2, 3), "刷屏")
		check(t, err)
		off, err := b.Propose(ctx, n.id("anna"), mute(2, 3), "刷屏")
		check(t, err)
		if off, err = b.Cancel(ctx, n.id("anna"), off.ID, "算了"); err != nil || off.State != bulk.Withdrawn {
			t.Errorf("called off = %+v, %v", off, err)
		}
		n.end()
		n.pass(25 * time.Hour)
		n.open()
		n.bulkIs(late.ID, bulk.Expired)
		_, err = n.app.Bulks(n.org, nil).Decide(ctx, n.id("ben"), late.ID, true, "")
		codeIs(t, "after its time", err, community.CodeConflict)
	})
}

// TestTagsAndStrikesOnManyAreUndone: a strike rests on the last message; who never spoke is left out; tags go off again.
func TestTagsAndStrikesOnManyAreUndone(t *testing.T) {
	s := startShift(t, "", "")
	ctx, b := t.Context(), s.app.Bulks(s.org, nil)
	users, err := s.app.Store().Users(ctx, s.org)
	check(t, err)
	ming, m := users[0].ID.String(), s.member("大刘")
	tag := bulk.Order{Kind: bulk.Tag, Params: bulk.Params{Tag: "广告嫌疑"}, Picked: []community.ID{m.ID}}
	done := func(o bulk.Order) bulk.Proposal {
		t.Helper()
		p, err := b.Propose(ctx, ming, o, "核对")
		check(t, err)
		await(t, func() bool {
			p, err = b.ByID(ctx, p.ID)
			return err == nil && (p.State == bulk.Done || p.State == bulk.Approved && p.Starts > p.Created) // or it cools off
		})
		return p
	}
	p := done(tag)
	tags, err := s.desk.MemberTags(ctx, m.Key)
	if err != nil || len(tags) != 1 || tags[0] != "广告嫌疑" {
		t.Errorf("tags = %v, %v", tags, err)
	}
	if _, err := b.Propose(ctx, ming, tag, "再来"); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("the same tag again: %v, want nobody left", err)
	}
	_, err = b.Undo(ctx, ming, p.ID, "贴错了")
	check(t, err)
	await(t, func() bool { tags, err := s.desk.MemberTags(ctx, m.Key); return err == nil && len(tags) == 0 })
	strike := bulk.Order{Kind: bulk.Strike, Picked: []community.ID{m.ID}, Members: community.MemberFilter{Group: s.group.Key}}
	v, err := b.Preview(ctx, ming, strike)
	if err != nil || len(v.Items) != 0 || len(v.Out) != 1 || v.Out[0].Why != "silent" {
		t.Errorf("a strike without a message: %+v, %v", v, err)
	}
	s.says(m, "团购一折")
	if p = done(strike); p.State != bulk.Approved || p.Second {
		t.Errorf("one strike = %+v, want it to cool off", p)
	}
	if p, err = b.Cancel(ctx, ming, p.ID, ""); err != nil || p.State != bulk.Withdrawn {
		t.Errorf("called off = %+v, %v", p, err)
	}
}

// TestLockdownSendAndExportStandUnderTheGuard: they have doors of their own, and none of them is a way round.
func TestLockdownSendAndExportStandUnderTheGuard(t *testing.T) {
	n := startNight(t, "", `{"scene":"quiet"}`)
	ctx, b := t.Context(), n.app.Bulks(n.org, nil)
	r, err := b.Rules(ctx)
	check(t, err)
	for _, k := range []bulk.Kind{bulk.Lockdown, bulk.Send, bulk.Export} {
		l := r.Limits[k]
		l.Soft = 0
		r.Limits[k] = l
	}
	check(t, b.SetRules(ctx, n.id("ming"), r, "从严"))
	waits := func(what string, err error) community.ID {
		t.Helper()
		var w *bulk.Waits
		if !errors.As(err, &w) {
			t.Fatalf("%s: %v, want to wait for a second person", what, err)
		}
		return w.Proposal
	}
	_, err = n.duty().Lock(ctx, n.id("anna"), duty.LockOrder{All: true, Reason: "诈骗"})
	id := waits("lockdown", err)
	if n.locked() {
		t.Error("the groups are closed before anybody confirmed")
	}
	_, err = b.Decide(ctx, n.id("ben"), id, true, "")
	check(t, err)
	await(t, n.locked)
	n.bulkIs(id, bulk.Done)
	_, err = b.Undo(ctx, n.id("ben"), id, "过去了")
	check(t, err)
	n.bulkIs(id, bulk.Undone)
	await(t, func() bool { return !n.locked() })

	plans := n.app.Plans(n.org, nil)
	sop, err := plans.SaveSOP(plain(ctx), n.id("anna"), plan.SOP{Name: "迎新", Steps: []plan.Step{{Kind: plan.ByDay, Day: 40, At: "09:00", Text: "你好"}}}, "")
	check(t, err)
	inSOP := func() int {
		t.Helper()
		in, err := plans.SOPGroups(ctx, sop.ID)
		check(t, err)
		return len(in)
	}
	id = waits("a group into an SOP", plans.AddToSOP(ctx, n.id("anna"), sop.ID, n.group.Key, ""))
	if p := n.bulk(id); inSOP() != 0 || p.People < 8 || p.Total != 1 {
		t.Errorf("in it before anybody confirmed: %d, %+v", inSOP(), p)
	}
	_, err = b.Decide(ctx, n.id("ben"), id, true, "")
	check(t, err)
	await(t, func() bool { return inSOP() == 1 })
	n.bulkIs(id, bulk.Done)
	_, err = b.Undo(ctx, n.id("ben"), id, "选错了")
	check(t, err)
	n.bulkIs(id, bulk.Undone)
	if in, err := plans.SOPGroups(ctx, sop.ID); err != nil || in[0].Left == 0 {
		t.Errorf("after the undo: %+v, %v", in, err)
	}
	id = waits("into it again", plans.AddToSOP(ctx, n.id("anna"), sop.ID, n.group.Key, ""))
	_, err = b.Decide(ctx, n.id("ben"), id, true, "")
	check(t, err)
	n.bulkIs(id, bulk.Done)
	sop.Steps[0].Text = "你好，请看群规"
	_, err = plans.SaveSOP(plain(ctx), n.id("anna"), sop, "改一句")
	id = waits("new steps for the groups in it", err)
	state := func() plan.State {
		t.Helper()
		s, err := plans.SOP(ctx, sop.ID)
		check(t, err)
		return s.State
	}
	if state() != plan.Paused {
		t.Errorf("new steps are %s before anybody confirmed", state())
	}
	_, err = b.Decide(ctx, n.id("ben"), id, true, "")
	check(t, err)
	await(t, func() bool { return state() == plan.Running })
	check(t, plans.MoveSOP(ctx, n.id("anna"), sop.ID, plan.Paused, ""))
	waits("going on", plans.MoveSOP(ctx, n.id("anna"), sop.ID, plan.Running, ""))

	codeIs(t, "export without another owner", b.Export(ctx, n.id("ming"), "/members.csv?g=1", 8, ""), community.CodeForbidden)
	zoe, err := n.app.Store().SaveUser(ctx, "test", community.User{Org: n.org, Login: "zoe", Name: "zoe", Role: "owner", Lang: "zh-CN", Enabled: true, Hash: cheapHash}, "")
	check(t, err)
	id = waits("export", b.Export(ctx, n.id("ming"), "/members.csv?g=1", 8, ""))
	codeIs(t, "export by a moderator", b.Export(ctx, n.id("anna"), "/members.csv", 8, ""), community.CodeForbidden)
	codeIs(t, "fetched unconfirmed", b.Export(ctx, n.id("ming"), "/members.csv?g=1", 8, id.String()), community.CodeConflict)
	_, err = b.Decide(ctx, n.id("anna"), id, true, "")
	codeIs(t, "confirmed by a moderator", err, community.CodeForbidden)

	r.Limits[bulk.Export] = bulk.Limit{Soft: 100, Run: 200_000, Day: 1_000_000}
	id = waits("wider limits", b.SetRules(ctx, n.id("ming"), r, "太严了"))
	codeIs(t, "anna is no owner", b.MayDecide(ctx, n.id("anna"), n.bulk(id)), community.CodeForbidden)
	zoe.Enabled = false
	_, err = n.app.Store().SaveUser(ctx, "test", zoe, "")
	check(t, err)
	if others, err := b.Others(ctx, n.id("ming"), bulk.Loosen); err != nil || others != 0 {
		t.Errorf("%d others could confirm (%v), want none: one owner alone cannot widen the limits", others, err)
	}
}

// TestOneUserIsToldHonestlyThatASecondIsNeeded: the preview names people and reasons; beyond the limit nothing can be sent off,
// within it one person is enough; the run shows what became of everybody.
func TestOneUserIsToldHonestlyThatASecondIsNeeded(t *testing.T) {
	s := startShift(t, "", "")
	ctx, b := t.Context(), s.app.Bulks(s.org, nil)
	r, err := b.Rules(ctx)
	check(t, err)
	r.Limits[bulk.Tag] = bulk.Limit{Soft: 2, Run: 100, Day: 100}
	users, err := s.app.Store().Users(ctx, s.org)
	check(t, err)
	check(t, b.SetRules(ctx, users[0].ID.String(), r, ""))
	if _, body := s.get("/members?g=" + s.group.ID.String()); !strings.Contains(body, `form="bulk-bar"`) || !strings.Contains(body, "对筛选出的全部") {
		t.Fatalf("the list has no tick boxes: %s", excerpt(body))
	}
	all := "?do=tag&scope=all&label=x&g=" + s.group.ID.String()
	if _, body := s.get("/bulk/new" + all); !strings.Contains(body, "没有别的办法绕过") || !strings.Contains(body, "/users/new") || !strings.Contains(body, "disabled") {
		t.Errorf("the page is not honest: %s", excerpt(body))
	}
	if page := s.does("/bulk/new"+all, "/bulk"+all, url.Values{"reason": {"试"}, "label": {"x"}}); !strings.Contains(page, "现在只有你一个用户") {
		t.Errorf("past the button it is not said why: %s", excerpt(page))
	}
	if list, n, err := b.List(ctx, "", community.Page{}); err != nil || n != 0 {
		t.Errorf("past the button: %+v, %v; want nothing kept that nobody could ever confirm", list, err)
	}
	if _, body := s.get("/members"); strings.Contains(body, "现在只有你一个用户") { // said once, where they were sent
		t.Errorf("said twice: %s", excerpt(body))
	}
	page := s.does("/bulk/new"+all, "/bulk?do=tag&scope=picked&m="+s.member("大刘").ID.String()+"&g="+s.group.ID.String(), url.Values{"reason": {"试"}, "label": {"核心"}, "expect": {"1"}})
	if !strings.Contains(page, "打标签 1 人") {
		t.Errorf("the run: %s", excerpt(page))
	}
	if _, body := s.get("/bulk"); !strings.Contains(body, "等第二个人确认") || !strings.Contains(body, "打标签 1 人") {
		t.Errorf("the list: %s", excerpt(body))
	}
	if _, body := s.get("/bulk/new?do=remove&scope=all&g=" + s.group.ID.String()); !strings.Contains(body, "群规豁免") {
		t.Errorf("nobody is told who is left out: %s", excerpt(body))
	}
	s.get("/bulk/rules")
	if _, body := s.get("/bulk/new?do=tag&scope=picked"); !strings.Contains(body, "没有勾选任何人") {
		t.Errorf("nobody ticked: %s", excerpt(body))
	}
	if code, _ := s.get("/bulk/new?do=dance"); code != 200 {
		t.Errorf("nonsense = %d, want a way back", code)
	}
}
