package importer

import (
	"context"
	"encoding/json"

	"qunluo/internal/community"
)

// Bearers tells who bears which names in a group now, by every name they are shown under. A file that knows people by name
// alone means them.
type Bearers func(ctx context.Context, run RunInfo, group community.Ref) (map[string][]community.Who, error)

// byName are the formats of people who copy by hand (人工通道): they know names alone.
var byName = map[string]bool{"wechat-paste": true, "roster-names": true, "roster-csv": true}

// Preview is a message of a trial, for a look before it is taken in.
type Preview struct {
	At    int64  `json:"at"` // UTC ms
	Name  string `json:"name"`
	Text  string `json:"text"`
	Known bool   `json:"known,omitempty"` // it is there already
	Whole bool   `json:"whole,omitempty"` // it completes a message that an earlier copy had cut
}

// people finds whom names mean.
type people struct {
	opt   *Options
	group string
	known map[string][]community.Who
}

// meet puts those who are meant for the names in rows.
func (p *people) meet(ctx context.Context, run RunInfo, rows []community.Inbound) error {
	if p.opt.Bearers == nil || !byName[run.Format] {
		return nil
	}
	for i := range rows {
		in := &rows[i]
		if err := p.read(ctx, run, in.Group); err != nil {
			return err
		}
		if in.Actor.Certainty == community.NameOnly {
			if got := p.find(in.Actor.ID); len(got) == 1 {
				in.Actor = got[0]
			}
		}
		if in.Type != community.RosterRead {
			continue
		}
		if err := p.meetList(in); err != nil {
			return err
		}
	}
	return nil
}

func (p *people) read(ctx context.Context, run RunInfo, group community.Ref) (err error) {
	if p.known == nil || p.group != group.ID {
		p.group = group.ID
		p.known, err = p.opt.Bearers(ctx, run, group)
	}
	return err
}

// find gives whoever bears a name, under that name: of one who took it lately, whoever bore the old one.
func (p *people) find(name string) []community.Who {
	got := p.known[name]
	if old := p.opt.Renamed[name]; old != "" && len(got) == 0 {
		got = p.known[old]
	}
	out := make([]community.Who, len(got))
	for i, who := range got {
		if who.Certainty == community.NameOnly {
			who.Name = name
		} else {
			who.Card = name
		}
		out[i] = who
	}
	return out
}

// meetList does it for a list of members. Where several bear a name and the list has it less often, nobody can tell who of
// them is still there: then all count as there, for whoever is missing counts as gone.
func (p *people) meetList(in *community.Inbound) error {
	var list []community.Who
	if err := json.Unmarshal(in.Body.Data, &list); err != nil {
		return err
	}
	met := make([]community.Who, 0, len(list))
	seen := make(map[string]bool, len(list))
	for _, who := range list {
		found := []community.Who{who}
		if who.Certainty == community.NameOnly {
			if got := p.find(who.ID); len(got) > 0 {
				found = got
			}
		}
		for _, one := range found {
			if one.Role == "" {
				one.Role = who.Role
			}
			if !seen[one.ID] {
				seen[one.ID] = true
				met = append(met, one)
			}
		}
	}
	in.Body.Data = mustJSON(met)
	return nil
}

// Renaming is a name and the one that stands in its place now.
type Renaming struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// renamed finds who is shown under another name than on the list before, and who may be: where lists know names alone, a
// name that is gone and a new one between the same two neighbours are most likely one person.
func (c *RosterChange) renamed(before, after []community.Who, most int) {
	place := make(map[string]int, len(before))
	for i := range before {
		place[before[i].ID] = i
	}
	here := make(map[string]bool, len(after))
	for i := range after {
		w := &after[i]
		here[w.ID] = true
		if at, ok := place[w.ID]; ok && before[at].Shown() != w.Shown() && len(c.Renamed) < most {
			c.Renamed = append(c.Renamed, Renaming{before[at].Shown(), w.Shown()})
		}
	}
	at := func(i int) int {
		switch {
		case i < 0:
			return -1
		case i >= len(after):
			return len(before)
		}
		if p, ok := place[after[i].ID]; ok {
			return p
		}
		return -2
	}
	for i := range after {
		w := &after[i]
		if _, ok := place[w.ID]; ok || w.Certainty != community.NameOnly || len(before) < 2 {
			continue
		}
		left, right := at(i-1), at(i+1)
		if left == -2 || right-left != 2 || here[before[left+1].ID] || len(c.Maybe) >= most {
			continue
		}
		c.Maybe = append(c.Maybe, Renaming{before[left+1].Shown(), w.Shown()})
	}
}

// RosterFormat says whether a pasted list is a table with names of columns, or has one name a line: the name of a format.
func RosterFormat(text string) string {
	if rosterTable(clip(text, maxPaste), RosterColumns{}) != nil {
		return "roster-csv"
	}
	return "roster-names"
}
