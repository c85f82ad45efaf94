package app_test

import (
	"fmt"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/console"
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
			"uid first, then the pair, then the number":    {{"u_aa", ""}, {"u_aa", "12345678"}, {"", "12345678"}, {"u_aa", ""}},
			"number first, then the pair, then the uid":    {{"", "12345678"}, {"u_aa", "12345678"}, {"u_aa", ""}},
			"the pair first":                               {{"u_aa", "12345678"}, {"u_aa", ""}, {"", "12345678"}},
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
