package app_test

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect/sim"
	"qunluo/internal/plan"
	"qunluo/internal/shelf"
)

// wide says in the head of a PNG that it is 60,000 pixels wide and high.
func wide(png []byte) []byte {
	out := slices.Clone(png)
	copy(out[16:], []byte{0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60})
	binary.BigEndian.PutUint32(out[29:], crc32.ChecksumIEEE(out[12:29]))
	return out
}

// groupName is what a group of the planner is called.
func (p *planner) groupName(g community.GroupKey) string {
	p.t.Helper()
	row, err := p.desk().GroupByKey(p.t.Context(), g)
	check(p.t, err)
	return row.Name
}

// TestLibraryItemIsUsedAndExpires: an item is written, changed and restored; it goes into the calendar and a mass send with its variables
// filled in, is found where it was used, and goes nowhere once it has expired unless somebody says why.
func TestLibraryItemIsUsedAndExpires(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		p := startPlanner(t, dbURL)
		ctx, l := t.Context(), p.app.Libraries(p.org, nil)
		zone, err := time.LoadLocation("Asia/Shanghai")
		check(t, err)
		today := func(days int) string {
			return time.UnixMilli(p.app.Now()).In(zone).AddDate(0, 0, days).Format(time.DateOnly)
		}
		content := shelf.Content{Title: "共读邀请", Text: "{group}今晚共读《边城》，价格 {price} 元，你来吗？", Tags: []string{"共读"}, Expires: today(3)}
		i, err := l.Save(ctx, p.lin, community.ID{}, 0, shelf.Post, content, "")
		check(t, err)
		content.Text = "{group}今晚共读《边城》，收 {price} 元，你来吗？"
		i, err = l.Save(ctx, p.wu, i.ID, i.Changed, "", content, "换个字")
		check(t, err)
		_, err = l.Save(ctx, p.lin, i.ID, 1, "", content, "")
		wantCode(t, "an edit of what was", err, community.CodeConflict)
		i, err = l.Restore(ctx, p.lin, i.ID, 1, "还是原来的好")
		check(t, err)
		versions, err := l.Versions(ctx, i.ID)
		check(t, err)
		if d := shelf.Difference(versions[1].Content, versions[0].Content); len(versions) != 3 || len(d) != 1 || d[0].Field != "text" || !strings.Contains(d[0].After, "价格") {
			t.Errorf("%d versions, difference = %+v", len(versions), d)
		}
		_, err = l.Save(ctx, p.lin, community.ID{}, 0, shelf.Picture, shelf.Content{Title: "图"}, "")
		wantCode(t, "a picture without one", err, community.CodeBadInput)
		for name, c := range map[string]struct {
			data []byte
			want community.Code
		}{"a whole one": {posterPNG(t), community.CodeNone}, "half of one": {posterPNG(t)[:20], community.CodeBadInput}, "a bomb": {wide(posterPNG(t)), community.CodeTooLarge}} {
			piece, err := p.app.Plans(p.org, nil).KeepFile(ctx, p.lin, "a.png", c.data)
			check(t, err)
			picture, err := l.Save(ctx, p.lin, community.ID{}, 0, shelf.Picture, shelf.Content{Title: "图", Files: []shelf.File{{ID: piece.File}}}, "")
			wantCode(t, name, err, c.want)
			if err == nil {
				_, err = l.Archive(ctx, p.lin, picture.ID, true, "")
				check(t, err)
			}
		}
		_, err = l.Save(ctx, p.lin, community.ID{}, 0, shelf.Poster, shelf.Content{Title: "海报", Poster: "nothing"}, "")
		wantCode(t, "a poster that is not there", err, community.CodeNotFound)

		// Into the calendar: what nobody gave a value is said.
		slot := p.content("", 90, p.one)
		_, err = l.ToCalendar(ctx, p.lin, i.ID, shelf.Order{}, slot)
		wantCode(t, "a variable without a value", err, community.CodeBadInput)
		slot.Title = ""
		planned, err := l.ToCalendar(ctx, p.lin, i.ID, shelf.Order{Values: map[string]string{"price": "9.9"}}, slot)
		check(t, err)
		name := p.groupName(p.one)
		if want := name + "今晚共读《边城》，价格 9.9 元，你来吗？"; planned.Text != want || planned.Title != "共读邀请" || planned.Library != i.ID || planned.State != plan.ItemDraft {
			t.Errorf("planned = %+v, want the text %q", planned.Content, want)
		}

		// Into a mass send, which goes.
		b, err := l.ToBroadcast(ctx, p.lin, i.ID, shelf.Order{Values: map[string]string{"price": "8"}}, plan.Broadcast{Filter: plan.Filter{Groups: []community.GroupKey{p.one}}})
		check(t, err)
		await(t, func() bool { return p.said(name+"今晚共读《边城》，价格 8 元，你来吗？") == 1 })
		uses, beyond, err := l.Uses(ctx, i.ID)
		check(t, err)
		if beyond != 0 || len(uses) != 2 || !slices.ContainsFunc(uses, func(u shelf.Use) bool { return u.Place == shelf.InBroadcast && u.Ref == b.ID && u.User == p.lin }) ||
			!slices.ContainsFunc(uses, func(u shelf.Use) bool { return u.Place == shelf.InCalendar && u.Ref == planned.ID }) {
			t.Errorf("uses = %+v", uses)
		}
		narrow := p.app.Libraries(p.org, []community.GroupKey{p.two})
		if uses, beyond, err := narrow.Uses(ctx, i.ID); err != nil || len(uses) != 0 || beyond != 2 {
			t.Errorf("uses beyond one's groups = %+v, %d, %v; want them counted alone", uses, beyond, err)
		}
		looks, err := l.Preview(ctx, i.ID, shelf.Order{})
		check(t, err)
		if len(looks) == 0 || !strings.Contains(looks[0].Text, "今晚共读") || strings.Contains(looks[0].Text, "{group}") || !slices.Equal(looks[0].Missing, []string{"price"}) {
			t.Errorf("preview = %+v", looks)
		}

		// A poster goes as its picture, with the text.
		poster, err := l.Save(ctx, p.lin, community.ID{}, 0, shelf.Poster, shelf.Content{Title: "欢迎海报", Text: "海报在这里", Poster: "welcome"}, "")
		check(t, err)
		hung, err := l.ToBroadcast(ctx, p.lin, poster.ID, shelf.Order{}, plan.Broadcast{Filter: plan.Filter{Groups: []community.GroupKey{p.one}}})
		check(t, err)
		if len(hung.Pieces) != 1 || hung.Pieces[0].Kind != "image" || hung.Pieces[0].Type != "image/png" || hung.Pieces[0].Bytes < 1000 {
			t.Errorf("a poster goes with %+v, want its picture", hung.Pieces)
		}
		await(t, func() bool {
			return slices.ContainsFunc(p.world.Sent(), func(m sim.Sent) bool {
				return m.Group == "one" && strings.Contains(m.Text, "海报在这里") && slices.ContainsFunc(m.Segments, func(x community.Segment) bool { return x.Kind == "image" && x.File != nil })
			})
		})
		_, err = l.Archive(ctx, p.lin, poster.ID, true, "")
		check(t, err)

		// Its last day is over before it would go: neither by the calendar nor at once.
		late := p.content("", 5*24*60, p.one)
		_, err = l.ToCalendar(ctx, p.lin, i.ID, shelf.Order{Values: map[string]string{"price": "1"}}, late)
		wantCode(t, "beyond its last day", err, community.CodeRefused)
		content.Expires = today(-1)
		i, err = l.Save(ctx, p.lin, i.ID, 0, "", content, "过期了")
		check(t, err)
		if s := l.Standing(i); s != shelf.Expired {
			t.Errorf("standing = %s", s)
		}
		order := shelf.Order{Values: map[string]string{"price": "7"}}
		_, err = l.ToBroadcast(ctx, p.lin, i.ID, order, plan.Broadcast{Filter: plan.Filter{Groups: []community.GroupKey{p.one}}})
		wantCode(t, "an expired item", err, community.CodeRefused)
		_, err = p.app.Calendars(p.org, nil).AskItem(ctx, p.lin, planned.ID, "")
		wantCode(t, "a calendar item of an expired one", err, community.CodeRefused)
		order.Override = "老板要求"
		_, err = l.ToBroadcast(ctx, p.lin, i.ID, order, plan.Broadcast{Filter: plan.Filter{Groups: []community.GroupKey{p.two}}})
		check(t, err)
		await(t, func() bool {
			return p.said(p.groupName(p.two)+"今晚共读《边城》，收 7 元，你来吗？") == 1
		})

		// Put away it is not used, taken out it is.
		_, err = l.Archive(ctx, p.lin, i.ID, true, "")
		check(t, err)
		_, err = l.ToBroadcast(ctx, p.lin, i.ID, order, plan.Broadcast{Filter: plan.Filter{Groups: []community.GroupKey{p.one}}})
		wantCode(t, "what was put away", err, community.CodeConflict)
		if _, n, err := l.Find(ctx, shelf.Filter{}); err != nil || n != 0 {
			t.Errorf("found %d, %v", n, err)
		}
		_, err = l.Archive(ctx, p.lin, i.ID, false, "")
		check(t, err)
		if _, n, err := l.Find(ctx, shelf.Filter{Tag: "共读"}); err != nil || n != 1 {
			t.Errorf("found %d, %v", n, err)
		}
	})
}

// TestAMassSendThatWaitsStopsWhenItsItemExpires: an item shortened after the send was planned pauses it, and a person is asked.
func TestAMassSendThatWaitsStopsWhenItsItemExpires(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		p := startPlanner(t, dbURL)
		ctx, l := t.Context(), p.app.Libraries(p.org, nil)
		content := shelf.Content{Title: "优惠", Text: "本周优惠还有三天"}
		i, err := l.Save(ctx, p.lin, community.ID{}, 0, shelf.Post, content, "")
		check(t, err)
		b, err := l.ToBroadcast(ctx, p.lin, i.ID, shelf.Order{}, plan.Broadcast{Filter: plan.Filter{Groups: []community.GroupKey{p.one}}, Start: p.app.Now() + time.Hour.Milliseconds()})
		check(t, err)
		content.Expires = "2020-01-01"
		_, err = l.Save(ctx, p.lin, i.ID, 0, "", content, "")
		check(t, err)
		p.later(2 * time.Hour)
		plans := p.app.Plans(p.org, nil)
		await(t, func() bool { b, err := plans.Broadcast(t.Context(), b.ID); return err == nil && b.State == plan.Paused })
		if p.said(content.Text) != 0 {
			t.Error("it was said all the same")
		}
		await(t, func() bool { // a job makes the task
			tasks, _, err := p.desk().FindTasks(t.Context(), community.TaskFilter{})
			return err == nil && slices.ContainsFunc(tasks, func(task community.TaskRow) bool {
				return strings.Contains(task.Action.Text, "优惠") && strings.Contains(task.Action.Text, "2020-01-01")
			})
		})
	})
}
