package api

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// Aims is what a change of a rule, a cap, a plan or a limit should move, or why it moves nothing; one of moves and no_figure is needed.
type Aims struct {
	Moves      string  `json:"moves,omitempty" enum:"speakers,messages,joins,leaves,answered" doc:"which figure the change should move"`
	Falls      bool    `json:"falls,omitempty" doc:"it should fall"`
	MovesBy    float64 `json:"moves_by,omitempty" minimum:"0" maximum:"100" doc:"by which share, 0.2 is a fifth; 0 = by any"`
	ReviewDays int     `json:"review_days,omitempty" minimum:"7" maximum:"180" doc:"reviewed after so many days; without it 28"`
	NoFigure   string  `json:"no_figure,omitempty" maxLength:"500" doc:"why it moves no figure"`
}

// reviewDays is when a change is reviewed where the call does not say.
const reviewDays = 28

// aimed lets the changes of a call know what they should move.
func (c *call) aimed(a Aims) context.Context { return c.aimedAt(a, 0) }

// aimedAt is aimed for a change that is of no single group: its figure is looked at in one.
func (c *call) aimedAt(a Aims, in community.GroupKey) context.Context {
	aim := measure.Aim{Metric: a.Moves, Why: a.NoFigure, Group: in}
	if a.Moves != "" {
		aim.Down, aim.By, aim.Days = a.Falls, a.MovesBy, a.ReviewDays
		if aim.Days == 0 {
			aim.Days = reviewDays
		}
	}
	return measure.WithAim(c.ctx(), aim)
}
