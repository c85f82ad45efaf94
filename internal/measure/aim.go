package measure

import (
	"context"
	"math"
	"slices"
	"strings"

	"qunluo/internal/community"
)

// Aim is what a person says of a change before it is made: which figure it should move and when that is looked at, or why it moves none.
type Aim struct {
	Metric string // one of MoveMetrics; "" = it moves none, and Why says why
	Down   bool   // it should fall
	By     float64
	Days   int                // from the change to its review
	Why    string             // it moves no figure because
	Kind   string             // where the person says what was changed; "" = as the change is
	Group  community.GroupKey // where a change that is of no single group is looked at; 0 = not said
}

// Check says what is wrong with it: community.CodeBadInput.
func (a Aim) Check() error {
	switch why := strings.TrimSpace(a.Why); {
	case a.Metric == "" && why == "":
		return community.Errorf(community.CodeBadInput, "aim: name the figure that the change should move and its review, or say why it moves none")
	case a.Metric != "" && why != "":
		return community.Errorf(community.CodeBadInput, "aim: a figure, or why there is none, not both")
	case len(why) > maxAdjust:
		return community.Errorf(community.CodeBadInput, "why: want 1 to %d bytes", maxAdjust)
	case a.Kind != "" && !slices.Contains(AdjustKinds(), a.Kind):
		return community.Errorf(community.CodeBadInput, "kind: want one of %s", strings.Join(AdjustKinds(), ", "))
	case a.Metric == "":
		return nil
	case !slices.Contains(MoveMetrics(), a.Metric):
		return community.Errorf(community.CodeBadInput, "metric: want one of %s", strings.Join(MoveMetrics(), ", "))
	case math.IsNaN(a.By) || a.By < 0 || a.By > 100:
		return community.Errorf(community.CodeBadInput, "by: want a share from 0")
	case a.Days < minReview || a.Days > maxReview:
		return community.Errorf(community.CodeBadInput, "review: want %d to %d days after the change", minReview, maxReview)
	}
	return nil
}

// aimKey finds an aim in a context.
type aimKey struct{}

// WithAim lets what is said of a change travel with the request that makes it, whichever door and verb it comes by, so that the one place
// that asks for it is behind all of them.
func WithAim(ctx context.Context, a Aim) context.Context { return context.WithValue(ctx, aimKey{}, a) }

// AimOf gives what was said of the changes that a request makes; nothing = the empty Aim, which Check refuses.
func AimOf(ctx context.Context) Aim {
	a, _ := ctx.Value(aimKey{}).(Aim)
	return a
}
