package console

import (
	"strings"
	"testing"

	"qunluo/internal/duty"
)

func TestQuestionAlarmIsSetOnTheQuestionsPage(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("owner")
	g := fakeID(20).String()
	_, body := v.get("/questions?g=" + g)
	for _, want := range []string{"没有打开提问告警", "多少分钟没人回就告警"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if _, all := v.get("/questions"); !strings.Contains(all, "选一个群") {
		t.Error("without a group the page does not say that one is to be chosen")
	}
	if _, body = v.post("/questions/watch", "g", g, "on", "1", "minutes", "45", "user", fakeID(2).String()); !strings.Contains(body, "提问告警已保存") || !strings.Contains(body, "超过 45 分钟没人回") {
		t.Error("it is not said that it is set")
	}
	for _, bad := range []string{"0", "1441", "x", ""} {
		if _, body = v.post("/questions/watch", "g", g, "on", "1", "minutes", bad); !strings.Contains(body, "分钟数要在 1 到 1440 之间") {
			t.Errorf("minutes %q are not refused", bad)
		}
	}
	if status, _ := v.post("/questions/watch", "on", "1", "minutes", "5"); status != 404 {
		t.Errorf("without a group: status %d, want 404", status)
	}
}

func TestQuestionWatchIsBounded(t *testing.T) {
	for minutes, fine := range map[int]bool{-1: false, 0: true, 1: true, 1440: true, 1441: false} {
		if err := (duty.QuestionWatch{Minutes: minutes}).Check(); (err == nil) != fine {
			t.Errorf("%d minutes: %v", minutes, err)
		}
	}
}
