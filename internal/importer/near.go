package importer

import (
	"context"
	"encoding/json"
	"strings"
	"unicode"

	"qunluo/internal/community"
)

// Look tells what the place that rows go to has of them already, without writing: then a dry run counts what is known
// there, and rows that another program exported before are found although their keys differ (formats.md §5).
type Look interface {
	// Look gives the fate of each row, in order. sure false: nobody asks which keys are known, only what is near.
	Look(ctx context.Context, run RunInfo, rows []community.Inbound, sure bool) ([]Fate, error)
	// Tell gives the event that a Fate names: when, by what name, its words, and where it came from.
	Tell(ctx context.Context, number int64) (Told, error)
	// Roster gives the latest list of a group's members and when it was read (UTC ms; 0 = there is none).
	Roster(ctx context.Context, run RunInfo, group community.Ref) ([]community.Who, int64, error)
}

// Fate is what is known of a row. Near is the number of an event from another program with the same sender, second and
// kind of content; 0 = none.
// Cut is the number of an event that an earlier copy by hand had cut at its end: the row completes it, from byte From on.
type Fate struct {
	Known bool
	Near  int64
	Cut   int64
	From  int
	Half  bool // the row is cut itself: the message is there whole
}

// Told is an event that a row is near to.
type Told struct {
	Text string
	From string // the program that exported it; "" = it came live
}

// Near is a row that is most likely an event that another program has brought already, rendered differently.
type Near struct {
	At   int64  `json:"at"` // UTC ms
	Name string `json:"name"`
	Text string `json:"text"` // as this file has it
	Old  string `json:"old"`  // as it is there
	From string `json:"from"` // who brought that: a format and its program; "" = a connection
}

// Nears are the near-matches of a unit.
type Nears struct {
	Found   int64  `json:"found"`
	Kept    bool   `json:"kept,omitempty"` // taken in all the same
	Samples []Near `json:"samples,omitempty"`
}

// exporterOf names the program that wrote a unit's files: the format, and what the file says wrote it, without version.
func exporterOf(format, exporter string) string {
	words := []string{format}
	for _, w := range strings.Fields(exporter) {
		bare := strings.TrimPrefix(strings.ToLower(w), "v")
		if bare == "/" || bare != "" && unicode.IsDigit(rune(bare[0])) {
			break
		}
		words = append(words, w)
	}
	return clip(strings.Join(words, " "), 100)
}

// sieve stands between the reader and the sink: it takes near-matches out, unless they are kept, and in a dry run what
// is known.
type sieve struct {
	opt   *Options
	dry   bool
	near  Nears
	left  int64 // near-matches left out
	known int64 // of a dry run

	completed int64
	lists     []RosterChange
	shown     []Preview
	met       people
}

// pass gives the rows that go on; it writes into rows.
func (s *sieve) pass(ctx context.Context, run RunInfo, rows []community.Inbound) ([]community.Inbound, error) {
	if err := s.met.meet(ctx, run, rows); err != nil {
		return nil, err
	}
	if s.opt.Look == nil {
		return rows, nil
	}
	fates, err := s.opt.Look.Look(ctx, run, rows, s.dry)
	if err != nil {
		return nil, err
	}
	if err := s.complete(ctx, run, rows, fates); err != nil {
		return nil, err
	}
	on := rows[:0]
	for i := range rows {
		s.show(&rows[i], fates[i])
		switch {
		case fates[i].Half, fates[i].Known && s.dry:
			s.known++
			continue
		case fates[i].Near != 0:
			if err := s.note(ctx, &rows[i], fates[i].Near); err != nil {
				return nil, err
			}
			if !s.opt.KeepNear {
				s.left++
				continue
			}
		}
		if rows[i].Type == community.RosterRead && !fates[i].Known {
			if err := s.list(ctx, run, &rows[i]); err != nil {
				return nil, err
			}
		}
		on = append(on, rows[i])
	}
	return on, nil
}

// complete turns what completes a message that an earlier copy had cut into an edit of it: the log keeps what stood there,
// the message stays one. What was completed just so before is known.
func (s *sieve) complete(ctx context.Context, run RunInfo, rows []community.Inbound, fates []Fate) error {
	var edits []community.Inbound
	var places []int
	for i, f := range fates {
		if f.Cut == 0 {
			continue
		}
		in := &rows[i]
		raw, err := json.Marshal(community.Completion{Event: f.Cut, From: f.From})
		if err != nil {
			return err
		}
		in.Type, in.Key, in.Body.Data = community.MessageEdited, "whole:"+in.Key, raw
		edits, places = append(edits, *in), append(places, i)
	}
	if len(edits) == 0 {
		return nil
	}
	again, err := s.opt.Look.Look(ctx, run, edits, true)
	for i, f := range again {
		if fates[places[i]].Known = f.Known; !f.Known {
			s.completed++
		}
	}
	return err
}

// show keeps a message of a trial for a look.
func (s *sieve) show(in *community.Inbound, f Fate) {
	if s.dry && (in.Type == community.MessageCreated || f.Cut != 0) && len(s.shown) < s.opt.Show {
		s.shown = append(s.shown, Preview{in.OccurredAt, in.Body.Name, clipRunes(in.Body.Text, 200), f.Known || f.Half, f.Cut != 0 && !f.Known})
	}
}

// list compares a list of members with the one before it.
func (s *sieve) list(ctx context.Context, run RunInfo, in *community.Inbound) error {
	if len(s.lists) >= maxSamples {
		return nil
	}
	before, at, err := s.opt.Look.Roster(ctx, run, in.Group)
	if err != nil {
		return err
	}
	var after []community.Who
	if err := json.Unmarshal(in.Body.Data, &after); err != nil {
		return err
	}
	c := compareRosters(before, after, max(maxSamples, s.opt.Show))
	c.At, c.Before = in.OccurredAt, at
	s.lists = append(s.lists, c)
	return nil
}

func (s *sieve) note(ctx context.Context, in *community.Inbound, number int64) error {
	s.near.Found++
	s.near.Kept = s.opt.KeepNear
	if len(s.near.Samples) >= maxSamples {
		return nil
	}
	old, err := s.opt.Look.Tell(ctx, number)
	if err != nil {
		return err
	}
	name := in.Actor.Shown()
	if name == "" {
		name = in.Body.Name
	}
	s.near.Samples = append(s.near.Samples, Near{in.OccurredAt, name, clipRunes(in.Body.Text, 200), clipRunes(old.Text, 200), old.From})
	return nil
}
