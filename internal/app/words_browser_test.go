package app_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"qunluo/internal/browsertest"
	"qunluo/internal/community"
	"qunluo/internal/policy"
	"qunluo/internal/wordlist"
)

// TestWordListsWorkInABrowser goes through the pages of word lists as an owner does, with real clicks, at both widths: a shipped
// list is taken, words are added and changed in bulk, an import is looked at and taken in, versions are compared and gone back
// to, a group switches the list on. Nothing may stick out, and the browser's console stays silent.
func TestWordListsWorkInABrowser(t *testing.T) {
	browsertest.Need(t)
	t.Parallel()
	for _, c := range []struct {
		lang  string
		width int64
	}{{"zh-CN", 1440}, {"en", 390}, {"zh-CN", 390}} {
		if c.lang == "zh-CN" && c.width == 390 && os.Getenv("QL_SHOTS") == "" {
			continue // half a minute each: when somebody looks
		}
		t.Run(fmt.Sprintf("%s %d", c.lang, c.width), func(t *testing.T) {
			s := startShift(t, "", "")
			users, err := s.app.Store().Users(t.Context(), s.org)
			check(t, err)
			users[0].Lang = c.lang
			_, err = s.app.Store().SaveUser(t.Context(), "test", users[0], "")
			check(t, err)
			w := look(t, s.base, c.width, c.lang)
			w.signIn("ming")
			keepWords(w, s)
			w.silent()
		})
	}
}

func keepWords(w *screen, s *shift) {
	words := s.app.Words(s.org, nil)
	w.open("/words")
	w.shot("words-lists-0")
	w.answer("pack-fraud", "take a shipped list")
	w.shot("words-list")
	lists, _, err := words.Find(w.t.Context(), community.Page{})
	check(w.t, err)
	l := lists[0]
	at := "/words/" + l.ID.String()
	w.tap(`[popovertarget="add"]:not([popovertargetaction])`)
	w.shot("words-add")
	w.eval(`(document.querySelector("#add [name=words]").value = "茶叶内部价\nsb\n好", document.querySelector("#add [name=category]").value = "推销", "")`)
	w.press(`#add button[type=submit]`)
	w.wants("words of which one is rejected", "warning")
	w.shot("words-added")
	for i := range 2 {
		w.tap(fmt.Sprintf(`tbody tr:nth-child(%d) input[name="w"]`, i+1))
	}
	w.tap(`[popovertarget="bulk"]:not([popovertargetaction])`)
	w.eval(`(document.querySelector("#bulk [name=do]").value = "edit", document.querySelector("#bulk [name=level]").value = "2", "")`)
	w.shot("words-bulk")
	w.press(`#bulk button[type=submit]`)
	w.wants("change two words", "success")
	w.open(at + "?state=held")
	if got := w.eval(`document.querySelector("table").innerText`); !strings.Contains(got, "sb") {
		w.t.Errorf("words in quarantine: %s", got)
	}
	w.shot("words-held")
	w.open(at + "/import")
	w.shot("words-import")
	run, err := words.Import(w.t.Context(), s.ming(), l.ID, "网上找的敏感词.txt", []byte("早上好\n好\n团购一折\n刷单返利\nly\n1024\n一起团购\n团购\n"), "同行推荐", quiet)
	check(w.t, err)
	w.open(at + "/runs/" + run.ID.String())
	w.shot("words-run")
	w.open(at + "/runs/" + run.ID.String() + "?verdict=reject")
	w.answer("take", "take an import in")
	w.open(at + "/versions")
	w.shot("words-versions")
	w.press(`main a[href="` + at + `/versions/2"]`)
	w.shot("words-diff")
	w.answer("back", "go back")
	w.open(at + "/groups")
	w.tap(`tbody tr:nth-child(1) input[name="g"]`)
	w.tap(`[popovertarget="use"]:not([popovertargetaction])`)
	w.press(`#use button[type=submit]`)
	await(w.t, func() bool {
		now, err := words.ByID(w.t.Context(), l.ID)
		return err == nil && now.Groups == 1
	})
	w.shot("words-publish")
	w.open(at + "/groups")
	w.shot("words-groups")
	s.says(s.member("大刘"), "刷单返利找我")
	await(w.t, func() bool {
		_, n, err := words.Scores(w.t.Context(), l.ID, community.Page{})
		return err == nil && n == 1
	})
	w.open(at + "/scores")
	w.shot("words-scores")
	decisions, _, err := s.desk.FindDecisions(w.t.Context(), community.DecisionFilter{Group: s.group.Key})
	check(w.t, err)
	w.open("/review?all=1&d=" + decisions[0].ID.String())
	w.shot("words-decision")
	if got := w.eval(`document.querySelector("main").innerText`); !strings.Contains(got, "刷单返利") || !strings.Contains(got, l.Name) {
		w.t.Errorf("the decision does not name the list: %s", got)
	}
	w.open("/rules/" + s.group.ID.String())
	w.shot("words-rules")
	w.open(fmt.Sprintf("/rules/%s/rule/words-%d", s.group.ID, l.Key))
	w.shot("words-rule")
	w.save("save the rule that names the list")
	raw, err := s.app.Store().BookBody(w.t.Context(), s.group.Key, 0)
	check(w.t, err)
	draft, err := policy.Sound(raw)
	check(w.t, err)
	if got := policy.ListsOf(draft); len(got) != 1 || got[0].List != l.ID.String() || got[0].Asset == "" || got[0].Version == 0 {
		w.t.Errorf("after its form was saved the draft names %+v", got)
	}
	w.open("/audit")
	w.shot("words-audit")
	_, err = words.Edit(w.t.Context(), s.ming(), l.ID, []int64{1}, wordlist.Patch{Remove: true}, "")
	check(w.t, err)
	w.open(at)
	w.tap(`[popovertarget="publish"]:not([popovertargetaction])`)
	w.press(`#publish button[type=submit]`)
	await(w.t, func() bool {
		now, err := words.ByID(w.t.Context(), l.ID)
		return err == nil && now.Behind == 0
	})
}

// ming is the id of the person who signs in.
func (s *shift) ming() string {
	s.t.Helper()
	users, err := s.app.Store().Users(s.t.Context(), s.org)
	check(s.t, err)
	return users[0].ID.String()
}
