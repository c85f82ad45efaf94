package connect

import "qunluo/internal/community"

// Place is where something can be done: one of our accounts, in general or in one of its groups. A group that no account
// serves is a place of people (人工通道).
type Place struct {
	Platform    community.Platform
	Account     community.ID // zero = by hand
	AccountName string
	Connector   string       // "" = by hand
	Group       community.ID // zero = in general
	GroupName   string
	State       string // of the connection: Health.State; "off" = switched off; "" = by hand, or never reported
	Restricted  int64  // since when (UTC ms) the platform holds the account back; 0 = it does not
	Can         Abilities
}

// Known reports how surely a place's ability is known: the account's own is probed or learned, what is only declared is
// what the connector states.
func (p Place) Known() bool {
	for _, v := range community.Verbs {
		if e := p.Can.Of(v).Evidence; e != "" && e != "declared" {
			return true
		}
	}
	return false
}

// Checked is when the newest of a place's abilities was looked at, UTC ms; 0 = never.
func (p Place) Checked() (at int64) {
	for _, v := range community.Verbs {
		at = max(at, p.Can.Of(v).Checked)
	}
	return at
}

// levelRank puts levels in order of what is better.
var levelRank = map[community.Level]int{"": 0, community.None: 0, community.Human: 1, community.Assisted: 2, community.Native: 3}

// Better reports whether one level is better than another.
func Better(a, b community.Level) bool { return levelRank[a] > levelRank[b] }

// Offers sums places of one platform up, in the order of the verbs.
func Offers(places []Place) []community.VerbOffer {
	out := make([]community.VerbOffer, len(community.Verbs))
	for i, v := range community.Verbs {
		o := community.VerbOffer{Verb: v, Best: community.None, Worst: community.None}
		for j, p := range places {
			level := p.Can.Level(v)
			if level == "" {
				level = community.None
			}
			if Better(level, o.Best) {
				o.Best = level
			}
			if j == 0 || Better(o.Worst, level) {
				o.Worst = level
			}
		}
		out[i] = o
	}
	return out
}
