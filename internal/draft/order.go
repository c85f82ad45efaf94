package draft

import (
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Order is what somebody wants to be written.
type Order struct {
	Kind   Purpose  `json:"kind"`   // ForPost or ForQuestion; ForDigest is a digest's
	About  string   `json:"about"`  // one of Abouts
	Goal   string   `json:"goal"`   // what it is to bring about
	Tone   string   `json:"tone"`   // one of Tones
	Length string   `json:"length"` // one of Lengths
	Points []string `json:"points,omitempty"`
	Lang   string   `json:"lang"`
}

// Abouts are what a post is about; the house has templates of each.
func Abouts() []string {
	return []string{"notice", "event", "reminder", "welcome", "recap", "share", "offer", "thanks"}
}

// Tones are how it is said.
func Tones() []string { return []string{"warm", "plain", "lively"} }

// Lengths are how long it is, see Most.
func Lengths() []string { return []string{"short", "middle", "long"} }

// Most is how many characters a length has at most.
func Most(length string) int {
	switch length {
	case "short":
		return 80
	case "long":
		return 500
	}
	return 220
}

// Bounds of an order.
const (
	MaxGoal   = 200 // characters
	MaxPoints = 10
	MaxPoint  = 200 // characters
)

// Check says what is wrong; CodeBadInput or CodeTooLarge begin with the field's name.
func (o Order) Check() error {
	if o.Kind != ForPost && o.Kind != ForQuestion {
		return community.Errorf(community.CodeBadInput, "kind: want post or question")
	}
	for _, f := range []struct {
		name, value string
		of          []string
	}{{"about", o.About, Abouts()}, {"tone", o.Tone, Tones()}, {"length", o.Length, Lengths()}} {
		if f.name == "about" && o.Kind == ForQuestion {
			continue
		}
		if !contains(f.of, f.value) {
			return community.Errorf(community.CodeBadInput, "%s: want one of %s", f.name, strings.Join(f.of, ", "))
		}
	}
	if err := clean("goal", o.Goal, MaxGoal); err != nil {
		return err
	}
	if strings.TrimSpace(o.Goal) == "" {
		return community.Errorf(community.CodeBadInput, "goal: empty")
	}
	if len(o.Points) > MaxPoints {
		return community.Errorf(community.CodeTooLarge, "points: at most %d", MaxPoints)
	}
	for _, p := range o.Points {
		if err := clean("points", p, MaxPoint); err != nil {
			return err
		}
	}
	return nil
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

func clean(field, s string, most int) error {
	switch {
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		return community.Errorf(community.CodeBadInput, "%s: not a text", field)
	case utf8.RuneCountInString(s) > most:
		return community.Errorf(community.CodeTooLarge, "%s: at most %d characters", field, most)
	}
	return nil
}

// Sources of a choice.
const (
	FromModel    = "model"
	FromTemplate = "template" // the house's own
	FromLibrary  = "library"  // the organisation's
)

// Choice is one text that is proposed.
type Choice struct {
	Source string `json:"source"`
	Title  string `json:"title"`
	Text   string `json:"text"`
	Item   string `json:"item,omitempty"`  // of the library
	Lines  []Line `json:"lines,omitempty"` // of a digest
}

// Line is a line of a rewritten digest with the messages that it rests on.
type Line struct {
	Text     string  `json:"text"`
	Messages []int64 `json:"messages"` // numbers
}

// States of a proposal.
const (
	Waiting = "waiting" // the model is being asked
	Done    = "done"
	Taken   = "taken"   // a person made something of it
	Dropped = "dropped" // a person did not want it
)

// Proposal is what was ordered and what came of it. Nothing is sent of it: a person makes something of one of its choices.
type Proposal struct {
	ID        community.ID
	Org       community.OrgKey
	Group     community.GroupKey // whose people are meant; 0 = no one group's
	GroupID   community.ID
	GroupName string
	User      string
	Order     Order
	Ref       string // of a digest: its id
	State     string
	Choices   []Choice
	Notes     []string // why the model's answer, or a part of it, was left out
	Model     string   // that wrote; "" = none did
	Into      string   // what was made of it: "calendar:ID"
	Made      int64
	Version   int
}

// Plain writes an order out without a model: the house's own skeletons, filled in. say gives a text of the catalogue.
func Plain(o Order, say func(key string, args ...any) string) []Choice {
	points := make([]string, 0, len(o.Points))
	for _, p := range o.Points {
		if p = strings.TrimSpace(p); p != "" {
			points = append(points, p)
		}
	}
	if o.Kind == ForQuestion {
		return questions(o, points, say)
	}
	var out []Choice
	for _, form := range []string{"a", "b"} {
		lines := []string{say("draft.head_"+o.About, "goal", strings.TrimSpace(o.Goal))}
		if form == "b" {
			lines[0] = say("draft.plain_head", "goal", strings.TrimSpace(o.Goal))
		}
		if open := say("draft.open_" + o.Tone); o.Length != "short" && open != "" && form == "a" {
			lines = append(lines, open)
		}
		for i, p := range points {
			if form == "a" {
				lines = append(lines, say("draft.point", "num", i+1, "text", p))
			} else {
				lines = append(lines, say("draft.dash", "text", p))
			}
		}
		if o.Length == "long" {
			lines = append(lines, say("draft.why_"+o.About))
		}
		lines = append(lines, say("draft.close_"+o.About))
		if o.Length != "short" {
			lines = append(lines, say("draft.end_"+o.Tone))
		}
		out = append(out, Choice{Source: FromTemplate, Title: cut(strings.TrimSpace(o.Goal), 30), Text: strings.Join(lines, "\n")})
	}
	return out
}

// questions are skeletons of a question: something that everybody can answer, a choice, a memory.
func questions(o Order, points []string, say func(key string, args ...any) string) (out []Choice) {
	goal := strings.TrimSpace(o.Goal)
	for _, form := range []string{"open", "choice", "story"} {
		if form == "choice" && len(points) < 2 {
			continue
		}
		lines := []string{say("draft.ask_"+form, "goal", goal)}
		if form == "choice" {
			for i, p := range points {
				lines = append(lines, say("draft.point", "num", i+1, "text", p))
			}
		}
		if o.Length != "short" {
			lines = append(lines, say("draft.ask_end_"+o.Tone))
		}
		out = append(out, Choice{Source: FromTemplate, Title: cut(goal, 30), Text: strings.Join(lines, "\n")})
	}
	return out
}

func cut(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	r := []rune(s)
	if len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
