package h5

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/h5/view"
	"qunluo/internal/i18n"
	"qunluo/internal/measure"
	"qunluo/internal/tier"
)

// Tiers knows what members may see of where they stand. Whoever holds a link may look.
type Tiers interface {
	// Tier gives what a link shows; community.CodeNotFound when it was not made here, or the group does not tell its members.
	Tier(ctx context.Context, link string) (Tier, error)
}

// Tier is where a member stands in a group, and how they came there.
type Tier struct {
	Group    string
	Row      tier.Row
	Changes  []tier.Change // the latest first
	Benefits []string      // held now
}

// tier shows a member where they stand. Notes of people stay with people.
func (p *pages) tier(w http.ResponseWriter, r *http.Request) error {
	if p.deps.Tiers == nil {
		return community.Errorf(community.CodeNotFound, "no tiers here")
	}
	at, err := p.deps.Tiers.Tier(r.Context(), r.PathValue("link"))
	if err != nil {
		return err
	}
	t := p.words(r)
	word := func(of tier.Tier) string {
		if of == tier.None {
			return t.T("tier.none")
		}
		return t.T("tier." + string(of))
	}
	v := view.Tier{Title: t.T("tier.page_title", "tier", word(at.Row.Tier)), Line: t.T("tier.page_line", "group", plain(at.Group), "day", measure.Day(at.Row.Day).String()),
		Reason: tierReason(t, at.Row.Numbers, at.Row.Percent()) + " · " + t.T("tier.why_"+at.Row.Why), Gives: t.T("tier.page_gives"), ChangesTitle: t.T("tier.page_changes"), Foot: t.T("tier.page_foot")}
	for _, b := range at.Benefits {
		v.Benefits = append(v.Benefits, plain(b))
	}
	for _, c := range at.Changes {
		v.Changes = append(v.Changes, t.T("tier.page_change", "day", measure.Day(c.Day).String(), "was", word(c.Was), "tier", word(c.Tier)))
		v.Reasons = append(v.Reasons, t.T("tier.why_"+c.Why)+" · "+tierReason(t, c.Numbers, c.Percent()))
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "no-store")
	p.render(w, r, http.StatusOK, t, v.Title, view.TierPage(v))
	return nil
}

// tierReason prints what a rank rests on.
func tierReason(t *i18n.Words, n tier.Numbers, percent float64) string {
	out := t.T("tier.reason", "days", n.Days, "partners", n.Partners, "replies", n.Replies, "answers", n.Answers, "strikes", n.Strikes)
	if percent > 0 {
		out += t.T("tier.rank", "percent", strings.TrimSuffix(strconv.FormatFloat(percent, 'f', 1, 64), ".0"))
	}
	if n.TagPoints != 0 { // which tags is the operators' business
		out += t.T("tier.reason_points", "points", n.TagPoints)
	}
	return out
}
