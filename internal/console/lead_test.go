package console

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// scout marks the first members of the house by made-up signals.
type scout struct {
	h     *house
	rules []measure.LeadRuleVersion
	list  []measure.Signal
}

func (s *scout) Rule(context.Context) (measure.LeadRuleVersion, error) {
	if n := len(s.rules); n > 0 {
		return s.rules[n-1], s.h.err
	}
	return measure.LeadRuleVersion{LeadRule: measure.DefaultLeadRule()}, s.h.err
}
func (s *scout) Rules(context.Context) ([]measure.LeadRuleVersion, error) { return s.rules, s.h.err }
func (s *scout) SetRule(_ context.Context, user string, r measure.LeadRule, note string) (measure.LeadRuleVersion, error) {
	v := measure.LeadRuleVersion{LeadRule: r, Version: len(s.rules) + 1, Note: note, User: user, At: fakeNow.UnixMilli()}
	if err := r.Check(); err != nil {
		return v, err
	}
	s.rules = append(s.rules, v)
	return v, nil
}
func (s *scout) Mark(_ context.Context, r measure.LeadRule) (measure.Leads, error) {
	active := map[int64]int64{}
	for i, one := range s.list {
		if i%2 == 0 {
			active[one.Person] = one.At + 3*86400_000
		}
	}
	return measure.MarkLeads(s.list, active, r, fakeNow.UnixMilli()), s.h.err
}
func (s *scout) Enter(_ context.Context, _ string, file io.Reader) (added, known, alone int, faults []measure.SignalFault, err error) {
	lines, faults, err := measure.ReadSignals(file, time.UTC)
	for _, l := range lines {
		s.list = append(s.list, measure.Signal{Person: int64(-100 - len(s.list)), Who: l.Who, Kind: l.Kind, At: l.At, Source: l.Source, Hand: true})
	}
	return len(lines), 0, len(lines), faults, err
}

func TestLeadsAreMarkedWithReasonsAndJudged(t *testing.T) {
	h := newHouse()
	s := &scout{h: h}
	d := h.fullDeps()
	d.Leads = func(community.OrgKey, []community.GroupKey) Leads { return s }
	v := openWith(t, d).as("owner")
	_, page := v.get("/leads")
	says(t, "without a signal", page, "没有人被标记", "默认规则", "太少，只能参考", "n = 0")
	m := h.members[0]
	for i := range 30 {
		s.list = append(s.list, measure.Signal{Person: int64(i + 1), Member: m.Key, Kind: measure.SignalSignup, At: fakeNow.UnixMilli() - 60*86400_000, Source: "展会\u202e<b>"})
	}
	_, page = v.get("/leads")
	says(t, "the page", page, "50.0%", "15 / 30", "n = 30", "95% 区间", "线下报名 +3", "已激活", "没有激活", m.Name)
	if strings.Contains(page, "<b>") {
		t.Error("a source is let through")
	}
	_, page = v.post("/leads/signals", "who", "张三", "kind", "signup", "at", "2025-11-01", "source", "展会")
	says(t, "after one", page, "录入 1 条", "1 条找不到成员", "张三", "认不出是谁")
	for _, bad := range []string{"who,kind\nx,signup\n", "who,kind,at\n,signup,2025-11-01\n", "who,kind,at\nx,signup,soon\n"} {
		n := len(s.list)
		if _, page = v.post("/leads/signals", "csv", bad); len(s.list) != n || !strings.Contains(page, "没有录入") {
			t.Errorf("%q is taken", bad)
		}
	}
	rule := []string{"w_follow", "1", "w_menu", "1", "w_link", "1", "w_moment", "1", "w_signup", "1", "least", "2", "days", "14"}
	if v.post("/leads/rule", rule...); len(s.rules) != 0 {
		t.Error("a rule without a reason is kept")
	}
	if _, page = v.post("/leads/rule", append([]string{"reason", "x", "least", "99"}, rule[:10]...)...); len(s.rules) != 0 || !strings.Contains(page, "门槛") {
		t.Error("a rule that nobody meets is kept")
	}
	_, page = v.post("/leads/rule", append(rule, "reason", "先宽一点")...)
	says(t, "after the change", page, "规则第 1 版已保存", "规则第 1 版", "先宽一点", "没有人被标记")
	if code, _ := openWith(t, d).as("mod").post("/leads/rule", append(rule, "reason", "我也要")...); len(s.rules) != 1 {
		t.Errorf("a moderator changes the rule: %d", code)
	}
}
