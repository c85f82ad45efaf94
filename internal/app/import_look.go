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
	fates, err := l.of(info).Look(ctx, rows, sure)
	out := make([]importer.Fate, len(fates))
	for i, f := range fates {
		out[i] = importer.Fate(f)
	}
	return out, err
}

// of is the glance of a file.
func (l *look) of(info importer.RunInfo) *store.Glance {
	if l.glance == nil || info != l.at {
		l.at, l.glance = info, l.store.Glance(l.org, info.Platform, info.Exporter)
	}
	return l.glance
}

// Roster gives the latest list of a group's members.
func (l *look) Roster(ctx context.Context, info importer.RunInfo, group community.Ref) ([]community.Who, int64, error) {
	return l.of(info).Roster(ctx, group.ID)
}

// Tell gives the event that a row is near to.
func (l *look) Tell(ctx context.Context, number int64) (importer.Told, error) {
	text, from, err := l.glance.Tell(ctx, number)
	return importer.Told{Text: text, From: from}, err
}
