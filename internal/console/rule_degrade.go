package console

import (
	"encoding/json"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// What a group's connections cannot do at all is wrong in its rulebook. The editor offers what is done instead, and one
// click takes it.

// degradeStep is the value of a form's button that takes the offer.
const degradeStep = "degrade"

// can says whether anything, or anybody, can do a verb in a group.
func (k *call) can(g community.GroupRow) func(community.Verb) bool {
	return func(v community.Verb) bool {
		level := k.ability(g, v).Level
		return level != community.None && level != ""
	}
}

// rungsOf reads a ladder out of a document; nil when there is none or it is not one.
func rungsOf(value any) []policy.Rung {
	var ladder []policy.Rung
	if value == nil || json.Unmarshal(writeDoc(value), &ladder) != nil {
		return nil
	}
	return ladder
}

// degrade puts into a rule or a book what can be done in place of its ladder's acts, and says what that is.
func (k *call) degrade(g community.GroupRow, doc map[string]any) []string {
	ladder, swaps := policy.Degrade(rungsOf(doc["ladder"]), k.can(g))
	if len(swaps) == 0 {
		return nil
	}
	if ladder == nil {
		delete(doc, "ladder")
		if doc["kind"] != nil {
			doc["mode"] = policy.RuleOff
		}
	} else {
		doc["ladder"] = plainList(ladder)
	}
	var out []string
	for _, s := range swaps {
		to := k.T("degrade.nothing")
		if s.To != "" {
			to = k.T("rung." + s.To)
		}
		out = append(out, k.T("degrade.swap", "i", s.Rung, "from", k.T("rung."+s.From), "to", to))
	}
	return out
}

func plainList(ladder []policy.Rung) any { return plain(map[string]any{"ladder": ladder})["ladder"] }

// offer says what would be done instead in a rule or a book, without changing it.
func (k *call) offer(g community.GroupRow, doc map[string]any) []string {
	return k.degrade(g, map[string]any{"ladder": doc["ladder"], "kind": doc["kind"]})
}

// degradeAll does it for the whole book on the desk: the common ladder and those of its rules. Rules that only send, where
// nothing can be sent, are switched off.
func (b bookDesk) degradeAll(k *call) []string {
	out := k.degrade(b.g, b.doc)
	rules := b.rules()
	bare := b.doc["ladder"] == nil && len(out) > 0
	for _, r := range rules {
		for _, s := range k.degrade(b.g, r) {
			out = append(out, ruleName(r)+k.T("list.colon")+s)
		}
		if bare && r["ladder"] == nil || sends(text(r["kind"])) && !k.can(b.g)(community.Send) && r["mode"] != policy.RuleOff {
			r["mode"] = policy.RuleOff
			out = append(out, ruleName(r)+k.T("list.colon")+k.T("degrade.off"))
		}
	}
	b.setRules(rules)
	return out
}

// sends reports whether all that a kind of rule does is sending.
func sends(kind string) bool { return kind == "welcome" || kind == "reply" }

// offers is what degradeAll would do, of a draft that is at fault only.
func (b bookDesk) offers(k *call) []string {
	if !b.drafted() {
		return nil
	}
	doc, err := readDoc(b.raw())
	if err != nil {
		return nil
	}
	if doc["ladder"] == nil {
		doc["ladder"] = plainList(policy.DefaultLadder())
	}
	return bookDesk{g: b.g, doc: doc}.degradeAll(k)
}

// ruleDegrade takes the offer for the whole draft.
func (c *Console) ruleDegrade(k *call) error {
	b, err := bookChange(k)
	if err != nil {
		return b.refuse(k, err)
	}
	if b.doc["ladder"] == nil {
		b.doc["ladder"] = plainList(policy.DefaultLadder())
	}
	if len(b.degradeAll(k)) == 0 {
		return k.redirect(b.at())
	}
	return b.kept(k, b.at(), k.T("degrade.note"))
}
