package h5

import (
	"context"
	"net/http"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/h5/view"
	"qunluo/internal/i18n"
)

// Showcase knows what may be said in public about what our connections can do.
type Showcase interface {
	// Abilities gives what an organisation shows, or (zero id) the first that shows anything; community.CodeNotFound where
	// nothing is shown.
	Abilities(ctx context.Context, org community.ID) ([]community.PlatformOffer, error)
}

// abilities says, platform by platform, what can be done, what cannot, and what happens instead.
func (p *pages) abilities(w http.ResponseWriter, r *http.Request) error {
	var org community.ID
	if text := r.PathValue("org"); text != "" {
		var err error
		if org, err = community.ParseID(text); err != nil {
			return community.Errorf(community.CodeNotFound, "organisation: %w", err)
		}
	}
	if p.deps.Showcase == nil {
		return community.Errorf(community.CodeNotFound, "no abilities are shown")
	}
	list, err := p.deps.Showcase.Abilities(r.Context(), org)
	if err != nil {
		return err
	}
	words := p.words(r)
	page := view.Abilities{Title: words.T("h5.abilities"), Line: words.T("h5.abilities_line"), Foot: words.T("h5.abilities_foot")}
	for _, one := range list {
		page.Platforms = append(page.Platforms, offered(words, one))
	}
	p.render(w, r, http.StatusOK, words, page.Title, view.Can(page))
	return nil
}

func offered(words *i18n.Words, one community.PlatformOffer) view.Platform {
	out := view.Platform{Name: string(one.Platform)}
	if key := "platform." + string(one.Platform); words.Has(key) {
		out.Name = words.T(key)
	}
	for _, o := range one.Offers {
		line := view.Offer{Verb: words.T("verb." + string(o.Verb)), Level: words.T("level." + string(o.Best)), Means: words.T("h5.means_" + string(o.Best)), Class: string(o.Best)}
		if o.Best != o.Worst {
			line.Means += words.T("h5.depends", "level", words.T("level."+string(o.Worst)))
		}
		switch {
		case o.Worst != community.None:
		case o.Instead != "":
			line.Instead = words.T("h5.instead", "act", words.T("rung."+o.Instead))
		case o.Best == community.None:
			line.Instead = words.T("h5.nothing")
		}
		out.Offers = append(out.Offers, line)
	}
	if len(one.Groups) > 0 {
		names := make([]string, len(one.Groups))
		for i, g := range one.Groups {
			names[i] = plain(g)
		}
		out.Groups = words.T("h5.groups", "names", strings.Join(names, words.T("list.comma")))
	}
	return out
}
