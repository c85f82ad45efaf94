package app_test

import (
	"encoding/json"
	"errors"
	"testing"

	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/console"
	"qunluo/internal/hold"
	"qunluo/internal/store/storetest"
)

func TestDraftGoesWithItsPublishingAndOutlivesAChangeOfMode(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		a := house(t, url)
		ctx := t.Context()
		org, err := a.Store().Org(ctx, "测试", false)
		check(t, err)
		_, run, err := a.Import(ctx, "cli", org, console.ImportOrder{}, []string{history(t, 3)}, nil)
		check(t, err)
		hands := a.Hands(org, nil)
		draft := json.RawMessage(`{"version":1,"mode":"observe","rules":[]}`)
		check(t, hands.SaveDraft(ctx, "ming", run.Group, draft, ""))
		check(t, hands.SetMode(ctx, "hong", run.Group, community.Live, "开始"))
		if kept, err := a.Store().BookBody(ctx, run.Group, 0); err != nil || string(kept) != string(draft) {
			t.Fatalf("draft after a change of mode = %s, %v; want it untouched", kept, err)
		}
		_, err = hands.Publish(plain(ctx), "ming", run.Group, draft, "第一版")
		check(t, err)
		if left, err := a.Store().BookBody(ctx, run.Group, 0); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("draft after it was published = %s, %v; want none", left, err)
		}
	})
}

func TestDataDirectoryOpensOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		o := app.Options{Config: config.Config{DataDir: storetest.DataDir(t), Database: config.Database{URL: url}}}
		first, err := app.Open(t.Context(), o)
		check(t, err)
		if _, err := app.Open(t.Context(), o); !errors.Is(err, hold.ErrTaken) {
			t.Errorf("second house in the same directory: %v, want ErrTaken", err)
		}
		check(t, first.Close())
		again, err := app.Open(t.Context(), o)
		check(t, err)
		check(t, again.Close())
	})
}
