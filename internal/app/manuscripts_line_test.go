package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDraftsOnTheCommandLine: one is written with its pictures, looked at, checked, sent to people who put it in by hand, and put away.
func TestDraftsOnTheCommandLine(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		w.env = append(w.env, "QL_SERVER__PUBLIC_URL=https://q.example")
		w.must(t, nil, "import", "--zone", "UTC", w.chat(t))
		var groups rows[struct{ ID, Name string }]
		w.must(t, &groups, "group", "list")
		picture := filepath.Join(w.dir, "封面.png")
		check(t, os.WriteFile(picture, posterPNG(t), 0o600))
		paper := filepath.Join(w.dir, "假.png")
		check(t, os.WriteFile(paper, []byte("no picture"), 0o600))
		type draft struct {
			ID, Title, Text, Advertisement, Cover string
			Version                               int
			Pictures                              []string
			Archived                              bool
		}
		var d draft
		w.must(t, &d, "draft", "add", "--title", "共读第三章", "--text", "读到第三章卡住了？\n[pic 1]\n今晚一起读 https://other.example/x", "--picture", picture, "--to-page", "--group", groups.Rows[0].ID)
		if d.Version != 1 || d.Title != "共读第三章" || len(d.Pictures) != 1 || d.Advertisement != "" {
			t.Errorf("added = %+v", d)
		}
		if code, _, talk := w.types(t, "draft", "add", "--title", "x", "--text", "y", "--cover", paper); code == 0 || !strings.Contains(talk, "is no picture") {
			t.Errorf("a cover that is none: %d %s", code, talk)
		}
		w.must(t, &d, "draft", "edit", d.ID, "--author", "林晓", "--note", "署名")
		var versions rows[struct {
			Version int
			Note    string
			Changed []struct{ Field string }
		}]
		w.must(t, &versions, "draft", "versions", d.ID)
		if len(versions.Rows) != 2 || versions.Rows[0].Note != "署名" || len(versions.Rows[0].Changed) != 1 || versions.Rows[0].Changed[0].Field != "author" {
			t.Errorf("versions = %+v", versions.Rows)
		}
		var parts rows[struct{ Channel, Part, Text, Way string }]
		w.must(t, &parts, "draft", "preview", d.ID)
		if len(parts.Rows) < 6 || parts.Rows[0].Channel != "page" || parts.Rows[0].Text != "共读第三章" {
			t.Errorf("preview = %+v", parts.Rows)
		}
		w.must(t, nil, "draft", "check", d.ID)
		type stand struct {
			Channel, State, URL, Why string
			Open, Version            int
		}
		var stands rows[stand]
		w.must(t, &stands, "draft", "send", d.ID)
		if len(stands.Rows) != 2 || stands.Rows[0].State != "sent" || !strings.HasPrefix(stands.Rows[0].URL, "https://q.example/l/") || stands.Rows[1].State != "waiting" {
			t.Errorf("sent = %+v", stands.Rows)
		}
		if code, _, _ := w.types(t, "--yes", "draft", "send", d.ID, "--to", "page"); code == 0 {
			t.Errorf("sent twice")
		}
		w.must(t, &stands, "draft", "withdraw", d.ID, "--reason", "写错了")
		if stands.Rows[0].State != "withdrawn" || stands.Rows[0].Why != "写错了" {
			t.Errorf("withdrawn = %+v", stands.Rows[0])
		}
		w.must(t, &d, "draft", "archive", d.ID)
		var list rows[draft]
		if w.must(t, &list, "draft", "list"); len(list.Rows) != 0 || !d.Archived {
			t.Errorf("drafts in use = %+v", list.Rows)
		}
		if code, _, _ := w.types(t, "--yes", "draft", "send", d.ID); code == 0 {
			t.Errorf("one that was put away was sent")
		}
		if w.must(t, &d, "draft", "back", d.ID); d.Archived {
			t.Errorf("taken out again = %+v", d)
		}
	})
}
