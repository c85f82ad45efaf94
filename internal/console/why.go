package console

import (
	"fmt"
	"strings"
)

// whyWord says a hit's reason, which policy writes as codes with figures: "flood 60s 12>10", "immune owner: keyword ads",
// "keyword ads; rung 2 would mute". What it does not know stays as it is.
func (k *call) whyWord(why string) string {
	found, then, dry := strings.Cut(why, "; ")
	said := k.foundWord(found)
	if spared, rest, ok := strings.Cut(found, ": "); ok {
		said = k.sparedWord(spared) + k.T("list.colon") + k.foundWord(rest)
	}
	var rung int
	var acts string
	if !dry {
		return said
	}
	if _, err := fmt.Sscanf(then, "rung %d would %s", &rung, &acts); err != nil {
		return said
	}
	return said + k.T("list.semicolon") + k.T("hitwhy.would", "rung", rung, "acts", k.wouldWord(acts))
}

// foundWord says what was found: a code, then names or figures.
func (k *call) foundWord(why string) string {
	why, views, seen := strings.Cut(why, " via ")
	if seen {
		return k.foundWord(why) + k.T("list.paren", "what", k.T("hitwhy.via", "views", k.viewWords(views)))
	}
	code, rest, _ := strings.Cut(why, " ")
	key := "hitwhy." + code
	if code == "" || !k.Words.Has(key) {
		return why
	}
	if said, ok := k.figuresWord(code, rest); ok {
		return said
	}
	word, figures, _ := strings.Cut(rest, " ")
	switch {
	case (code == "probation" || code == "unconfirmed") && k.Words.Has("hitwhy.probation_"+word):
		rest = k.T("hitwhy.probation_" + word)
	case code == "unconfirmed" && k.Words.Has("hitwhy.unconfirmed_"+word):
		rest = k.T("hitwhy.unconfirmed_" + word)
	case (code == "lock" || code == "raid") && k.Words.Has("hitwhy."+code+"_"+word):
		rest = strings.TrimSpace(k.T("hitwhy."+code+"_"+word) + " " + figures)
	}
	return strings.TrimSpace(k.T(key) + " " + rest)
}

// viewWords names the ways in which a word was hidden: "sound+pinyin".
func (k *call) viewWords(views string) string {
	var out []string
	for name := range strings.SplitSeq(views, "+") {
		if key := "hitwhy.via_" + name; k.Words.Has(key) {
			name = k.T(key)
		}
		out = append(out, name)
	}
	return strings.Join(out, k.T("list.comma"))
}

// figuresWord says the reasons whose figures are not to be read as they stand: "copies 15m 3/2".
func (k *call) figuresWord(code, rest string) (string, bool) {
	var minutes, nth, members int
	if code == "opinion" {
		var sour, messages, growth int
		if _, err := fmt.Sscan(rest, &members, &sour, &messages, &minutes, &growth); err != nil {
			return code + " " + rest, true
		}
		return k.T("hitwhy.opinion", "minutes", minutes, "members", members, "sour", sour, "growth", growth), true
	}
	if code == "report" {
		return k.reportFigures(rest), true
	}
	if code == "across" {
		return k.acrossFigures(rest), true
	}
	if code != "copies" {
		return "", false
	}
	if _, err := fmt.Sscanf(rest, "%dm %d/%d", &minutes, &nth, &members); err != nil {
		return code + " " + rest, true
	}
	return k.T("hitwhy.copies", "minutes", minutes, "nth", nth, "members", members), true
}

// acrossFigures says how far a text has come: "30m 4/3/2".
func (k *call) acrossFigures(rest string) string {
	var minutes, copies, groups, members int
	if _, err := fmt.Sscanf(rest, "%dm %d/%d/%d", &minutes, &copies, &groups, &members); err != nil {
		return "across " + rest
	}
	return k.T("hitwhy.across", "minutes", minutes, "copies", copies, "groups", groups, "members", members)
}

// sparedWord says why a hit does not count: "immune admin", "allowed text".
func (k *call) sparedWord(why string) string {
	code, rest, _ := strings.Cut(why, " ")
	if key := "hitwhy." + code; k.Words.Has(key) {
		if role := "grouprole." + rest; k.Words.Has(role) {
			rest = k.T(role)
		} else if what := "hitwhy.allowed_" + rest; k.Words.Has(what) {
			rest = k.T(what)
		}
		return strings.TrimSpace(k.T(key) + " " + rest)
	}
	return why
}

// wouldWord says consequences as a replay names them: "recall+warn", "remove(held)", "answer".
func (k *call) wouldWord(acts string) string {
	var out []string
	for act := range strings.SplitSeq(acts, "+") {
		name, held := strings.CutSuffix(act, "(held)")
		key := "rung." + name
		if name == "answer" {
			key = "replay.answer"
		}
		if !k.Words.Has(key) {
			return acts
		}
		word := k.T(key)
		if held {
			word += k.T("list.paren", "what", k.T("hitwhy.held"))
		}
		out = append(out, word)
	}
	return strings.Join(out, k.T("list.comma"))
}
