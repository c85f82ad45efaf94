package policy

import (
	"fmt"

	"qunluo/internal/community"
)

// Need is something that a book wants done, and where it says so.
type Need struct {
	Path  string
	Verb  community.Verb
	Group community.GroupKey // where; 0 = the book's own group
}

// Needs lists what the book's live and dry rules want done, each place once, in the book's order. Before a book is
// published, somebody who knows the group's connections looks whether it can be done there at all.
func (rb *Rulebook) Needs() []Need {
	var out []Need
	common := false
	for _, r := range rb.rules {
		path := at("rules", r.index)
		switch does := r.does.(type) {
		case *mirror:
			for i, g := range does.To {
				out = append(out, Need{Path: at(path+".params.to", i), Verb: community.Send, Group: g})
			}
			continue
		case *confirm:
			if does.DeadlineHours > 0 && does.After == afterRemove {
				out = append(out, Need{Path: path + ".params.after", Verb: community.Remove})
			}
		case *raid:
			if does.MuteAll {
				out = append(out, Need{Path: path + ".params.mute_all", Verb: community.MuteAll})
			}
		case *welcome, *reply:
			out = append(out, Need{Path: path, Verb: community.Send})
			continue
		}
		if len(r.Ladder) > 0 {
			out = append(out, ladderNeeds(path+".ladder", r.Ladder)...)
		} else if r.sanction && !r.Remind {
			common = true
		}
	}
	if common {
		out = append(ladderNeeds("ladder", rb.book.Ladder), out...)
	}
	return out
}

func ladderNeeds(path string, ladder []Rung) []Need {
	var out []Need
	for i, rung := range ladder {
		for _, act := range rung.Actions {
			if verb, ok := actVerbs[act]; ok {
				out = append(out, Need{Path: fmt.Sprintf("%s.actions", at(path, i)), Verb: verb})
			}
		}
	}
	return out
}

// actVerbs are the verbs of a rung's acts.
var actVerbs = map[string]community.Verb{
	ActRecall: community.RecallMsg, ActWarn: community.Send, ActMute: community.Mute, ActRemove: community.Remove,
}

// Cannot is the problem of a need that nobody can fulfil in its group; its words name what can be done instead there.
func (n Need) Cannot(can func(community.Verb) bool) Problem {
	act := ActOf(n.Verb)
	if act == "" {
		return Problem{Path: n.Path, Code: "cannot", Args: []string{string(n.Verb)}}
	}
	code := "cannot " + string(n.Verb)
	if to := Instead(act, can); to != "" {
		code += " " + to
	}
	return Problem{Path: n.Path, Code: code, Args: []string{string(n.Verb)}}
}
