package app

import (
	"context"
	"crypto/rand"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/duty"
)

// Hooks lists the organisation's hooks.
func (h *hands) Hooks(ctx context.Context) ([]community.Bot, error) {
	all, err := h.desk().Bots(ctx)
	return slices.DeleteFunc(all, func(b community.Bot) bool { return b.Mode != community.BotHook }), err
}

// hookSecret begins every signing key, so that leaked ones are found by looking for it.
const hookSecret = "qls_"

// AddHook makes a hook: its token and, where signed, its signing key (b.Secret) are given this once. Errors as AttachBot.
func (h *hands) AddHook(ctx context.Context, user string, b community.Bot, signed bool, reason string) (community.Bot, string, error) {
	b.Mode, b.URL, b.Secret = community.BotHook, "", ""
	if signed {
		b.Secret = hookSecret + rand.Text()
	}
	return h.AttachBot(ctx, user, b, reason)
}

// RotateHook gives a hook another token and, where it is signed, another signing key; the old ones end at once.
func (h *hands) RotateHook(ctx context.Context, user string, id community.ID, reason string) (community.Bot, string, error) {
	b, err := h.hook(ctx, id)
	if err != nil {
		return b, "", err
	}
	if b.Secret != "" {
		b.Secret = hookSecret + rand.Text()
		if b, err = h.keepBot(ctx, user, b, "bot.rotate", reason); err != nil {
			return b, "", err
		}
	}
	made, token, err := h.RotateBot(ctx, user, id, reason)
	return made, token, err
}

// DeleteHook forgets a hook and its token.
func (h *hands) DeleteHook(ctx context.Context, user string, id community.ID, reason string) error {
	if _, err := h.hook(ctx, id); err != nil {
		return err
	}
	return h.DeleteBot(ctx, user, id, reason)
}

func (h *hands) hook(ctx context.Context, id community.ID) (community.Bot, error) {
	b, err := h.bot(ctx, id)
	if err == nil && b.Mode != community.BotHook {
		err = community.Errorf(community.CodeNotFound, "hook %s: not found", id)
	}
	return b, err
}

// TryHook hands something in as a hook would; without send it only says what would come of it.
func (h *hands) TryHook(ctx context.Context, id community.ID, p community.Post, send bool) (community.Posted, error) {
	b, err := h.hook(ctx, id)
	if err != nil {
		return community.Posted{}, err
	}
	n := h.app.guests.north
	n.Changed(ctx)
	seat, err := n.Sit(ctx, b)
	if err != nil {
		return community.Posted{}, err
	}
	defer seat.Leave()
	if send {
		return seat.Post(p)
	}
	return seat.Examine(p)
}

// HookAddress is where outside systems post to.
func (h *hands) HookAddress() string { return h.app.base() + "/hook" }

// Raise opens an alarm that an outside system asks for.
func (g *guests) Raise(ctx context.Context, b community.Bot, text string) (community.ID, error) {
	id := g.app.store.NewID()
	audit := community.Audit{Org: b.Org, User: botUser(b), Verb: "hook.alarm"}
	al, err := g.app.store.OpenAlarm(ctx, duty.Alarm{ID: id, Org: b.Org, Kind: duty.KindHook, Subject: "hook:" + id.String(), Detail: text}, audit)
	if err == nil {
		g.app.alarmMoved(b.Org)
	}
	return al.ID, err
}
