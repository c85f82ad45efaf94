package draft

import (
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Settings are how an organisation asks a language model. The zero value asks none.
type Settings struct {
	On      bool   `json:"on"`
	Host    string `json:"host"`   // of the address, for people to see
	Sealed  []byte `json:"sealed"` // Endpoint
	Keyed   bool   `json:"keyed"`  // a key is among what is sealed
	Model   string `json:"model"`
	Purpose string `json:"purpose"` // what it is for, in the organisation's words
	Region  string `json:"region"`  // where the address lies, ISO 3166-1: "CN"; "" = not declared
	Digests bool   `json:"digests"` // digests may be rewritten: that sends masked messages of members
	Calls   int    `json:"calls"`   // in 24 hours
	Chars   int    `json:"chars"`   // sent and received in 24 hours
	Keep    int    `json:"keep"`    // days that what went out is kept
	Abroad  Abroad `json:"abroad"`
}

// Abroad is somebody's word that texts may go to a host beyond the jurisdiction. It is good for that host and region alone.
type Abroad struct {
	Host   string `json:"host,omitempty"`
	Region string `json:"region,omitempty"`
	User   string `json:"user,omitempty"`
	At     int64  `json:"at,omitempty"`
	Why    string `json:"why,omitempty"`
}

// Endpoint is what is sealed of the settings.
type Endpoint struct {
	URL string `json:"url"`
	Key string `json:"key"` // "" = none is wanted
}

// Default is what an organisation begins with.
func Default() Settings { return Settings{Calls: 100, Chars: 300_000, Keep: 30} }

// Bounds of settings.
const (
	maxText  = 200 // characters of the model's name and of the purpose
	maxCalls = 10_000
	maxChars = 20_000_000
	minKeep  = 7
	maxKeep  = 180
	MinWhy   = 10 // characters of the reason to send abroad
)

// Check says what cannot be; CodeBadInput begins with the field's name.
func (s Settings) Check() error {
	for _, f := range []struct {
		name, text string
		need       bool
	}{{"model", s.Model, s.On}, {"purpose", s.Purpose, s.On}, {"url", s.Host, s.On}} {
		if n := utf8.RuneCountInString(f.text); n > maxText || f.need && n == 0 || !utf8.ValidString(f.text) || strings.ContainsFunc(f.text, func(r rune) bool { return r < ' ' }) {
			return community.Errorf(community.CodeBadInput, "%s: want 1 to %d characters", f.name, maxText)
		}
	}
	if s.Region != "" && (len(s.Region) != 2 || strings.Trim(s.Region, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		return community.Errorf(community.CodeBadInput, "region: want two capital letters, e.g. CN")
	}
	for _, f := range []struct {
		name           string
		n, least, most int
	}{{"calls", s.Calls, 1, maxCalls}, {"chars", s.Chars, 1000, maxChars}, {"keep", s.Keep, minKeep, maxKeep}} {
		if f.n < f.least || f.n > f.most {
			return community.Errorf(community.CodeBadInput, "%s: want %d to %d", f.name, f.least, f.most)
		}
	}
	return nil
}

// Foreign reports whether the address is not declared to lie within the jurisdiction ("CN").
func (s Settings) Foreign(jurisdiction string) bool {
	return s.Host != "" && s.Region != jurisdiction
}

// Allowed reports whether somebody said that texts may go to this very host and region.
func (s Settings) Allowed() bool {
	return s.Abroad.At != 0 && s.Abroad.Host == s.Host && s.Abroad.Region == s.Region
}

// Standing is whether a model may be asked, and if not why.
type Standing string

// Standings.
const (
	Ready  Standing = "ready"
	Off    Standing = "off"
	Unset  Standing = "unset"  // no address
	Beyond Standing = "abroad" // the address is not declared within the jurisdiction and nobody said that it may be
	Worn   Standing = "spent"  // the day's calls or characters are used up
)

// Standing says whether a model may be asked now, by what went out in the 24 hours before.
func (s Settings) Standing(jurisdiction string, used Used) Standing {
	switch {
	case s.Host == "" || s.Model == "":
		return Unset
	case !s.On:
		return Off
	case s.Foreign(jurisdiction) && !s.Allowed():
		return Beyond
	case used.Calls >= s.Calls || used.Chars >= s.Chars:
		return Worn
	}
	return Ready
}

// Used is what went out in 24 hours.
type Used struct {
	Calls int
	Chars int // sent and received
}

// Sight is how things stand with a model.
type Sight struct {
	Settings
	Jurisdiction string
	Used         Used
	Standing     Standing
}

// Masked is a text as it would go out.
type Masked struct {
	Text    string
	People  int      // whose names were looked for
	Hidden  []Hidden // by kind
	Refused bool     // something would be left: nothing is sent
}

// Hidden counts what was hidden of a kind (of package mask).
type Hidden struct {
	Kind string `json:"kind"`
	N    int    `json:"num"`
}

// Refusal is a standing as an error, nil for Ready: CodeRefused, CodeLimited for Worn.
func (s Standing) Refusal() error {
	switch s {
	case Ready:
		return nil
	case Worn:
		return community.Errorf(community.CodeLimited, "model: %s", s)
	}
	return community.Errorf(community.CodeRefused, "model: %s", s)
}

// Purpose is why a model is asked.
type Purpose string

// Purposes of a call.
const (
	ForPost     Purpose = "post"
	ForQuestion Purpose = "question"
	ForDigest   Purpose = "digest"
	ForTest     Purpose = "test"
)

// States of a call.
const (
	CallAsked  = "asked"  // no answer is on record: it is awaited, or the house stopped meanwhile
	CallGood   = "good"   // its answer became a proposal
	CallBad    = "bad"    // its answer was not taken
	CallFailed = "failed" // there was none
)

// Call is one question to a model as it is on record. Sent is masked, as it went out, and kept for some days only.
type Call struct {
	ID        community.ID
	Org       community.OrgKey
	User      string
	Group     community.GroupKey // 0 = none
	GroupName string
	Purpose   Purpose
	At        int64
	Host      string
	Region    string
	Model     string
	Sent      string
	SentChars int
	GotChars  int
	TokensIn  int // as the model counts; 0 = it did not say
	TokensOut int
	Took      int64 // ms
	State     string
	Code      community.Code
	Note      string // why an answer was not taken; names nobody
}
