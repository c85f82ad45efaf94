package policy

import (
	"encoding/json"
	"slices"
	"strings"

	"qunluo/internal/community"
)

// mirror (同步转发) copies messages of this group into others. What our own accounts say is never copied, so a copy that
// comes back goes no further. When the original is recalled or edited, its copies follow where a connection can.
type mirror struct {
	To      []community.GroupKey `json:"to"`
	From    string               `json:"from"`    // all, admins
	Classes []string             `json:"classes"` // names of mirrorClasses; empty = all of them
	Words   []string             `json:"words"`   // only with one of these; empty = all
	Except  []string             `json:"except"`  // not with one of these
	Text    string               `json:"text"`    // {name} {group} {text}
	Hours   int64                `json:"hours"`   // how long a copy is worth sending; 0 = 1
}

// Values of a mirror's From.
const (
	fromAll    = "all"
	fromAdmins = "admins"
)

// mirrorText is how a copy reads where the rule does not say.
const mirrorText = "【{group}】{name}：{text}"

// The lists of phrases that a mirror has in the common matcher.
const (
	mirrorWords  = 0
	mirrorExcept = 1
)

// mirrorClasses are the classes of messages that may be copied, by the name that a rule uses.
func mirrorClasses() []Choice {
	return []Choice{
		{"text", words("文字", "Text")}, {"image", words("图片", "Pictures")}, {"video", words("视频", "Videos")},
		{"voice", words("语音", "Voice")}, {"file", words("文件", "Files")}, {"link", words("链接", "Links")},
	}
}

// className is the name of a class in mirrorClasses; "" = never copied.
func className(c community.Class) string {
	switch c {
	case community.Text, community.Reply:
		return "text"
	case community.Image, community.Sticker:
		return "image"
	case community.Video:
		return "video"
	case community.Voice:
		return "voice"
	case community.File:
		return "file"
	case community.Link, community.Share:
		return "link"
	}
	return ""
}

func mirrorKind() kind {
	return kind{
		schema: Schema{
			Name: "mirror", Title: words("同步转发", "Mirror"),
			Summary: words("把本群选定的消息同步到其他群；原消息撤回、修改时，副本跟着撤回、更新。转发来的消息不会再被转回。",
				"Copies chosen messages of this group into others; recalls and edits follow. What was copied is never copied back."),
			Fields: []Field{
				{Name: "to", Title: words("转发到", "Into these groups"), Type: typeGroups, Max: maxMirrors, Required: true},
				{Name: "from", Title: words("转发谁的消息", "Whose messages"), Type: typeChoice, Default: fromAdmins, Choices: []Choice{
					{fromAdmins, words("群主、管理员和工作人员", "Owner, admins and staff")}, {fromAll, words("所有人", "Everybody")},
				}},
				{Name: "classes", Title: words("只转发这些类型", "Only of these kinds"), Type: typeChoices, Choices: mirrorClasses(),
					Help: words("不选为全部", "none chosen = all")},
				{Name: "words", Title: words("只转发含这些词的", "Only with one of these phrases"), Type: typeWords, Max: 200,
					Help: words("留空为不限，例如 #通知", "empty = no such limit; for example #notice")},
				{Name: "except", Title: words("不转发含这些词的", "Not with one of these phrases"), Type: typeWords, Max: 200},
				{Name: "text", Title: words("副本的样子", "How a copy reads"), Type: typeLong, Max: 400, Default: mirrorText,
					Help: words("可用 {name} {group} {text}", "may hold {name} {group} {text}")},
				{Name: "hours", Title: words("超过几小时就不再补发", "Not sent when later than, hours"), Type: typeInt, Max: 48, Default: 1},
			},
		},
		build: buildMirror,
	}
}

// maxMirrors bounds the groups that one rule copies into.
const maxMirrors = 100

func buildMirror(b *builder, path string, r *rule, params json.RawMessage) {
	p := &mirror{}
	json.Unmarshal(params, p)
	r.does = p
	if p.Text == "" {
		p.Text = mirrorText
	}
	if !strings.Contains(p.Text, "{text}") {
		b.add(path+".text", "needs_text")
	}
	if p.Hours == 0 {
		p.Hours = 1
	}
	if r.Mode == RuleOff {
		return
	}
	for _, text := range p.Words {
		b.phrase(r.index, mirrorWords, text, 0)
	}
	for _, text := range p.Except {
		b.phrase(r.index, mirrorExcept, text, 0)
	}
}

// MirrorTargets are the groups that a book's live and dry rules copy into, each once, in order.
func (rb *Rulebook) MirrorTargets() []community.GroupKey {
	var list []community.GroupKey
	for _, r := range rb.rules {
		if p, ok := r.does.(*mirror); ok {
			list = append(list, p.To...)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (p *mirror) judge(l *look, r *rule) {
	if p.takes(l, r) {
		l.copies = append(l.copies, r)
	}
}

// takes reports whether the rule chooses this message.
func (p *mirror) takes(l *look, r *rule) bool {
	name := className(l.ev.Body.Class)
	if name == "" || len(p.Classes) > 0 && !slices.Contains(p.Classes, name) {
		return false
	}
	if p.From != fromAll && !l.member.Role.Immune() && !l.rb.staff[l.ev.Actor] {
		return false
	}
	wanted := len(p.Words) == 0
	for _, m := range l.matches {
		o := l.rb.owners[m.Phrase]
		if int(o.rule) != r.index {
			continue
		}
		if o.list == mirrorExcept {
			return false
		}
		wanted = true
	}
	return wanted
}

// copied is a message of which copies went out: the event by which their ids are known.
type copied struct {
	Message string               `json:"message"` // the platform's id of the original
	Rule    string               `json:"rule"`
	Event   community.ID         `json:"event"`
	At      int64                `json:"at"`
	To      []community.GroupKey `json:"to"`
}

// How many originals a group remembers, and for how long (ms): later recalls are not followed.
const (
	maxCopied   = 1000
	keepCopied  = maxCopied / 2
	copiedLasts = 48 * hourMs
)

// mirrorOut sends the copies that rules ask for. A message that was sanctioned is not spread.
func (l *look) mirrorOut(d *community.Decision, atFault bool) {
	for _, r := range l.copies {
		p := r.does.(*mirror)
		hit := community.RuleHit{Rule: r.ID, Kind: r.Kind, Dry: r.dry, Why: "mirror"}
		if atFault {
			hit.Why = "mirror stopped: at fault"
		}
		hit.Chose = !r.dry && !atFault
		d.Hits = append(d.Hits, hit)
		if !hit.Chose {
			continue
		}
		d.Actions = append(d.Actions, p.sends(l.ev, l.rb, r)...)
		l.state.copiedOut(l.ev, r, p)
	}
}

func (s *State) copiedOut(ev *community.Event, r *rule, p *mirror) {
	if ev.Body.Message == "" {
		return
	}
	list := append(s.now.Copies, copied{Message: ev.Body.Message, Rule: r.ID, Event: ev.ID, At: ev.At, To: p.To})
	if len(list) > maxCopied {
		list = slices.Clone(list[len(list)-keepCopied:])
	}
	s.now.Copies = list
}

// sends are the copies of one message, one per group.
func (p *mirror) sends(ev *community.Event, rb *Rulebook, r *rule) []community.Action {
	text, parts := p.compose(ev, rb)
	out := make([]community.Action, len(p.To))
	for i, g := range p.To {
		out[i] = say(ev, r, i, 0, text, p.Hours*hourMs)
		out[i].Group, out[i].Segments = g, parts
	}
	return out
}

// compose makes a copy: the words, and the parts where there is more than words. Mentions become plain words, so that a
// copy calls nobody.
func (p *mirror) compose(ev *community.Event, rb *Rulebook) (string, []community.Segment) {
	who := community.Who{Name: ev.Body.Name, Card: ev.Body.Card}
	group := rb.book.Group
	fill := func(text string) string {
		return strings.NewReplacer("{name}", who.Shown(), "{group}", group, "{text}", text).Replace(p.Text)
	}
	media := slices.ContainsFunc(ev.Body.Segments, isPart)
	if !media {
		return fill(ev.Body.Text), nil
	}
	before, after, _ := strings.Cut(fill("\x00"), "\x00")
	parts := []community.Segment{{Kind: "text", Text: before}}
	for _, seg := range ev.Body.Segments {
		if isPart(seg) {
			parts = append(parts, seg)
		} else if seg.Text != "" {
			parts = append(parts, community.Segment{Kind: "text", Text: plainWords(seg)})
		}
	}
	if after != "" {
		parts = append(parts, community.Segment{Kind: "text", Text: after})
	}
	return fill(ev.Body.Text), parts
}

// isPart reports whether a segment is more than words.
func isPart(s community.Segment) bool {
	switch s.Kind {
	case "image", "audio", "video", "file", "link", "face":
		return true
	}
	return false
}

// plainWords is what stands for a segment that is not copied as it is.
func plainWords(s community.Segment) string {
	if (s.Kind == "at" || s.Kind == "at_all") && !strings.HasPrefix(s.Text, "@") {
		return "@" + s.Text + " "
	}
	return s.Text
}

// follow lets the copies of a message share its fate: recalled with it; where it was edited, and again says what a rule
// chooses, they are sent anew. d is the decision about the event, begun here if it is not yet.
func follow(rb *Rulebook, s *State, ev *community.Event, d *community.Decision, again func(*rule) bool) {
	var left []copied
	found := false
	for i, c := range s.now.Copies {
		r := rb.find(c.Rule)
		if c.Message != ev.Body.Message || ev.At-c.At > copiedLasts {
			left = append(left, s.now.Copies[i])
			continue
		}
		p, ok := mirrorOf(r)
		if !ok || r.dry {
			continue
		}
		if d.ID.IsZero() {
			*d = decide(rb, s, ev, ev.Actor)
			d.Verdict = community.Served
		}
		found = true
		d.Hits = append(d.Hits, community.RuleHit{Rule: r.ID, Kind: r.Kind, Chose: true, Why: "mirror follows"})
		d.Actions = append(d.Actions, c.recalls(ev, r)...)
		if again(r) {
			p = &mirror{To: c.To, Text: p.Text, Hours: p.Hours}
			d.Actions = append(d.Actions, p.sends(ev, rb, r)...)
			left = append(left, copied{Message: c.Message, Rule: c.Rule, Event: ev.ID, At: ev.At, To: c.To})
		}
	}
	if found {
		s.now.Copies = left
	}
}

func mirrorOf(r *rule) (*mirror, bool) {
	if r == nil {
		return nil, false
	}
	p, ok := r.does.(*mirror)
	return p, ok
}

// recalls take the copies back. Each names our own send: what the platform called it is looked up when it is done.
func (c copied) recalls(ev *community.Event, r *rule) []community.Action {
	out := make([]community.Action, len(c.To))
	for i, g := range c.To {
		out[i] = community.Action{
			ID: community.DeriveID(ev.ID, r.ID, maxMirrors+i), Decision: decisionID(ev), Group: g, Verb: community.RecallMsg,
			Of: community.DeriveID(c.Event, r.ID, i), Event: ev.Number, Cause: community.ByRule, Rule: r.ID, Deadline: ev.At + copiedLasts,
		}
	}
	return out
}
