package cli

import (
	"os"
	"path/filepath"

	"qunluo/internal/community"
	"qunluo/internal/plan"
)

// keepFile reads a file and keeps it to be sent.
func (c *call) keepFile(plans Plans, name string) (plan.Piece, error) {
	path := c.path(name)
	info, err := os.Stat(path)
	if err != nil {
		return plan.Piece{}, badUsage("读不到文件 %s", "the file %s cannot be read", name)
	}
	if info.IsDir() || info.Size() > community.MaxMedium {
		return plan.Piece{}, community.Errorf(community.CodeTooLarge, "file %s: want a file of at most %d bytes", name, community.MaxMedium)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return plan.Piece{}, err
	}
	return plans.KeepFile(c.ctx, user, filepath.Base(path), data)
}

// pieces keeps the files that are to go with a text, and the mini program's picture.
func (a audience) pieces(c *call, h *House) ([]plan.Piece, error) {
	if len(a.File) > plan.MaxPieces {
		return nil, community.Errorf(community.CodeTooLarge, "file: at most %d", plan.MaxPieces)
	}
	plans, err := c.plans(h)
	if err != nil {
		return nil, err
	}
	var out []plan.Piece
	for _, name := range a.File {
		piece, err := c.keepFile(plans, name)
		if err != nil {
			return nil, err
		}
		out = append(out, piece)
	}
	if a.AppID == "" {
		return out, nil
	}
	app := plan.Piece{Name: a.AppTitle}
	if a.AppCover != "" {
		if app, err = c.keepFile(plans, a.AppCover); err != nil {
			return nil, err
		}
	}
	app.Kind, app.App = "app", plan.App{ID: a.AppID, Page: a.AppPage, Title: a.AppTitle, Link: a.AppLink}
	return append(out, app), nil
}
