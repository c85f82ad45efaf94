package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/digest"
	"qunluo/internal/shelf"
	"qunluo/internal/store"
)

const (
	jobEssence   = "essence"
	essenceEach  = time.Minute
	essencePages = 50  // of the log, in one round
	essenceMost  = 500 // messages judged in one go
)

// essences is what people do with the shelf of cards (精华), bounded as hands are.
type essences struct{ *hands }

// Essences makes the handle of cards.
func (a *App) Essences(org community.OrgKey, groups []community.GroupKey) essences {
	return essences{a.Hands(org, groups)}
}

// Cards lists cards, the last made first; Text searches their words as messages are searched.
func (e essences) Cards(ctx context.Context, f shelf.CardFilter) ([]shelf.Card, int, error) {
	return e.desk().Cards(ctx, f)
}

// Card gives one; CodeNotFound.
func (e essences) Card(ctx context.Context, id community.ID) (shelf.Card, error) {
	return e.desk().Card(ctx, id)
}

// CardOf gives the card of a message; CodeNotFound.
func (e essences) CardOf(ctx context.Context, number int64) (shelf.Card, error) {
	return e.desk().CardOf(ctx, number)
}

// Tags lists the tags that cards wear.
func (e essences) Tags(ctx context.Context) ([]string, error) { return e.desk().CardTags(ctx) }

// Keep makes a card of a message by hand. A card that was taken off comes back. CodeConflict: it has a card; CodeRefused: its author's words
// were erased from the cards; CodeNotFound: there is no such message, or its words are gone.
func (e essences) Keep(ctx context.Context, user string, g community.GroupKey, number int64, tags []string, note string) (shelf.Card, error) {
	if err := checkCard(tags, note); err != nil {
		return shelf.Card{}, err
	}
	if err := e.sees(ctx, g); err != nil {
		return shelf.Card{}, err
	}
	m, in, err := e.app.store.SaidAs(ctx, number)
	if err != nil || in != g {
		return shelf.Card{}, errors.Join(err, community.Errorf(community.CodeNotFound, "message %d: not found", number))
	}
	if had, err := e.CardOf(ctx, number); community.CodeOf(err) != community.CodeNotFound {
		if err != nil || had.Erased != 0 || had.Removed == 0 {
			return had, errors.Join(err, community.Errorf(community.CodeConflict, "this message has a card"))
		}
		had.Removed, had.Tags, had.Note = 0, tags, note
		return e.change(ctx, user, "essence.restore", "", had)
	}
	switch {
	case m.Forbidden:
		return shelf.Card{}, connect.Trouble(community.CodeRefused, "这个人的话已从精华里清除，不再收。", "This person's words were erased from the cards and are not kept again.")
	case m.Recalled:
		return shelf.Card{}, connect.Trouble(community.CodeRefused, "这条消息已撤回，不能收进精华。", "This message was recalled and cannot be kept.")
	case strings.TrimSpace(m.Text) == "":
		return shelf.Card{}, connect.Trouble(community.CodeRefused, "这条消息没有文字，收不成卡片。", "This message has no words to keep.")
	}
	v := shelf.Card{Group: g, Number: number, Author: m.Author, SaidAt: m.At, Text: shelf.Copied(m.Text), Note: note, Tags: tags, By: shelf.ByHand, User: user}
	v, err = e.app.store.AddCard(ctx, e.org, v, e.audit(user, "", "", note))
	if err != nil {
		return v, err
	}
	return e.Card(ctx, v.ID)
}

func checkCard(tags []string, note string) error {
	switch {
	case len(tags) > shelf.MaxTags:
		return community.Errorf(community.CodeTooLarge, "tags: more than %d", shelf.MaxTags)
	case utf8.RuneCountInString(note) > shelf.MaxNote:
		return community.Errorf(community.CodeTooLarge, "note: more than %d characters", shelf.MaxNote)
	case !utf8.ValidString(note) || strings.ContainsRune(note, 0):
		return community.Errorf(community.CodeBadInput, "note: not UTF-8, or it holds a NUL")
	}
	return shelf.CheckTags(tags)
}

// Edit gives a card other tags and another note. version is that of the card as it was read; 0 = as it is now. CodeConflict: it was changed
// meanwhile, or erased.
func (e essences) Edit(ctx context.Context, user string, id community.ID, version int, tags []string, note string) (shelf.Card, error) {
	if err := checkCard(tags, note); err != nil {
		return shelf.Card{}, err
	}
	v, err := e.Card(ctx, id)
	if err != nil {
		return v, err
	}
	if version != 0 {
		v.Version = version
	}
	v.Tags, v.Note = tags, note
	return e.change(ctx, user, "essence.edit", "", v)
}

// Remove takes a card off the shelf, or (on) puts it back: no rule makes it again meanwhile. CodeConflict: it is so already.
func (e essences) Remove(ctx context.Context, user string, id community.ID, off bool, reason string) (shelf.Card, error) {
	v, err := e.Card(ctx, id)
	if err != nil {
		return v, err
	}
	if v.Erased != 0 || (v.Removed != 0) == off {
		return v, community.Errorf(community.CodeConflict, "it is so already, or erased")
	}
	verb := "essence.restore"
	if v.Removed = 0; off {
		v.Removed, verb = e.app.millis(), "essence.remove"
	}
	return e.change(ctx, user, verb, reason, v)
}

func (e essences) change(ctx context.Context, user, verb, reason string, v shelf.Card) (shelf.Card, error) {
	if err := e.app.store.ChangeCard(ctx, e.org, v, e.audit(user, verb, "", reason)); err != nil {
		return v, err
	}
	return e.Card(ctx, v.ID)
}

// EraseMember erases from the cards for good what a person said, under each of their accounts, in all groups; no rule keeps their words again.
// It gives how many cards there were. CodeBadInput: no reason is given.
func (e essences) EraseMember(ctx context.Context, user string, member community.ID, reason string) (int, error) {
	if strings.TrimSpace(reason) == "" {
		return 0, community.Errorf(community.CodeBadInput, "reason: empty")
	}
	if e.groups != nil {
		return 0, errBeyond()
	}
	m, err := e.desk().MemberByID(ctx, member)
	if err != nil {
		return 0, err
	}
	all, err := e.desk().SameHuman(ctx, m.Key)
	if err != nil {
		return 0, err
	}
	return e.app.store.EraseCards(ctx, e.org, all, e.audit(user, "", "member:"+member.String(), reason))
}

// Rule gives the rule that holds in a group, or (0) in all groups without one of their own; own: it is the group's.
func (e essences) Rule(ctx context.Context, g community.GroupKey) (rule shelf.Rule, own bool, err error) {
	if g != 0 {
		if err := e.sees(ctx, g); err != nil {
			return rule, false, err
		}
	}
	return e.app.store.EssenceRule(ctx, e.org, g)
}

// SaveRule keeps the rule of a group, or (0) of all groups without one; nil = the group has none of its own (any more). CodeForbidden: that of
// all groups is changed by who sees all.
func (e essences) SaveRule(ctx context.Context, user string, g community.GroupKey, rule *shelf.Rule, reason string) error {
	if g == 0 && e.groups != nil {
		return errBeyond()
	}
	before, _, err := e.Rule(ctx, g)
	if err != nil {
		return err
	}
	if rule != nil {
		if err := rule.Check(); err != nil {
			return err
		}
	}
	subject := "setting:essence"
	if g != 0 {
		row, err := e.mine(ctx, g)
		if err != nil {
			return err
		}
		subject = "group:" + row.ID.String()
	}
	audit := e.audit(user, "", subject, reason)
	if audit.Before, err = json.Marshal(before); err != nil {
		return err
	}
	return e.app.store.SaveEssenceRule(ctx, e.org, g, rule, audit)
}

func (a *App) essenceRound(ctx context.Context, _ store.Job) error { return a.RunEssence(ctx) }

// RunEssence notes who reacted to, answered or chose which messages, and makes cards of those that a rule keeps.
func (a *App) RunEssence(ctx context.Context) error {
	on, err := a.store.EssenceWatched(ctx)
	if err != nil || !on {
		return err
	}
	if err := a.store.CatchUp(ctx); err != nil { // what was recalled or hit is known
		return err
	}
	for range essencePages {
		more, err := a.store.NoteMarks(ctx)
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	for {
		due, err := a.store.DueCards(ctx, essenceMost)
		if err != nil || len(due) == 0 {
			return err
		}
		for _, v := range due {
			if err := a.judgeCard(ctx, v); err != nil {
				return fmt.Errorf("card of %q in group %d: %w", v.Message, v.Group, err)
			}
		}
	}
}

// judgeCard asks the rule of a group about one message.
func (a *App) judgeCard(ctx context.Context, due store.DueCard) error {
	rule, _, err := a.store.EssenceRule(ctx, due.Org, due.Group)
	if err != nil {
		return err
	}
	if !rule.On {
		return a.store.SettleCard(ctx, due, nil)
	}
	number, m, err := a.store.Marked(ctx, due)
	if community.CodeOf(err) == community.CodeNotFound {
		return a.store.SettleCard(ctx, due, nil)
	}
	if err != nil {
		return err
	}
	marks, err := a.store.Marks(ctx, due)
	if err != nil {
		return err
	}
	m.Count(rule, marks)
	by, why, keep := rule.Keep(m)
	if !keep {
		return a.store.SettleCard(ctx, due, nil)
	}
	return a.store.SettleCard(ctx, due, &shelf.Card{Group: due.Group, Number: number, Author: m.Author, SaidAt: m.At, Text: shelf.Copied(m.Text), Tags: rule.Tags, By: by, Why: why})
}

// keepAnswers makes cards of the good answers of a digest that was sent, where the group's rule says so.
func (e essences) keepAnswers(ctx context.Context, r digest.Record) error {
	rule, _, err := e.app.store.EssenceRule(ctx, e.org, r.Group)
	if err != nil || !rule.On || !rule.Digest {
		return err
	}
	for _, a := range r.Found.Answers {
		m, g, err := e.app.store.SaidAs(ctx, a.Answer)
		if community.CodeOf(err) == community.CodeNotFound || g != r.Group {
			continue
		}
		if err != nil {
			return err
		}
		m.OfDigest = true
		by, why, keep := rule.Keep(m)
		if !keep {
			continue
		}
		card := shelf.Card{Group: g, Number: a.Answer, Author: m.Author, SaidAt: m.At, Text: shelf.Copied(m.Text), Tags: slices.Clone(rule.Tags), By: by, Why: why}
		if _, err := e.app.store.AddCard(ctx, e.org, card, e.audit("", "", "", "digest:"+r.ID.String())); err != nil && community.CodeOf(err) != community.CodeConflict && community.CodeOf(err) != community.CodeRefused {
			return err
		}
	}
	return nil
}
