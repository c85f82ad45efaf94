package console

import (
	"strings"
	"testing"
)

// howOf cuts out of a page what it says about how a task is done.
func howOf(t *testing.T, page, id, acts string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, `id="task-`+id+`"><div class="card-body">`)
	how, _, ended := strings.Cut(rest, acts)
	if !ok || !ended {
		t.Fatalf("task %s is not on the page", id)
	}
	how, _, _ = strings.Cut(how, `<p class="text-secondary">`) // who has it
	return how
}

// TestInboxAndPhoneSayAlikeHowATaskIsDone: steps, whom it concerns, words to copy, the clock.
func TestInboxAndPhoneSayAlikeHowATaskIsDone(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("mod")
	_, desk := v.get("/inbox")
	_, phone := v.get("/m")
	for _, task := range h.tasks {
		id := task.ID.String()
		a, b := howOf(t, desk, id, `<div class="task-acts">`), howOf(t, phone, id, `<div class="m-acts">`)
		if a != b {
			t.Errorf("%s: the inbox says\n%s\nthe phone says\n%s", task.Verb, a, b)
		}
		if !strings.Contains(a, `<ol class="how">`) || task.Text != "" && !strings.Contains(a, "data-copy") {
			t.Errorf("%s: no steps, or nothing to copy:\n%s", task.Verb, a)
		}
	}
	if !strings.Contains(desk, "点“移除”") {
		t.Error("the inbox does not say how a member is removed on QQ")
	}
}
