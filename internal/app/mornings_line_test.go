package app_test

import (
	"net/http"
	"strings"
	"testing"

	"qunluo/internal/cli"
)

// TestMorningReportsOnTheCommandLine: feeds are added, changed, read and removed; a report is drafted, picked, worded, dropped, restored and laid.
func TestMorningReportsOnTheCommandLine(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		w.env = append(w.env, "QL_NOTIFY__ALLOW=127.0.0.1/32")
		at := newsstand(t, map[string]http.HandlerFunc{"/a": says("text/xml", rssOf(rssItem("1", "西湖龙井今年提前十天开采"), rssItem("2", "紫砂壶开壶要不要煮"))), "/page": says("text/html", "<html></html>")})
		w.must(t, nil, "group", "add", "读书群")
		var feed cli.FeedLine
		w.must(t, &feed, "morning", "feed-add", at+"/a", "--every", "30")
		if feed.Name != "茶报" || feed.Entries != 2 || feed.Every != 30 || feed.Error != "" {
			t.Errorf("added = %+v", feed)
		}
		for _, wrong := range []string{at + "/page", "http://192.168.0.1/feed", at + "/a", "mail:x"} {
			if code, _, talk := w.types(t, "morning", "feed-add", wrong); code != cli.ExitFailed || talk == "" {
				t.Errorf("feed-add %s: exit %d, %q", wrong, code, talk)
			}
		}
		w.must(t, &feed, "morning", "feed-set", at+"/a", "--name", "茶叶日报", "--off")
		if feed.Name != "茶叶日报" || !feed.Off {
			t.Errorf("changed = %+v", feed)
		}
		w.must(t, &feed, "morning", "feed-set", feed.ID, "--no-off")
		w.must(t, &feed, "morning", "feed-read", feed.ID)
		var auto cli.MorningAuto
		w.must(t, &auto, "morning", "auto", "读书群", "--on", "--hour", "7", "--at", "08:45", "--feed", feed.ID)
		if !auto.On || auto.Hour != 7 || auto.At != "08:45" || len(auto.Feeds) != 1 {
			t.Errorf("auto = %+v", auto)
		}
		w.must(t, &auto, "morning", "auto", "读书群", "--feed", "all")
		if len(auto.Feeds) != 0 || !auto.On {
			t.Errorf("auto of all feeds = %+v", auto)
		}
		var whole cli.MorningWhole
		w.must(t, &whole, "morning", "draft", "读书群", "--text", "zh-CN")
		if len(whole.Pieces) != 2 || whole.Picked != 2 || whole.Pieces[0].From != "茶叶日报" || !strings.Contains(whole.Text, "西湖龙井") {
			t.Fatalf("drafted = %+v", whole)
		}
		w.must(t, &whole, "morning", "pick", whole.ID, "--pieces", "2")
		if whole.Picked != 1 || strings.Contains(whole.Text, whole.Pieces[0].Title) || !strings.Contains(whole.Text, whole.Pieces[1].Title) {
			t.Errorf("picked = %+v", whole)
		}
		w.must(t, &whole, "morning", "edit", whole.ID, "--text", "手写的早报")
		w.must(t, &whole, "morning", "drop", whole.ID, "--reason", "不发了")
		w.must(t, &whole, "morning", "restore", whole.ID)
		if whole.State != "draft" || whole.Text != "手写的早报" {
			t.Errorf("restored = %+v", whole)
		}
		if code, _, talk := w.types(t, "morning", "lay", whole.ID); code != cli.ExitFailed || !strings.Contains(talk, "goal") {
			t.Errorf("laid in a group without a goal: exit %d, %q", code, talk)
		}
		var list rows[cli.MorningLine]
		w.must(t, &list, "morning", "list", "--group", "读书群")
		if len(list.Rows) != 1 || list.Rows[0].ID != whole.ID || list.Rows[0].State != "draft" || list.Rows[0].Post != "" {
			t.Errorf("list = %+v", list.Rows)
		}
		if code, out, talk := w.types(t, "morning", "show", whole.ID); code != cli.ExitDone || !strings.Contains(out, "手写的早报") {
			t.Errorf("shown: exit %d, %q %q", code, out, talk)
		}
		w.must(t, nil, "morning", "feed-drop", feed.ID)
		var feeds rows[cli.FeedLine]
		w.must(t, &feeds, "morning", "feeds")
		if len(feeds.Rows) != 0 {
			t.Errorf("feeds = %+v", feeds.Rows)
		}
	})
}
