package console

import (
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/console/view/ui"
)

// maxCopies bounds how many targets of a message its page shows.
const maxCopies = 200

// copies says what became of what was sent into other groups because of a message, group by group, with its pictures
// and files.
func (k *call) copies(g community.GroupRow, d community.DecisionRow) ([]ui.Option, error) {
	rows, _, err := k.Desk.FindActions(k.ctx(), community.ActionFilter{Decision: d.ID, Verb: community.Send, Page: community.Page{Limit: maxCopies}})
	if err != nil {
		return nil, err
	}
	var out []ui.Option
	for _, a := range rows {
		if a.Group == g.Key {
			continue
		}
		said := []string{k.T("state." + string(a.State))}
		for _, p := range a.Parts {
			said = append(said, k.partSaid(p))
		}
		out = append(out, ui.Option{Value: ui.Visible(a.GroupName), Text: strings.Join(said, k.T("list.semicolon"))})
	}
	return out, nil
}

// partSaid says what became of a picture or file.
func (k *call) partSaid(p community.Fate) string {
	said := k.T("media.kind."+p.Kind) + k.T("list.colon") + k.T("media.how."+p.How)
	why := "media.why." + string(p.Code)
	if p.Code == "" || !k.Words.Has(why) {
		return said
	}
	return said + k.T("list.paren", "what", k.T(why))
}
