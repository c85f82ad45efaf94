package app

import (
	"context"
	"path/filepath"

	"qunluo/internal/cli"
	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/media"
	"qunluo/internal/store"
)

// storage is databases as the command line sees them before a house is open: they are neither migrated nor changed, but for the one that
// is filled.
type storage struct{}

func placeOf(cfg config.Config) store.Options {
	return store.Options{URL: cfg.Database.URL, DataDir: cfg.DataDir}
}

func (storage) Copy(ctx context.Context, from, to config.Config, progress func(table string, rows int64)) (cli.Copied, error) {
	c, err := store.Copy(ctx, placeOf(from), placeOf(to), progress)
	if err != nil {
		return cli.Copied{}, err
	}
	files, err := media.Kept(filepath.Join(from.DataDir, mediaFolder), c.Pinned)
	return cli.Copied{Source: c.Source, Target: c.Target, Files: filesOf(files)}, err
}

func (storage) Sums(ctx context.Context, cfg config.Config, progress func(table string, rows int64)) (map[string]community.TableSum, error) {
	return store.Sums(ctx, placeOf(cfg), progress)
}

func (storage) Begin(ctx context.Context, cfg config.Config, what string) error {
	return store.Begin(ctx, placeOf(cfg), what)
}

func (storage) Finish(ctx context.Context, cfg config.Config) error {
	return store.Finish(ctx, placeOf(cfg))
}
