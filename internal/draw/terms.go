package draw

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Formula names how winners follow from what is published; docs/draw.md writes it down.
const Formula = "qunluo-draw-1"

// Kinds of prizes.
const (
	RedPacket = "red_packet" // money, handed over by a person
	Thing     = "thing"
)

// Bounds of a draw.
const (
	// MaxPrize is the most a prize may be worth, in fen: 50,000 yuan (《规范促销行为暂行规定》, which names the bound of 反不正当竞争法 for
	// prizes drawn by lot).
	MaxPrize = 50_000_00

	maxPrizes  = 20      // lines
	maxWinners = 10_000  // prizes of all lines
	MaxEntries = 100_000 // of one draw
	maxTitle   = 60      // characters
	maxWords   = 1000    // characters of a longer text
	maxBeacon  = 200     // characters

	minOpen  = 10 * time.Minute    // entries are taken at least so long
	maxAhead = 92 * 24 * time.Hour // between publishing and drawing
	minDraw  = 10 * time.Minute    // between freezing the list and drawing, where a public number is awaited
)

// Prize is a line of prizes, the best first.
type Prize struct {
	Name  string `json:"name"`
	Kind  string `json:"kind"`  // RedPacket or Thing
	Count int    `json:"count"` // how many there are
	Fen   int64  `json:"fen"`   // what one is worth
}

// Who says who takes part. Numbers are as of the moment at which entries close; 0 asks nothing. Whoever runs the group, bots and accounts of
// ours never take part, and of one person's accounts only one does.
type Who struct {
	Standing bool     `json:"standing"` // all who fulfil it take part; otherwise those of them who entered on the page
	Days     int      `json:"days"`     // days in the group
	Active   int      `json:"active"`   // days on which they said something, within Window
	Window   int      `json:"window"`   // days back, today included
	Tiers    []string `json:"tiers,omitempty"`
	Clean    bool     `json:"clean"` // no strike that still counts
}

// Terms (规则) are everything about a draw that is published. Nothing of it changes afterwards.
type Terms struct {
	Formula string  `json:"formula"`
	Code    string  `json:"code"` // of the public address
	Group   string  `json:"group"`
	Title   string  `json:"title"`
	Sponsor string  `json:"sponsor"` // who gives the prizes
	Contact string  `json:"contact"` // whom to ask
	Prizes  []Prize `json:"prizes"`
	Who     Who     `json:"who"`
	Note    string  `json:"note"`   // further conditions in words
	Redeem  string  `json:"redeem"` // how a prize is fetched
	Days    int     `json:"days"`   // and within how many days
	Closes  int64   `json:"closes"` // UTC ms: the list is frozen
	Draws   int64   `json:"draws"`  // UTC ms: the winners are drawn, not before Closes
	Zone    string  `json:"zone"`
	Beacon  string  `json:"beacon"` // the public number that is mixed in, in words; "" = none
	Lang    string  `json:"lang"`
}

// Default is what a new draw begins with.
func Default() Terms {
	return Terms{Formula: Formula, Prizes: []Prize{{Name: "红包", Kind: RedPacket, Count: 5, Fen: 20_00}}, Who: Who{Days: 7, Window: 30, Clean: true}, Days: 7, Zone: "Asia/Shanghai", Lang: "zh-CN"}
}

// Yuan writes money as people read it: 1234 fen are 12.34.
func Yuan(fen int64) string { return community.FormatAmount(fen) }

// Worth is what all prizes are worth, in fen.
func (t Terms) Worth() (fen int64) {
	for _, p := range t.Prizes {
		fen += int64(p.Count) * p.Fen
	}
	return fen
}

// Winners is how many prizes there are.
func (t Terms) Winners() (n int) {
	for _, p := range t.Prizes {
		n += p.Count
	}
	return n
}

// PrizeAt is the prize of a place, counted from 1; false when there is none.
func (t Terms) PrizeAt(place int) (Prize, bool) {
	for _, p := range t.Prizes {
		if place <= p.Count {
			return p, place > 0
		}
		place -= p.Count
	}
	return Prize{}, false
}

// Text gives the terms as they are published and committed to, byte for byte.
func (t Terms) Text() (string, error) {
	raw, err := json.Marshal(t)
	return string(raw), err
}

// ParseTerms reads Text back: CodeBadInput.
func ParseTerms(text string) (Terms, error) {
	var t Terms
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return t, community.Errorf(community.CodeBadInput, "terms: %w", err)
	}
	return t, nil
}

// Check says what is wrong with terms that are being written: community.CodeBadInput. Their times are looked at by Timely.
func (t Terms) Check() error {
	if fault := t.fault(); fault != "" {
		return community.Errorf(community.CodeBadInput, "%s", fault)
	}
	return nil
}

func (t Terms) fault() string {
	for _, f := range []struct {
		name, text string
		least, max int
	}{
		{"title", t.Title, 1, maxTitle}, {"sponsor", t.Sponsor, 1, maxTitle}, {"contact", t.Contact, 1, maxTitle * 2}, {"redeem", t.Redeem, 1, maxWords}, {"note", t.Note, 0, maxWords}, {"beacon", t.Beacon, 0, maxBeacon},
	} {
		if n := utf8.RuneCountInString(f.text); n < f.least || n > f.max || f.text != strings.TrimSpace(f.text) || !legible(f.text) {
			return fmt.Sprintf("%s: want %d to %d characters", f.name, f.least, f.max)
		}
	}
	if fault := t.prizeFault(); fault != "" {
		return fault
	}
	w := t.Who
	switch {
	case w.Days < 0 || w.Days > 3650 || w.Window < 0 || w.Window > 180 || w.Active < 0 || w.Active > w.Window:
		return "who: want 0 to 3650 days in the group, and as many active days as the window has, at most 180"
	case slices.ContainsFunc(w.Tiers, func(s string) bool { return s != "core" && s != "normal" && s != "lurker" }):
		return "who: tiers are core, normal and lurker"
	case t.Days < 1 || t.Days > 90:
		return "days: prizes are fetched within 1 to 90 days"
	case t.Lang != "zh-CN" && t.Lang != "en":
		return "lang: want zh-CN or en"
	}
	if _, err := time.LoadLocation(t.Zone); err != nil {
		return "zone: not known"
	}
	return ""
}

func (t Terms) prizeFault() string {
	if len(t.Prizes) == 0 || len(t.Prizes) > maxPrizes {
		return fmt.Sprintf("prizes: want 1 to %d lines", maxPrizes)
	}
	for _, p := range t.Prizes {
		n := utf8.RuneCountInString(p.Name)
		switch {
		case n < 1 || n > maxTitle || p.Name != strings.TrimSpace(p.Name) || !legible(p.Name):
			return fmt.Sprintf("prizes: want names of 1 to %d characters", maxTitle)
		case p.Kind != RedPacket && p.Kind != Thing:
			return "prizes: want red_packet or thing"
		case p.Count < 1 || p.Count > maxWinners:
			return fmt.Sprintf("prizes: want 1 to %d of each", maxWinners)
		case p.Fen < 1 || p.Fen > MaxPrize:
			return fmt.Sprintf("prizes: each is worth more than 0 and at most %d yuan", MaxPrize/100)
		}
	}
	if t.Winners() > maxWinners {
		return fmt.Sprintf("prizes: at most %d in all", maxWinners)
	}
	return ""
}

// Timely says whether terms can be published at a time (UTC ms): CodeBadInput.
func (t Terms) Timely(now int64) error {
	switch {
	case t.Closes < now+minOpen.Milliseconds():
		return community.Errorf(community.CodeBadInput, "closes: want at least 10 minutes from now")
	case t.Draws < t.Closes:
		return community.Errorf(community.CodeBadInput, "draws: not before entries close")
	case t.Beacon != "" && t.Draws < t.Closes+minDraw.Milliseconds():
		return community.Errorf(community.CodeBadInput, "draws: with a public number, want at least 10 minutes after entries close")
	case t.Draws > now+maxAhead.Milliseconds():
		return community.Errorf(community.CodeBadInput, "draws: want at most 92 days from now")
	}
	return nil
}

// legible reports whether a text has no control or direction characters but line breaks.
func legible(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == 0x200b || r == 0xfeff
	})
}
