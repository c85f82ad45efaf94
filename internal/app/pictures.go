package app

import (
	"context"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/console"
	"qunluo/internal/measure"
)

// Cohorts of a picture's retention, as the page has them.
const (
	pictureCohorts = 16
	pictureWeeks   = 12
)

// Picture draws a chart of an insight page as a PNG: of a group, of the groups with a tag, or of all (activity and questions alone).
func (f figures) Picture(ctx context.Context, lang, name string, g community.GroupRow, tag string, from, to measure.Day) ([]byte, error) {
	c := console.Chart{About: about(g, tag) + from.String() + " – " + to.String()}
	names := console.ChartNames()
	switch {
	case slices.Contains(names["activity"], name):
		a, err := f.desk.Activity(ctx, g.Key, tag, from, to)
		if err != nil {
			return nil, err
		}
		c.Activity = &a
	case slices.Contains(names["question"], name):
		_, r, err := f.desk.Questions(ctx, g.Key, tag, from, to)
		if err != nil {
			return nil, err
		}
		c.Response = &r
	case slices.Contains(names["retention"], name) && g.Key != 0:
		h, err := f.desk.History(ctx, g.Key, to)
		if err != nil {
			return nil, err
		}
		r := measure.Keep(h, measure.ByFirst, pictureCohorts, pictureWeeks)
		c.Retention = &r
	default:
		return nil, community.Errorf(community.CodeNotFound, "chart %q: none, or it wants a group", name)
	}
	return console.Picture(f.app.words.In(lang), name, c)
}

func about(g community.GroupRow, tag string) string {
	name := g.Name
	if name == "" {
		name = tag
	}
	if name == "" {
		return ""
	}
	return name + " · "
}
