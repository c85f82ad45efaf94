package app

import (
	"context"
	"encoding/json"
	"slices"

	"qunluo/internal/community"
)

// marks are what a person may say a member is.
var marks = []community.Role{community.RoleBot, community.RoleStaff, community.RoleMember}

// Mark says that a member is a bot, staff, or (RoleMember) neither, whatever the platform says. community.CodeConflict when
// that was said already, or the member is on record in no group of the handle.
func (h *hands) Mark(ctx context.Context, user string, id community.ID, mark community.Role, reason string) error {
	if !slices.Contains(marks, mark) {
		return community.Errorf(community.CodeBadInput, "mark %q: want one of %v", mark, marks)
	}
	desk := h.desk()
	m, err := desk.MemberByID(ctx, id)
	if err != nil {
		return err
	}
	if m.Mark == mark {
		return community.Errorf(community.CodeConflict, "member %s: already marked %s", id, mark)
	}
	places, err := desk.Memberships(ctx, m.Key)
	if err != nil {
		return err
	}
	groups := make([]community.GroupKey, len(places))
	for i, p := range places {
		groups[i] = p.Group
	}
	audit := h.audit(user, "member.mark", "member:"+id.String(), reason)
	audit.Before, _ = json.Marshal(map[string]any{"mark": m.Mark, "bot": m.Bot}) // plain values
	audit.After, _ = json.Marshal(map[string]any{"mark": mark, "bot": mark == community.RoleBot})
	return h.app.engine.Mark(ctx, groups, m.Key, mark, user, reason, audit)
}
