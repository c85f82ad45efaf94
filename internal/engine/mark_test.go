package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"qunluo/internal/community"
)

// kinds writes the log as "type member role" lines of a group.
func (r *rig) kinds(g community.GroupKey) string {
	var lines []string
	for _, ev := range r.log() {
		if ev.Group == g {
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s", ev.Type, ev.Body.Role)))
		}
	}
	return strings.Join(lines, ", ")
}

// TestMarkStandsInEachGroupBeforeTheMembersNextEvent: groups named at once, others when the member appears there.
func TestMarkStandsInEachGroupBeforeTheMembersNextEvent(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		one := r.message("1", "a", "早")
		first := r.apply(one, r.message("2", "b", "早"))
		g := first[0].Group
		member := r.log()[0].Actor
		mark := func(role community.Role) {
			t.Helper()
			check(t, r.e.Mark(t.Context(), []community.GroupKey{g}, member, role, "ming", "试一下", community.Audit{Org: 1, User: "ming", Verb: "member.mark"}))
		}
		mark(community.RoleStaff)
		again := r.apply(one) // the platform tells the same once more
		if !again[0].Repeated {
			t.Error("a message told again after the mark counts as new")
		}
		other := func(key string) community.Inbound {
			in := r.message(key, "a", "在另一个群")
			in.Group = community.Ref{ID: "g2", Name: "跑步群"}
			return in
		}
		out := r.apply(r.message("3", "b", "在"), other("4"), other("5"))
		r.open() // what is remembered comes from the tables
		r.apply(other("6"))
		if got, want := r.kinds(out[1].Group), "member.marked staff, message.created, message.created, message.created"; got != want {
			t.Errorf("the other group's log: %s; want %s", got, want)
		}
		mark(community.RoleMember)
		r.apply(other("7"), r.message("8", "a", "回来了"))
		if got, want := r.kinds(out[1].Group), "member.marked staff, message.created, message.created, message.created, member.marked member, message.created"; got != want {
			t.Errorf("the other group's log: %s; want %s", got, want)
		}
		if got, want := r.kinds(g), "message.created, message.created, member.marked staff, message.created, member.marked member, message.created"; got != want {
			t.Errorf("the group's log: %s; want %s", got, want)
		}
		r.gapless()
		if code := community.CodeOf(r.e.Mark(t.Context(), nil, member, community.RoleBot, "ming", "", community.Audit{})); code != community.CodeConflict {
			t.Errorf("a mark in no group gives %q", code)
		}
	})
}

// TestFailedBatchTellsNoMark: what did not become durable was told to nobody.
func TestFailedBatchTellsNoMark(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, r *rig) {
		out := r.apply(r.message("1", "a", "早"))
		check(t, r.e.Mark(t.Context(), []community.GroupKey{out[0].Group}, r.log()[0].Actor, community.RoleBot, "ming", "机器人", community.Audit{Org: 1, User: "ming"}))
		in := r.message("2", "a", "别处")
		in.Group = community.Ref{ID: "g2"}
		broken := r.message("3", "c", "早")
		broken.GroupKey, broken.Group = 999, community.Ref{} // there is no such group: the batch fails
		if _, err := r.e.Apply(t.Context(), in, broken); err == nil {
			t.Fatal("an event of a group that is not there was taken in")
		}
		where := r.apply(in)[0].Group
		if got, want := r.kinds(where), "member.marked bot, message.created"; got != want {
			t.Errorf("log = %s, want %s", got, want)
		}
		r.gapless()
	})
}
