package app_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/founding"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/policy"
	"qunluo/internal/store"
	"qunluo/internal/tier"
)

// stood is what a template may change in a group.
type stood struct {
	goal  measure.GoalVersion
	book  policy.Book
	tiers tier.Rules
	plans int
}

func (s *shift) stands() stood {
	s.t.Helper()
	ctx, g := s.t.Context(), s.group.Key
	var out stood
	var err error
	out.goal, err = s.app.Goals(s.org, nil).Goal(ctx, g)
	check(s.t, err)
	last, err := s.app.Store().LastBook(ctx, g)
	check(s.t, err)
	if last > 0 {
		raw, err := s.app.Store().BookBody(ctx, g, last)
		check(s.t, err)
		out.book, err = policy.Read(raw)
		check(s.t, err)
	}
	tiers, err := s.app.Store().TierBook(ctx, g)
	check(s.t, err)
	out.tiers = tiers.Rules
	plans, err := s.app.Store().GroupSOPs(ctx, g)
	check(s.t, err)
	out.plans = len(plans)
	return out
}

// TestAGroupIsBegunWithATemplateAndBecomesWhatItWas: the difference is shown, everything is applied in one go with its figures in the
// log, the version is remembered, and undoing gives back what was before; what somebody changed since stays.
func TestAGroupIsBegunWithATemplateAndBecomesWhatItWas(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		ctx, f, g := t.Context(), s.app.Foundings(s.org, nil), s.group.Key
		use := founding.Use{Name: founding.Knowledge, Lang: "zh-CN", Purpose: founding.Brand, Preset: founding.Education}
		v, err := f.Preview(ctx, g, use, nil)
		check(t, err)
		if len(v.Changes) != 5 || len(v.Faults) != 0 || v.Seen.Goal != 0 || v.Seen.Tiers != 0 {
			t.Fatalf("before: %d parts, faults %+v, seen %+v", len(v.Changes), v.Faults, v.Seen)
		}
		for _, d := range v.Changes {
			if d.Same {
				t.Errorf("%s is the same before", d.Part)
			}
		}
		for name, o := range map[string]founding.Order{
			"no reason":   {Group: g, Use: use},
			"no group":    {Group: 999, Use: use, Reason: "试"},
			"no template": {Group: g, Use: founding.Use{Name: "nonsense"}, Reason: "试"},
			"no version":  {Group: g, Use: founding.Use{Name: founding.Service, Version: 99}, Reason: "试"},
			"no purpose":  {Group: g, Use: founding.Use{Name: founding.Service, Purpose: "fame"}, Reason: "试"},
			"no part":     {Group: g, Use: use, Parts: []founding.Part{"money"}, Reason: "试"},
			"stale":       {Group: g, Use: use, Seen: &founding.Marks{Goal: 4}, Reason: "试"},
		} {
			if _, err := f.Apply(ctx, "ming", o); err == nil {
				t.Errorf("%s: taken", name)
			}
		}
		before := s.stands()
		r, err := f.Apply(ctx, "ming", founding.Order{Group: g, Use: use, Seen: &v.Seen, Reason: "新开的读书群"})
		check(t, err)
		if r.State != founding.Done || len(r.Parts) != 5 || len(r.Left) != 0 || r.Use.Version != 1 || r.Type != founding.Knowledge || r.KPI != founding.ValueOutput || len(r.After.Adjusts) != 3 {
			t.Fatalf("applied = %+v", r)
		}
		now := s.stands()
		if now.goal.Goal.Goal != "让行业里的人知道：这里的内容可靠、有用" || now.tiers.HalfLife != 28 || now.plans != 1 || now.book.Name != "知识群群规" || now.book.Version != r.After.Book || now.book.Mode != v.Now.Book.Mode || now.book.Group != s.group.Name {
			t.Errorf("stands = %+v, %d plans, book %s v%d", now.goal, now.plans, now.book.Name, now.book.Version)
		}
		s.moves(r, "answered", "messages", "speakers")
		again, err := f.Preview(ctx, g, use, nil)
		check(t, err)
		for _, d := range again.Changes {
			if !d.Same {
				t.Errorf("afterwards %s differs: %+v", d.Part, d.Changes)
			}
		}
		if _, err := f.Apply(ctx, "ming", founding.Order{Group: g, Use: use, Reason: "再来"}); community.CodeOf(err) != community.CodeRefused {
			t.Errorf("twice: %v, want a refusal", err)
		}
		uses, err := f.Uses(ctx)
		check(t, err)
		if len(uses) != 1 || uses[0].Groups != 1 || uses[0].Use.Name != founding.Knowledge || uses[0].Use.Version != 1 {
			t.Errorf("uses = %+v", uses)
		}
		check(t, s.app.Hands(s.org, nil).SetMode(ctx, "ming", g, community.Live, "开始执行")) // the mode is not a change of rules
		u, err := f.Undo(ctx, "ming", r.ID, "试过了，不合适")
		check(t, err)
		if u.State != founding.Undone || len(u.Left) != 0 || u.UndoNote != "试过了，不合适" {
			t.Errorf("undone = %+v", u)
		}
		back := s.stands()
		want := v.Now.Book
		want.Mode, back.book.Version = community.Live, want.Version
		if back.goal.Version != 0 || back.tiers.HalfLife != before.tiers.HalfLife || back.plans != 0 {
			t.Errorf("after undoing: goal %+v, tiers %+v, %d plans", back.goal, back.tiers, back.plans)
		}
		if d := policy.DiffBooks(want, back.book); len(d) > 0 {
			t.Errorf("the book is not what it was: %+v", d)
		}
		if list, _, err := s.app.Goals(s.org, nil).Adjustments(ctx, measure.AdjustFilter{State: measure.AdjustReverted}, community.Page{}); err != nil || len(list) != 3 {
			t.Errorf("%d adjustments taken back, %v", len(list), err)
		}
		if list, err := s.app.Goals(s.org, nil).Unnamed(ctx); err != nil || len(list) != 1 || list[0].What != "开始执行" {
			t.Errorf("changes without a figure = %+v, %v", list, err)
		}
		if _, err := f.Undo(ctx, "ming", r.ID, "再撤一次"); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("undone twice: %v", err)
		}
		s.staysWhatOthersChanged(f)
	})
}

// moves checks that the parts of a founding stand in the log of adjustments with their figures.
func (s *shift) moves(r founding.Record, other, rules, rest string) {
	s.t.Helper()
	list, _, err := s.app.Goals(s.org, nil).Adjustments(s.t.Context(), measure.AdjustFilter{Group: r.Group}, community.Page{})
	check(s.t, err)
	got := map[string]string{}
	for _, a := range list {
		got[a.Kind] = a.Metric
		if a.Review < a.Day+28 || a.Ref == "" || !strings.Contains(a.What, "知识群 v1") {
			s.t.Errorf("adjustment = %+v", a)
		}
	}
	if len(got) != 3 || got[measure.AdjustRule] != rules || got[measure.AdjustPlan] != rest || got[measure.AdjustTier] != rest {
		s.t.Errorf("figures = %v (not %s)", got, other)
	}
}

// staysWhatOthersChanged: only two parts are taken; one is changed by hand; undoing leaves that.
func (s *shift) staysWhatOthersChanged(f interface {
	Apply(context.Context, string, founding.Order) (founding.Record, error)
	Undo(context.Context, string, community.ID, string) (founding.Record, error)
}) {
	s.t.Helper()
	ctx, g := s.t.Context(), s.group.Key
	last, err := s.app.Store().LastBook(ctx, g)
	check(s.t, err)
	r, err := f.Apply(ctx, "ming", founding.Order{Group: g, Use: founding.Use{Name: founding.Service, Lang: "en"}, Parts: []founding.Part{founding.Goal, founding.Welcome}, Reason: "goal and welcome"})
	check(s.t, err)
	now := s.stands()
	if len(r.Parts) != 2 || now.book.Version != last+1 || now.book.Name == "Rules of a service group" || now.plans != 0 || now.tiers.HalfLife != 14 || len(r.After.Adjusts) != 0 {
		s.t.Errorf("two parts: %+v, book %d %s", r, now.book.Version, now.book.Name)
	}
	own := now.goal.Goal
	own.Value = "our own words"
	_, err = s.app.Goals(s.org, nil).SetGoal(ctx, "anna", g, own, "")
	check(s.t, err)
	u, err := f.Undo(ctx, "ming", r.ID, "back")
	check(s.t, err)
	if len(u.Left) != 1 || u.Left[0] != founding.Goal || s.stands().goal.Value != "our own words" || s.stands().book.Version != last+2 {
		s.t.Errorf("left = %v, goal %+v", u.Left, s.stands().goal)
	}
}

// TestEveryTemplateFitsAGroupOfAnyPlatform: each of them, in both languages, can be applied to a group where everything can be done and
// to one where people do it by hand; groups of one template share a plan.
func TestEveryTemplateFitsAGroupOfAnyPlatform(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		ctx, f := t.Context(), s.app.Foundings(s.org, nil)
		list, err := f.Templates(ctx)
		check(t, err)
		if len(list) != 8 {
			t.Fatalf("%d templates", len(list))
		}
		hand, err := s.app.Hands(s.org, nil).AddGroup(ctx, "ming", community.Group{Name: "手工群"}, 0, "粘贴的群")
		check(t, err)
		for _, k := range list {
			for _, g := range []community.GroupKey{s.group.Key, hand.Key} {
				v, err := f.Preview(ctx, g, k.Use(), nil)
				check(t, err)
				if len(v.Faults) > 0 {
					t.Errorf("%s %s: %+v", k.Name, k.Lang, v.Faults)
				}
			}
		}
		use := founding.Use{Name: founding.Interest, Lang: "zh-CN"}
		a, err := f.Apply(ctx, "ming", founding.Order{Group: s.group.Key, Use: use, Reason: "一"})
		check(t, err)
		b, err := f.Apply(ctx, "ming", founding.Order{Group: hand.Key, Use: use, Reason: "二"})
		check(t, err)
		if a.After.SOP != b.After.SOP || !a.After.Made || b.After.Made {
			t.Errorf("plans %s and %s", a.After.SOP, b.After.SOP)
		}
		_, err = f.Undo(ctx, "ming", a.ID, "不要了")
		check(t, err)
		sop, err := s.app.Store().SOPByID(ctx, community.Scope{Org: s.org}, b.After.SOP)
		check(t, err)
		if sop.State != plan.Running || sop.Groups != 1 {
			t.Errorf("the plan of the other group: %s, %d groups", sop.State, sop.Groups)
		}
	})
}

// TestWhatAStopLeftUndoneIsFinished: where the house stopped between the parts and the rules, a job publishes them later; a book that
// somebody published meanwhile stays, and the record says so.
func TestWhatAStopLeftUndoneIsFinished(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, `{"scene":"quiet"}`)
		ctx, g := t.Context(), n.group.Key
		f := must(must(founding.ShippedNamed(founding.Interest, "zh-CN"))(t).Compose("", ""))(t)
		begin := func() founding.Record {
			last, err := n.app.Store().LastBook(ctx, g)
			check(t, err)
			book := f.NextBook(policy.Book{Version: last + 1, Zone: policy.DefaultZone, Mode: community.Observe}, founding.Parts())
			book.Version = last + 1
			raw, err := json.Marshal(book)
			check(t, err)
			r, err := n.app.Store().Found(ctx, store.FoundOrder{Record: founding.Record{Org: n.org, Group: g, Use: f.Use, Title: f.Title, Type: f.Type, KPI: f.KPI, Parts: []founding.Part{founding.Rules}, Before: founding.Marks{Book: last}, User: "ming", Reason: "停电了"},
				Book: raw, Move: &founding.Move{Metric: measure.MoveMessages, Review: 28}}, community.Audit{Org: n.org, User: "ming", Verb: "template.apply", Reason: "停电了"})
			check(t, err)
			return r
		}
		ends := func(r founding.Record) founding.Record {
			n.pass(3 * time.Minute)
			await(t, func() bool {
				var err error
				r, err = n.app.Foundings(n.org, nil).ByID(ctx, r.ID)
				return err == nil && r.State == founding.Done
			})
			return r
		}
		r := begin()
		if _, err := n.app.Foundings(n.org, nil).Undo(ctx, "ming", r.ID, "现在"); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("undone before it was finished: %v", err)
		}
		r = ends(r)
		last, err := n.app.Store().LastBook(ctx, g)
		check(t, err)
		if len(r.Left) != 0 || last != r.After.Book || len(r.After.Adjusts) != 1 {
			t.Errorf("finished = %+v, book %d", r, last)
		}
		r = begin()
		other, err := policy.Default(policy.PresetGeneral)
		check(t, err)
		raw, err := json.Marshal(other)
		check(t, err)
		_, err = n.app.Hands(n.org, nil).Publish(plain(ctx), "anna", g, raw, "别人先发布了")
		check(t, err)
		if r = ends(r); len(r.Left) != 1 || r.Left[0] != founding.Rules {
			t.Errorf("left = %v", r.Left)
		}
		if now, err := n.app.Store().LastBook(ctx, g); err != nil || now != last+1 {
			t.Errorf("book %d, want that of anna, %d: %v", now, last+1, err)
		}
	})
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		check(t, err)
		return v
	}
}

// TestFirstStepsFollowTheHouse: a new house lacks every step; each is done once what it asks for is there, is skipped and taken up again.
func TestFirstStepsFollowTheHouse(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		a := house(t, dbURL)
		ctx := t.Context()
		org, err := a.Store().Org(ctx, "新家", false)
		check(t, err)
		b := a.Beginning(org)
		stand := func() string {
			t.Helper()
			steps, _, err := b.Steps(ctx)
			check(t, err)
			var out []string
			for _, s := range steps {
				state := "open"
				if s.Done {
					state = "done"
				} else if s.Skipped {
					state = "skipped"
				}
				out = append(out, s.Name+" "+state+" "+strings.Join(s.Missing, ","))
			}
			return strings.Join(out, "; ")
		}
		if got := stand(); got != "connect open ; goal open ; people open second,duty; live open ; safe open address,owners" {
			t.Errorf("a new house: %s", got)
		}
		if err := b.Skip(ctx, "ming", "never", true); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("a step that is none: %v", err)
		}
		check(t, b.Skip(ctx, "ming", "live", true))
		_, err = a.Hands(org, nil).SaveAccount(ctx, "test", community.Account{Connector: "sim", Name: "群助手", Enabled: true, Settings: []byte(`{"scene":"quiet"}`)}, "")
		check(t, err)
		if got := stand(); got != "connect done ; goal open ; people open second,duty; live skipped ; safe open address,owners" {
			t.Errorf("connected, and one skipped: %s", got)
		}
		check(t, b.Skip(ctx, "ming", "live", false))
		check(t, b.Close(ctx, "ming", true))
		if _, closed, err := b.Steps(ctx); err != nil || !closed || !strings.Contains(stand(), "live open") {
			t.Errorf("closed %v, %v: %s", closed, err, stand())
		}
		elsewhere, err := a.Store().Org(ctx, "另一家", true)
		check(t, err)
		if _, closed, err := a.Beginning(elsewhere).Steps(ctx); err != nil || closed {
			t.Errorf("another organisation: closed %v, %v", closed, err)
		}
	})
}
