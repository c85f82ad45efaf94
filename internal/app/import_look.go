package app

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/importer"
	"qunluo/internal/store"
)

// look tells an import what the log has already of each file it reads.
type look struct {
	store  *store.Store
	org    community.OrgKey
	at     importer.RunInfo // the file looked at now
	glance *store.Glance
}

// Look gives the fate of each row, in order.
func (l *look) Look(ctx context.Context, info importer.RunInfo, rows []community.Inbound, sure bool) ([]importer.Fate, error) {
	if l.glance == nil || info != l.at {
		l.at, l.glance = info, l.store.Glance(l.org, info.Platform, info.Exporter)
	}
	fates, err := l.glance.Look(ctx, rows, sure)
	out := make([]importer.Fate, len(fates))
	for i, f := range fates {
		out[i] = importer.Fate(f)
	}
	return out, err
}

// Tell gives the event that a row is near to.
func (l *look) Tell(ctx context.Context, number int64) (importer.Told, error) {
	text, from, err := l.glance.Tell(ctx, number)
	return importer.Told{Text: text, From: from}, err
}
