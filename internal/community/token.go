package community

import (
	"slices"
	"strings"
)

// TokenArea is a part of the house that a token opens; they are those of the console's menu.
type TokenArea string

// Areas. AreaAll stands for every one, those that come later included.
const (
	AreaAll      TokenArea = "all"
	AreaPeople   TokenArea = "people"   // groups, members, codes, points, votes, tiers
	AreaContent  TokenArea = "content"  // messages, mass sends, SOPs, short links, articles
	AreaOrder    TokenArea = "order"    // decisions, strikes, rules, words, appeals, reports, tasks, duty
	AreaBusiness TokenArea = "business" // payments
	AreaInsight  TokenArea = "insight"  // figures, goals, stages, experiments
	AreaSystem   TokenArea = "system"   // connections, imports, users, audit
)

// TokenAreas lists the areas as forms offer them.
var TokenAreas = []TokenArea{AreaAll, AreaPeople, AreaContent, AreaOrder, AreaBusiness, AreaInsight, AreaSystem}

// TokenLevel is how far a token goes in an area; each holds those before it.
type TokenLevel string

// Levels.
const (
	LevelRead  TokenLevel = "read"
	LevelAct   TokenLevel = "act"   // daily work: what may be taken back or concerns single people
	LevelAdmin TokenLevel = "admin" // rules, settings, connections
)

// TokenLevels lists the levels, each holding those before it.
var TokenLevels = []TokenLevel{LevelRead, LevelAct, LevelAdmin}

// TokenScope is what a token may do in an area; "order:act" as text.
type TokenScope struct {
	Area  TokenArea
	Level TokenLevel
}

// String is the text form.
func (s TokenScope) String() string { return string(s.Area) + ":" + string(s.Level) }

// ParseTokenScope reads the text form. CodeBadInput: no such area or level.
func ParseTokenScope(text string) (TokenScope, error) {
	area, level, _ := strings.Cut(strings.TrimSpace(text), ":")
	s := TokenScope{TokenArea(area), TokenLevel(level)}
	if !slices.Contains(TokenAreas, s.Area) || !slices.Contains(TokenLevels, s.Level) {
		return s, Errorf(CodeBadInput, "scopes: no %q; want AREA:LEVEL such as order:act", text)
	}
	return s, nil
}

// Token is a key to the API. Who holds it acts as the user who made it, within its scopes and never beyond the user's own
// rights. Only its hash is kept.
type Token struct {
	Key      int64
	ID       ID
	Org      OrgKey
	User     ID     // whose it is
	Login    string // theirs
	Name     string // what it is for
	Hash     string // SHA-256 of the secret, in hex
	Hint     string // the secret's last four characters
	Scopes   []TokenScope
	Created  int64 // UTC ms
	Expires  int64 // UTC ms
	Revoked  int64 // UTC ms; 0 = it was not
	LastUsed int64 // UTC ms, to the minute; 0 = never
}

// May reports whether the token's scopes reach so far in an area.
func (t Token) May(area TokenArea, level TokenLevel) bool {
	want := slices.Index(TokenLevels, level)
	return slices.ContainsFunc(t.Scopes, func(s TokenScope) bool {
		return (s.Area == area || s.Area == AreaAll) && want >= 0 && slices.Index(TokenLevels, s.Level) >= want
	})
}

// State says how a token stands at a time (UTC ms): "live", "expired" or "revoked".
func (t Token) State(now int64) string {
	switch {
	case t.Revoked != 0:
		return "revoked"
	case now >= t.Expires:
		return "expired"
	}
	return "live"
}
