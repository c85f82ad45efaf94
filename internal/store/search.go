package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// searchView is the text index: for each message the terms of its text, and terms for its group, sender and kind, so that
// the rare condition always leads (interface.md §12).
type searchView struct{ store *Store }

// The letter that begins the terms of ours. No text has it: lexicon folds everything people type to other letters.
const ownTerm = "ꙮ"

func groupTerm(g community.GroupKey) string { return ownTerm + "g" + strconv.FormatInt(int64(g), 10) }

func memberTerm(m community.MemberKey) string { return ownTerm + "m" + strconv.FormatInt(int64(m), 10) }

func classTerm(c community.Class) string { return ownTerm + "c" + strconv.FormatInt(int64(c), 10) }

func (*searchView) name() string { return SearchView }

func (*searchView) tables() []string { return []string{"search"} }

func (*searchView) forget() {}

// Messages are indexed as they are taken in.
func (*searchView) flush(context.Context) error { return nil }
func (*searchView) full() bool                  { return false }

func (v *searchView) apply(ctx context.Context, t *session, events []community.Event, _ int64) error {
	rows := make([][]any, 0, len(events))
	var undone []community.Event
	for i := range events {
		switch ev := &events[i]; ev.Type {
		case community.MessageCreated, community.MessageEdited:
			rows = append(rows, []any{ev.Number, searchTerms(ev)})
		case community.ImportUndone:
			undone = append(undone, *ev)
		}
	}
	if _, err := t.dialect.bulk(ctx, t, t.dialect.searchInsert(), rows); err != nil {
		return fmt.Errorf("index %d messages: %w", len(rows), err)
	}
	for i := range undone {
		if err := v.takeOut(ctx, t, &undone[i]); err != nil {
			return err
		}
	}
	return nil
}

func searchTerms(ev *community.Event) string {
	var b strings.Builder
	b.WriteString(groupTerm(ev.Group))
	if ev.Actor != 0 {
		b.WriteByte(' ')
		b.WriteString(memberTerm(ev.Actor))
	}
	b.WriteByte(' ')
	b.WriteString(classTerm(ev.Body.Class))
	for _, term := range lexicon.Terms(ev.Body.Text) {
		b.WriteByte(' ')
		b.WriteString(term)
	}
	return b.String()
}

// takeOut removes the messages of an undone import from the index.
func (v *searchView) takeOut(ctx context.Context, t *session, ev *community.Event) error {
	run, err := undoneRun(ev)
	if err != nil {
		return err
	}
	rows, err := t.query(ctx, `SELECT number FROM event WHERE group_key = $1 AND import_key = $2`, int64(ev.Group), run)
	if err != nil {
		return err
	}
	numbers, err := ints(rows)
	if err != nil {
		return err
	}
	args := make([][]any, len(numbers))
	for i, n := range numbers {
		args[i] = []any{n}
	}
	if _, err := t.dialect.bulk(ctx, t, `DELETE FROM views.search WHERE rowid = $1`, args); err != nil {
		return err
	}
	if tidy := t.dialect.searchTidy(); tidy != "" {
		_, err = t.exec(ctx, tidy)
	}
	return err
}

// condition is a search as the text index understands it: all of All, and one of Any when it is not empty.
type condition struct {
	All []lexicon.Term
	Any []string
}

// print writes the condition in the dialect's words; "" when it is empty.
func (c condition) print(d dialect) string {
	and, or := d.searchOps()
	var parts []string
	for _, term := range c.All {
		parts = append(parts, d.searchTerm(term.Text, term.Prefix))
	}
	if len(c.Any) > 0 {
		quoted := make([]string, len(c.Any))
		for i, term := range c.Any {
			quoted[i] = d.searchTerm(term, false)
		}
		parts = append(parts, "("+strings.Join(quoted, or)+")")
	}
	return strings.Join(parts, and)
}
