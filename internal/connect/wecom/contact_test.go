package wecom

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect/wecom/wecomtest"
)

// withContacts is a corp whose owner has three contacts.
func withContacts(t *testing.T, run func(t *testing.T, l *living)) {
	bubble(t, nil, func(t *testing.T, l *living) {
		at := time.Now().Unix() - 7200
		for i, tags := range [][]string{{"t1"}, {"t2"}, nil} {
			l.corp.AddContact("owner", wecomtest.Contact{ID: fmt.Sprint("wm", i), Name: fmt.Sprint("客户", i), State: "ad-1", Union: fmt.Sprint("oU", i), Added: at, Tags: tags})
		}
		run(t, l)
	})
}

func TestContactsAreReadAsTheRosterOfTheEmployeesDesk(t *testing.T) {
	withContacts(t, func(t *testing.T, l *living) {
		for i := range 250 {
			l.corp.AddContact("helper", wecomtest.Contact{ID: fmt.Sprint("wx", i), Added: 1})
		}
		l.chore("contact.read", nil)
		lists := l.host.Of(community.RosterRead)
		if len(lists) != 2 {
			t.Fatalf("%d lists, want one per employee", len(lists))
		}
		var people []community.Who
		if err := json.Unmarshal(lists[1].Body.Data, &people); err != nil || len(people) != 250 || lists[1].Group.ID != wecomtest.ID+":helper" || !lists[1].Group.Desk {
			t.Errorf("list of %+v with %d people, %v; want the helper's desk with 250", lists[1].Group, len(people), err)
		}
		if err := json.Unmarshal(lists[0].Body.Data, &people); err != nil || people[0].State != "ad-1" || people[0].JoinedAt == 0 || people[0].Scene != "contact" {
			t.Errorf("people = %+v, want the code and the time of each", people)
		}
		if people[0].Union != "oU0" || len(people[0].Tags) == 0 || !strings.Contains(people[0].Tags[0], "/") {
			t.Errorf("people[0] = %+v, want the unionid, and tags by their names", people[0])
		}
	})
}

func TestTagsChangedOnOneSideAreCarriedOverAndTheRestIsReported(t *testing.T) {
	withContacts(t, func(t *testing.T, l *living) {
		l.chore("contact.read", nil)
		if out := l.chore("tag.drift", nil); len(out.Rows) != 0 {
			t.Fatalf("drift after the first reading: %v", out.Rows)
		}
		mark := func(contact, add, remove string) {
			l.chore("tag.mark", map[string]string{"employee": "owner", "contact": contact, "add": add, "remove": remove})
		}
		mark("wm0", "低,来源/高", "意向/高") // here, at once there
		if got := l.corp.Tags("owner", "wm0"); !slices.Equal(got, []string{"t2", "t3"}) {
			t.Errorf("tags there = %v, want t2 and t3", got)
		}
		l.corp.Tag("owner", "wm0", "t2") // there only
		l.corp.Fail("externalcontact/mark_tag", wecomtest.Fault{Times: 1, Errcode: 45009})
		if _, err := l.tryChore("tag.mark", map[string]string{"employee": "owner", "contact": "wm1", "add": "意向/高"}); community.CodeOf(err) != community.CodeLimited {
			t.Errorf("too often: %v, want limited", err)
		}
		l.corp.Fail("externalcontact/mark_tag", wecomtest.Fault{Times: 1, Errcode: 45009})
		_, _ = l.tryChore("tag.mark", map[string]string{"employee": "owner", "contact": "wm2", "add": "意向/高"}) // wished and not written, then
		l.corp.Tag("owner", "wm2", "t3")                                                                       // changed there as well
		var why []string
		for _, row := range l.chore("tag.drift", nil).Rows {
			why = append(why, row[2]+" "+row[3]+" | "+row[4]+" "+strings.Fields(row[5])[0])
		}
		want := []string{"wm0 意向/低, 来源/高 | 意向/低 企业微信那边改过，下次同步会带过来", "wm1 意向/高, 意向/低 | 意向/低 这边改过，还没写过去", "wm2 意向/高 | 来源/高 两边都改过，要人来定"}
		if !slices.Equal(why, want) {
			t.Errorf("drift:\n%s\nwant:\n%s", strings.Join(why, "\n"), strings.Join(want, "\n"))
		}
		l.chore("contact.read", nil)
		if a, b := l.corp.Tags("owner", "wm0"), l.corp.Tags("owner", "wm1"); !slices.Equal(a, []string{"t2"}) || !slices.Equal(b, []string{"t1", "t2"}) {
			t.Errorf("after the reading there is %v and %v, want theirs kept and ours written", a, b)
		}
		if out := l.chore("tag.drift", nil); len(out.Rows) != 1 || out.Rows[0][2] != "wm2" {
			t.Errorf("drift = %v, want the clash alone", out.Rows)
		}
		l.chore("tag.settle", map[string]string{"employee": "owner", "contact": "wm2", "by": "here"})
		if got := l.corp.Tags("owner", "wm2"); !slices.Equal(got, []string{"t1"}) {
			t.Errorf("settled by us = %v, want t1", got)
		}
		l.corp.DropContact("owner", "wm1")
		if out := l.chore("tag.drift", nil); len(out.Rows) != 1 || !strings.Contains(out.Rows[0][5], "no longer") {
			t.Errorf("drift = %v, want the lost contact", out.Rows)
		}
		l.chore("tag.settle", map[string]string{"employee": "owner", "contact": "wm1", "by": "there"})
		if out := l.chore("tag.drift", nil); len(out.Rows) != 0 {
			t.Errorf("drift at the end = %v, want none", out.Rows)
		}
	})
}

func TestAmbiguousAndUnknownTagsAreNamed(t *testing.T) {
	withContacts(t, func(t *testing.T, l *living) {
		for add, want := range map[string]community.Code{"高": community.CodeBadInput, "没有": community.CodeNotFound} {
			_, err := l.tryChore("tag.mark", map[string]string{"employee": "owner", "contact": "wm0", "add": add})
			if community.CodeOf(err) != want || !strings.Contains(err.Error(), add) {
				t.Errorf("%s: %v, want %s naming it", add, err, want)
			}
		}
		if _, err := l.tryChore("tag.mark", map[string]string{"contact": "wm0"}); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("without an employee: %v, want bad input", err)
		}
	})
}

func TestHandOverListsEveryFailure(t *testing.T) {
	withContacts(t, func(t *testing.T, l *living) {
		l.corp.AddChat("wr2", "二群", "owner")
		out := l.chore("transfer.groups", map[string]string{"from": "owner", "to": "helper"})
		if len(out.Rows) != 2 || out.Rows[0][1] != "90500" || !strings.Contains(out.Rows[0][2], "没有离职") {
			t.Errorf("before the owner left %v, want both refused with the reason", out)
		}
		l.corp.Resign("owner")
		out = l.chore("transfer.groups", map[string]string{"from": "owner", "to": "helper", "groups": groupID + " wr2 wrNOBODY"})
		if len(out.Rows) != 1 || out.Rows[0][0] != "wrNOBODY" || !strings.Contains(out.Say[1], "3 in all: 2 handed over, 1 failed") {
			t.Errorf("hand-over of groups = %v, want wrNOBODY failed", out)
		}
		for i := range 250 {
			l.corp.AddContact("owner", wecomtest.Contact{ID: fmt.Sprint("wx", i)})
		}
		l.corp.Fail("externalcontact/resigned/transfer_customer", wecomtest.Fault{Times: 1, Lose: true})
		out = l.chore("transfer.contacts", map[string]string{"from": "owner", "to": "helper"})
		if len(out.Rows) != 100 || !strings.Contains(out.Say[1], "253 in all: 153 handed over, 0 failed, 100 of unknown outcome") {
			t.Errorf("hand-over of contacts says %q with %d rows, want the lost batch listed as unknown", out.Say[1], len(out.Rows))
		}
		if _, err := l.tryChore("transfer.contacts", map[string]string{"from": "nobody", "to": "helper"}); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("from nobody: %v, want not found", err)
		}
	})
}

func TestMomentsAreConfirmedAndReactionsComeBackPerContact(t *testing.T) {
	withContacts(t, func(t *testing.T, l *living) {
		made := l.chore("moment.create", map[string]string{"text": "新路线", "title": "报名", "link": "https://h.example/a", "employees": "owner"})
		id := made.Rows[0][0]
		if rows := l.chore("moment.list", nil).Rows; len(rows) != 1 || rows[0][3] != "✗" {
			t.Errorf("before the tap %v, want one unconfirmed", rows)
		}
		l.corp.Publish(id, "owner")
		l.corp.React(id, []string{"wm0", "wm1"}, []string{"wm1"})
		if rows := l.chore("moment.list", nil).Rows; len(rows) != 1 || rows[0][3] != "✓" || rows[0][4] != "3" {
			t.Errorf("after the tap %v, want it confirmed with its likes", rows)
		}
		for range 2 { // read again: the same keys
			if err := l.readMoments(t.Context(), time.Now().Add(-momentsBack)); err != nil {
				t.Fatal(err)
			}
		}
		keys := map[string]int{}
		for _, in := range l.host.Of(community.ReactionAdded) {
			keys[in.Key]++
			if !in.Group.Desk || in.Body.Message != id || !strings.HasPrefix(in.Actor.ID, "wm") {
				t.Errorf("reaction %+v, want a contact's, on the employee's desk", in)
			}
		}
		if len(keys) != 3 {
			t.Errorf("reactions = %v, want two likes and a comment, each with one key", keys)
		}
		l.chore("moment.cancel", map[string]string{"moment": id})
		for bad, args := range map[string]map[string]string{"text": {}, "title": {"text": "x", "link": "https://h"}} {
			if _, err := l.tryChore("moment.create", args); community.CodeOf(err) != community.CodeBadInput || !strings.Contains(err.Error(), bad) {
				t.Errorf("%v: %v, want bad input naming %s", args, err, bad)
			}
		}
	})
}

func TestDesksAreReadOnceADayAlsoOverARestart(t *testing.T) {
	bubble(t, map[string]any{"contacts": true}, func(t *testing.T, l *living) {
		l.corp.AddContact("owner", wecomtest.Contact{ID: "wm1", Added: 1})
		time.Sleep(2 * time.Minute)
		l.stop()
		l = live(t, l.corp, l.host, map[string]any{"contacts": true})
		time.Sleep(12 * time.Hour)
		if n := len(l.host.Of(community.RosterRead)); n != 1 {
			t.Errorf("within half a day the contacts were read %d times, want once", n)
		}
		time.Sleep(13 * time.Hour)
		if n := len(l.host.Of(community.RosterRead)); n != 2 {
			t.Errorf("after a day %d times, want twice", n)
		}
	})
}

func TestGroupWelcomesAndCards(t *testing.T) {
	bubble(t, nil, func(t *testing.T, l *living) {
		id := l.chore("welcome.add", map[string]string{"text": "欢迎进群", "notify": "true"}).Rows[0][0]
		l.chore("welcome.edit", map[string]string{"template": id, "text": "欢迎"})
		if got := l.corp.Templates()[id]; got != "欢迎" {
			t.Errorf("template = %q, want it changed", got)
		}
		l.corp.Reword(id, "管理员改过")
		rows := l.chore("welcome.list", nil)
		if len(rows.Rows) != 1 || rows.Rows[0][1] != "欢迎" || rows.Rows[0][2] != "管理员改过" || len(rows.Acts[0]) != 2 {
			t.Errorf("drift of welcomes = %+v, want the one that was changed there, with two ways to settle it", rows)
		}
		l.chore(rows.Acts[0][1].Chore, rows.Acts[0][1].Args) // write to the platform
		if got := l.corp.Templates()[id]; got != "欢迎" {
			t.Errorf("template = %q, want what is kept here", got)
		}
		l.corp.Reword(id, "又改过")
		l.chore("welcome.settle", map[string]string{"template": id, "by": "there"})
		if rows := l.chore("welcome.list", nil); rows.Rows[0][1] != "又改过" || rows.Rows[0][3] != "✓" || rows.Acts[0] != nil {
			t.Errorf("after taking over %+v, want both sides the same", rows)
		}
		l.chore("welcome.delete", map[string]string{"template": id})
		if rows := l.chore("welcome.list", nil); len(rows.Rows) != 0 {
			t.Errorf("a deleted welcome is still listed: %v", rows.Rows)
		}
		if _, err := l.tryChore("welcome.edit", map[string]string{"template": id, "text": "x"}); err == nil {
			t.Error("a template that is gone was changed")
		}
		if err := l.Notify(t.Context(), "owner", "请移出一人", "群：周末徒步群", "https://h.example/m/1"); err != nil {
			t.Fatal(err)
		}
		for to, want := range map[string]community.Code{"nobody": community.CodeNotFound, "a|b": community.CodeBadInput, "": community.CodeBadInput, "@all": community.CodeBadInput} {
			if err := l.Notify(t.Context(), to, "x", "", ""); community.CodeOf(err) != want {
				t.Errorf("card to %q: %v, want %s", to, err, want)
			}
		}
		if got := l.corp.Did(); len(got) != 1 || got[0] != "message/send owner 请移出一人" {
			t.Errorf("did %v", got)
		}
		if out := l.chore("group.statistic", nil); len(out.Rows) != 2 || out.Rows[0][2] != "2" {
			t.Errorf("statistics = %v, want the owner's group of two", out.Rows)
		}
	})
}

func TestChoresAreDescribedInBothLanguages(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range table() {
		if seen[c.Name] || c.Title[0] == "" || c.Title[1] == "" || (c.Help[0] == "") != (c.Help[1] == "") || c.do == nil {
			t.Errorf("chore %q is there twice or lacks words", c.Name)
		}
		seen[c.Name] = true
		for _, f := range c.Fields {
			if f.Title[0] == "" || f.Title[1] == "" || (f.Help[0] == "") != (f.Help[1] == "") {
				t.Errorf("chore %q: field %q lacks words", c.Name, f.Name)
			}
		}
	}
	for code, m := range meanings() {
		if m.code == "" || m.say[0] == "" || m.say[1] == "" {
			t.Errorf("errcode %d lacks a code or words", code)
		}
	}
}
