package app_test

import (
	"slices"
	"strings"
	"testing"

	"qunluo/internal/admit"
	"qunluo/internal/community"
)

// TestMomentGoesFromTheFormToTheLeads is the whole way of a 客户朋友圈 post: pictures uploaded, tasks for two employees, seen by
// contacts with a tag, one employee confirms, contacts react, each reaction counts once and marks a lead.
func TestMomentGoesFromTheFormToTheLeads(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		c := startCompany(t, dbURL, "week")
		ctx, moments, plans := t.Context(), c.app.Moments(c.org), c.app.Plans(c.org, nil)
		accounts, err := moments.Accounts(ctx)
		if err != nil || len(accounts) != 1 || accounts[0].Key != c.account {
			t.Fatalf("accounts = %+v, %v", accounts, err)
		}
		var pictures []community.ID
		for _, name := range []string{"一.png", "二.png"} {
			data := posterPNG(t)
			piece, err := plans.KeepFile(ctx, "lin", name, append(data, []byte(name)...))
			check(t, err)
			pictures = append(pictures, piece.File)
		}
		order := community.MomentOrder{Text: "周六读书会", Employees: []string{"wang", "zhao"}, Tags: []string{"意向/高"}}
		id, err := moments.Post(ctx, "lin", c.account, order, pictures, "活动")
		check(t, err)
		made := c.corp.Moments()
		if len(made) != 1 || made[0].ID != id || len(made[0].Attached) != 2 || !slices.Equal(made[0].Tags, []string{"t1"}) || len(made[0].Posted) != 2 || len(c.corp.Uploads) != 2 || !strings.HasPrefix(c.corp.Uploads[0], "moment 一.png") {
			t.Fatalf("at the platform: %+v, uploads %q", made, c.corp.Uploads)
		}
		c.corp.Publish(id, "wang")
		c.corp.React(id, []string{"wm0", "wm1"}, []string{"wm0"})
		for range 2 { // what is read again is the same
			_, err := c.app.Hands(c.org, nil).DoChore(ctx, "lin", c.account, "moment.read", nil, "")
			check(t, err)
		}
		list, err := moments.List(ctx, c.account, 7)
		check(t, err)
		if len(list) != 1 || list[0].Pictures != 2 || !list[0].Partly || list[0].Published() != 1 || list[0].Posts[0].Employee != "wang" || !list[0].Posts[0].Published || list[0].Posts[1].Published {
			t.Errorf("moments = %+v, want one that wang published and zhao has yet to", list)
		}
		who, total, err := moments.Reactions(ctx, id, community.Page{})
		check(t, err)
		got := map[string][2]int64{}
		for _, r := range who {
			got[r.Member.External] = [2]int64{r.Likes, r.Comments}
		}
		if total != 2 || got["wm0"] != [2]int64{1, 1} || got["wm1"] != [2]int64{1, 0} {
			t.Errorf("reactions = %v of %d, want each contact once", got, total)
		}
		if sums, err := moments.Sums(ctx); err != nil || sums[id] != [2]int64{2, 1} {
			t.Errorf("sums = %v, %v", sums, err)
		}
		leads, _, err := c.app.Shorts(c.org, nil).Leads(ctx, community.Page{})
		check(t, err)
		if len(leads) != 2 {
			t.Errorf("leads = %+v, want both contacts", leads)
		}
		for _, l := range leads {
			if tags, err := c.app.Codes(c.org, nil).MemberTags(ctx, l.Member.Key); err != nil || !slices.Contains(tags, admit.LeadTag) {
				t.Errorf("%s has tags %v, %v; want the lead's", l.Member.Name, tags, err)
			}
		}
		rows, _, err := c.desk().FindAudit(ctx, community.AuditFilter{Verb: "moment.create"})
		if err != nil || len(rows) != 1 || rows[0].Reason != "活动" {
			t.Errorf("audit = %+v, %v", rows, err)
		}
		if other, _, err := c.app.Moments(c.org+1).Reactions(ctx, id, community.Page{}); err != nil || len(other) != 0 {
			t.Errorf("another organisation sees %v, %v", other, err)
		}

		for name, bad := range map[string]struct {
			order    community.MomentOrder
			pictures []community.ID
			want     community.Code
		}{
			"nothing":             {community.MomentOrder{}, nil, community.CodeBadInput},
			"pictures and a link": {community.MomentOrder{Text: "x", Link: "https://q.example/c", LinkTitle: "c"}, pictures, community.CodeBadInput},
			"ten pictures":        {community.MomentOrder{Text: "x"}, slices.Repeat(pictures, 5), community.CodeTooLarge},
			"no such tag":         {community.MomentOrder{Text: "x", Tags: []string{"没有"}}, nil, community.CodeNotFound},
			"an inducement":       {community.MomentOrder{Text: "转发到朋友圈领红包 https://q.example/c"}, nil, community.CodeRefused},
			"too long":            {community.MomentOrder{Text: strings.Repeat("字", 2001)}, nil, community.CodeTooLarge},
		} {
			if _, err := moments.Post(ctx, "lin", c.account, bad.order, bad.pictures, ""); community.CodeOf(err) != bad.want {
				t.Errorf("%s: %v, want %s", name, err, bad.want)
			}
		}
		if _, err := c.app.Moments(c.org+1).Post(ctx, "lin", c.account, order, nil, ""); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("another organisation posts: %v", err)
		}
		if n := len(c.corp.Moments()); n != 1 {
			t.Errorf("%d moments at the platform, want the good one alone", n)
		}
	})
}
