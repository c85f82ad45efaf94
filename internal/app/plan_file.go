package app

import (
	"context"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/plan"
)

// KeepFile keeps a file that is to be sent and gives it as a piece. CodeBadInput: it is empty; CodeTooLarge.
func (p *plans) KeepFile(ctx context.Context, user, name string, data []byte) (plan.Piece, error) {
	u, err := p.app.shelf.Take(ctx, p.org, user, name, data)
	return plan.Piece{Kind: plan.KindOf(u.Type), File: u.ID, Name: u.Name, Type: u.Type, Bytes: u.Bytes}, err
}

// KeptFile gives a file that was kept, as a piece. CodeNotFound when the organisation has none of this id.
func (p *plans) KeptFile(ctx context.Context, id community.ID) (plan.Piece, error) {
	u, err := p.app.store.UploadByID(ctx, id)
	if err == nil && u.Org != p.org {
		err = community.Errorf(community.CodeNotFound, "file %s: not found", id)
	}
	return plan.Piece{Kind: plan.KindOf(u.Type), File: u.ID, Name: u.Name, Type: u.Type, Bytes: u.Bytes}, err
}

// FileContent reads a kept file. CodeNotFound when the organisation has none of this id; CodeLate when its content is gone.
func (p *plans) FileContent(ctx context.Context, id community.ID) (community.Medium, error) {
	u, f, err := p.app.shelf.Given(ctx, id)
	if err == nil && u.Org != p.org {
		return community.Medium{}, community.Errorf(community.CodeNotFound, "file %s: not found", id)
	}
	return f, err
}

// File reads a file that whoever has its address may read; CodeNotFound.
func (l landings) File(ctx context.Context, id community.ID) (community.Medium, error) {
	u, f, err := l.app.shelf.Given(ctx, id)
	if err == nil && !u.Open {
		return community.Medium{}, community.Errorf(community.CodeNotFound, "file %s: not found", id)
	}
	return f, err
}

// checkFiles says which pieces are not the organisation's: CodeNotFound.
func (p *plans) checkFiles(ctx context.Context, list []plan.Piece) error {
	for _, piece := range list {
		if _, err := p.KeptFile(ctx, piece.File); err != nil {
			return err
		}
	}
	return nil
}

// publicURL is where others reach this server, without a slash at its end; "" = nowhere.
func (a *App) publicURL() string { return strings.TrimSuffix(a.cfg.Server.PublicURL, "/") }

// carries is what a connection takes besides words when a text gets into a group by a verb.
func carries(verb community.Verb, level community.Level, can connect.Media) plan.Carries {
	return plan.Carries{Hand: level == community.Human, Card: verb == community.MassSend, Upload: can.Upload, Only: can.Only, Most: can.Most}
}
