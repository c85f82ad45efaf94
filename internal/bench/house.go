package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/onebot"
	"qunluo/internal/engine"
	"qunluo/internal/policy"
	"qunluo/internal/store"
)

// house is a belt over a database of its own: one organisation, one account.
type house struct {
	store   *store.Store
	engine  *engine.Engine
	org     community.OrgKey
	account community.AccountKey
	book    json.RawMessage
}

func openHouse(ctx context.Context, at base) (*house, error) {
	st, err := store.Open(ctx, store.Options{URL: at.url, DataDir: at.dir})
	if err != nil {
		return nil, err
	}
	h := &house{store: st}
	if err := h.furnish(ctx); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return h, nil
}

func (h *house) furnish(ctx context.Context) error {
	var err error
	if h.org, err = h.store.Org(ctx, "测量", false); err != nil {
		return err
	}
	a, err := h.store.SaveAccount(ctx, community.Account{
		Org: h.org, Platform: "qq", Connector: "onebot", Name: "小助手", External: "3081234567", Settings: []byte("{}"), Enabled: true,
	}, community.Audit{User: "bench"})
	if err != nil {
		return err
	}
	h.account = a.Key
	book, err := rulebook()
	if err != nil {
		return err
	}
	if h.book, err = json.Marshal(book); err != nil {
		return err
	}
	h.engine = engine.New(engine.Options{
		Store: h.store, Clock: time.Now,
		Deciders: []engine.Decider{decider{policy.NewDecider(policy.NewLibrary(nil))}},
	})
	return nil
}

func (h *house) close() error { return errors.Join(h.engine.Close(), h.store.Close()) }

// publish puts the book in force in a group that has been seen.
func (h *house) publish(ctx context.Context, groups []community.GroupKey) error {
	for _, g := range groups {
		_, err := h.engine.Apply(ctx, community.Inbound{
			Type: community.RulebookPublished, GroupKey: g, Key: "1", OccurredAt: firstSecond * 1000, Body: community.Body{Data: h.book},
		})
		if err != nil {
			return fmt.Errorf("publish to group %d: %w", g, err)
		}
	}
	return nil
}

// parse reads frames as a connection does.
func parse(frames [][]byte, in []connect.Inbound, account community.AccountKey) ([]connect.Inbound, error) {
	for _, data := range frames {
		ev, kind, err := onebot.Parse(data)
		if err != nil {
			return nil, err
		}
		if kind != onebot.Event {
			return nil, fmt.Errorf("frame of kind %d, want an event", kind)
		}
		ev.Account = account
		in = append(in, ev)
	}
	return in, nil
}
