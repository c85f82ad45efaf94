package identity

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Evidence is why two members may be one human, the strongest first.
type Evidence string

// Kinds of evidence.
const (
	SameUnion Evidence = "union" // the platforms' maker says so: the same unionid
	SameID    Evidence = "id"    // the same long id on two platforms
	SameName  Evidence = "name"  // the same distinctive name, held by nobody else on either platform
)

// Candidate is a member with something that others bear too.
type Candidate struct {
	Member    community.MemberKey
	Platform  community.Platform
	Certainty community.Certainty
	Evidence  Evidence
	Value     string // what they have in common; grouped by it
}

// Match is two members who may be one human.
type Match struct {
	One, Two community.MemberKey // One < Two
	Evidence Evidence
	Value    string // of a name: the name; of anything else "", since it is nobody's to read
}

// MinID is how long an id must be for its being the same on two platforms to say anything, in bytes.
const MinID = 16

// Suggest pairs candidates that share their evidence. Members of one person and pairs that somebody said no to are left
// out; each pair is there once, with its strongest evidence, strongest first.
func Suggest(list []Candidate, of Book, apart func(one, two community.MemberKey) bool) []Match {
	type shared struct {
		evidence Evidence
		value    string
	}
	groups := map[shared][]Candidate{}
	for _, c := range list {
		at := shared{c.Evidence, c.Value}
		if !slices.ContainsFunc(groups[at], func(o Candidate) bool { return o.Member == c.Member }) {
			groups[at] = append(groups[at], c)
		}
	}
	best := map[[2]community.MemberKey]Match{}
	for at, group := range groups {
		for _, m := range pairs(at.evidence, at.value, group) {
			key := [2]community.MemberKey{m.One, m.Two}
			if of[m.One] != 0 && of[m.One] == of[m.Two] || apart(m.One, m.Two) {
				continue
			}
			if was, ok := best[key]; !ok || strength(m.Evidence) < strength(was.Evidence) {
				best[key] = m
			}
		}
	}
	out := make([]Match, 0, len(best))
	for _, m := range best {
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b Match) int {
		return cmp.Or(cmp.Compare(strength(a.Evidence), strength(b.Evidence)), cmp.Compare(a.One, b.One), cmp.Compare(a.Two, b.Two))
	})
	return out
}

func strength(e Evidence) int {
	return slices.Index([]Evidence{SameUnion, SameID, SameName}, e)
}

// maxSharing is from how many members on evidence says nothing: a placeholder.
const maxSharing = 5

func pairs(e Evidence, value string, group []Candidate) []Match {
	if len(group) < 2 || len(group) > maxSharing || !tells(e, value, group) {
		return nil
	}
	var out []Match
	for i, a := range group {
		for _, b := range group[i+1:] {
			if e == SameName && realm(a) == realm(b) || e == SameID && a.Platform == b.Platform {
				continue
			}
			m := Match{One: min(a.Member, b.Member), Two: max(a.Member, b.Member), Evidence: e}
			if e == SameName {
				m.Value = value
			}
			out = append(out, m)
		}
	}
	return out
}

// realm is where a name should belong to one person only: a platform, and apart from it the people whom a file there knows
// by name alone.
func realm(c Candidate) string { return string(c.Platform) + "/" + string(c.Certainty) }

// tells reports whether what is shared says anything: a name that two on one platform bear does not.
func tells(e Evidence, value string, group []Candidate) bool {
	switch e {
	case SameID:
		return len(value) >= MinID
	case SameName:
		held := map[string]bool{}
		for _, c := range group {
			if held[realm(c)] {
				return false
			}
			held[realm(c)] = true
		}
		return Distinctive(value)
	}
	return value != ""
}

// usual are words that many people use as a name.
var usual = []string{"微信用户", "QQ用户", "企业微信用户", "已注销", "匿名", "匿名用户", "群友", "小助手", "管理员", "admin", "anonymous", "unknown", "deleted account", "user", "test"}

// Distinctive reports whether a name is long enough, in letters, to be somebody's own: three Han characters, or six of any
// other letters and digits, and no word that stands in place of a name.
func Distinctive(name string) bool {
	name = strings.TrimSpace(name)
	if !utf8.ValidString(name) || slices.ContainsFunc(usual, func(w string) bool { return strings.EqualFold(w, name) }) {
		return false
	}
	weight, letters := 0, map[rune]bool{}
	for _, r := range name {
		switch {
		case unicode.Is(unicode.Han, r):
			weight += 2
		case unicode.IsLetter(r), unicode.IsDigit(r):
			weight++
		default:
			continue
		}
		letters[r] = true
	}
	return weight >= 6 && len(letters) > 2
}
