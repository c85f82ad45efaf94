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
	plans, err := c.plans(h)
	if err != nil {
		return nil, err
	}
	return c.keepPieces(plans, a.File, appFile{plan.App{ID: a.AppID, Page: a.AppPage, Title: a.AppTitle, Link: a.AppLink}, a.AppCover})
}

// appFile is a mini program with the file that is its picture.
type appFile struct {
	plan.App
	Cover string `json:"cover"`
}

// keepPieces keeps files, and a mini program's picture where it has an id.
func (c *call) keepPieces(plans Plans, files []string, app appFile) ([]plan.Piece, error) {
	if len(files) > plan.MaxPieces {
		return nil, community.Errorf(community.CodeTooLarge, "file: at most %d", plan.MaxPieces)
	}
	var out []plan.Piece
	for _, name := range files {
		piece, err := c.keepFile(plans, name)
		if err != nil {
			return nil, err
		}
		out = append(out, piece)
	}
	if app.ID == "" {
		return out, nil
	}
	piece := plan.Piece{Name: app.Title}
	if app.Cover != "" {
		var err error
		if piece, err = c.keepFile(plans, app.Cover); err != nil {
			return nil, err
		}
	}
	piece.Kind, piece.App = "app", app.App
	return append(out, piece), nil
}

// stepFile is a step of an SOP as a file of steps holds it: what goes with it may be named by its files.
type stepFile struct {
	plan.Step
	Files []string `json:"files"`
	App   *appFile `json:"app"`
}

// steps reads steps from a file and keeps the files that they name.
func (c *call) steps(plans Plans, path string) ([]plan.Step, error) {
	raw, err := os.ReadFile(c.path(path))
	if err != nil {
		return nil, badUsage("读不到 %s：%v", "cannot read %s: %v", path, err)
	}
	var list []stepFile
	if err := strict(string(raw), &list); err != nil {
		return nil, err
	}
	if len(list) > plan.MaxSteps {
		return nil, community.Errorf(community.CodeTooLarge, "steps: at most %d", plan.MaxSteps)
	}
	out := make([]plan.Step, len(list))
	for i, s := range list {
		app := appFile{}
		if s.App != nil {
			if app = *s.App; app.ID == "" {
				return nil, community.Errorf(community.CodeBadInput, "step %d: app: want an appid", i+1)
			}
		}
		pieces, err := c.keepPieces(plans, s.Files, app)
		if err != nil {
			return nil, err
		}
		out[i] = s.Step
		out[i].Pieces = append(out[i].Pieces, pieces...)
	}
	return out, nil
}
