package duty

import (
	"testing"

	"qunluo/internal/community"
)

func TestGroupIsBroughtBackToWhatItWas(t *testing.T) {
	for name, c := range map[string]struct {
		g    LockedGroup
		want Opening
	}{
		"muted before":             {LockedGroup{Before: true, Action: id(1), State: community.Acked}, OpenNothing},
		"our mute not wanted yet":  {LockedGroup{}, OpenNothing},
		"our mute was refused":     {LockedGroup{Action: id(1), State: community.Failed}, OpenNothing},
		"our mute waits":           {LockedGroup{Action: id(1), State: community.Queued}, OpenCancel},
		"nobody did it by hand":    {LockedGroup{Action: id(1), State: community.HumanTask}, OpenCancel},
		"our mute was done":        {LockedGroup{Action: id(1), State: community.Acked}, OpenLift},
		"it was seen to be done":   {LockedGroup{Action: id(1), State: community.Confirmed}, OpenLift},
		"nobody knows":             {LockedGroup{Action: id(1), State: community.Unknown}, OpenLift},
		"it is on its way just so": {LockedGroup{Action: id(1), State: community.Sent}, OpenLift},
	} {
		if got := c.g.Restore(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
