package app_test

import (
	"fmt"
	"image/color"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qunluo/internal/admit"
	"qunluo/internal/cli"
	"qunluo/internal/community"
	"qunluo/internal/connect/wecom/wecomtest"
	"qunluo/internal/drift"
	"qunluo/internal/measure"
)

// TestNextGroupIsNamedAskedForAndTakenIn: on a platform that can create nothing a person is told the next group's name; once a
// group of that name is there, it is taken into the code and its QR code asked for; with it the address leads on.
func TestNextGroupIsNamedAskedForAndTakenIn(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL)
		ctx, codes := t.Context(), g.app.Codes(g.org, nil)
		check(t, codes.SetCap(plain(ctx), "ming", g.group.Key, 10, 0, "小群"))
		g.newGroup("晨读7") // there before the code: nobody asked for it
		g.pass(time.Minute)
		c, err := codes.Save(ctx, "ming", admit.Code{Kind: admit.Group, Name: "海报", Overflow: true, Base: "晨读"}, "")
		check(t, err)
		_, err = codes.AddEntry(ctx, "ming", c.ID, admit.Entry{Group: g.group.Key, Link: "https://chat.example/one"}, nil)
		check(t, err)
		g.roster(g.group, 10) // full at a stroke, by a list that was imported
		if code, body := g.scan(c.Slug, "a"); code != http.StatusOK || !strings.Contains(body, "正在更换") {
			t.Errorf("the only group is full and the page = %d: %s", code, excerpt(body))
		}
		task := g.open(community.RenewCode, 1)[0]
		if !strings.Contains(task.Text, "“晨读8”") || !strings.Contains(task.Text, "海报") {
			t.Errorf("the task says %q, want the next name", task.Text)
		}
		g.newGroup("晨读 9号") // no serial
		next := g.newGroup("晨读8")
		if code, _ := g.scan(c.Slug, "b"); code != http.StatusOK {
			t.Errorf("the page = %d", code)
		}
		asked := g.open(community.Invite, 1)[0]
		if asked.Group != next.Key {
			t.Errorf("the QR code is asked for of group %d, want %d", asked.Group, next.Key)
		}
		if r, err := codes.ByID(ctx, c.ID); err != nil || len(r.Entries) != 2 {
			t.Errorf("entries = %d (%v), want the new group's taken in once", len(r.Entries), err)
		}
		_, err = codes.AddEntry(ctx, "ming", c.ID, admit.Entry{Group: next.Key, Expires: g.ms.Load() + 7*24*time.Hour.Milliseconds()}, picture(t, color.Black))
		check(t, err)
		g.open(community.Invite, 0)
		g.open(community.RenewCode, 0)
		if _, body := g.scan(c.Slug, "c"); !strings.Contains(body, "晨读8") {
			t.Errorf("the address does not lead on: %s", excerpt(body))
		}
	})
}

// TestLastPlaceIsNotShownToTwoAtOnce: whoever is on the way counts, once, until they are in or two minutes are over.
func TestLastPlaceIsNotShownToTwoAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL)
		ctx, codes := t.Context(), g.app.Codes(g.org, nil)
		check(t, codes.SetCap(plain(ctx), "ming", g.group.Key, 10, 0, "小群"))
		c, err := codes.Save(ctx, "ming", admit.Code{Kind: admit.Group, Name: "海报"}, "")
		check(t, err)
		for i, group := range []community.GroupRow{g.group, g.second} {
			_, err = codes.AddEntry(ctx, "ming", c.ID, admit.Entry{Group: group.Key, Link: fmt.Sprint("https://chat.example/", i+1)}, nil)
			check(t, err)
		}
		g.roster(g.group, 8) // two places
		shown := func(phone string) string {
			_, body := g.scan(c.Slug, phone)
			for _, one := range []string{"1", "2"} {
				if strings.Contains(body, "https://chat.example/"+one+"\"") {
					return one
				}
			}
			return "?"
		}
		if a, b, third := shown("a"), shown("b"), shown("c"); a+b+third != "112" {
			t.Errorf("three scans for two places lead to %s %s %s, want 1 1 2", a, b, third)
		}
		g.roster(g.group, 9) // one of them came in: counted once
		if got := shown("d"); got != "2" {
			t.Errorf("one is in and one on the way: the next goes to %s, want 2", got)
		}
		g.pass(3 * time.Minute) // the other thought better of it
		if got := shown("e"); got != "1" {
			t.Errorf("a place is free: the next goes to %s, want 1", got)
		}
		g.roster(g.group, 10)
		var wg sync.WaitGroup
		at := make([]string, 4)
		for i := range at {
			wg.Go(func() { at[i] = shown(fmt.Sprint("phone", i)) })
		}
		wg.Wait()
		if slices.ContainsFunc(at, func(one string) bool { return one != "2" }) {
			t.Errorf("the group is full and four at once go to %v", at)
		}
	})
}

// TestWeComOpensTheNextGroupBehindTheSameCode: the order asks for a new group with the code's prefix and the next number; the
// address goes on showing the same QR code when the group is full, under the new group's name.
func TestWeComOpensTheNextGroupBehindTheSameCode(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		o := openOffice(t, dbURL, map[string]any{"contacts": false})
		ctx, codes := t.Context(), o.app.Codes(o.org, nil)
		srv := httptest.NewServer(http.NotFoundHandler()) // the picture cannot be fetched
		t.Cleanup(srv.Close)
		o.corp.Pictures = srv.URL
		c, err := codes.Save(ctx, "ming", admit.Code{Kind: admit.Group, Name: "海报", State: "poster", Overflow: true, Base: "徒步"}, "")
		check(t, err)
		list, _, err := o.desk().FindGroups(ctx, community.GroupFilter{Text: "周末徒步群"})
		check(t, err)
		mayOpen(t, o.app, o.org, list[0].Key)
		e, err := codes.Order(ctx, "ming", c.ID, list[0].Key)
		check(t, err)
		await(t, func() bool {
			return slices.ContainsFunc(o.corp.Did(), func(d string) bool { return strings.HasPrefix(d, "add_join_way wrHIKE poster 1") })
		})
		if way := o.corp.JoinWay("join0001"); way["room_base_name"] != "徒步" || fmt.Sprint(way["room_base_id"]) != "1" {
			t.Errorf("the join way = %v, want the prefix and the first number", way)
		}
		var renew community.TaskRow
		await(t, func() bool { // its picture cannot be had: a person is asked, the address says where
			tasks, _, err := o.desk().FindTasks(ctx, community.TaskFilter{})
			i := slices.IndexFunc(tasks, func(k community.TaskRow) bool { return k.Verb == community.RenewCode })
			if i >= 0 {
				renew = tasks[i]
			}
			return err == nil && i >= 0
		})
		if !strings.Contains(renew.Text, "/join0001.png") {
			t.Errorf("the task says %q, want where the picture is", renew.Text)
		}
		check(t, o.app.Store().KeepInvitePicture(ctx, e.Action, picture(t, color.Black)))
		for i := range 500 {
			o.corp.Join("wrHIKE", wecomtest.Member{ID: fmt.Sprint("wf", i), Name: fmt.Sprint("新人", i), Joined: time.Now().Unix(), Scene: 3, State: "poster"})
		}
		o.corp.AddChat("wrNEXT", "徒步1", "owner") // as the platform does
		report, _ := o.read()
		o.settle(report, drift.Members, "wrHIKE", drift.Take)
		o.settle(report, drift.Known, "wrNEXT", drift.Take)
		check(t, o.app.Store().CatchUp(ctx))
		r, err := codes.ByID(ctx, c.ID)
		check(t, err)
		if size := r.Sizes[list[0].Key]; !size.Full() || !r.Now.Found || len(r.Warnings) != 0 || len(r.Entries) != 1 {
			t.Errorf("size %+v, shown %v, warnings %v, entries %d: want a full group whose code goes on", size, r.Now.Found, r.Warnings, len(r.Entries))
		}
		res, err := http.Get(o.door + "/j/" + c.Slug)
		check(t, err)
		defer res.Body.Close()
		page, err := io.ReadAll(res.Body)
		check(t, err)
		if !strings.Contains(string(page), e.ID.String()+"/qr") || !strings.Contains(string(page), "徒步1") {
			t.Errorf("the address shows %s, want the same code under the new name", excerpt(string(page)))
		}
	})
}

// TestCodeIsChangedOnTheCommandLine: what is not given stays, what is cleared goes.
func TestCodeIsChangedOnTheCommandLine(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		w.must(t, nil, "code", "new", "海报", "--kind", "group", "--state", "poster", "--line", "每周一本书", "--tag", "书")
		var code struct {
			Name, State string
			Tags        []string
		}
		w.must(t, &code, "code", "set", "海报", "--name", "新海报", "--overflow", "--base", "读书", "--clear", "tags", "--reason", "换名")
		if code.Name != "新海报" || code.State != "poster" || len(code.Tags) != 0 {
			t.Errorf("after set = %+v, want the new name, the mark kept and no tags", code)
		}
		if exit, _, talk := w.types(t, "code", "set", "新海报", "--clear", "name"); exit != cli.ExitUsage || talk == "" {
			t.Errorf("clearing the name: exit %d %q, want wrong usage", exit, talk)
		}
		if exit, _, _ := w.types(t, "code", "set", "新海报", "--base", strings.Repeat("长", 41)); exit != cli.ExitFailed {
			t.Errorf("a prefix of 41 characters: exit %d, want failed", exit)
		}
		w.must(t, nil, "group", "add", "宝妈一群")
		w.must(t, nil, "goal", "without", "宝妈一群", "--because", "试运行")
		w.must(t, nil, "code", "add-entry", "新海报", "宝妈一群", "--link", "https://chat.example/+a")
		if exit, _, talk := w.types(t, "code", "set", "新海报", "--line", "每周两本"); exit != cli.ExitUsage || !strings.Contains(talk, "--no-figure") {
			t.Errorf("a gate changed without a word on its figure: exit %d %q, want wrong usage", exit, talk)
		}
		w.must(t, &code, "code", "set", "新海报", "--line", "每周两本", "--no-figure", "只是说法")
		var kept struct {
			Rows []struct{ Kind, Why string }
		}
		if w.must(t, &kept, "adjust", "list", "--no-figure"); len(kept.Rows) != 2 || kept.Rows[0].Kind != measure.AdjustGate { // the first led nowhere yet
			t.Errorf("kept = %+v, want the gate's", kept)
		}
	})
}
