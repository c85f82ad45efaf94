package app_test

import (
	"fmt"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/console"
	"qunluo/internal/importer"
	"qunluo/internal/store/storetest"
)

// qqMessage is a QQChatExporter file of one message.
func qqMessage(id, uid, uin string) string {
	return fmt.Sprintf(`{"metadata":{"name":"QQChatExporter V4"},"chatInfo":{"name":"产品讨论","type":"group","groupId":"700100"},"messages":[{"messageId":%q,"timestamp":17145252%s,"sender":{"uid":%q,"uin":%q,"name":"小林"},"messageType":"text","content":{"text":"第%s"}}]}`,
		id, id, uid, uin, id)
}

// TestTwoIDsOfOnePersonLeadToOneMember: QQ knows people by a number and by a uid; files have one or both.
func TestTwoIDsOfOnePersonLeadToOneMember(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		for name, order := range map[string][][2]string{
			"uid first, then the pair, then the number": {{"u_aa", ""}, {"u_aa", "12345678"}, {"", "12345678"}, {"u_aa", ""}},
			"number first, then the pair, then the uid": {{"", "12345678"}, {"u_aa", "12345678"}, {"u_aa", ""}},
			"the pair first": {{"u_aa", "12345678"}, {"u_aa", ""}, {"", "12345678"}},
			"two people who were known apart stay two":     {{"u_aa", ""}, {"", "12345678"}, {"u_aa", "12345678"}},
			"one number and another person's uid stay two": {{"u_aa", "12345678"}, {"u_bb", "22345678"}, {"u_bb", ""}},
		} {
			t.Run(name, func(t *testing.T) {
				if url != "" {
					url = storetest.PostgresURL(t)
				}
				c := newClerk(t, url)
				for i, ids := range order {
					if rep, _ := c.takes(console.ImportOrder{}, written(t, "a.json", qqMessage(fmt.Sprint(60+i), ids[0], ids[1]))); rep.Added != 1 {
						t.Fatalf("file %d: %+v", i, rep.Counts)
					}
				}
				check(t, c.a.Store().CatchUp(t.Context()))
				_, n, err := c.a.Store().For(community.Scope{Org: c.org}).FindMembers(t.Context(), community.MemberFilter{})
				check(t, err)
				want := 1
				if name[:3] == "two" || name[:3] == "one" {
					want = 2
				}
				if n != want {
					t.Errorf("%d members, want %d", n, want)
				}
			})
		}
	})
}

// TestListsOfMembersTellWhoCameAndWhoWent: two lists are all that shows a departure from a WeChat group; it lies between
// them.
func TestListsOfMembersTellWhoCameAndWhoWent(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		c := newClerk(t, url)
		ctx := t.Context()
		list := func(ids ...string) string {
			text := "微信号,昵称\n"
			for _, id := range ids {
				text += id + ",名" + id + "\n"
			}
			return written(t, "名单.csv", text)
		}
		const day = 24 * 3600_000
		first := int64(1714536000000)
		rep, _ := c.takes(console.ImportOrder{Called: "晨读", At: first}, list("wxid_a", "wxid_b", "wxid_c"))
		if r := rep.Units[0].Rosters; rep.Added != 1 || len(r) != 1 || r[0].Before != 0 || r[0].Joined != 3 {
			t.Errorf("first list: %+v %+v", rep.Counts, r)
		}
		for _, dry := range []bool{true, false} {
			rep, _ = c.takes(console.ImportOrder{At: first + day, Dry: dry}, list("wxid_a", "wxid_c", "wxid_d"))
			if r := rep.Units[0].Rosters; len(r) != 1 || r[0].Before != first || r[0].Joined != 1 || r[0].Gone != 1 || rep.Units[0].GroupHow != importer.TargetRemembered {
				t.Errorf("second list, dry %v: %+v", dry, r)
			}
		}
		check(t, c.a.Store().CatchUp(ctx))
		desk := c.a.Store().For(community.Scope{Org: c.org})
		here := true
		rows, n, err := desk.FindMembers(ctx, community.MemberFilter{Present: &here})
		check(t, err)
		if n != 3 {
			t.Errorf("%d are here, want 3: %+v", n, rows)
		}
		gone, _, err := desk.FindMembers(ctx, community.MemberFilter{Text: "wxid_b"})
		check(t, err)
		stays, err := desk.Stays(ctx, gone[0].Key)
		check(t, err)
		if len(stays) != 1 || stays[0].LeftAt != first+day || stays[0].LeftLow != first || stays[0].Certainty != community.Inferred {
			t.Errorf("the departure lies between the lists: %+v", stays)
		}
	})
}
