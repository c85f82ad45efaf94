package founding

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/policy"
	"qunluo/internal/tier"
)

// Format is what a template's file says it is.
const Format = "qunluo-template/1"

// Bounds of a template.
const (
	MaxBytes    = 1 << 20
	maxName     = 40
	maxTitle    = 60  // characters
	maxSummary  = 400 // characters
	maxWelcome  = 1000
	maxGreeting = 20
	maxVersion  = 1_000_000
	maxArticles = 20 // that a layer adds
)

// Types of groups.
const (
	Service    = "service"
	Knowledge  = "knowledge"
	Interest   = "interest"
	Commercial = "commercial"
)

// Types lists them as forms offer them.
func Types() []string { return []string{Service, Knowledge, Interest, Commercial} }

// Purposes of groups.
const (
	Brand    = "brand"
	Users    = "service"  // user service
	Matching = "matching" // resource matching
)

// Purposes lists them as forms offer them.
func Purposes() []string { return []string{Brand, Users, Matching} }

// Presets of trades.
const (
	Education = "education"
	Ecommerce = "ecommerce"
)

// Presets lists them as forms offer them; "" = none.
func Presets() []string { return []string{Education, Ecommerce} }

// KPIs of types.
const (
	FirstReply  = "first_reply"  // how soon questions are answered
	ValueOutput = "value_output" // how much of the talk members open themselves
	MutualHelp  = "mutual_help"  // how many questions members answer each other
	Conversion  = "conversion"   // how many members pay, and pay again
)

// KPIs lists them as forms offer them.
func KPIs() []string { return []string{FirstReply, ValueOutput, MutualHelp, Conversion} }

// KPIOf is the KPI of a type.
func KPIOf(kind string) string {
	return map[string]string{Service: FirstReply, Knowledge: ValueOutput, Interest: MutualHelp, Commercial: Conversion}[kind]
}

// Part is something of a group that a template fills.
type Part string

// Parts of a template.
const (
	Goal    Part = "goal"
	Rules   Part = "rules"
	Welcome Part = "welcome"
	Tiers   Part = "tiers"
	Plan    Part = "plan"
)

// Parts lists them in the order of pages.
func Parts() []Part { return []Part{Goal, Rules, Welcome, Tiers, Plan} }

// Template is a version of what a type of group is begun with.
type Template struct {
	Format  string `json:"format"`
	Name    string `json:"name"`    // a-z, 0-9 and -
	Version int    `json:"version"` // counts from 1
	Lang    string `json:"lang"`    // zh-CN or en: the language of its texts
	Type    string `json:"type"`
	KPI     string `json:"kpi"`
	Title   string `json:"title"`
	Summary string `json:"summary"`

	Goal    *Aim                `json:"goal,omitempty"`
	Welcome []Greeting          `json:"welcome,omitempty"`
	Tiers   json.RawMessage     `json:"tiers,omitempty"` // what is different from the rules that every group begins with
	Plan    []plan.Step         `json:"plan,omitempty"`
	Moves   map[Part]Move       `json:"moves"` // of rules, tiers and plan: which figure they should move
	Purpose map[string]Overlay  `json:"purposes,omitempty"`
	Preset  map[string]Overlay  `json:"presets,omitempty"`
	Book    jsonOf[policy.Book] `json:"rules,omitzero"` // without version, mode, group, staff and welcome
}

// Aim is what a group is for. Targets are written as measure.ParseTarget reads them.
type Aim struct {
	Goal    string   `json:"goal"`
	Value   string   `json:"value"`
	Targets []string `json:"targets"`
}

// Greeting is a text for those who join in one way; Scene "" = in any.
type Greeting struct {
	Scene string `json:"scene,omitempty"`
	Text  string `json:"text"`
}

// Move is the figure that a part should move, and after how many days that is looked at.
type Move struct {
	Metric string `json:"metric"` // one of measure.MoveMetrics
	Down   bool   `json:"down,omitempty"`
	Review int    `json:"review_days"`
}

// Overlay is what a purpose or a trade changes: what it says takes the place of the template's, articles and steps are added; a step
// with the id of one of the template's takes its place.
type Overlay struct {
	Goal     string           `json:"goal,omitempty"`
	Value    string           `json:"value,omitempty"`
	Targets  []string         `json:"targets,omitempty"`
	Welcome  []Greeting       `json:"welcome,omitempty"`
	Articles []policy.Article `json:"articles,omitempty"`
	Plan     []plan.Step      `json:"plan,omitempty"`
}

// jsonOf is a document inside a template, as it was written.
type jsonOf[T any] struct{ json.RawMessage }

// IsZero says whether there is none.
func (d jsonOf[T]) IsZero() bool { return len(d.RawMessage) == 0 || string(d.RawMessage) == "null" }

// MarshalJSON writes it as it was.
func (d jsonOf[T]) MarshalJSON() ([]byte, error) { return d.RawMessage.MarshalJSON() }

// UnmarshalJSON keeps it as it is.
func (d *jsonOf[T]) UnmarshalJSON(raw []byte) error { return d.RawMessage.UnmarshalJSON(raw) }

var names = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

// Check says what is wrong with a template: a [*Fault], the first that is found.
func (t Template) Check() error {
	switch {
	case len(t.Name) > maxName || !names.MatchString(t.Name):
		return fault("name", "只能用小写字母、数字和 -，最长 40 个", "may hold only a-z, 0-9 and -, at most 40")
	case t.Version < 1 || t.Version > maxVersion:
		return fault("version", "应为 1 到 1000000", "want 1 to 1000000")
	case t.Lang != "zh-CN" && t.Lang != "en":
		return fault("lang", "应为 zh-CN 或 en", "want zh-CN or en")
	case !slices.Contains(Types(), t.Type):
		return choice("type", Types())
	case !slices.Contains(KPIs(), t.KPI):
		return choice("kpi", KPIs())
	}
	if err := text("title", t.Title, maxTitle, true); err != nil {
		return err
	}
	if err := text("summary", t.Summary, maxSummary, true); err != nil {
		return err
	}
	if len(t.Holds()) == 0 {
		return fault("", "这份模板里什么都没有", "this template holds nothing")
	}
	if err := t.checkMoves(); err != nil {
		return err
	}
	for _, l := range []struct {
		field string
		known []string
		of    map[string]Overlay
	}{{"purposes", Purposes(), t.Purpose}, {"presets", Presets(), t.Preset}} {
		for _, key := range sorted(l.of) {
			if !slices.Contains(l.known, key) {
				return choice(l.field+"."+key, l.known)
			}
		}
	}
	return t.checkAll()
}

// checkAll looks at every foundation that the template can make.
func (t Template) checkAll() error {
	for _, purpose := range append([]string{""}, sorted(t.Purpose)...) {
		for _, preset := range append([]string{""}, sorted(t.Preset)...) {
			f, err := t.Compose(purpose, preset)
			if err == nil {
				err = f.check()
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// Holds lists the parts that the template fills.
func (t Template) Holds() (list []Part) {
	for _, p := range Parts() {
		if map[Part]bool{Goal: t.Goal != nil, Rules: !t.Book.IsZero(), Welcome: len(t.Welcome) > 0, Tiers: len(t.Tiers) > 0, Plan: len(t.Plan) > 0}[p] {
			list = append(list, p)
		}
	}
	return list
}

// moving are the parts whose change names the figure it should move.
var moving = []Part{Rules, Tiers, Plan}

func (t Template) checkMoves() error {
	for _, part := range moving {
		m, named := t.Moves[part]
		path := "moves." + string(part)
		switch {
		case !named && slices.Contains(t.Holds(), part):
			return fault(path, "要写出这部分应该推动哪个数字，和多少天后复盘", "say which figure this part should move, and after how many days that is looked at")
		case !named:
		case !slices.Contains(measure.MoveMetrics(), m.Metric):
			return choice(path+".metric", measure.MoveMetrics())
		case m.Review < 7 || m.Review > 180:
			return fault(path+".review_days", "应为 7 到 180", "want 7 to 180")
		}
	}
	for _, part := range sorted(t.Moves) {
		if !slices.Contains(moving, part) {
			return fault("moves."+string(part), "这部分不用写", "this part names none")
		}
	}
	return nil
}

// text says what is wrong with a text of at most so many characters; line = it stands on one line.
func text(path, s string, most int, line bool) error {
	switch {
	case strings.TrimSpace(s) == "":
		return fault(path, "不能为空", "may not be empty")
	case !utf8.ValidString(s) || strings.ContainsFunc(s, hostile) || line && strings.ContainsAny(s, "\r\n\t"):
		return fault(path, "有看不见的控制字符", "holds characters that cannot be seen")
	case utf8.RuneCountInString(s) > most:
		return &Fault{Path: path, Zh: "太长，最多 " + number(most) + " 个字", En: "too long, at most " + number(most) + " characters", Code: community.CodeTooLarge}
	}
	return nil
}

// hostile are characters that change how a line reads without being seen.
func hostile(r rune) bool {
	return unicode.Is(unicode.Cc, r) && r != '\n' && r != '\t' || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0x200E || r == 0x200F || r == 0xFEFF
}

// tiersOf reads rules of tiers on top of those that every group begins with.
func tiersOf(raw json.RawMessage) (tier.Rules, error) {
	r := tier.Default()
	if err := strict(raw, &r); err != nil {
		return r, within("tiers", err)
	}
	if err := r.Check(); err != nil {
		return r, fault("tiers", "不对："+err.Error(), err.Error())
	}
	return r, nil
}
