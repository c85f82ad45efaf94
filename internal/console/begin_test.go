package console

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/founding"
)

// novice is a house at its first steps.
type novice struct {
	start   founding.Start
	missing map[string][]string
}

func (f *novice) Next(context.Context) (name string, left int, err error) {
	if !f.start.Closed {
		name, left = founding.Next(f.start.Lead(f.missing))
	}
	return name, left, nil
}
func (f *novice) Steps(context.Context) ([]founding.FirstStep, bool, error) {
	return f.start.Lead(f.missing), f.start.Closed, nil
}
func (f *novice) Skip(_ context.Context, _, step string, skip bool) error {
	if !slices.Contains(founding.FirstSteps(), step) {
		return community.Errorf(community.CodeBadInput, "step")
	}
	f.start.Skipped = slices.DeleteFunc(f.start.Skipped, func(s string) bool { return s == step })
	if skip {
		f.start.Skipped = append(f.start.Skipped, step)
	}
	return nil
}
func (f *novice) Close(_ context.Context, _ string, closed bool) error {
	f.start.Closed = closed
	return nil
}

// TestANewHouseIsLedThroughItsFirstSteps: every page of those who set up names the next step until it is done, skipped or closed; others see
// nothing of it.
func TestANewHouseIsLedThroughItsFirstSteps(t *testing.T) {
	h := newHouse()
	at := &novice{missing: map[string][]string{founding.StepGoal: nil, founding.StepPeople: {"duty"}, founding.StepSafe: {"owners", "factor"}}}
	d := h.fullDeps()
	d.Beginning = func(community.OrgKey) Beginning { return at }
	v := openWith(t, d).as("owner")
	page := func(path string) string {
		t.Helper()
		code, body := v.get(path)
		if code != http.StatusOK {
			t.Fatalf("%s is %d", path, code)
		}
		return body
	}
	says(t, "another page", page("/members"), "起步还有 3 步，下一步：写下一个群的目标", `href="/begin"`)
	says(t, "the first page", page("/"), "开始使用（已完成 2/5）", "请一位同事，排好值班")
	says(t, "the steps", page("/begin"), "没有人值班", "有所有者没有开两步验证", "/groups/new", "跳过这一步")
	v.post("/begin", "do", "skip", "step", founding.StepGoal)
	says(t, "a page after the skip", page("/members"), "起步还有 2 步，下一步：请一位同事")
	says(t, "the step that is left out", page("/begin"), "已跳过", "还是要做")
	v.post("/begin", "do", "unskip", "step", founding.StepGoal)
	v.post("/begin", "do", "skip", "step", "never")
	v.post("/begin", "do", "dance")
	if len(at.start.Skipped) != 0 {
		t.Errorf("skipped = %v", at.start.Skipped)
	}
	v.post("/begin", "do", "close")
	if body := page("/members"); strings.Contains(body, "起步还有") {
		t.Error("it is spoken of although it was closed")
	}
	says(t, "closed", page("/begin"), "重新提示起步")
	v.post("/begin", "do", "open")
	other := openWith(t, d).as("mod")
	if _, body := other.get("/members"); strings.Contains(body, "起步还有") {
		t.Error("a moderator is led through the set-up")
	}
	if code, _ := other.get("/begin"); code != http.StatusForbidden {
		t.Errorf("a moderator opens the steps: %d", code)
	}
	at.missing = nil
	if body := page("/members"); strings.Contains(body, "起步还有") {
		t.Error("it is spoken of although all is done")
	}
}
