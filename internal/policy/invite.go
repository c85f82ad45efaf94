package policy

import (
	"encoding/json"
	"fmt"

	"qunluo/internal/community"
)

// inviteLimit asks a person once a member has brought more people than they may within some hours. Nobody is punished: who
// brings many may be a friend of the group.
type inviteLimit struct {
	Hours int64 `json:"hours"`
	Most  int   `json:"most"`
}

// invited is one who was brought.
type invited struct {
	Rule string              `json:"rule"`
	By   community.MemberKey `json:"by"`
	At   int64               `json:"at"`
}

const maxInvited = 2000

func inviteKind() kind {
	return kind{
		schema: Schema{
			Name: "invite", Title: words("拉人上限", "Invite limit"),
			Summary: words("一个成员在几小时内拉进来的人超过上限时，送人查看；不自动处罚。", "Once a member has brought more people than this within some hours, a person is asked; nobody is punished."),
			Fields: []Field{
				{Name: "hours", Title: words("看多少小时之内", "Within hours"), Type: typeInt, Min: 1, Max: 24 * 30, Default: 24},
				{Name: "most", Title: words("最多拉几个人", "At most"), Type: typeInt, Min: 1, Max: 500, Default: 10},
			},
		},
		build: func(_ *builder, _ string, r *rule, params json.RawMessage) {
			p := &inviteLimit{Hours: 24, Most: 10}
			json.Unmarshal(params, p)
			r.does = p
		},
	}
}

// watchInvites counts who was brought by whom, and says in the decision who brought too many; true when a live rule says so.
func (s *State) watchInvites(rb *Rulebook, j *arriving) bool {
	by, live := j.ev.By, false
	if by == 0 || by == j.member {
		return false
	}
	for _, r := range rb.rules {
		p, ok := r.does.(*inviteLimit)
		if !ok {
			continue
		}
		s.look.judging = r
		if n := s.brought(r.ID, by, j.ev.At, p.Hours); n == p.Most+1 && !rb.isImmune(s, by) {
			j.out.Hits = append(j.out.Hits, community.RuleHit{Rule: r.ID, Kind: r.Kind, Dry: r.dry, Chose: !r.dry, Why: fmt.Sprintf("invites %dh %d>%d", p.Hours, n, p.Most)})
			j.out.Member = by
			live = live || !r.dry
		}
	}
	s.look.judging = nil
	return live
}

// brought counts one more and gives how many the member has brought within the hours.
func (s *State) brought(rule string, by community.MemberKey, now, hours int64) int {
	n := 1
	kept := make([]invited, 0, len(s.now.Invites)+1)
	for _, x := range s.now.Invites {
		if x.Rule == rule && x.At <= now-hours*hourMs {
			continue
		}
		kept = append(kept, x)
		if x.Rule == rule && x.By == by {
			n++
		}
	}
	kept = append(kept, invited{rule, by, now})
	s.now.Invites = kept[max(0, len(kept)-maxInvited):]
	return n
}

// isImmune reports whether nothing is held against a member, as far as they are known.
func (rb *Rulebook) isImmune(s *State, who community.MemberKey) bool {
	m := s.members[who]
	if m == nil {
		return rb.immune(who, community.RoleNone, community.RoleNone)
	}
	return rb.immune(who, m.Role, m.Mark)
}
