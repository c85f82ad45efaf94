package app

import (
	"context"
	"encoding/json"

	"qunluo/internal/community"
	"qunluo/internal/jobs"
	"qunluo/internal/store"
)

// handlers is the table of job kinds.
func (a *App) handlers() map[string]jobs.Handler {
	return map[string]jobs.Handler{
		store.JobAction: a.carryOut,
		store.JobWake:   a.wake,
	}
}

func (a *App) carryOut(ctx context.Context, j store.Job) error {
	id, err := community.ParseID(j.Key)
	if err != nil {
		return err
	}
	return a.engine.CarryOut(ctx, id, j.Attempts)
}

func (a *App) wake(ctx context.Context, j store.Job) error {
	var w store.WakePayload
	if err := json.Unmarshal(j.Payload, &w); err != nil {
		return err
	}
	return a.engine.Wake(ctx, w)
}
