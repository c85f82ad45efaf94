package app_test

import (
	"fmt"
	"net/url"
	"testing"

	"qunluo/internal/browsertest"
	"qunluo/internal/community"
)

// TestReportsHitsAndShieldsFitTheirScreens looks at the pages of reports, of the hit ledger and of a shield on a desk and a phone, and
// at the public report page on a small phone: nothing sticks out, and no console complains.
func TestReportsHitsAndShieldsFitTheirScreens(t *testing.T) {
	browsertest.Need(t)
	t.Parallel()
	s := startShift(t, "", "", public)
	ctx, reports := t.Context(), s.app.Reports(s.org, nil)
	_, err := s.app.Hands(s.org, nil).Publish(plain(ctx), "ming", s.group.Key, reportBook(t, 2), "第一版")
	check(t, err)
	bad := s.says(s.member("大刘"), "进群领红包，先交押金，"+"很长的一句话没有空格很长的一句话没有空格")
	who := someMembers(s, 2, "大刘")
	for _, m := range who {
		s.answers(m, bad, "举报")
	}
	row := s.reported(func(r community.ReportRow) bool { return r.State == community.ReportRaised })
	group, own, err := reports.Links(ctx, s.group.Key, who[0].Key)
	check(t, err)
	path, mine := ownLink.FindString(group), ownLink.FindString(own)
	s.stranger().send(mine, mine, url.Values{"kind": {"private"}, "name": {"大刘"}, "words": {"半夜发不雅内容"}})
	private := s.reported(func(r community.ReportRow) bool { return r.Kind == community.ReportPrivate || r.Count > 0 })
	shield := "/groups/" + s.group.ID.String() + "/shield"
	s.does(shield, shield, url.Values{"do": {"on"}, "hours": {"2"}, "reason": {"有人刷广告"}})
	for _, width := range []int64{1440, 390} {
		w := look(t, s.base, width, "zh-CN")
		w.signIn("ming")
		for name, at := range map[string]string{"reports": "/reports?g=" + s.group.ID.String(), "reports-none": "/reports?state=upheld", "report": "/reports/" + row.ID.String(), "report-first": "/reports/" + private.ID.String(),
			"review-report": "/review?d=" + row.Decision.String(), "hits": "/hits", "hits-none": "/hits?rule=nothing", "shield": shield, "group-shield": "/groups/" + s.group.ID.String()} {
			w.open(at)
			w.shot(name)
		}
		w.quiet(fmt.Sprint(width))
	}
	phone := look(t, s.base, 360, "zh-CN")
	phone.open(path)
	phone.shot("h5-report")
	phone.quiet("360")
}
