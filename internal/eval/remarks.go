package eval

import (
	"context"
	"strings"

	"qunluo/internal/plan"
)

// Targets of the content check, in percent: how often it may speak of a sentence that nobody should mind, and how many sentences
// that sell hard it must see.
const (
	remarkWrong     = 0.5
	remarkHardSells = 50
)

// smsArchive holds short messages of which people said whether they are advertising (1) or not (0).
const smsArchive = "spam-en-sms.tar.gz"

// remarks looks at texts as the content check (三有三不) does before an item is sent. Nobody sells or preaches in the ordinary talk of
// a Chinese group or in private short messages, so each such remark on them is wrong; short messages that people called advertising
// want the reader to act now, and a remark is right. The talk of a group is no post of an operator: what is measured is whether the
// check speaks of harmless sentences, not how good an operator's posts are. That a greeting fills is told and has no target, nor has what is found in
// the disguised lines of live rooms' advertisers, who seldom sell as an operator would.
func remarks(_ context.Context, o Options) ([]Row, error) {
	talks, err := o.ordinary("00", "99")
	if err != nil {
		return nil, err
	}
	short, err := o.shortMessages()
	if err != nil {
		return nil, err
	}
	live, err := o.liveRoom()
	if err != nil {
		return nil, err
	}
	var sold, lured, bothered count
	for _, t := range o.measured(live) {
		if _, found := remarked(t.text)[plan.HardSell]; t.spam {
			lured.add(found)
		} else {
			bothered.add(found)
		}
	}
	chat, ham := map[string]*count{}, map[string]*count{}
	for _, rule := range []string{plan.Preaching, plan.HardSell, plan.Filler} {
		chat[rule], ham[rule] = &count{}, &count{}
	}
	note := func(into map[string]*count, who, text string) {
		by := remarked(text)
		for rule, c := range into {
			words, found := by[rule]
			c.add(found)
			if found {
				o.Show(who, rule, words, text)
			}
		}
	}
	for _, t := range talks {
		note(chat, t.nick, t.text)
	}
	for _, m := range short {
		if !m.spam {
			note(ham, "ham", m.text)
			continue
		}
		_, found := remarked(m.text)[plan.HardSell]
		sold.add(found)
		if !found {
			o.Show("missed", plan.HardSell, m.text)
		}
	}
	return []Row{
		most("remarks.chat.preaching", *chat[plan.Preaching], remarkWrong), most("remarks.chat.hard_sell", *chat[plan.HardSell], remarkWrong), percent("remarks.chat.filler", *chat[plan.Filler]),
		most("remarks.sms.preaching", *ham[plan.Preaching], remarkWrong), most("remarks.sms.hard_sell.wrong", *ham[plan.HardSell], remarkWrong), percent("remarks.sms.filler", *ham[plan.Filler]),
		least("remarks.sms.hard_sell", sold, remarkHardSells),
		percent("remarks.live.hard_sell", lured), most("remarks.live.hard_sell.wrong", bothered, remarkWrong),
	}, nil
}

// remarked is what the check finds in a text, by its rule.
func remarked(text string) map[string]string {
	found := map[string]string{}
	for _, r := range plan.Remarks(plan.Content{Text: text}, nil) {
		found[r.Rule] = r.Found
	}
	return found
}

// shortMessages reads the part of short messages that is measured.
func (o Options) shortMessages() (out []labelled, err error) {
	files, err := o.archive(smsArchive, func(p string) bool { return strings.HasSuffix(p, ".tsv") })
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		for line := range strings.Lines(string(f.body)) {
			label, text, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "\t")
			if ok && (label == "1" || label == "0") && partOf(text) == o.Part {
				out = append(out, labelled{text: text, spam: label == "1"})
			}
		}
	}
	return out, nil
}
