package policy

import (
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
	"qunluo/internal/learn"
)

// learned hits what a model takes for advertising. Only strong evidence is a breach by itself. Weaker evidence is a
// suspicion: it adds up per member, fades with time, and once it is enough a person is asked; nothing is done and no
// strike given before that person says so.
type learned struct {
	Model   string `json:"model"`
	Caution string `json:"caution"`
	Acts    bool   `json:"acts"`
	Hours   int64  `json:"hours"` // in which a suspicion fades to half

	model        *learn.Model
	act, suspect float64
}

// Cautions: how much is added to the model's two thresholds.
const (
	cautionHigh   = "high"
	cautionNormal = "normal"
	cautionLow    = "low"
)

func cautions() map[string]float64 {
	return map[string]float64{cautionHigh: 1, cautionNormal: 0, cautionLow: -0.5}
}

const (
	// modelAsset is the kind of content that is a packed model.
	modelAsset = "model"
	// suspicionFull is how many points ask a person; a message from the model's lower threshold on has them at once.
	suspicionFull = 1000
	// suspicionWeak is what a message has that reaches half of that threshold.
	suspicionWeak = 340
	// reasonsMost is how many parts of a text a hit of this kind points at.
	reasonsMost = 4
)

// HoldSuspicion is why an action waits for a person: weak evidence that the text is advertising.
const HoldSuspicion = community.HoldSuspicion

func learnedKind() kind {
	return kind{
		schema: Schema{
			Name: "learned", Title: words("学习判断", "Learned"), Sanction: true,
			Summary: words("按学到的例子判断是不是广告、诈骗或引流。把握大的直接处罚，把握小的累积成可疑，请人看。",
				"Judges by learned examples whether a text is advertising, fraud or baiting. Strong evidence is a breach; weak evidence adds up to a suspicion that a person looks at."),
			Reason: words("请勿发广告或引流信息", "please do not advertise"),
			Fields: []Field{
				{Name: "model", Title: words("模型", "Model"), Type: typeText, Max: 64, Required: true, Default: learn.ShippedHash,
					Help: words("默认是自带的；用本群发言训练后自动填成本群的", "by default the one that comes along; training with the group's talk fills in the group's own")},
				{Name: "caution", Title: words("把关", "Caution"), Type: typeChoice, Default: cautionNormal, Choices: []Choice{
					{cautionHigh, words("少误伤", "Hit fewer")}, {cautionNormal, words("一般", "Normal")}, {cautionLow, words("少漏掉", "Miss fewer")},
				}},
				{Name: "acts", Title: words("把握大时直接处罚", "Strong evidence is a breach"), Type: typeBool, Default: true,
					Help: words("不选则一律请人看", "otherwise a person looks at everything")},
				{Name: "hours", Title: words("可疑程度几小时减半", "A suspicion fades to half in hours"), Type: typeInt, Min: 1, Max: 24 * 30, Default: 24},
			},
		},
		build: func(b *builder, path string, r *rule, params json.RawMessage) {
			p := &learned{Caution: cautionNormal, Acts: true, Hours: 24}
			json.Unmarshal(params, p)
			r.does = p
			if p.model = b.model(path+".model", p.Model); p.model != nil {
				shift := cautions()[p.Caution]
				p.act, p.suspect = p.model.Act()+shift, p.model.Suspect()+shift
			}
		},
	}
}

// model makes the model that a hash names ready: one that came with the program, or content that is kept.
func (b *builder) model(path, hash string) *learn.Model {
	if hash == learn.ShippedHash {
		return learn.Shipped()
	}
	read := func(raw []byte) (any, error) { return learn.Read(raw) }
	if raw, ok := learn.ShippedModel(hash); ok {
		if m, err := learn.Read(raw); err == nil {
			return m
		}
	}
	m, _ := b.content(path, hash, modelAsset, read).(*learn.Model)
	return m
}

func (p *learned) judge(l *look, r *rule) {
	text := l.ev.Body.Text
	if text == "" {
		return
	}
	score := p.model.Score(text)
	if score < p.suspect/2 {
		return
	}
	if score >= p.act && p.Acts {
		p.accuse(l, r, fmt.Sprintf("learned %.2f>%.2f", score, p.act))
		return
	}
	points := suspicionFull
	if score < p.suspect {
		points = suspicionWeak
	}
	sum := points
	if l.counts() && l.member != nil {
		sum += l.member.suspicion(r.ID, l.ev.At, p.Hours)
	}
	if sum < suspicionFull {
		l.doubts = append(l.doubts, doubt{r, points})
		return
	}
	if f := p.accuse(l, r, fmt.Sprintf("suspect %.2f<%.2f %d%%", score, p.act, sum/10)); f != nil {
		f.suspect = true
	}
}

// accuse records a finding and points at what speaks for it; nil when the whole text is allowed.
func (p *learned) accuse(l *look, r *rule, why string) *finding {
	text := l.ev.Body.Text
	whole := community.Span{End: len(text)}
	if l.isAllowed(whole) {
		l.spare(r, why, whole)
		return nil
	}
	f := l.find(r, why)
	for _, reason := range p.model.Explain(text, reasonsMost) {
		f.span(reason.Span)
	}
	return f
}

// doubt is weak evidence that is not enough yet.
type doubt struct {
	rule   *rule
	points int
}

// note keeps the doubts about a member, and forgets them once a person was asked.
func (p *learned) note(s *State, l *look, r *rule) {
	m := l.member
	if l.hitBy(r) {
		m.doubt(r.ID, l.ev.At, 0)
		return
	}
	for _, d := range l.doubts {
		if d.rule == r {
			m.doubt(r.ID, l.ev.At, d.points+m.suspicion(r.ID, l.ev.At, p.Hours))
		}
	}
}

// suspected is how far a member is under suspicion by a rule.
type suspected struct {
	Rule   string `json:"rule"`
	Points int    `json:"points"`
	At     int64  `json:"at"`
}

// suspicion is what is left of the doubts about a member: half after so many hours, nothing after ten times as many.
func (m *member) suspicion(rule string, now, hours int64) int {
	for _, x := range m.Suspected {
		if x.Rule == rule {
			return faded(x.Points, now-x.At, hours*3600*1000)
		}
	}
	return 0
}

// faded halves points for every whole half-life and lets them sink evenly within one: whole numbers only.
func faded(points int, since, half int64) int {
	n := since / half
	if n >= 10 || since < 0 {
		return 0
	}
	points >>= n
	return points - int(int64(points)*(since%half)/(2*half))
}

// doubt sets the points of a rule; 0 takes them away.
func (m *member) doubt(rule string, now int64, points int) {
	kept := make([]suspected, 0, len(m.Suspected)+1)
	for _, x := range m.Suspected {
		if x.Rule != rule {
			kept = append(kept, x)
		}
	}
	if points > 0 {
		kept = append(kept, suspected{rule, points, now})
	}
	if m.Suspected = kept; len(kept) == 0 {
		m.Suspected = nil
	}
}

// askPerson holds the recall of a message under suspicion until a person releases or dismisses it.
func (l *look) askPerson(found []*finding, d *community.Decision) {
	for i, f := range found {
		if !f.suspect || f.spared || f.rule.dry {
			continue
		}
		d.Hits[i].Chose = true
		d.Actions = append(d.Actions, community.Action{
			ID: community.DeriveID(l.ev.ID, f.rule.ID, len(d.Actions)), Decision: d.ID, Group: l.ev.Group, Target: l.ev.Actor,
			Event: l.ev.Number, Cause: community.ByRule, Rule: f.rule.ID, Verb: community.RecallMsg, Message: l.ev.Body.Message,
			Hold: HoldSuspicion, Deadline: l.ev.At + suspicionLasts,
		})
		l.state.remember(l.rb, d)
		return
	}
}

// suspicionLasts is how long a person's word about a suspicion is still worth doing something about, in ms.
const suspicionLasts = 24 * hourMs

// WithModel puts a model into every rule of a book that judges by one; a book without such a rule gets one, in dry run.
// ids are the rules'.
func (b Book) WithModel(hash string) (out Book, ids []string) {
	out = b
	out.Rules = make([]Rule, 0, len(b.Rules)+1)
	taken := map[string]bool{}
	for _, r := range b.Rules {
		taken[r.ID] = true
		if r.Kind == "learned" {
			p := map[string]json.RawMessage{}
			json.Unmarshal(r.Params, &p) // no object: only the model is left, and the check says what is missing
			p["model"] = params(hash)
			r.Params = params(p)
			ids = append(ids, r.ID)
		}
		out.Rules = append(out.Rules, r)
	}
	if len(ids) > 0 {
		return out, ids
	}
	id := "learned"
	for n := 2; taken[id]; n++ {
		id = fmt.Sprint("learned-", n)
	}
	out.Rules = append(out.Rules, Rule{ID: id, Name: "学习判断", Kind: "learned", Mode: RuleDry, Params: params(map[string]string{"model": hash})})
	return out, []string{id}
}
