package app

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/north"
)

// maxBotName bounds a bot's name, in characters.
const maxBotName = 40

// AttachBot makes a bot and its token, which is given this once. CodeBadInput begins with the field's name; CodeConflict:
// there is one of that name.
func (h *hands) AttachBot(ctx context.Context, user string, b community.Bot, reason string) (community.Bot, string, error) {
	b.Key, b.Org, b.Enabled, b.Name = 0, h.org, true, strings.TrimSpace(b.Name)
	if err := h.checkBot(b); err != nil {
		return b, "", err
	}
	token, hash := north.NewToken()
	b.Hash = hash
	b, err := h.keepBot(ctx, user, b, "bot.save", reason)
	return b, token, err
}

// RotateBot gives a bot another token; connections with the old one are cut.
func (h *hands) RotateBot(ctx context.Context, user string, id community.ID, reason string) (community.Bot, string, error) {
	b, err := h.bot(ctx, id)
	if err != nil {
		return b, "", err
	}
	token, hash := north.NewToken()
	b.Hash = hash
	b, err = h.keepBot(ctx, user, b, "bot.rotate", reason)
	return b, token, err
}

// DeleteBot forgets a bot and its token; connections are cut.
func (h *hands) DeleteBot(ctx context.Context, user string, id community.ID, reason string) error {
	if _, err := h.bot(ctx, id); err != nil {
		return err
	}
	err := h.app.store.DeleteBot(ctx, h.org, id, h.audit(user, "bot.delete", "", reason))
	h.app.guests.north.Changed(context.WithoutCancel(ctx))
	return err
}

func (h *hands) keepBot(ctx context.Context, user string, b community.Bot, verb, reason string) (community.Bot, error) {
	b, err := h.app.store.SaveBot(ctx, b, h.audit(user, verb, "", reason))
	h.app.guests.north.Changed(context.WithoutCancel(ctx))
	return b, err
}

func (h *hands) bot(ctx context.Context, id community.ID) (community.Bot, error) {
	all, err := h.desk().Bots(ctx)
	if err != nil {
		return community.Bot{}, err
	}
	i := slices.IndexFunc(all, func(b community.Bot) bool { return b.ID == id })
	if i < 0 {
		return community.Bot{}, community.Errorf(community.CodeNotFound, "bot %s: not found", id)
	}
	return all[i], nil
}

// schemes say which addresses a mode wants; no scheme = none.
var schemes = map[community.BotMode][]string{community.BotDials: nil, community.BotHook: nil, community.BotReverse: {"ws", "wss"}, community.BotPush: {"http", "https"}}

// scoped checks that a bot's scopes are those of its kind.
func scoped(b community.Bot) error {
	all := community.BotScopes
	if b.Mode == community.BotHook {
		all = community.HookScopes
	}
	for _, s := range b.Scopes {
		if !slices.Contains(all, s) {
			return community.Errorf(community.CodeBadInput, "scopes: no %q", s)
		}
	}
	return nil
}

func (h *hands) checkBot(b community.Bot) error {
	if n := utf8.RuneCountInString(b.Name); n == 0 || n > maxBotName || strings.ContainsFunc(b.Name, func(r rune) bool { return r < ' ' }) {
		return community.Errorf(community.CodeBadInput, "name: want 1 to %d characters", maxBotName)
	}
	if len(b.Scopes) == 0 {
		return community.Errorf(community.CodeBadInput, "scopes: none")
	}
	if h.groups != nil && (b.Groups == nil || !inside(b.Groups, h.groups)) {
		return community.Errorf(community.CodeForbidden, "groups: beyond your own")
	}
	if err := scoped(b); err != nil {
		return err
	}
	want, ok := schemes[b.Mode]
	if !ok {
		return community.Errorf(community.CodeBadInput, "mode: no %q", b.Mode)
	}
	at, err := url.Parse(b.URL)
	if want != nil && (err != nil || at.Host == "" || !slices.Contains(want, at.Scheme)) {
		return community.Errorf(community.CodeBadInput, "url: want %s://host/path", want[0])
	}
	if err == nil && (at.User != nil || at.Query().Has("access_token")) {
		return community.Errorf(community.CodeBadInput, "url: carries a secret, which belongs into its own field")
	}
	if strings.ContainsAny(b.Secret, "\r\n\x00") {
		return community.Errorf(community.CodeBadInput, "secret: must be one line")
	}
	return nil
}

// Bots lists the organisation's bots.
func (h *hands) Bots(ctx context.Context) ([]community.Bot, error) {
	all, err := h.desk().Bots(ctx)
	return slices.DeleteFunc(all, func(b community.Bot) bool { return b.Mode == community.BotHook }), err
}

// Here counts the connections of each bot now, by its key.
func (h *hands) Here() map[int64]int { return h.app.BotsHere() }

// Addresses are where a bot finds us: OneBot by WebSocket and HTTP, Satori; self is what it is to itself.
func (h *hands) Addresses(b community.Bot) (ws, http, satori string, self int64) {
	base := h.app.base()
	http = base + "/north/onebot/v11"
	return "ws" + strings.TrimPrefix(http, "http"), http, base + "/north/satori", north.SelfID(b)
}

// base is how this server is reached, without a trailing slash.
func (a *App) base() string {
	if at, ok := a.served.Load().(string); ok {
		return at
	}
	if a.cfg.Server.PublicURL != "" {
		return strings.TrimSuffix(a.cfg.Server.PublicURL, "/")
	}
	return "http://" + a.cfg.Server.Listen
}

// BotsHere counts the connections of each bot now, by its key.
func (a *App) BotsHere() map[int64]int { return a.guests.north.Here() }
