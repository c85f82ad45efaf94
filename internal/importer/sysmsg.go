package importer

import (
	"encoding/xml"
	"strings"

	"qunluo/internal/community"
)

// templated reads a notice that WeChat stores as a template (formats.md §8): the sentence with $names$, and for each of
// them the members with their ids. It is the only place where the ids of people stand who never spoke, and it says where
// each name begins and ends, so that no name can imitate the grammar.
type templated struct {
	words  string // the template with a mark for each list of members
	shown  string // the sentence as a person reads it
	people map[string][]community.Who
}

// sysTemplate is the part of the XML that is read.
type sysTemplate struct {
	Kind     string `xml:"type,attr"`
	Plain    string `xml:"sysmsgtemplate>content_template>plain"`
	Template string `xml:"sysmsgtemplate>content_template>template"`
	Links    []struct {
		Name    string `xml:"name,attr"`
		Plain   string `xml:"plain"`
		Members []struct {
			ID   string `xml:"username"`
			Name string `xml:"nickname"`
		} `xml:"memberlist>member"`
	} `xml:"sysmsgtemplate>content_template>link_list>link"`
	Left string `xml:"delchatroommember>plain"`
	Text string `xml:"delchatroommember>text"`
}

// firstMark is the first of the signs, of the private use area, that stand for lists of members.
const firstMark = '\uE000'

// unmarked takes marks out that stand in the words themselves.
func unmarked(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= firstMark && r < firstMark+maxLinks {
			return '\uFFFD'
		}
		return r
	}, s)
}

// maxLinks bounds the lists of one template.
const maxLinks = 16

// readTemplate reads a sysmsg; ok is false for any other text.
func readTemplate(text string) (templated, bool) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "<sysmsg") {
		return templated{}, false
	}
	var x sysTemplate
	if xml.Unmarshal([]byte(text), &x) != nil {
		return templated{}, false
	}
	if x.Kind == "delchatroommember" {
		words := strings.TrimSpace(x.Left + x.Text)
		return templated{words: words, shown: words}, words != ""
	}
	if x.Template == "" || len(x.Links) > maxLinks {
		return templated{}, false
	}
	x.Template = unmarked(x.Template)
	t := templated{words: x.Template, shown: x.Template, people: map[string][]community.Who{}}
	for i, link := range x.Links {
		slot := "$" + link.Name + "$"
		if len(link.Members) == 0 { // words, not people
			t.words, t.shown = strings.ReplaceAll(t.words, slot, unmarked(link.Plain)), strings.ReplaceAll(t.shown, slot, link.Plain)
			continue
		}
		mark := string(firstMark + rune(i))
		var names []string
		var facts Facts
		for _, m := range link.Members[:min(len(link.Members), maxListed)] {
			who := community.Who{ID: tidyName(strings.TrimSpace(m.ID), &facts), Name: tidyName(m.Name, &facts)}
			if who.ID == "" {
				who = nameOnly(who.Name)
			}
			t.people[mark] = append(t.people[mark], who)
			names = append(names, who.Name)
		}
		t.words, t.shown = strings.ReplaceAll(t.words, slot, mark), strings.ReplaceAll(t.shown, slot, strings.Join(names, "、"))
	}
	return t, true
}

// exact lays the forms over the template: every slot is one mark, so there is nothing to guess.
func (t templated) exact() (scored, bool) {
	var found []scored
	for _, r := range readings(t.words) {
		s := scored{form: r.form}
		fits := true
		for i, kind := range r.form.slots {
			who := t.people[r.slots[i]]
			if kind == 't' {
				s.text = r.slots[i]
			}
			fits = fits && (kind == 't' || len(who) > 0 && (kind == 'l' || len(who) == 1))
			s.who = append(s.who, who)
		}
		if fits {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		return scored{}, false
	}
	return found[0], true
}
