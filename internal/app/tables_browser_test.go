package app_test

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/chromedp/chromedp"

	"qunluo/internal/browsertest"
	"qunluo/internal/community"
	"qunluo/internal/table"
)

// TestSharedTablesAreSoundInABrowser looks at the grid, a row and the members' pages at both widths: nothing may stick out, and the browser's console stays silent.
func TestSharedTablesAreSoundInABrowser(t *testing.T) {
	looksAtBothWidths(t, "tables", func(t *testing.T, s *shift, owner community.User) []visited {
		ctx, b := t.Context(), s.app.Tables(s.org, nil)
		tab, _, err := b.Add(ctx, owner.ID.String(), table.Table{Group: s.group.Key, Title: "周六徒步报名", Note: "周五晚上截止", Access: table.MembersEdit}, "", []byte("姓名\t人数\t哪天\t资料\t备注\n大刘\t2\t2026-01-05\thttps://example.com/a/very/long/address/that/does/not/break\t=SUM(A1)\n米粒\t3\t\t\t一个很长很长的备注，写了好几句话，看看手机上怎么样。\n"))
		check(t, err)
		list, _, err := b.Edit(ctx, owner.ID.String(), tab.ID, []table.Edit{{Key: "a", Verb: table.Set, Row: 1, Column: "c2", Seen: 1, Value: "4"}, {Key: "b", Verb: table.Set, Row: 1, Column: "c2", Seen: 1, Value: "5"}})
		check(t, err)
		if list[1].State != table.Conflict {
			t.Fatalf("edits = %+v", list)
		}
		link, err := b.Link(ctx, tab.ID, 0)
		check(t, err)
		u, err := url.Parse(link)
		check(t, err)
		at := "/tables/" + tab.ID.String()
		return []visited{{"list", "/tables"}, {"grid", at}, {"row", at + "/rows/1"}, {"import", at + "/import"}, {"settings", at + "/settings"}, {"links", at + "/links"}, {"documents", "/documents"},
			{"phone", u.Path}, {"phone-row", u.Path + "/1"}, {"phone-new", u.Path + "/new"}}
	})
}

// TestTheGridIsEditedByKeys: arrows, typing, Enter and Tab; what others write appears by itself; where somebody was there first both are shown and the person chooses.
func TestTheGridIsEditedByKeys(t *testing.T) {
	browsertest.Need(t)
	s := startShift(t, "", "", reachable)
	users, err := s.app.Store().Users(t.Context(), s.org)
	check(t, err)
	me, b := users[0].ID.String(), s.app.Tables(s.org, nil)
	tab, _, err := b.Add(t.Context(), me, table.Table{Title: "报名", Access: table.StaffOnly}, "", []byte("姓名\t人数\n大刘\t2\n米粒\t3\n"))
	check(t, err)
	w := look(t, s.base, 1440, "zh-CN")
	w.signIn("ming")
	w.open("/tables/" + tab.ID.String())
	js := func(code string) string {
		t.Helper()
		got, err := chromedp.Run(w.ctx, chromedp.Evaluate[string](code))
		check(t, err)
		return got
	}
	cell := func(row int, col string) string {
		return fmt.Sprintf(`document.querySelector('.grid-cell[data-row="%d"][data-col="%s"]')`, row, col)
	}
	// type presses keys on whatever is in focus; the last is Enter or Tab, what stands between goes on with what the first began.
	types := func(first, rest, last string) {
		t.Helper()
		js(press(first))
		if got := js(`document.activeElement.tagName`); got != "INPUT" {
			t.Fatalf("typing %q did not begin an edit: %s is in focus: %s", first, got, js(`document.querySelector("#grid-said").textContent + " " + document.querySelector("#grid").outerHTML.slice(0, 1500)`))
		}
		js(fmt.Sprintf(`(document.activeElement.value += %q, "")`, rest))
		if last != "" {
			js(press(last))
		}
	}
	holds := func(row int64, col, want string) {
		t.Helper()
		await(t, func() bool {
			_, r, _, err := b.Row(t.Context(), tab.ID, row, "")
			check(t, err)
			return r.Cells[col].Value == want
		})
	}
	shows := func(row int, col, want string) {
		t.Helper()
		await(t, func() bool { return js(`String(`+cell(row, col)+`.textContent.trim())`) == want })
	}
	js(`(` + cell(1, "c1") + `.focus(), "")`)
	js(press("ArrowRight"))
	types("7", "", "Enter")
	holds(1, "c2", "7")
	shows(1, "c2", "7")
	types("8", "", "Tab") // the cell below came into focus
	holds(2, "c2", "8")
	// Somebody else writes: it appears by itself.
	set := func(key string, row int64, col, value string) {
		t.Helper()
		_, r, _, err := b.Row(t.Context(), tab.ID, row, "")
		check(t, err)
		list, _, err := b.Edit(t.Context(), me, tab.ID, []table.Edit{{Key: key, Verb: table.Set, Row: row, Column: col, Seen: r.Cells[col].Rev, Value: value}})
		check(t, err)
		if list[0].State != table.Kept {
			t.Fatalf("edit = %+v", list[0])
		}
	}
	set("o1", 2, "c1", "米粒儿")
	shows(2, "c1", "米粒儿")
	// While a cell is being edited somebody else writes into it: asked, and the person's own is taken.
	js(`(` + cell(1, "c1") + `.focus(), "")`)
	types("阿", "明", "")
	set("o2", 1, "c1", "大刘子")
	await(t, func() bool { return js(`String(!!document.querySelector(".grid-cell input"))`) == "true" })
	js(press("Enter"))
	await(t, func() bool { return js(`document.querySelector(".grid-met")?.textContent ?? ""`) != "" })
	if said := js(`document.querySelector(".grid-met p").textContent`); said != "小明 先改成了“大刘子”，你写的是“阿明”。要哪个？" {
		t.Errorf("asked %q", said)
	}
	holds(1, "c1", "大刘子")
	js(`(document.querySelector(".grid-met .btn-primary").click(), "")`)
	holds(1, "c1", "阿明")
	shows(1, "c1", "阿明")
	_, _, history, err := b.Row(t.Context(), tab.ID, 1, "c1")
	check(t, err)
	if len(history) != 4 || history[1].State != table.Conflict || history[1].Value != "阿明" {
		t.Errorf("history = %+v", history)
	}
}

// press is a key on whatever is in focus.
func press(key string) string {
	return fmt.Sprintf(`(document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: %q, bubbles: true, cancelable: true })), "")`, key)
}
