package app_test

import (
	"fmt"
	"net/url"
	"testing"

	"qunluo/internal/browsertest"
	"qunluo/internal/community"
)

// TestCasesAndAppealsFitTheirScreens looks at the pages of labelled cases and appeals on a desk and a phone, and at the member's
// page on a small phone: nothing sticks out, and no console complains.
func TestCasesAndAppealsFitTheirScreens(t *testing.T) {
	browsertest.Need(t)
	t.Parallel()
	s := startShift(t, "", "", public)
	ctx := t.Context()
	_, err := s.app.Hands(s.org, nil).Publish(plain(ctx), "ming", s.group.Key, wordBook(t, "团购"), "第一版")
	check(t, err)
	d, path := s.struck("上次的团购真好吃，" + "很长的一句话没有空格很长的一句话没有空格")
	s.does("/review?d="+d.ID.String(), "/review/"+d.ID.String()+"/judge", url.Values{"kind": {"kept"}, "reason": {"广告"}})
	s.stranger().send(path, path, url.Values{"words": {"我只是说好吃"}})
	rows, _, err := s.app.Appeals(s.org, nil).Find(ctx, community.AppealFilter{})
	check(t, err)
	for _, width := range []int64{1440, 390} {
		w := look(t, s.base, width, "zh-CN")
		w.signIn("ming")
		for name, at := range map[string]string{"cases": "/cases?g=" + s.group.ID.String(), "cases-none": "/cases?rule=nothing", "appeals": "/appeals", "appeal": "/appeals/" + rows[0].ID.String(),
			"review-appeal": "/review?all=1&d=" + d.ID.String(), "strikes-appeal": "/strikes?view=all"} {
			w.open(at)
			w.shot(name)
		}
		w.quiet(fmt.Sprint(width))
	}
	phone := look(t, s.base, 360, "zh-CN")
	phone.open(path)
	phone.shot("h5-appeal")
	phone.quiet("360")
}

// quiet wants nothing said on the browser's console.
func (w *screen) quiet(what string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.wrong) > 0 {
		w.t.Errorf("%s: the browser's console says %q", what, w.wrong)
	}
}
