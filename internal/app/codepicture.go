package app

import (
	"context"
	"net/http"

	"qunluo/internal/community"
	"qunluo/internal/poster"
	"qunluo/internal/safehttp"
	"qunluo/internal/store"
)

// pictureTries is how often the picture of a code is asked for before a person is.
const pictureTries = 4

// fetchPicture gets the picture of a code that a platform made, so that the code's fixed address can show it without
// sending anybody elsewhere. What cannot be had after a few tries, or is no picture, becomes a person's task.
func (a *App) fetchPicture(ctx context.Context, j store.Job) error {
	action, err := community.ParseID(j.Key)
	if err != nil {
		return err
	}
	address, err := a.store.InviteImage(ctx, action)
	if err != nil || address == "" {
		return err
	}
	picture, err := a.pictureAt(ctx, address)
	switch code := community.CodeOf(err); {
	case err == nil:
		return a.store.KeepInvitePicture(ctx, action, picture)
	case code == community.CodeBadInput, code == community.CodeTooLarge, code == community.CodeForbidden, j.Attempts >= pictureTries:
		return a.askPicture(ctx, action, address)
	}
	return err
}

// pictureAt gets a picture and keeps its pixels only.
func (a *App) pictureAt(ctx context.Context, address string) ([]byte, error) {
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return nil, community.Errorf(community.CodeBadInput, "picture: its address cannot be read")
	}
	got, err := safehttp.New(a.cfg.Notify.Allow).Do(ctx, r)
	switch {
	case err != nil:
		return nil, err
	case got.Status != http.StatusOK:
		return nil, community.Errorf(community.CodeUnreachable, "picture: status %d", got.Status)
	}
	return poster.Clean(got.Body)
}

// askPicture asks a person for the picture, once.
func (a *App) askPicture(ctx context.Context, action community.ID, address string) error {
	now, err := a.store.ActionNow(ctx, action)
	if err != nil {
		return err
	}
	words, err := a.wordsOf(ctx, now.Org)
	if err != nil {
		return err
	}
	act := community.Action{Verb: community.RenewCode, Group: now.Action.Group, Text: words.T("guard.task_picture", "at", address), Until: a.millis() + day}
	audit := community.Audit{Org: now.Org, User: system, Verb: "action.act", Subject: subjectOf("group", int64(now.Action.Group))}
	p := community.PersonDecision{Kind: "act", User: system, Actions: []community.Action{act}}
	_, err = a.engine.DecideOnce(ctx, now.Action.Group, "picture:"+action.String(), p, audit)
	return err
}
