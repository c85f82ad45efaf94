package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// mostFormatGroups bounds how many groups one comparison reads. Of more, a draw is looked at, the same every time.
const mostFormatGroups = 300

// Formats compares the formats of what came to a group on the days [from, to], with the things and the polls that it rests on.
func (p goals) Formats(ctx context.Context, g community.GroupKey, from, to measure.Day) (rep measure.FormatReport, list []measure.Sent, polls []measure.FormatPollRow, err error) {
	if list, polls, err = p.received(ctx, g, from, to); err != nil {
		return rep, nil, nil, err
	}
	return measure.CompareFormats(list, polls), list, polls, nil
}

// received gives what came to a group, what became of it, and its polls.
func (p goals) received(ctx context.Context, g community.GroupKey, from, to measure.Day) (list []measure.Sent, polls []measure.FormatPollRow, err error) {
	desk := p.desk()
	start, end, err := desk.SpanOf(ctx, g, from, to)
	if err != nil {
		return nil, nil, err
	}
	if list, err = desk.SentTo(ctx, g, start, end); err != nil {
		return nil, nil, err
	}
	if len(list) > 0 {
		audience, err := desk.Audience(ctx, g, start, end+day)
		if err != nil {
			return nil, nil, err
		}
		audience.Receive(list)
	}
	polls, err = desk.FormatPolls(ctx, g, from, to)
	return list, polls, err
}

// FormatsOver compares them over the groups of the handle with a tag ("" = all), each by the days of its own zone.
func (p goals) FormatsOver(ctx context.Context, tag string, from, to measure.Day) (measure.FormatOver, error) {
	groups, of, err := p.desk().GroupsSent(ctx, tag, from, to)
	if err != nil {
		return measure.FormatOver{}, err
	}
	asked := len(groups)
	if asked > mostFormatGroups {
		groups = byLot(groups, mostFormatGroups)
	}
	var list []measure.FormatGroup
	unread := 0
	for _, g := range groups {
		sent, polls, err := p.received(ctx, g.Key, from, to)
		if community.CodeOf(err) == community.CodeTooLarge {
			unread++
			continue
		}
		if err != nil {
			return measure.FormatOver{}, fmt.Errorf("group %s: %w", g.ID, err)
		}
		if len(sent)+len(polls) == 0 {
			asked-- // it came on another day of its own zone
			continue
		}
		list = append(list, measure.FormatGroup{Group: g.Key, ID: g.ID, Name: g.Name, Sent: sent, Polls: polls})
	}
	rep := measure.CompareOver(list)
	rep.Of, rep.Asked, rep.Unread = of, asked, unread
	return rep, nil
}

// byLot takes n of some groups by a hash of their ids, in the order that they have.
func byLot(groups []community.GroupRow, n int) []community.GroupRow {
	lot := func(g community.GroupRow) uint64 {
		sum := sha256.Sum256(g.ID[:])
		return binary.BigEndian.Uint64(sum[:])
	}
	by := slices.SortedFunc(slices.Values(groups), func(a, b community.GroupRow) int { return cmp.Compare(lot(a), lot(b)) })
	last := lot(by[n-1])
	return slices.DeleteFunc(slices.Clone(groups), func(g community.GroupRow) bool { return lot(g) > last })
}

// SaySent keeps what a person says of a thing sent: its format, cost and reads. CodeNotFound: nothing such was sent.
func (p goals) SaySent(ctx context.Context, user string, k measure.SentKey, v measure.SentSaid, reason string) error {
	if err := v.Check(); err != nil {
		return err
	}
	if k.Kind == measure.SentHand {
		return p.saidHand(ctx, user, k, v, reason)
	}
	if k.Kind != measure.SentMass && k.Kind != measure.SentStep && k.Kind != measure.SentBallot || len(k.Step) > 100 {
		return community.Errorf(community.CodeBadInput, "kind: want %s, %s, %s or %s", measure.SentMass, measure.SentStep, measure.SentBallot, measure.SentHand)
	}
	return p.app.store.SaySent(ctx, p.org, measure.Sent{SentKey: k, SentSaid: v}, 0, p.audit(user, "sent.say", "", reason))
}

// saidHand is SaySent of what a person entered; only who sees its group may.
func (p goals) saidHand(ctx context.Context, user string, k measure.SentKey, v measure.SentSaid, reason string) error {
	g, err := p.app.store.HandSentIn(ctx, p.org, k.Source)
	if err != nil {
		return err
	}
	if err := p.sees(ctx, g); err != nil {
		return err
	}
	if v.Format == "" {
		return community.Errorf(community.CodeBadInput, "format: of what was entered by hand nothing can be guessed")
	}
	return p.app.store.SaySent(ctx, p.org, measure.Sent{SentKey: k, SentSaid: v}, g, p.audit(user, "sent.say", "", reason))
}

// AddSent enters a thing that came to a group without Qunluo: a voice live, a video, an article. at is UTC ms, not in the future.
func (p goals) AddSent(ctx context.Context, user string, g community.GroupKey, title string, at int64, v measure.SentSaid) (measure.SentKey, error) {
	k := measure.SentKey{Kind: measure.SentHand, Source: p.app.store.NewID()}
	if err := p.sees(ctx, g); err != nil {
		return k, err
	}
	if err := v.Check(); err != nil {
		return k, err
	}
	if v.Format == "" || title == "" || len(title) > mostWhat || at <= 0 || at > p.app.millis() {
		return k, community.Errorf(community.CodeBadInput, "title, format, at: want what it was, its format, and when it came, not in the future")
	}
	return k, p.app.store.SaySent(ctx, p.org, measure.Sent{SentKey: k, SentSaid: v, Title: title, At: at}, g, p.audit(user, "sent.add", "", title))
}

// AddFormatPoll keeps what came out of a poll in which a group was asked which format it likes.
func (p goals) AddFormatPoll(ctx context.Context, user string, v measure.FormatPollRow) (measure.FormatPollRow, error) {
	if err := p.sees(ctx, v.Group); err != nil {
		return v, err
	}
	if err := v.Check(); err != nil {
		return v, err
	}
	today, err := p.desk().Today(ctx, v.Group)
	if err != nil {
		return v, err
	}
	if v.Day <= 0 || v.Day > today {
		return v, community.Errorf(community.CodeBadInput, "day: want one that has come")
	}
	return p.app.store.AddFormatPoll(ctx, p.org, v, p.audit(user, "format_poll.add", "", v.Title))
}

// DropFormatPoll takes out a poll that was entered wrongly.
func (p goals) DropFormatPoll(ctx context.Context, user string, id community.ID, reason string) error {
	return p.app.store.DropFormatPoll(ctx, p.org, id, p.audit(user, "format_poll.drop", "", reason))
}
