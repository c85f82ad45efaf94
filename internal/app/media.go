package app

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/i18n"
	"qunluo/internal/store"
)

// mediaFolder is where pictures and files are kept for a while, below the data folder.
const mediaFolder = "media"

const jobMedia = "forget-media"

// forgetMedia drops what nobody has wanted for long.
func (a *App) forgetMedia(ctx context.Context, _ store.Job) error { return a.shelf.Forget(ctx) }

// missingPart says what stands in the place of a part that could not be sent. Groups read Chinese, as in what else is said
// there by ourselves.
func missingPart(words *i18n.Catalogue) func(kind string, code community.Code) string {
	zh := words.In(i18n.Chinese)
	return func(kind string, code community.Code) string {
		why := "media.why." + string(code)
		if !zh.Has(why) {
			why = "media.why.internal"
		}
		return zh.T("media.missing", "kind", zh.T("media.kind."+kind), "why", zh.T(why))
	}
}
