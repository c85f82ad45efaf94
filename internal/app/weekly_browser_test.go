package app_test

import (
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/measure"
)

// TestWeeklyPagesWorkInABrowser looks at the pages of the weekly report and of groups side by side at both widths: nothing may stick out,
// and the browser's console stays silent.
func TestWeeklyPagesWorkInABrowser(t *testing.T) {
	looksAtBothWidths(t, "weekly", func(t *testing.T, s *shift, owner community.User) []visited {
		ctx := t.Context()
		ming, lively := owner.ID.String(), s.reads()
		v, err := s.app.Weeklies(s.org, nil).SaveOrder(ctx, ming, measure.WeeklyOrder{Weekday: 0, Hour: 9, Lang: owner.Lang, Way: duty.ByMail, Address: "ming@example.com"}, "")
		check(t, err)
		run, err := s.app.Weeklies(s.org, nil).SendNow(ctx, ming, v.ID)
		check(t, err)
		await(t, func() bool {
			run, err = s.app.Weeklies(s.org, nil).Run(ctx, run.ID)
			return err == nil && run.State == measure.ReportKept
		})
		days := "&from=" + time.Now().AddDate(0, 0, -40).Format(time.DateOnly) + "&to=" + time.Now().AddDate(0, 0, -2).Format(time.DateOnly)
		return []visited{
			{"list", "/weekly"}, {"form", "/weekly/" + v.ID.String()}, {"preview", "/weekly/" + v.ID.String() + "/preview"}, {"sent", "/weekly/" + run.ID.String() + "/sent"},
			{"choose", "/compare"}, {"two", "/compare?g1=" + lively.ID.String() + "&g2=" + s.group.ID.String() + days},
			{"activity", "/activity?g=" + lively.ID.String() + days}, {"stage", "/stage?g=" + lively.ID.String()}, {"rules", "/tiers/rules?g=" + lively.ID.String()},
		}
	})
}
