package plan

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// LinkKind says what a rule about links looks for.
type LinkKind string

// Kinds of rules about links.
const (
	Inducement LinkKind = "inducement" // wording next to a link that rewards sharing or following
	HostRule   LinkKind = "host"       // hosts that are not to be linked to
	Download   LinkKind = "download"   // a file that installs something
	ShortLink  LinkKind = "short"      // an address that hides where it leads
	Redirect   LinkKind = "redirect"   // it leads to another host, or nobody can tell where to
	OfLibrary  LinkKind = "library"    // what it was made of in the library has expired; no rule of a list
	Unfilled   LinkKind = "unfilled"   // nothing stands for a variable of what it names in the library, or there is no such item; no reason lets it pass
	Exclusive  LinkKind = "exclusive"  // it tells groups what is exclusive to others; no rule of a list, and no reason lets it pass
)

// LinkKinds lists the kinds in the order pages show them.
var LinkKinds = []LinkKind{Inducement, HostRule, Download, ShortLink, Redirect}

// LinkRule (外链规范) is one dated rule of a target platform. Lists of them are data that an organisation may change.
type LinkRule struct {
	ID       string             `json:"id"`
	Platform community.Platform `json:"platform,omitempty"` // "" = every platform
	Since    string             `json:"since"`              // "2006-01-02": it holds from that day on (UTC)
	Kind     LinkKind           `json:"kind"`
	Words    []string           `json:"words,omitempty"` // inducement: any of them, without regard to case
	Hosts    []string           `json:"hosts,omitempty"` // host, short: these and what is below them
	Ends     []string           `json:"ends,omitempty"`  // download: ends of the path
	Refuse   bool               `json:"refuse"`          // a hit stops the send; else it is a warning
	Source   string             `json:"source"`          // where the rule is written down
	Verified bool               `json:"verified"`        // somebody compared it with its source
	Reason   [2]string          `json:"reason"`          // Chinese, English
	Instead  [2]string          `json:"instead"`
}

// Bounds of a list of rules.
const (
	maxLinkRules = 200
	maxPerRule   = 500
)

// CheckLinkRules says what is wrong with a list of rules: CodeBadInput, naming the rule.
func CheckLinkRules(list []LinkRule) error {
	if len(list) > maxLinkRules {
		return community.Errorf(community.CodeTooLarge, "more than %d rules", maxLinkRules)
	}
	seen := map[string]bool{}
	for i, r := range list {
		if fault := r.fault(); fault != "" || seen[r.ID] {
			return community.Errorf(community.CodeBadInput, "rule %d (%s): %s", i+1, r.ID, cmp.Or(fault, "id is taken"))
		}
		seen[r.ID] = true
	}
	return nil
}

func (r LinkRule) fault() string {
	_, err := time.Parse(time.DateOnly, r.Since)
	switch {
	case r.ID == "" || len(r.ID) > 60:
		return "id: want 1 to 60 bytes"
	case !slices.Contains(LinkKinds, r.Kind):
		return "kind: unknown"
	case err != nil:
		return "since: want 2006-01-02"
	case len(r.Words) > maxPerRule || len(r.Hosts) > maxPerRule || len(r.Ends) > maxPerRule:
		return "too many entries"
	case r.Reason[0] == "" || r.Reason[1] == "" || r.Instead[0] == "" || r.Instead[1] == "":
		return "reason and instead: want both languages"
	case r.Kind == Inducement && len(r.Words) == 0, (r.Kind == HostRule || r.Kind == ShortLink) && len(r.Hosts) == 0, r.Kind == Download && len(r.Ends) == 0:
		return "it can never hit: words, hosts or ends are missing"
	}
	return ""
}

// Chain is where a link leads, as somebody found out beforehand.
type Chain struct {
	URL   string   `json:"url"` // as it stands in the text
	Hops  []string `json:"hops,omitempty"`
	Fault string   `json:"fault,omitempty"` // why nobody could find out; "" = the last hop answered
}

// Finding is one thing wrong with the links of a text.
type Finding struct {
	Rule     string    `json:"rule"`
	Kind     LinkKind  `json:"kind"`
	Since    string    `json:"since"`
	Link     string    `json:"link"`
	Found    string    `json:"found"` // the words, the host, the hop
	Refuse   bool      `json:"refuse"`
	Source   string    `json:"source"`
	Verified bool      `json:"verified"`
	Reason   [2]string `json:"reason"`
	Instead  [2]string `json:"instead"`
}

// LinksOf gives the addresses in a text, each once, with a scheme.
func LinksOf(text string) []string {
	var out []string
	for _, l := range lexicon.Links(text, nil) {
		at := text[l.Span.Start:l.Span.End]
		if !slices.Contains(out, at) {
			out = append(out, at)
		}
	}
	return out
}

// Address gives a link as it can be called.
func Address(link string) string {
	if strings.Contains(link, "://") {
		return link
	}
	return "https://" + link
}

// CheckLinks judges the links of a text and where they lead by the rules of a platform that hold at a moment. A text without
// links has no findings.
func CheckLinks(rules []LinkRule, text string, chains []Chain, platform community.Platform, at int64) []Finding {
	links := LinksOf(text)
	today := time.UnixMilli(at).UTC().Format(time.DateOnly)
	var out []Finding
	for _, r := range rules {
		if r.Platform != "" && r.Platform != platform || r.Since > today {
			continue
		}
		for _, link := range links {
			for _, found := range detectors[r.Kind](r, text, link, chainOf(chains, link)) {
				out = append(out, Finding{Rule: r.ID, Kind: r.Kind, Since: r.Since, Link: link, Found: found, Refuse: r.Refuse,
					Source: r.Source, Verified: r.Verified, Reason: r.Reason, Instead: r.Instead})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Finding) int { return cmp.Compare(weight(a), weight(b)) })
	return out
}

func weight(f Finding) int {
	if f.Refuse {
		return 0
	}
	return 1
}

// Refused reports whether any finding stops the send.
func Refused(list []Finding) bool {
	return slices.ContainsFunc(list, func(f Finding) bool { return f.Refuse })
}

func chainOf(chains []Chain, link string) Chain {
	for _, c := range chains {
		if c.URL == link {
			return c
		}
	}
	return Chain{URL: link}
}

// detectors is the table of kinds: what a rule finds about one link.
var detectors = map[LinkKind]func(r LinkRule, text, link string, c Chain) []string{
	Inducement: induces, HostRule: hosts, ShortLink: hosts, Download: downloads, Redirect: redirects,
}

// near is how far from a link wording counts, in characters.
const near = 60

func induces(r LinkRule, text, link string, _ Chain) []string {
	around := strings.ToLower(surroundings(text, link))
	for _, w := range r.Words {
		if strings.Contains(around, strings.ToLower(w)) {
			return []string{w}
		}
	}
	return nil
}

// surroundings is the text around the first place of a link, the link itself left out.
func surroundings(text, link string) string {
	before, after, _ := strings.Cut(text, link)
	if n := utf8.RuneCountInString(before); n > near {
		before = string([]rune(before)[n-near:])
	}
	if utf8.RuneCountInString(after) > near {
		after = string([]rune(after)[:near])
	}
	return before + " " + after
}

// all is a link and every address it leads over.
func (c Chain) all(link string) []string { return append([]string{Address(link)}, c.Hops...) }

func hosts(r LinkRule, _, link string, c Chain) []string {
	for _, at := range c.all(link) {
		if host := lexicon.HostOf(at); lexicon.HostIn(host, r.Hosts) {
			found := host
			if last := len(c.Hops); r.Kind == ShortLink && last > 0 {
				found += " → " + c.Hops[last-1]
			}
			return []string{found}
		}
	}
	return nil
}

func downloads(r LinkRule, _, link string, c Chain) []string {
	for _, at := range c.all(link) {
		_, rest, _ := strings.Cut(at, "://")
		rest, _, _ = strings.Cut(rest, "?")
		rest, _, _ = strings.Cut(rest, "#")
		_, file, ok := strings.Cut(rest, "/")
		if ok && slices.Contains(r.Ends, strings.ToLower(path.Ext(file))) {
			return []string{path.Base(file)}
		}
	}
	return nil
}

func redirects(_ LinkRule, _, link string, c Chain) []string {
	if c.Fault != "" {
		return []string{c.Fault}
	}
	if len(c.Hops) == 0 {
		return nil
	}
	last := c.Hops[len(c.Hops)-1]
	from, to := lexicon.HostOf(Address(link)), lexicon.HostOf(last)
	if from == to || strings.TrimPrefix(from, "www.") == strings.TrimPrefix(to, "www.") {
		return nil
	}
	return []string{last}
}
