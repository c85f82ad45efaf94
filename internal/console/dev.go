package console

import (
	"qunluo/internal/console/view"
	"qunluo/internal/rights"
)

// devRoutes are there in development mode only.
func (c *Console) devRoutes() []route {
	if !c.deps.Dev {
		return nil
	}
	return []route{{pattern: "GET /dev/ui", may: rights.Enter, serve: (*Console).gallery}}
}

// gallery shows every component of the kit in its states.
func (c *Console) gallery(k *call) error {
	return k.show("UI", view.GalleryPage(view.NewGallery(k.now())), withCharts)
}
