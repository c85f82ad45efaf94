package policy

import (
	"encoding/json"
	"fmt"
	"strings"

	"qunluo/internal/community"
)

// welcome greets who joins, by where they came from. The first entry that fits speaks; of several welcome rules the
// first one in the book that fits. With Coalesce, those who join within so many seconds are greeted together.
type welcome struct {
	Entries  []greeting `json:"entries"`
	Coalesce int64      `json:"coalesce"` // seconds; 0 = each by itself
}

// greeting is one text for one source.
type greeting struct {
	Scene string `json:"scene"` // qr, invite, search, link, request; empty = any
	State string `json:"state"` // the code's mark; a trailing * stands for any rest; empty = any
	Text  string `json:"text"`  // {name} {group}; "" = Library says it

	Library string       `json:"library,omitempty"` // the item of the library that is said, as it is then, in place of Text
	item    community.ID // Library as an id; zero = none
}

// pending is a greeting that waits for others to join.
type pending struct {
	Key     string    `json:"key"`
	Rule    string    `json:"rule"`
	Text    string    `json:"text"`
	At      int64     `json:"at"`
	Members []arrival `json:"members"`

	Library community.ID `json:"library,omitzero"` // the item that Text stands for
}

type arrival struct {
	Member community.MemberKey `json:"member"`
	Name   string              `json:"name"`
}

const (
	wakeWelcome  = "welcome:"
	maxNames     = 10    // named in one greeting
	maxArrivals  = 200   // waiting in one greeting
	welcomeLasts = 120e3 // ms
	replyLasts   = 120e3
)

func welcomeKind() kind {
	return kind{
		schema: Schema{
			Name: "welcome", Title: words("欢迎语", "Welcome"),
			Summary: words("有人进群时按来源欢迎。", "Greets who joins, by where they came from."),
			Fields: []Field{
				{Name: "entries", Title: words("欢迎语", "Texts"), Type: typeObjects, Max: 50, Required: true, Fields: []Field{
					{Name: "scene", Title: words("进群方式", "Way of joining"), Type: typeText, Max: 40,
						Help: words("qr、invite、search、link、request，留空为任意", "qr, invite, search, link, request; empty = any")},
					{Name: "state", Title: words("来源标记", "Source mark"), Type: typeText, Max: 100,
						Help: words("活码的标记，末尾可用 *", "the code's mark; may end in *")},
					{Name: "text", Title: words("文字", "Text"), Type: typeLong, Max: 1000,
						Help: words("可用 {name} {group}；选了素材就留空", "may hold {name} {group}; empty where an item is chosen")},
					{Name: "library", Title: words("素材", "Item of the library"), Type: typeLibrary,
						Help: words("欢迎时照素材当时的版本说", "what it says when somebody comes is what is said")},
				}},
				{Name: "coalesce", Title: words("合并多少秒内进群的人", "Greet together within seconds"), Type: typeInt, Max: 60},
			},
		},
		build: func(b *builder, path string, r *rule, params json.RawMessage) {
			w := &welcome{}
			json.Unmarshal(params, w)
			for i := range w.Entries {
				if code := w.Entries[i].ready(); code != "" {
					b.add(at(path+".entries", i)+".text", code)
				}
			}
			r.does = w
		},
	}
}

// ready makes a greeting that names an item speak by its mark; code says what is wrong, "" = nothing.
func (g *greeting) ready() (code string) {
	blank := strings.TrimSpace(g.Text) == ""
	switch {
	case g.Library == "" && blank:
		return "required"
	case g.Library != "" && !blank:
		return "text_or_item"
	case g.Library != "":
		g.item, _ = community.ParseID(g.Library) // the field was checked
		g.Text = community.LibraryMark
	}
	return ""
}

// arriving is a joining under consideration.
type arriving struct {
	also   string // what a newcomer is told besides; "" = nothing
	rb     *Rulebook
	state  *State
	ev     *community.Event
	member community.MemberKey
	out    *community.Decision
}

func (w *welcome) pick(ev *community.Event) (greeting, bool) {
	for _, g := range w.Entries {
		if (g.Scene == "" || g.Scene == ev.Body.Scene) && stateFits(g.State, ev.Body.State) {
			return g, true
		}
	}
	return greeting{}, false
}

func stateFits(pattern, state string) bool {
	if head, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(state, head)
	}
	return pattern == "" || pattern == state
}

// greet answers one join and reports whether it did.
func (w *welcome) greet(j *arriving, r *rule) bool {
	g, ok := w.pick(j.ev)
	if !ok {
		return false
	}
	hit := community.RuleHit{Rule: r.ID, Kind: r.Kind, Dry: r.dry, Chose: !r.dry, Why: "welcome"}
	if r.dry {
		j.out.Hits = append(j.out.Hits, hit)
		return true
	}
	if j.also != "" {
		g.Text += "\n" + j.also
	}
	if w.Coalesce > 0 {
		hit.Why = w.wait(j, r, g)
	} else {
		j.out.Actions = append(j.out.Actions, byItem(say(j.ev, r, 0, j.member, fill(g.Text, j.rb, nameOf(j.ev)), welcomeLasts), g.item, nameOf(j.ev)))
	}
	j.out.Hits = append(j.out.Hits, hit)
	return true
}

// wait adds the newcomer to a greeting that is open, or opens one.
func (w *welcome) wait(j *arriving, r *rule, g greeting) string {
	who := arrival{j.member, nameOf(j.ev)}
	all := append([]pending(nil), j.state.now.Pending...)
	for i, p := range all {
		if p.Rule != r.ID || p.Text != g.Text || p.Library != g.item || len(p.Members) >= maxArrivals {
			continue
		}
		all[i].Members = append(append([]arrival(nil), p.Members...), who)
		j.state.now.Pending = all
		return "welcome joined to others"
	}
	p := pending{Key: wakeWelcome + r.ID + ":" + j.ev.ID.String(), Rule: r.ID, Text: g.Text, At: j.ev.At, Members: []arrival{who}, Library: g.item}
	j.state.now.Pending = append(all, p)
	j.out.Wakes = append(j.out.Wakes, community.Wake{Key: p.Key, At: j.ev.At + w.Coalesce*1000})
	return "welcome waits for others"
}

// greetAll answers the timer of a greeting that waited.
func greetAll(rb *Rulebook, s *State, ev *community.Event) []community.Decision {
	var left []pending
	var due *pending
	for i, p := range s.now.Pending {
		if p.Key == ev.Body.Message {
			due = &s.now.Pending[i]
			continue
		}
		left = append(left, p)
	}
	if due == nil {
		return nil
	}
	p := *due
	s.now.Pending = left
	r := rb.find(p.Rule)
	if r == nil || r.dry || len(p.Members) == 0 || ev.At > p.At+welcomeLasts {
		return nil
	}
	var target community.MemberKey
	if len(p.Members) == 1 {
		target = p.Members[0].Member
	}
	d := decide(rb, s, ev, target)
	d.Verdict = community.Served
	d.Hits = []community.RuleHit{{Rule: r.ID, Kind: r.Kind, Chose: true, Why: fmt.Sprintf("welcome %d", len(p.Members))}}
	a := byItem(say(ev, r, 0, target, fill(p.Text, rb, namesOf(p.Members)), welcomeLasts), p.Library, namesOf(p.Members))
	a.Deadline = p.At + welcomeLasts
	d.Actions = []community.Action{a}
	return []community.Decision{d}
}

// byItem lets an action say an item of the library, to whom is called name. Zero = it says its own words.
func byItem(a community.Action, item community.ID, name string) community.Action {
	if !item.IsZero() {
		a.Library = community.FromLibrary{Item: item, Name: name}
	}
	return a
}

func namesOf(list []arrival) string {
	names := make([]string, 0, maxNames)
	for _, a := range list[:min(len(list), maxNames)] {
		names = append(names, a.Name)
	}
	joined := strings.Join(names, "、")
	if len(list) > maxNames {
		return fmt.Sprintf("%s 等 %d 人", joined, len(list))
	}
	return joined
}

// nameOf is what to call the member of an event.
func nameOf(ev *community.Event) string {
	who := community.Who{Name: ev.Body.Name, Card: ev.Body.Card}
	if name := who.Shown(); name != "" {
		return name
	}
	return "新朋友"
}

// fill puts a name and the group's name into a text.
func fill(text string, rb *Rulebook, name string) string {
	group := rb.book.Group
	if group == "" {
		group = "本群"
	}
	return strings.NewReplacer("{name}", name, "{group}", group).Replace(text)
}

// say makes a send action of a rule. lasts is how long it is worth sending, in ms.
func say(ev *community.Event, r *rule, ordinal int, target community.MemberKey, text string, lasts int64) community.Action {
	return community.Action{
		ID: community.DeriveID(ev.ID, r.ID, ordinal), Decision: decisionID(ev), Group: ev.Group, Verb: community.Send,
		Target: target, Event: ev.Number, Text: text, Mention: target != 0, Cause: community.ByRule, Rule: r.ID,
		Deadline: ev.At + lasts,
	}
}
