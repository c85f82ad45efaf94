package cli

import (
	"qunluo/internal/community"
	"qunluo/internal/i18n"
	"qunluo/internal/measure"
)

type growthCmd struct {
	fresh  `kong:"-"`
	Group  string `arg:"" optional:"" help:"群，默认全部|group, by default all"`
	Months int    `default:"6" help:"几个月，1 到 24|how many months, 1 to 24"`
}

// GrowthLine is how much of a group's month came from its members. Shares: joins by members' invitations among those whose way is known;
// messages of talks that no operator opened; members' questions that a member answered first.
type GrowthLine struct {
	Group      string `json:"group" col:"群|group"`
	Month      string `json:"month" col:"月份|month"`
	Invitation Ratio  `json:"by_invitation" col:"成员邀请|by members' invitations"`
	Unknown    int64  `json:"unknown_joins" col:"不知道谁邀请|inviter unknown"`
	Talk       Ratio  `json:"own_talk" col:"成员起头的聊天|talk opened by members"`
	Answers    Ratio  `json:"own_answers" col:"成员答的提问|answered by members"`
}

func (growthCmd) Shape() any { return []GrowthLine{} }
func (growthCmd) Examples() []example {
	return []example{{"insight growth '#books' --months 3 --json", [2]string{"一个群最近三个月", "the last three months of a group"}}}
}

// Validate bounds the months; called by the parser.
func (q *growthCmd) Validate() error {
	if q.Months < 1 || q.Months > 24 {
		return badUsage("--months 应在 1 到 24 之间", "--months must be 1 to 24")
	}
	return nil
}

// Do prints the months of a group, or of all.
func (q *growthCmd) Do(c *call, h *House) error {
	in, err := inOrg(c, h, h.Insights)
	if err != nil {
		return err
	}
	desk, row, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	groups := []community.GroupRow{row}
	if q.Group == "" {
		if groups, _, err = desk.FindGroups(c.ctx, community.GroupFilter{Page: community.Page{Limit: 200}}); err != nil {
			return err
		}
	}
	out := []GrowthLine{}
	for _, g := range groups {
		if err := in.ReadOn(c.ctx, g); err != nil {
			return err
		}
		months, err := in.Growth(c.ctx, g, q.Months)
		if err != nil {
			return err
		}
		for _, m := range months {
			out = append(out, GrowthLine{g.Name, m.Month, ratioOf(m.ByInvitation()), m.Ways[measure.ByUnknown], ratioOf(m.OwnTalk()), ratioOf(m.OwnAnswers())})
		}
	}
	if c.json {
		return c.printJSON(out)
	}
	return printList(c, out, len(out))
}

type claimsCmd struct {
	fresh `kong:"-"`
}

// ClaimLine is something that operators are told beside one's own figure. Verdicts: agrees, differs, undecided. Told and own values are
// shares, or times as many where ratio is true.
type ClaimLine struct {
	Name    string     `json:"name"`
	Said    string     `json:"said" col:"说法|what is told"`
	Means   string     `json:"definition"`
	Told    [2]float64 `json:"told"`
	Ratio   bool       `json:"ratio"`
	Known   bool       `json:"known"`
	Value   float64    `json:"value" col:"自己的值|own value"`
	Low     float64    `json:"low" col:"下限|low"`
	High    float64    `json:"high" col:"上限|high"`
	N       int        `json:"n" col:"人数或次数|n"`
	Seen    int        `json:"seen"`
	P       float64    `json:"log_rank_p"`
	Verdict string     `json:"verdict" col:"对照|verdict"`
	Needed  string     `json:"needed" col:"还需要|needed"`
}

func (claimsCmd) Shape() any { return []ClaimLine{} }
func (claimsCmd) Examples() []example {
	return []example{{"insight claims --json", [2]string{"每条说法、自己的值和区间", "every claim with the own value and its interval"}}}
}

// Do prints the claims.
func (q *claimsCmd) Do(c *call, h *House) error {
	in, err := inOrg(c, h, h.Insights)
	if err != nil {
		return err
	}
	list, err := in.Claims(c.ctx)
	if err != nil {
		return err
	}
	catalogue, err := i18n.New()
	if err != nil {
		return err
	}
	words := catalogue.In([2]string{i18n.Chinese, i18n.English}[c.lang])
	out := []ClaimLine{}
	for _, one := range list {
		line := ClaimLine{one.Name, words.T("claim.told_" + one.Name), words.T("claim.means_" + one.Name), one.Told, one.Ratio, one.Known, one.Value, one.Low, one.High, one.N, one.Seen, one.P, one.Verdict, ""}
		if one.Verdict == measure.Undecided {
			line.Needed = words.T("claim.need_"+one.Name, "n", one.Need)
		}
		out = append(out, line)
	}
	if c.json {
		return c.printJSON(out)
	}
	return printList(c, out, len(out))
}
