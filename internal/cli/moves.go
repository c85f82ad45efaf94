package cli

import (
	"context"
	"strings"

	"qunluo/internal/measure"
)

// moveFlags say which figure a change should move and when that is looked at, or why it moves none. A change needs one of the two.
type moveFlags struct {
	Moves      string  `enum:",speakers,messages,joins,leaves,answered" default:"" help:"要动哪个数字：speakers、messages、joins、leaves、answered|which figure it should move: speakers, messages, joins, leaves, answered"`
	Falls      bool    `help:"要它下降|it should fall"`
	MovesBy    float64 `help:"幅度，0.2 是两成，默认不限|by which share, 0.2 is a fifth; by default any"`
	ReviewDays int     `default:"28" help:"几天后复盘，7 到 180|reviewed after how many days, 7 to 180"`
	NoFigure   string  `placeholder:"WHY" help:"不动数字的原因|why it moves no figure"`
}

// check says what is missing before anything is changed.
func (f moveFlags) check() error {
	switch {
	case (f.Moves == "") == (strings.TrimSpace(f.NoFigure) == ""):
		return badUsage("每次改动要写要动哪个数字（--moves）和几天后复盘，或为什么不动数字（--no-figure）", "every change names the figure it should move (--moves) and its review, or says why it moves none (--no-figure)")
	case f.ReviewDays < 7 || f.ReviewDays > 180 || f.MovesBy < 0 || f.MovesBy > 100:
		return badUsage("--review-days 要 7 到 180，--moves-by 要 0 以上", "--review-days: want 7 to 180, --moves-by: 0 or more")
	}
	return nil
}

// aim is what the flags say, for the change that a request makes.
func (f moveFlags) aim(ctx context.Context) context.Context {
	a := measure.Aim{Why: strings.TrimSpace(f.NoFigure)}
	if f.Moves != "" {
		a = measure.Aim{Metric: f.Moves, Down: f.Falls, By: f.MovesBy, Days: f.ReviewDays}
	}
	return measure.WithAim(ctx, a)
}
