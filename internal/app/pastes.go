package app

import (
	"bytes"
	"context"
	"encoding/json"

	"qunluo/internal/community"
	"qunluo/internal/console"
)

// pastes reads what people bring of a group by hand, as programs hand it in.
type pastes struct{ *hands }

// Pastes makes the handle of what is brought by hand.
func (a *App) Pastes(org community.OrgKey, groups []community.GroupKey) pastes {
	return pastes{a.Hands(org, groups)}
}

// pasteNames are what kept texts are called.
var pasteNames = map[string]string{"talk": "talk.txt", "roster": "roster.txt"}

// Try reads a text without writing. CodeBadInput: it is empty, or kind is no talk and no roster.
func (p pastes) Try(ctx context.Context, user string, g community.GroupRow, kind string, text []byte, at int64) (community.ID, error) {
	if err := p.sees(ctx, g.Key); err != nil {
		return community.ID{}, err
	}
	text = bytes.ToValidUTF8(text, []byte("\uFFFD"))
	if pasteNames[kind] == "" || console.PasteEmpty(text) {
		return community.ID{}, community.Errorf(community.CodeBadInput, "text: want talk or a roster, and not nothing")
	}
	run, err := p.app.imports.Start(ctx, user, p.org, console.PasteTrial(g, pasteNames[kind], kind, text, at))
	if err != nil {
		return run, err
	}
	return run, console.AwaitPaste(ctx, p.app.imports, run)
}

// Run finds a run that was brought by hand in a group; CodeNotFound.
func (p pastes) Run(ctx context.Context, g community.GroupRow, run community.ID) (community.ImportRow, error) {
	if err := p.sees(ctx, g.Key); err != nil {
		return community.ImportRow{}, err
	}
	r, err := p.desk().ImportByID(ctx, run)
	if err == nil {
		err = console.ByHand(g, r)
	}
	return r, err
}

// Step keeps what a text brings, tries it again with people renamed, or takes it back.
func (p pastes) Step(ctx context.Context, user string, g community.GroupRow, run community.ID, step string, renamed map[string]string, reason string) (community.ID, error) {
	r, err := p.Run(ctx, g, run)
	if err != nil {
		return run, err
	}
	switch step {
	case "save":
		run, err = p.app.imports.Commit(ctx, user, p.org, run)
	case "again":
		var rep struct {
			Asked asked `json:"asked"`
		}
		if err := json.Unmarshal(r.Report, &rep); err != nil {
			return run, err
		}
		names := rep.Asked.Renamed
		if len(renamed) > 0 {
			names = renamed
		}
		run, err = p.app.imports.Again(ctx, user, p.org, run, console.ImportOrder{Format: r.Format, Zone: rep.Asked.Zone, Group: g.Key, At: rep.Asked.At, Dry: true, Live: rep.Asked.Live, Show: console.PasteShown, Renamed: names})
	case "undo":
		return run, p.app.imports.Undo(ctx, user, p.org, run, reason)
	default:
		return run, community.Errorf(community.CodeNotFound, "step %q: there is none", step)
	}
	if err != nil {
		return run, err
	}
	return run, console.AwaitPaste(ctx, p.app.imports, run)
}
