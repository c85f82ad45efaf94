package importer

import (
	"context"
	"errors"
	"sync/atomic"
	"syscall"

	"qunluo/internal/community"
)

// BatchSize is how many events a Sink gets at most in one call.
const BatchSize = 5000

// RunInfo names the import that a batch belongs to: one per unit. The same unit has the same Hash each time.
type RunInfo struct {
	Hash     string             `json:"hash"` // SHA-256 of the content, hex
	Format   string             `json:"format"`
	Name     string             `json:"name"`
	Group    community.Ref      `json:"group"`
	Platform community.Platform `json:"platform"`
	Exporter string             `json:"exporter"` // the program that wrote the file: its format, and its name without version
}

// Sink takes events. added + duplicates must be len(rows); rows is valid until Append returns. A row whose (group, type,
// Key) is already known is a duplicate, whatever its body.
type Sink interface {
	Append(ctx context.Context, run RunInfo, rows []community.Inbound) (added, duplicates int, err error)
}

// Progress tells how far an import is. Bytes of Total are read, of all units.
type Progress struct {
	Unit       int // from 0
	Units      int
	Name       string
	Bytes      int64
	Total      int64
	Added      int64
	Duplicates int64
}

// Run imports every unit of a set, in order, and reports. A nil sink is a dry run: duplicates are then those within a
// unit and, with opt.Look, those that are there already. A unit that cannot be read ends in its own report and the next goes on; an error of the sink or the end of ctx
// ends the run, and the report says what came until then. progress may be nil; it is called after each batch
// and at the end of each unit.
func Run(ctx context.Context, set *Set, opt Options, sink Sink, progress func(Progress)) (Report, error) {
	rep := Report{Units: make([]UnitReport, 0, len(set.Units)), Ignored: set.Ignored, DryRun: sink == nil}
	p := Progress{Units: len(set.Units)}
	for _, u := range set.Units {
		p.Total += u.Bytes
	}
	var done int64
	for i, u := range set.Units {
		p.Unit, p.Name = i, u.Name
		got, err := runUnit(ctx, u, opt, sink, func(bytes, added, dups int64) {
			if progress == nil {
				return
			}
			now := p
			now.Bytes = done + min(bytes, u.Bytes)
			now.Added, now.Duplicates = rep.Added+added, rep.Duplicates+dups
			progress(now)
		})
		done += u.Bytes
		rep.Units = append(rep.Units, got)
		rep.Counts.add(got.Counts)
		if progress != nil {
			p.Bytes, p.Added, p.Duplicates = done, rep.Added, rep.Duplicates
			progress(p)
		}
		if err != nil {
			return rep, err
		}
	}
	return rep, nil
}

// batch is what the reader hands to the sink's side.
type batch struct {
	rows []community.Inbound
	run  RunInfo
}

// runUnit reads in one goroutine and writes in this one. Three batches go round, so reading is at most two ahead.
func runUnit(ctx context.Context, u *Unit, opt Options, sink Sink, progress func(bytes, added, dups int64)) (UnitReport, error) {
	rep := UnitReport{Files: len(u.Files), Bytes: u.Bytes, Sure: u.Sure, GroupHow: u.Target.How}
	if u.Target.How != "" {
		opt.Group, opt.Platform = u.Target.Group, u.Target.Platform
	}
	rep.Run = RunInfo{Format: u.Format.Name, Name: u.Name, Platform: u.Format.Platform}
	hash, err := u.hash()
	if err != nil {
		rep.stop(err)
		return rep, ctx.Err()
	}
	rep.Run.Hash = hash
	sift := &sieve{opt: &opt, dry: sink == nil, met: people{opt: &opt}}
	if sink == nil {
		seen := newKeySet(u.scratch)
		defer func() { seen.close() }()
		sink = seen
	}
	var bytes atomic.Int64
	inner, cancel := context.WithCancel(ctx)
	r := &reader{ctx: inner, opt: opt, unit: u.counted(&bytes), tally: newTally(&rep), run: rep.Run,
		full: make(chan batch), free: make(chan []community.Inbound, 3)}
	for range 3 {
		r.free <- make([]community.Inbound, 0, BatchSize)
	}
	go r.read()
	var sinkErr error
	var added, dups int64
	for b := range r.full {
		if sinkErr == nil {
			var n, d int
			var rows []community.Inbound
			if rows, sinkErr = sift.pass(ctx, b.run, b.rows); sinkErr == nil && len(rows) > 0 {
				n, d, sinkErr = sink.Append(ctx, b.run, rows)
			}
			if sinkErr != nil {
				cancel()
			}
			added, dups = added+int64(n), dups+int64(d)
			progress(bytes.Load(), added, dups+sift.known)
		}
		clear(b.rows)
		r.free <- b.rows[:0]
	}
	cancel()
	if s, ok := sink.(*keySet); ok && sinkErr == nil {
		dups, sinkErr = s.duplicates()
		added -= dups
	}
	rep.Added, rep.Duplicates, rep.Near, rep.Run = added, dups+sift.known, sift.left, r.run
	rep.nears(sift.near)
	rep.Rosters, rep.Preview, rep.Completed = sift.lists, sift.shown, sift.completed
	if sinkErr == nil {
		sinkErr = ctx.Err()
	}
	if errors.Is(sinkErr, syscall.ENOSPC) {
		sinkErr = faultOf(sinkErr, "")
	}
	return rep, sinkErr
}

// reader is the reading side of a unit.
type reader struct {
	ctx   context.Context
	opt   Options
	unit  *Unit
	facts Facts
	tally *tally
	run   RunInfo
	rows  []community.Inbound
	full  chan batch
	free  chan []community.Inbound
}

func (r *reader) read() {
	defer close(r.full)
	r.rows = <-r.free
	r.facts.OwnTotal = -1
	err := r.unit.Format.Read(r.unit, r.opt, &r.facts, r.take)
	if len(r.rows) > 0 && r.ctx.Err() == nil { // of a file that breaks off, what was whole is kept
		if err2 := r.flush(); err == nil {
			err = err2
		}
	}
	r.name()
	r.tally.close(&r.facts, err)
}

func (r *reader) take(row *Row) error {
	if len(r.rows)+len(row.Events) > BatchSize {
		if err := r.flush(); err != nil {
			return err
		}
	}
	r.tally.row(row)
	if row.Bad == "" && row.Skip == "" {
		r.rows = append(r.rows, row.Events...)
	}
	return nil
}

func (r *reader) flush() error {
	r.name()
	select {
	case r.full <- batch{r.rows, r.run}:
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
	select {
	case r.rows = <-r.free:
		return nil
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
}

// name puts what the format learned into the run's name.
func (r *reader) name() {
	r.run.Group = r.facts.Group
	r.run.Exporter = exporterOf(r.run.Format, r.facts.Exporter)
	if r.facts.Platform != "" {
		r.run.Platform = r.facts.Platform
	}
	if r.opt.Platform != "" {
		r.run.Platform = r.opt.Platform
	}
}
