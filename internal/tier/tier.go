// Package tier keeps who belongs to the core, to the middle and to the silent part of a group (核心、普通、潜水), and why. It
// decides purely: from what members did, day by day, and from the rules of the group, to numbers, ranks and changes, each with
// the reason that people are shown. A change is hard to come by in both directions, so that nobody falls in and out.
package tier

import (
	"slices"

	"qunluo/internal/community"
)

// Tier is a part of a group.
type Tier string

// Tiers, the highest first.
const (
	None   Tier = "" // a group too small, or a member not yet placed
	Core   Tier = "core"
	Normal Tier = "normal"
	Lurker Tier = "lurker"
)

// Tiers lists them, the highest first.
func Tiers() []Tier { return []Tier{Core, Normal, Lurker} }

// Parse reads the name of a tier: community.CodeBadInput.
func Parse(s string) (Tier, error) {
	if t := Tier(s); t != None && slices.Contains(Tiers(), t) {
		return t, nil
	}
	return None, community.Errorf(community.CodeBadInput, "tier %q: want core, normal or lurker", s)
}

// Band is a target for the share of a tier, in percent, both ends included.
type Band struct {
	Low  int `json:"low"`
	High int `json:"high"`
}

// Rules are how a group is divided. Ranks are percent of the members, the best first: 8 = among the best 8 %.
type Rules struct {
	HalfLife  int  `json:"half_life"`  // days after which an active day counts half
	Reach     int  `json:"reach"`      // days over which partners are counted
	AnswerCap int  `json:"answer_cap"` // replies received and questions answered that count on one day
	CoreIn    int  `json:"core_in"`    // rank that leads into the core
	CoreOut   int  `json:"core_out"`   // rank beyond which the core is left
	CoreCut   int  `json:"core_cut"`   // rank up to which who is placed for the first time is core
	NormalIn  int  `json:"normal_in"`  // the same between normal and lurker
	NormalOut int  `json:"normal_out"`
	NormalCut int  `json:"normal_cut"`
	Grace     int  `json:"grace"`       // days that the core is kept at least
	Silence   int  `json:"silence"`     // days without a word that make a lurker
	Least     int  `json:"least"`       // members from which on there are tiers
	Weekday   int  `json:"weekday"`     // on which changes are decided; 0 = Monday
	KeepShare bool `json:"keep_share"`  // where a tier would leave its target share, those next to its border move
	Tell      bool `json:"tell_member"` // members may see their own tier, reasons and changes, by a link of their own
	Core      Band `json:"core"`
	Normal    Band `json:"normal"`
	Lurker    Band `json:"lurker"`

	Tags []TagPoints `json:"tags,omitempty"` // what tags add to the score; rules that were kept without have none
}

// Default is what every group begins with.
func Default() Rules {
	return Rules{HalfLife: 14, Reach: 28, AnswerCap: 3, CoreIn: 8, CoreOut: 13, CoreCut: 10, NormalIn: 45, NormalOut: 58, NormalCut: 50,
		Grace: 14, Silence: 90, Least: 20, KeepShare: true, Core: Band{5, 10}, Normal: Band{30, 40}, Lurker: Band{50, 60}}
}

// HardCuts are the rules without any patience: what Default is compared with.
func (r Rules) HardCuts() Rules {
	r.CoreIn, r.CoreOut, r.NormalIn, r.NormalOut, r.Grace, r.KeepShare = r.CoreCut, r.CoreCut, r.NormalCut, r.NormalCut, 0, false
	return r
}

// Band is the target share of a tier.
func (r Rules) Band(t Tier) Band {
	return map[Tier]Band{Core: r.Core, Normal: r.Normal, Lurker: r.Lurker}[t]
}

// Check says what is wrong with rules: community.CodeBadInput.
func (r Rules) Check() error {
	for _, c := range []struct {
		name           string
		v, least, most int
	}{
		{"half_life", r.HalfLife, 1, 90}, {"reach", r.Reach, 7, 90}, {"answer_cap", r.AnswerCap, 0, 20}, {"grace", r.Grace, 14, 90}, {"silence", r.Silence, 30, 365},
		{"least", r.Least, 20, 1000}, {"weekday", r.Weekday, 0, 6}, {"core_in", r.CoreIn, 1, r.CoreCut}, {"core_cut", r.CoreCut, 1, r.CoreOut}, {"core_out", r.CoreOut, 1, r.NormalIn - 1},
		{"normal_in", r.NormalIn, 2, r.NormalCut}, {"normal_cut", r.NormalCut, 2, r.NormalOut}, {"normal_out", r.NormalOut, 2, 99},
	} {
		if c.v < c.least || c.v > c.most {
			return community.Errorf(community.CodeBadInput, "%s %d: want %d to %d", c.name, c.v, c.least, c.most)
		}
	}
	if err := checkTags(r.Tags); err != nil {
		return err
	}
	low, high := 0, 0
	for _, t := range Tiers() {
		b := r.Band(t)
		if b.Low < 0 || b.Low > b.High || b.High > 100 {
			return community.Errorf(community.CodeBadInput, "%s: want a share from low to high, within 0 to 100 %%", t)
		}
		low, high = low+b.Low, high+b.High
	}
	if low > 100 || high < 100 {
		return community.Errorf(community.CodeBadInput, "the target shares cannot add up to 100 %%: at least %d, at most %d", low, high)
	}
	return nil
}
