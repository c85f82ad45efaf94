package founding

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/policy"
	"qunluo/internal/tier"
)

// TestShippedTemplatesFillEveryPartInBothLanguages: four types, each with its KPI, every purpose and trade.
func TestShippedTemplatesFillEveryPartInBothLanguages(t *testing.T) {
	list := Shipped()
	kpis := map[string]string{Service: FirstReply, Knowledge: ValueOutput, Interest: MutualHelp, Commercial: Conversion}
	if len(list) != 2*len(Types()) {
		t.Fatalf("%d templates, want %d", len(list), 2*len(Types()))
	}
	for i, one := range list {
		if one.Type != Types()[i/2] || one.KPI != kpis[one.Type] || one.Lang != []string{"zh-CN", "en"}[i%2] {
			t.Errorf("%d: %s %s %s", i, one.Type, one.Lang, one.KPI)
		}
		if !slices.Equal(one.Holds(), Parts()) || len(one.Purpose) != 3 || len(one.Preset) != 2 {
			t.Errorf("%s %s holds %v, %d purposes, %d trades", one.Name, one.Lang, one.Holds(), len(one.Purpose), len(one.Preset))
		}
		for _, purpose := range Purposes() {
			for _, preset := range append([]string{""}, Presets()...) {
				f, err := one.Compose(purpose, preset)
				if err != nil || len(f.Goal.Targets) < measure.LeastTargets || len(f.Book.Charter.Articles) < 7 || len(f.Steps) < 6 {
					t.Errorf("%s %s %s: %v", one.Name, purpose, preset, err)
				}
			}
		}
	}
	zh, en := list[0], list[1]
	if len(zh.Plan) != len(en.Plan) || zh.Version != en.Version {
		t.Errorf("the languages differ: %d and %d steps", len(zh.Plan), len(en.Plan))
	}
}

// TestBrokenFilesAreToldInOneSentence: whatever is wrong with a file, the person reads one sentence in their language that names the
// place.
func TestBrokenFilesAreToldInOneSentence(t *testing.T) {
	good, err := Encode(must(ShippedNamed(Service, "zh-CN"))(t))
	if err != nil {
		t.Fatal(err)
	}
	change := func(old, now string) []byte {
		out := bytes.Replace(good, []byte(old), []byte(now), 1)
		if bytes.Equal(out, good) {
			t.Fatalf("%q is not in the file", old)
		}
		return out
	}
	for name, c := range map[string]struct {
		raw  []byte
		want string
		code community.Code
	}{
		"newer":        {change(Format, "qunluo-template/9"), "newer Qunluo", community.CodeBadInput},
		"older":        {change(Format, "qunluo-template/0"), "too old", community.CodeBadInput},
		"other":        {[]byte(`{"format":"qunluo-blocklist/1"}`), "does not say that it is a template", community.CodeBadInput},
		"number":       {[]byte(`{"format":7}`), "does not say that it is a template", community.CodeBadInput},
		"list":         {[]byte(`[]`), "may not be a array", community.CodeBadInput},
		"half":         {good[:len(good)/2], "valid JSON", community.CodeBadInput},
		"empty":        {nil, "valid JSON", community.CodeBadInput},
		"comma":        {change(`"version": 1,`, `"version": 1,,`), "line 4 is not valid JSON", community.CodeBadInput},
		"typo":         {change(`"summary"`, `"sumary"`), `no field "sumary"`, community.CodeBadInput},
		"after":        {append(slices.Clone(good), '{'), "valid JSON", community.CodeBadInput},
		"huge":         {bytes.Repeat([]byte(" "), MaxBytes+1), "more than 1 MB", community.CodeTooLarge},
		"path name":    {change(`"name": "service"`, `"name": "../../etc/passwd"`), "name: may hold only", community.CodeBadInput},
		"empty name":   {change(`"name": "service"`, `"name": ""`), "name: may hold only", community.CodeBadInput},
		"long name":    {change(`"name": "service"`, `"name": "`+strings.Repeat("a", 50)+`"`), "name: may hold only", community.CodeBadInput},
		"bidi title":   {change(`"title": "服务群"`, `"title": "服\u202e务群"`), "title: holds characters", community.CodeBadInput},
		"line title":   {change(`"title": "服务群"`, `"title": "服\n务群"`), "title: holds characters", community.CodeBadInput},
		"version":      {change(`"version": 1,`, `"version": 0,`), "version: want", community.CodeBadInput},
		"type":         {change(`"type": "service"`, `"type": "sales"`), "type: want one of", community.CodeBadInput},
		"kpi":          {change(`"kpi": "first_reply"`, `"kpi": "money"`), "kpi: want one of", community.CodeBadInput},
		"lang":         {change(`"lang": "zh-CN"`, `"lang": "fr"`), "lang: want", community.CodeBadInput},
		"clock":        {change(`"at": "10:00"`, `"at": "25:00"`), "plan:", community.CodeBadInput},
		"target":       {change(`question.open<=5/7`, `question.money<=5/7`), "goal.targets:", community.CodeBadInput},
		"tiers":        {change(`"half_life": 14`, `"half_life": 1400`), "tiers:", community.CodeBadInput},
		"tier field":   {change(`"half_life": 14`, `"halflife": 14`), `no field "halflife"`, community.CodeBadInput},
		"rule kind":    {change(`"kind": "flood"`, `"kind": "fload"`), "rules.rules[2].kind", community.CodeBadInput},
		"no move":      {change(`"plan": {`, `"plam": {`), "moves.plan: say which figure", community.CodeBadInput},
		"other figure": {change(`"metric": "answered"`, `"metric": "money"`), ".metric: want one of", community.CodeBadInput},
		"purpose":      {change(`"matching": {`, `"fame": {`), "purposes.fame: want one of", community.CodeBadInput},
		"mirror":       {change(`"kind": "report"`, `"kind": "mirror"`), "may hold no rule that welcomes or copies", community.CodeBadInput},
	} {
		_, err := Decode(c.raw)
		var f *Fault
		if !errors.As(err, &f) || community.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
			continue
		}
		if say := f.Say(); !strings.HasPrefix(say[0], "这个模板文件不能用：") || strings.Contains(say[0], "\n") || strings.Contains(say[1], "\n") {
			t.Errorf("%s says %q", name, say)
		}
	}
	if _, err := Decode(append([]byte("\ufeff"), good...)); err != nil {
		t.Errorf("with a mark of byte order: %v", err)
	}
}

// TestWhatIsWrittenReadsTheSame: a template goes out as a file and comes in again as it was.
func TestWhatIsWrittenReadsTheSame(t *testing.T) {
	for _, one := range Shipped() {
		raw, err := Encode(one)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Decode(raw)
		if err != nil {
			t.Fatalf("%s: %v", one.Name, err)
		}
		twice, err := Encode(again)
		if err != nil || !bytes.Equal(raw, twice) {
			t.Errorf("%s %s is another after reading", one.Name, one.Lang)
		}
	}
}

// TestAGroupKeepsWhatIsItsOwn: name, zone, mode, people and copying stay; only the chosen parts change.
func TestAGroupKeepsWhatIsItsOwn(t *testing.T) {
	f := must(must(ShippedNamed(Interest, "zh-CN"))(t).Compose(Brand, Ecommerce))(t)
	now := must(policy.Default(policy.PresetCommercial))(t)
	now.Version, now.Group, now.Zone, now.Mode, now.Staff, now.Allow.Members = 7, "骑行群", "Asia/Urumqi", community.Live, []community.MemberKey{5}, []community.MemberKey{6}
	now.Rules = append(now.Rules, policy.Rule{ID: "copy", Kind: "mirror", Mode: policy.RuleLive, Params: []byte(`{"to":[3]}`)})
	ids := func(b policy.Book) (list []string) {
		for _, r := range b.Rules {
			list = append(list, r.ID)
		}
		return list
	}
	next := f.NextBook(now, []Part{Rules})
	if next.Version != 7 || next.Group != "骑行群" || next.Zone != "Asia/Urumqi" || next.Mode != community.Live || len(next.Staff) != 1 || len(next.Allow.Members) != 1 {
		t.Errorf("the group's own: %+v", next)
	}
	if got := ids(next); !slices.Contains(got, "copy") || slices.Contains(got, "ad-flood") || !slices.Contains(got, "flood") {
		t.Errorf("rules = %v", got)
	}
	if w := rulesOf(next, "welcome"); len(w) != 1 || !strings.Contains(string(w[0].Params), "先看看群规") {
		t.Errorf("the welcome that was not chosen: %+v", w)
	}
	next = f.NextBook(now, []Part{Welcome})
	if got := ids(next); !slices.Equal(got, ids(now)) {
		t.Errorf("welcome alone: %v", got)
	}
	if w := rulesOf(next, "welcome"); !strings.Contains(string(w[0].Params), "晒晒你的装备") {
		t.Errorf("the trade's welcome: %s", w[0].Params)
	}
	last := f.Book.Charter.Articles[len(f.Book.Charter.Articles)-1]
	if last.ID != "trade" || f.Goal.Goal != "爱好者一提起这个圈子，就想到我们" || f.PlanName() != "兴趣群 v1 · brand · ecommerce" {
		t.Errorf("article %s, goal %s, plan %s", last.ID, f.Goal.Goal, f.PlanName())
	}
}

// TestDifferencesEndWhereTheGroupIsAsTheTemplateSays: before, every part differs; afterwards none.
func TestDifferencesEndWhereTheGroupIsAsTheTemplateSays(t *testing.T) {
	f := must(must(ShippedNamed(Knowledge, "en"))(t).Compose(Users, Education))(t)
	now := Standing{Book: must(policy.Default(policy.PresetGeneral))(t), Tiers: tier.Default()}
	list := f.Differences(now, all)
	if len(list) != len(Parts()) {
		t.Fatalf("%d parts", len(list))
	}
	for _, d := range list {
		if d.Same || len(d.Changes) == 0 {
			t.Errorf("%s is the same", d.Part)
		}
	}
	if c := list[3].Changes; len(c) != 2 || c[0].What != "half_life" || c[0].Before != "14" || c[0].After != "28" || c[1].What != "answer_cap" {
		t.Errorf("tiers = %+v", c)
	}
	if c := list[4].Changes; len(c) != 10 || c[0].What != "day 0 20:00" || c[0].Before != "" || c[0].After == "" {
		t.Errorf("plan = %+v", c)
	}
	now = Standing{Goal: measure.GoalVersion{Goal: *f.Goal, Version: 1}, Book: f.NextBook(now.Book, Parts()), Tiers: *f.Tiers, Plans: []plan.SOP{{Steps: f.Steps}}}
	for _, d := range f.Differences(now, all) {
		if !d.Same {
			t.Errorf("%s still differs: %+v", d.Part, d.Changes)
		}
	}
}

// TestOnlyWhatCanBeDoneIsLeft: where nobody can mute or recall, warnings take their place; where nothing can be sent, what only sends is
// off.
func TestOnlyWhatCanBeDoneIsLeft(t *testing.T) {
	f := must(must(ShippedNamed(Service, "zh-CN"))(t).Compose("", ""))(t)
	book := f.NextBook(policy.Book{}, Parts())
	fitted, swaps := Fitted(book, func(v community.Verb) bool { return v == community.Send })
	if len(swaps) != 4 || len(fitted.Ladder) != 3 || !slices.Equal(fitted.Ladder[0].Actions, []string{policy.ActWarn}) {
		t.Errorf("swaps = %+v, ladder = %+v", swaps, fitted.Ladder)
	}
	none, swaps := Fitted(book, func(community.Verb) bool { return false })
	for _, r := range none.Rules {
		if (r.Kind == "welcome" || r.Kind == "reply") && r.Mode != policy.RuleOff {
			t.Errorf("%s is %s where nothing can be sent", r.ID, r.Mode)
		}
	}
	same, swaps := Fitted(book, all)
	if len(swaps) != 0 || len(policy.DiffBooks(same, book)) != 0 {
		t.Errorf("where all can be done: %+v", swaps)
	}
}

func all(community.Verb) bool { return true }

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// TestStaysAreToldByTheTemplateWhenTheyBegan: what was undone later counts until then; the latest holds; before all there was none.
func TestStaysAreToldByTheTemplateWhenTheyBegan(t *testing.T) {
	list := []Record{{At: 100, Use: Use{Name: "service", Version: 1}}, {At: 200, Undone: 300, Use: Use{Name: "reading", Version: 2, Own: true}}, {At: 400, Use: Use{Name: "service", Version: 3}}}
	kind := StayKind(list)
	for joined, want := range map[int64]string{0: "", 99: NoTemplate, 100: "service v1", 199: "service v1", 200: "own:reading v2", 299: "own:reading v2", 300: "service v1", 400: "service v3", 1000: "service v3"} {
		if got := kind(measure.Stay{Joined: joined}); got != want {
			t.Errorf("joined at %d: %q, want %q", joined, got, want)
		}
	}
	if got := kind(measure.Stay{Joined: 150, Seen: 160}); got != "" {
		t.Errorf("nobody watched the beginning: %q", got)
	}
}
