package app

import (
	"context"
	"crypto/rand"
	"strings"
	"unicode/utf8"

	"qunluo/internal/api"
	"qunluo/internal/community"
	"qunluo/internal/console"
)

// tokens keeps an organisation's keys to the API.
type tokens struct {
	app *App
	org community.OrgKey
}

// Tokens makes the handle of an organisation's keys to the API.
func (a *App) Tokens(org community.OrgKey) *tokens { return &tokens{a, org} }

// Bounds of a key.
const (
	maxTokenName = 40                  // characters
	maxTokenLife = 366 * 24 * 3600_000 // ms
	tokenPrefix  = "qlk_"              // begins every secret, so that leaked ones are found by looking for it
)

// List gives the keys, the newest first, those that ended too.
func (t *tokens) List(ctx context.Context) ([]community.Token, error) {
	return t.app.store.Tokens(ctx, t.org)
}

// Make makes a key for a user, good until Expires (UTC ms, within a year); its secret is given this once. CodeBadInput begins
// with the field's name. CodeTooLarge: the user has too many.
func (t *tokens) Make(ctx context.Context, by string, k community.Token, reason string) (made community.Token, secret string, err error) {
	k.Org, k.Name = t.org, strings.TrimSpace(k.Name)
	if n := utf8.RuneCountInString(k.Name); n == 0 || n > maxTokenName || strings.ContainsFunc(k.Name, func(r rune) bool { return r < ' ' }) {
		return k, "", community.Errorf(community.CodeBadInput, "name: want 1 to %d characters", maxTokenName)
	}
	if len(k.Scopes) == 0 {
		return k, "", community.Errorf(community.CodeBadInput, "scopes: none")
	}
	for _, s := range k.Scopes {
		if _, err := community.ParseTokenScope(s.String()); err != nil {
			return k, "", err
		}
	}
	if now := t.app.millis(); k.Expires <= now || k.Expires > now+maxTokenLife {
		return k, "", community.Errorf(community.CodeBadInput, "expires: want within a year")
	}
	secret = tokenPrefix + rand.Text() + rand.Text()
	k.Hash, k.Hint = api.HashToken(secret), secret[len(secret)-4:]
	made, err = t.app.store.AddToken(ctx, k, community.Audit{User: by, Reason: reason})
	return made, secret, err
}

// Revoke ends a key at once. CodeConflict: it was ended before.
func (t *tokens) Revoke(ctx context.Context, by string, id community.ID, reason string) error {
	return t.app.store.RevokeToken(ctx, t.org, id, community.Audit{User: by, Reason: reason})
}

// programs is the door for programs. What they may do is asked of the console's table of routes.
func (a *App) programs(pages console.Deps) *api.API {
	may, _ := console.Rights(pages)
	return api.New(api.Deps{
		For: func(org community.OrgKey, groups []community.GroupKey) api.Desk {
			return a.store.For(community.Scope{Org: org, Groups: groups})
		},
		HandsFor: func(org community.OrgKey, groups []community.GroupKey) api.Hands { return a.Hands(org, groups) },
		Tokens:   a.store, May: may, Sees: a.reachOf, Tagged: a.taggedOf, Rooms: a.rooms(),
		Clock: a.clock, Log: a.log, Version: Version, PublicURL: a.cfg.Server.PublicURL,
	})
}

// rooms are the handles of subjects that programs get.
func (a *App) rooms() api.Rooms {
	return api.Rooms{
		Words:     func(org community.OrgKey, groups []community.GroupKey) api.Words { return a.Words(org, groups) },
		Codes:     func(org community.OrgKey, groups []community.GroupKey) api.Codes { return a.Codes(org, groups) },
		Shorts:    func(org community.OrgKey, groups []community.GroupKey) api.Shorts { return a.Shorts(org, groups) },
		Plans:     func(org community.OrgKey, groups []community.GroupKey) api.Plans { return a.Plans(org, groups) },
		Tags:      func(org community.OrgKey, groups []community.GroupKey) api.Tags { return a.Tags(org, groups) },
		Beginning: func(org community.OrgKey) api.Beginning { return a.Beginning(org) },
		Today:     func(org community.OrgKey, groups []community.GroupKey) api.Today { return a.Today(org, groups) },
		Calendars: func(org community.OrgKey, groups []community.GroupKey) api.Calendars {
			return a.Calendars(org, groups)
		},
		Points:   func(org community.OrgKey, groups []community.GroupKey) api.Points { return a.Points(org, groups) },
		Payments: func(org community.OrgKey, groups []community.GroupKey) api.Payments { return a.Payments(org, groups) },
		Appeals:  func(org community.OrgKey, groups []community.GroupKey) api.Appeals { return a.Appeals(org, groups) },
		Reports:  func(org community.OrgKey, groups []community.GroupKey) api.Reports { return a.Reports(org, groups) },
		Bulks:    func(org community.OrgKey, groups []community.GroupKey) api.Bulks { return a.Bulks(org, groups) },
		Duty:     func(org community.OrgKey, groups []community.GroupKey) api.Duty { return a.Duty(org, groups) },
		Shields:  func(org community.OrgKey, groups []community.GroupKey) api.Shields { return a.Shields(org, groups) },
		Cases:    func(org community.OrgKey, groups []community.GroupKey) api.Cases { return a.Cases(org, groups) },
		Suggests: func(org community.OrgKey, groups []community.GroupKey) api.Suggests { return a.Suggests(org, groups) },
		Goals:    func(org community.OrgKey, groups []community.GroupKey) api.Goals { return a.Goals(org, groups) },
		Figures:  func(org community.OrgKey, groups []community.GroupKey) api.Figures { return a.Figures(org, groups) },
		Growths:  func(org community.OrgKey, groups []community.GroupKey) api.Growths { return a.Figures(org, groups) },
		Comparisons: func(org community.OrgKey, groups []community.GroupKey) api.Comparisons {
			return a.Figures(org, groups)
		},
		Lives:   func(org community.OrgKey, groups []community.GroupKey) api.Lives { return a.Goals(org, groups) },
		Formats: func(org community.OrgKey, groups []community.GroupKey) api.Formats { return a.Goals(org, groups) },
		Moments: func(org community.OrgKey) api.Moments { return a.Moments(org) },
		Experiments: func(org community.OrgKey, groups []community.GroupKey) api.Experiments {
			return a.Experiments(org, groups)
		},
		Tiers:     func(org community.OrgKey, groups []community.GroupKey) api.Tiers { return a.Tiers(org, groups) },
		Votes:     func(org community.OrgKey, groups []community.GroupKey) api.Votes { return a.Votes(org, groups) },
		LiveQAs:   func(org community.OrgKey, groups []community.GroupKey) api.LiveQAs { return a.LiveQAs(org, groups) },
		Draws:     func(org community.OrgKey, groups []community.GroupKey) api.Draws { return a.Draws(org, groups) },
		Digests:   func(org community.OrgKey, groups []community.GroupKey) api.Digests { return a.Digests(org, groups) },
		Libraries: func(org community.OrgKey, groups []community.GroupKey) api.Libraries { return a.Libraries(org, groups) },
		Drafts:    func(org community.OrgKey, groups []community.GroupKey) api.Drafts { return a.Manuscripts(org, groups) },
		Essences:  func(org community.OrgKey, groups []community.GroupKey) api.Essences { return a.Essences(org, groups) },
		Tables:    func(org community.OrgKey, groups []community.GroupKey) api.Tables { return a.Tables(org, groups) },
		Mornings:  func(org community.OrgKey, groups []community.GroupKey) api.Mornings { return a.Mornings(org, groups) },
		Weeklies:  func(org community.OrgKey, groups []community.GroupKey) api.Weeklies { return a.Weeklies(org, groups) },
		Persons:   func(org community.OrgKey, groups []community.GroupKey) api.Persons { return a.Persons(org, groups) },
		Lockdowns: func(org community.OrgKey, groups []community.GroupKey) api.Lockdowns { return a.Duty(org, groups) },
		Standbys:  func(org community.OrgKey, groups []community.GroupKey) api.Standbys { return a.Standbys(org, groups) },
		Blocklists: func(org community.OrgKey, groups []community.GroupKey) api.Blocklists {
			return a.Blocklists(org, groups)
		},
		Bots:      func(org community.OrgKey, groups []community.GroupKey) api.Bots { return a.Hands(org, groups) },
		Charters:  func(org community.OrgKey, groups []community.GroupKey) api.Charters { return a.Charters(org, groups) },
		Leads:     func(org community.OrgKey, groups []community.GroupKey) api.Leads { return a.Leads(org, groups) },
		Settings:  func(org community.OrgKey, groups []community.GroupKey) api.Settings { return a.Hands(org, groups) },
		Articles:  func(org community.OrgKey) api.Articles { return a.Articles(org) },
		Posters:   func(org community.OrgKey, groups []community.GroupKey) api.Posters { return a.Posters(org, groups) },
		Foundings: func(org community.OrgKey, groups []community.GroupKey) api.Foundings { return a.Foundings(org, groups) },
		Handovers: func(org community.OrgKey, groups []community.GroupKey) api.Handovers { return a.Handovers(org, groups) },
		Overlaps:  func(org community.OrgKey, groups []community.GroupKey) api.Overlaps { return a.Codes(org, groups) },
		Outlets:   func(org community.OrgKey) api.Outlets { return a.Outlets(org) },
		Spaces:    func(org community.OrgKey) api.Spaces { return a.Space(org) },
		Models:    func(org community.OrgKey, groups []community.GroupKey) api.Models { return a.Models(org, groups) },
		Lab:       func(org community.OrgKey, groups []community.GroupKey) api.Lab { return a.Lab(org, groups) },
		Pastes:    func(org community.OrgKey, groups []community.GroupKey) api.Pastes { return a.Pastes(org, groups) },
		Teach:     func(org community.OrgKey, groups []community.GroupKey) api.Teach { return a.Hands(org, groups) },
		Judged:    func(org community.OrgKey, groups []community.GroupKey) api.Judged { return a.Hands(org, groups) },
		Links:     func(org community.OrgKey, groups []community.GroupKey) api.Links { return a.Hands(org, groups) },
		Drifts:    func(org community.OrgKey, groups []community.GroupKey) api.Drifts { return a.Drifts(org, groups) },
		Keys:      func(org community.OrgKey, groups []community.GroupKey) api.Keys { return a.Hands(org, groups) },
		Staff:     func(org community.OrgKey, groups []community.GroupKey) api.Staff { return a.Staff(org, groups) },
		Books:     books{a}, Wires: a.wires,
		Users: a.store, Gate: a.gate, Veil: a.Veil(), Imports: importsFor{a.imports},
		Health: func(k community.AccountKey) (string, string, int64) {
			h := a.wires.Health(k)
			return h.State, h.Detail, h.At
		},
	}
}

// importsFor are imports as programs order them.
type importsFor struct{ *imports }

// asOrder is an order of a program in the console's words; the first reading of a file never writes.
func asOrder(o api.ImportOrder) console.ImportOrder {
	return console.ImportOrder{Name: o.Name, File: o.File, Format: o.Format, Zone: o.Zone, Group: o.Group, Called: o.Called, Chats: o.Chats, KeepNear: o.KeepNear, At: o.At, Dry: true}
}

// Start keeps a file and tries it.
func (im importsFor) Start(ctx context.Context, user string, org community.OrgKey, o api.ImportOrder) (community.ID, error) {
	return im.imports.Start(ctx, user, org, asOrder(o))
}

// Again tries the kept file of a trial once more.
func (im importsFor) Again(ctx context.Context, user string, org community.OrgKey, run community.ID, o api.ImportOrder) (community.ID, error) {
	return im.imports.Again(ctx, user, org, run, asOrder(o))
}
