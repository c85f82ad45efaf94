package importer

import (
	"strconv"
	"strings"

	"qunluo/internal/community"
)

// WeChat's system sentences (formats.md §17). Names are hostile: they may contain every mark of the grammar. So every
// template is tried at every split position, every reading is scored by the roster, and only the one full-score reading
// is believed; everything else stays names.

// sentenceForm is one form of sentence: literals around at most two slots.
type sentenceForm struct {
	lit   []string // one more than slots
	slots string   // n = a name, l = a list of names, t = any text
	sep   string   // between names of a list
	make  func(s *sentence, who [][]community.Who, text string)
}

// sentenceForms: quotes stand for straight and curly ones alike.
func sentenceForms() []sentenceForm {
	return []sentenceForm{
		{[]string{`你邀请"`, `"加入了群聊`}, "l", "、", func(s *sentence, w [][]community.Who, _ string) { s.invited(s.self, w[0]) }},
		{[]string{`"`, `"邀请"`, `"加入了群聊`}, "nl", "、", func(s *sentence, w [][]community.Who, _ string) { s.invited(w[0][0], w[1]) }},
		{[]string{`"`, `"邀请你加入了群聊`}, "n", "", func(s *sentence, w [][]community.Who, _ string) { s.invited(w[0][0], []community.Who{s.self}) }},
		{[]string{`"`, `"邀请你加入了群聊，群聊参与人还有：`, ``}, "nt", "", func(s *sentence, w [][]community.Who, _ string) {
			s.invited(w[0][0], []community.Who{s.self})
		}},
		{[]string{`"`, `"邀请你和"`, `"加入了群聊`}, "nl", "、", func(s *sentence, w [][]community.Who, _ string) {
			s.invited(w[0][0], append([]community.Who{s.self}, w[1]...))
		}},
		{[]string{`"`, `"通过扫描"`, `"分享的二维码加入群聊`}, "nn", "", func(s *sentence, w [][]community.Who, _ string) { s.joined(w[0][0], w[1][0], "qr") }},
		{[]string{`"`, `"通过扫描你分享的二维码加入群聊`}, "n", "", func(s *sentence, w [][]community.Who, _ string) { s.joined(w[0][0], s.self, "qr") }},
		{[]string{`你将"`, `"移出了群聊`}, "l", "、", func(s *sentence, w [][]community.Who, _ string) { s.kicked(w[0], s.self) }},
		{[]string{`你被"`, `"移出群聊`}, "n", "", func(s *sentence, w [][]community.Who, _ string) { s.kicked([]community.Who{s.self}, w[0][0]) }},
		{[]string{`"`, `"修改群名为"`, `"`}, "nt", "", func(s *sentence, w [][]community.Who, t string) { s.retitled(w[0][0], t) }},
		{[]string{`你修改群名为"`, `"`}, "t", "", func(s *sentence, _ [][]community.Who, t string) { s.retitled(s.self, t) }},
		{[]string{`"`, `"撤回了一条消息`}, "n", "", func(s *sentence, w [][]community.Who, _ string) { s.recalled(w[0][0]) }},
		{[]string{`"`, `" 撤回了一条消息`}, "n", "", func(s *sentence, w [][]community.Who, _ string) { s.recalled(w[0][0]) }},
		{[]string{`你撤回了一条消息`}, "", "", func(s *sentence, _ [][]community.Who, _ string) { s.recalled(s.self) }},
		{[]string{`"`, `"拍了拍"`, ``}, "nt", "", func(s *sentence, w [][]community.Who, _ string) { s.poked(w[0][0]) }},
		{[]string{`"`, `" 拍了拍 "`, ``}, "nt", "", func(s *sentence, w [][]community.Who, _ string) { s.poked(w[0][0]) }},
		{[]string{`我拍了拍"`, ``}, "t", "", func(s *sentence, _ [][]community.Who, _ string) { s.poked(s.self) }},
		{[]string{`You invited `, ` to the group chat`}, "l", ", ", func(s *sentence, w [][]community.Who, _ string) { s.invited(s.self, w[0]) }},
		{[]string{``, ` invited `, ` to the group chat`}, "nl", ", ", func(s *sentence, w [][]community.Who, _ string) { s.invited(w[0][0], w[1]) }},
		{[]string{`"`, `" joined group chat via the QR code you shared`}, "n", "", func(s *sentence, w [][]community.Who, _ string) { s.joined(w[0][0], s.self, "qr") }},
		{[]string{`You removed "`, `" from the group chat`}, "l", ", ", func(s *sentence, w [][]community.Who, _ string) { s.kicked(w[0], s.self) }},
	}
}

// sentence is one notice on its way to events. base has time, group, key and the words.
type sentence struct {
	base    community.Inbound
	self    community.Who
	recalls *recalls
	named   string // the message that a recall names itself
	mark    string // MarkInferred unless exactly one reading had a full score
	out     []community.Inbound
}

// self is who "你" is: the operator's word, else a name-only member of that name.
func (opt *Options) self() community.Who {
	if opt.Self.ID != "" {
		return opt.Self
	}
	return community.Who{ID: "你", Name: "你", Role: community.RoleSelf, Certainty: community.NameOnly}
}

// sentenceEvents reads a system row's words. Without an understood reading it gives the words back as system.text.
func sentenceEvents(base community.Inbound, known *roster, rec *recalls, opt Options, facts *Facts) []community.Inbound {
	s := &sentence{base: base, self: opt.self(), recalls: rec}
	words := base.Body.Text
	if inner, id, ok := revoked(words); ok {
		words, s.named, s.base.Body.Text = inner, id, inner
	}
	if t, ok := readTemplate(words); ok {
		words, s.base.Body.Text = t.shown, clip(t.shown, community.MaxText)
		for _, list := range t.people {
			for _, who := range list {
				known.add(who.ID, who.Name)
			}
		}
		if one, ok := t.exact(); ok {
			one.form.make(s, one.who, one.text)
			return s.out
		}
	}
	all := readings(words)
	var full []scored
	for _, r := range all {
		full = append(full, r.full(known)...)
		if len(full) > 1 {
			break
		}
	}
	switch {
	case len(full) == 1:
		full[0].form.make(s, full[0].who, full[0].text)
	case len(all) == 1:
		facts.Doubtful++
		facts.sentence(base.Body.Text)
		s.mark = MarkInferred
		all[0].form.make(s, all[0].names(len(known.ids) == 0), all[0].text())
	default:
		if len(all) > 0 {
			facts.Doubtful++
			s.mark = MarkInferred
		} else {
			facts.Unparsed++
		}
		facts.sentence(base.Body.Text)
		s.plain()
	}
	return s.out
}

// revoked takes the sentence and the recalled message's id out of a revokemsg row, the only place that names it.
func revoked(text string) (words, id string, ok bool) {
	if !strings.HasPrefix(text, "<") || !strings.Contains(text, "<revokemsg>") {
		return "", "", false
	}
	words, ok = between(text, "<replacemsg>", "</replacemsg>")
	words = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(words), "<![CDATA["), "]]>")
	id, _ = between(text, "<newmsgid>", "</newmsgid>")
	return words, clip(id, MaxName), ok && words != ""
}

func between(s, from, to string) (string, bool) {
	_, rest, ok := strings.Cut(s, from)
	inner, _, ok2 := strings.Cut(rest, to)
	return inner, ok && ok2
}

// reading is a form laid over the words: one of several possible ones.
type reading struct {
	form  sentenceForm
	slots []string
}

// maxSplits bounds the readings of one sentence; a sentence with more is nobody's.
const maxSplits = 64

// readings gives every way to lay a form over the words.
func readings(text string) []reading {
	words := []rune(strings.TrimSpace(text))
	if len(words) > 20_000 {
		return nil
	}
	shadow := straight(words)
	var out []reading
	for _, f := range sentenceForms() {
		out = append(out, f.lay(words, shadow)...)
		if len(out) > maxSplits {
			break
		}
	}
	return out
}

// straight replaces curly quotes by straight ones, rune for rune.
func straight(words []rune) []rune {
	out := make([]rune, len(words))
	for i, c := range words {
		if c == '“' || c == '”' {
			c = '"'
		}
		out[i] = c
	}
	return out
}

func (f sentenceForm) lay(words, shadow []rune) []reading {
	first, last := []rune(f.lit[0]), []rune(f.lit[len(f.lit)-1])
	if len(f.slots) == 0 {
		if string(shadow) == f.lit[0] {
			return []reading{{form: f}}
		}
		return nil
	}
	if len(words) < len(first)+len(last)+1 || !hasRunes(shadow, first, 0) || !hasRunes(shadow, last, len(words)-len(last)) {
		return nil
	}
	from, to := len(first), len(words)-len(last)
	if len(f.slots) == 1 {
		return []reading{{f, []string{string(words[from:to])}}}
	}
	mid := []rune(f.lit[1])
	var out []reading
	for i := from + 1; i+len(mid) < to && len(out) <= maxSplits; i++ {
		if hasRunes(shadow, mid, i) {
			out = append(out, reading{f, []string{string(words[from:i]), string(words[i+len(mid) : to])}})
		}
	}
	return out
}

func hasRunes(s, part []rune, at int) bool {
	if at < 0 || at+len(part) > len(s) {
		return false
	}
	for i, c := range part {
		if s[at+i] != c {
			return false
		}
	}
	return true
}

// scored is a reading in which every name stands in the roster.
type scored struct {
	form sentenceForm
	who  [][]community.Who
	text string
}

// full gives the full-score readings: none, one, or two when a list can be cut in more than one way.
func (r reading) full(known *roster) []scored {
	out := []scored{{form: r.form, text: r.text()}}
	for i, kind := range r.form.slots {
		var ways [][]community.Who
		switch kind {
		case 't':
			ways = [][]community.Who{nil}
		case 'n':
			if w, ok := known.find(r.slots[i]); ok {
				ways = [][]community.Who{{w}}
			}
		case 'l':
			ways = cutList(r.slots[i], r.form.sep, known)
		}
		out = times(out, ways)
	}
	return out
}

func times(have []scored, ways [][]community.Who) []scored {
	var out []scored
	for _, s := range have {
		for _, w := range ways {
			next := s
			next.who = append(append([][]community.Who(nil), s.who...), w)
			out = append(out, next)
		}
	}
	return out
}

// maxListed bounds the people of one sentence.
const maxListed = 200

// cutList cuts a list into names that all stand in the roster, longest first; it gives at most two ways.
func cutList(list, sep string, known *roster) [][]community.Who {
	if strings.Count(list, sep) > maxListed {
		return nil
	}
	ends := []int{} // where a name may end
	for i := 0; ; {
		n := strings.Index(list[i:], sep)
		if n < 0 {
			break
		}
		ends = append(ends, i+n)
		i += n + 1 // separators may overlap names that contain one
	}
	ends = append(ends, len(list))
	memo := map[int][][]community.Who{}
	var from func(at int) [][]community.Who
	from = func(at int) [][]community.Who {
		if at > len(list) {
			return nil
		}
		if got, ok := memo[at]; ok {
			return got
		}
		var ways [][]community.Who
		for i := len(ends) - 1; i >= 0 && ends[i] > at && len(ways) < 2; i-- {
			w, ok := known.find(list[at:ends[i]])
			if !ok {
				continue
			}
			if ends[i] == len(list) {
				ways = append(ways, []community.Who{w})
				continue
			}
			for _, tail := range from(ends[i] + len(sep)) {
				ways = append(ways, append([]community.Who{w}, tail...))
			}
		}
		ways = ways[:min(len(ways), 2)]
		memo[at] = ways
		return ways
	}
	return from(0)
}

// names takes the slots as names only. A list is cut only without any roster, and only when no part is empty or has
// unbalanced quotes; else it is kept whole.
func (r reading) names(cut bool) [][]community.Who {
	out := make([][]community.Who, len(r.slots))
	for i, kind := range r.form.slots {
		switch kind {
		case 'n':
			out[i] = []community.Who{nameOnly(r.slots[i])}
		case 'l':
			out[i] = listNames(r.slots[i], r.form.sep, cut)
		}
	}
	return out
}

func listNames(list, sep string, cut bool) []community.Who {
	parts := strings.Split(list, sep)
	for _, p := range parts {
		if p == "" || strings.Count(p, `"`)%2 != 0 || strings.Count(p, "“") != strings.Count(p, "”") {
			cut = false
		}
	}
	if !cut || len(parts) > maxListed {
		return []community.Who{nameOnly(list)}
	}
	out := make([]community.Who, len(parts))
	for i, p := range parts {
		out[i] = nameOnly(p)
	}
	return out
}

func (r reading) text() string {
	if i := strings.IndexByte(r.form.slots, 't'); i >= 0 {
		return r.slots[i]
	}
	return ""
}

// event adds an event whose key is the sentence's, with the position of the person when there are several.
func (s *sentence) event(t community.Type, kind string, i int) *community.Inbound {
	ev := s.base
	ev.Type = t
	ev.Actor, ev.Subject, ev.By = community.Who{}, community.Who{}, community.Who{}
	ev.Key += "/" + kind
	if i > 0 {
		ev.Key += strconv.Itoa(i)
	}
	ev.Body = community.Body{Text: s.base.Body.Text, Source: source(s.base.Body.Source, s.mark)}
	s.out = append(s.out, ev)
	return &s.out[len(s.out)-1]
}

func (s *sentence) plain() {
	ev := s.base
	ev.Type = community.SystemText
	ev.Body.Source = source(ev.Body.Source, s.mark)
	s.out = append(s.out, ev)
}

func (s *sentence) invited(by community.Who, people []community.Who) {
	for i, w := range people {
		ev := s.event(community.MemberInvited, "invite", i)
		ev.Actor, ev.Subject = by, w
		ev.Body.Name = by.Name
	}
	for i, w := range people {
		s.join(w, by, "invite", i)
	}
}

func (s *sentence) joined(who, by community.Who, scene string) { s.join(who, by, scene, 0) }

func (s *sentence) join(who, by community.Who, scene string, i int) {
	ev := s.event(community.MemberJoined, "join", i)
	ev.Actor, ev.By = who, by
	ev.Body.Scene, ev.Body.Name = scene, who.Name
}

func (s *sentence) kicked(people []community.Who, by community.Who) {
	for i, w := range people {
		ev := s.event(community.MemberLeft, "kick", i)
		ev.Actor, ev.By = w, by
		ev.Body.Reason, ev.Body.Name = "kicked", w.Name
	}
}

func (s *sentence) retitled(by community.Who, title string) {
	ev := s.event(community.GroupUpdated, "topic", 0)
	ev.Actor = by
	ev.Body.Name = by.Name
	ev.Body.Data = mustJSON(GroupChange{Name: title})
}

// recalled takes the message that the row names, else links the sender's last of two minutes, as inferred.
func (s *sentence) recalled(who community.Who) {
	ev := s.event(community.MessageDeleted, "recall", 0)
	ev.Actor = who
	ev.Body.Name = who.Name
	if s.named != "" {
		ev.Body.Message = s.named
		return
	}
	if who.Certainty == community.NameOnly {
		return
	}
	if ev.Body.Message = s.recalls.link(who.ID, ev.OccurredAt); ev.Body.Message != "" && s.mark == "" {
		ev.Body.Source = source(ev.Body.Source, MarkInferred)
	}
}

// poked is a message of its class, not a notice.
func (s *sentence) poked(who community.Who) {
	ev := s.event(community.MessageCreated, "poke", 0)
	ev.Actor = who
	ev.Body.Name, ev.Body.Class = who.Name, community.Poke
}
