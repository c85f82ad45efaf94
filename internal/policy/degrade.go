package policy

import (
	"slices"

	"qunluo/internal/community"
)

// instead says what a rung does where an act cannot be done, one after the other: what comes next that can. Where a
// chain ends there is nothing to do.
var instead = map[string][]string{
	ActMute:   {ActRecall, ActWarn},
	ActRecall: {ActWarn},
	ActRemove: {ActWarn},
}

// Instead is what is done in place of an act where it cannot be done: the first of its chain that can; "" = nothing.
func Instead(act string, can func(community.Verb) bool) string {
	for _, next := range instead[act] {
		if can(actVerbs[next]) {
			return next
		}
	}
	return ""
}

// ActOf is the act of a rung that a verb carries out; "" = none.
func ActOf(v community.Verb) string {
	for _, act := range []string{ActRecall, ActWarn, ActMute, ActRemove} {
		if actVerbs[act] == v {
			return act
		}
	}
	return ""
}

// Swap is an act of a rung that cannot be done, and what is done instead; To "" = nothing.
type Swap struct {
	Rung     int // from 1
	From, To string
}

// Degrade gives a ladder in which only what can be done is left, and what it swapped. Rungs that are left without an act go;
// nil = nothing of it can be done.
func Degrade(ladder []Rung, can func(community.Verb) bool) ([]Rung, []Swap) {
	var out []Rung
	var swaps []Swap
	for i, r := range ladder {
		acts := []string{}
		for _, act := range r.Actions {
			verb, known := actVerbs[act]
			if !known || can(verb) {
				acts = append(acts, act)
				continue
			}
			to := Instead(act, can)
			swaps = append(swaps, Swap{i + 1, act, to})
			if to != "" && !slices.Contains(r.Actions, to) {
				acts = append(acts, to)
			}
		}
		r.Actions = slices.Compact(acts)
		if !slices.Contains(r.Actions, ActMute) {
			r.MuteSeconds = 0
		}
		if !slices.Contains(r.Actions, ActRemove) {
			r.Block = false
		}
		if len(r.Actions) > 0 {
			out = append(out, r)
		}
	}
	return out, swaps
}
