package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/intake"
)

// Sizes and target of ingest.
const (
	ingestRows   = 40 * 1024
	ingestParts  = 10
	ingestTarget = 0.60
	hitsIn1000   = 20
	receives     = 4000 // single frames for the latency of Receive
	senders      = 16   // that send them, each waiting for its answer
)

// ingest compares frames → parse → decide → durable commit with bare inserts of the same rows.
func ingest(ctx context.Context, o Options) ([]Row, error) {
	c := crowd{groups: o.rows(100, 4), members: 50}
	s := newSpeaker(o.Seed)
	known := c.frames(s, 0, c.groups*c.members, 0, true)
	n := o.rows(ingestRows, 2*batchRows)
	live := c.frames(s, len(known), n, hitsIn1000, false)
	o.tell("ingest: %d frames of %d bytes on average, %d groups of %d members, batches of %d", n, bytesEach(live), c.groups, c.members, batchRows)

	b := &belt{o: o, known: known, live: live}
	out, err := b.compared(ctx)
	if err != nil {
		return nil, err
	}
	out = append(out, told("ingest.hits", 100*float64(b.decisions)/float64(n), "%"))
	waits, err := b.latency(ctx)
	return append(out, waits...), err
}

// compared runs the belt beside bare inserts; on PostgreSQL alone.
func (b *belt) compared(ctx context.Context) ([]Row, error) {
	belt := b.side()
	if b.o.Database != "" {
		row, err := alone(ctx, b.o, "ingest", belt)
		return []Row{row}, err
	}
	before, rows, err := b.rehearse(ctx)
	if err != nil {
		return nil, err
	}
	raw := rawSide(func() (string, func(), error) { return b.o.folder("raw") }, before, rows, batchRows)
	if err := compare(ctx, b.o, ingestParts, raw, belt); err != nil {
		return nil, err
	}
	return []Row{ratioRow("ingest", raw, belt, ingestTarget), told("ingest.wall", median(belt.walls), "rows/s")}, nil
}

func bytesEach(frames [][]byte) int {
	sum := 0
	for _, f := range frames {
		sum += len(f)
	}
	return sum / max(1, len(frames))
}

// belt is the candidate: a house of its own each round, whose members and rulebooks are there before.
type belt struct {
	o           Options
	known, live [][]byte
	house       *house
	dir         string
	away        func()
	fresh       int
	decisions   int
	batch       []connect.Inbound
}

func (b *belt) side() *side {
	return &side{name: "belt", prepare: b.prepare, run: b.run, tidy: b.tidy}
}

func (b *belt) prepare(ctx context.Context) error {
	at, away, err := b.o.base(ctx, "belt")
	if err != nil {
		return err
	}
	b.dir, b.away = at.dir, away
	if b.house, err = openHouse(ctx, at); err != nil {
		return err
	}
	return b.settle(ctx)
}

// settle lets everybody speak once and puts the rulebook in force.
func (b *belt) settle(ctx context.Context) error {
	groups := map[community.GroupKey]bool{}
	var order []community.GroupKey
	for first := 0; first < len(b.known); first += batchRows {
		in, err := parse(b.known[first:min(first+batchRows, len(b.known))], nil, b.house.account)
		if err != nil {
			return err
		}
		out, err := b.house.engine.Apply(ctx, in...)
		if err != nil {
			return err
		}
		for _, one := range out {
			if !groups[one.Group] {
				groups[one.Group] = true
				order = append(order, one.Group)
			}
		}
	}
	return b.house.publish(ctx, order)
}

// run takes the frames of a part in. It fails when a frame is lost or nothing was decided: speed without work is no
// figure.
func (b *belt) run(ctx context.Context, p part) (int, error) {
	if p.nth == 0 {
		b.fresh, b.decisions = 0, 0
	}
	from, to := p.rows(len(b.live), batchRows)
	for first := from; first < to; first += batchRows {
		if err := b.take(ctx, b.live[first:min(first+batchRows, to)]); err != nil {
			return 0, err
		}
	}
	if b.fresh != to || to == len(b.live) && b.decisions < to*hitsIn1000/2000 {
		return 0, fmt.Errorf("%d of %d frames taken in, %d decisions", b.fresh, to, b.decisions)
	}
	return to - from, nil
}

// take lets the belt have a batch.
func (b *belt) take(ctx context.Context, frames [][]byte) (err error) {
	if b.batch, err = parse(frames, b.batch[:0], b.house.account); err != nil {
		return err
	}
	out, err := b.house.engine.Apply(ctx, b.batch...)
	for i := range out {
		if out[i].Number != 0 {
			b.fresh++
		}
		b.decisions += len(out[i].Decisions)
	}
	return err
}

func (b *belt) tidy() error {
	defer b.away()
	return b.house.close()
}

// rehearse runs the belt once and gives the rows it wrote, before and in the round: what the baseline inserts.
func (b *belt) rehearse(ctx context.Context) (before, round *rawTable, err error) {
	if err := b.prepare(ctx); err != nil {
		return nil, nil, err
	}
	if _, err := b.run(ctx, inOne); err != nil {
		return nil, nil, err
	}
	all, err := rawRows(ctx, filepath.Join(b.dir, "qunluo.db"))
	if err != nil {
		return nil, nil, err
	}
	cut := len(all.rows) - len(b.live)
	return all.first(cut), all.from(cut), b.tidy()
}

// latency measures how long a sender of one frame waits for its answer, and in between how long the disk takes.
func (b *belt) latency(ctx context.Context) (rows []Row, err error) {
	if err := b.prepare(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.tidy()) }()
	n := min(len(b.live), b.o.rows(receives, 200))
	waits, err := b.receive(ctx, b.live[:n])
	if err != nil {
		return nil, err
	}
	syncs, err := fsyncs(b.dir, b.o.rows(400, 50))
	if err != nil {
		return nil, err
	}
	b.o.tell("Receive of one frame from %d senders: p50 %.2f ms, p99 %.2f ms; fsync of 4 KB: p50 %.2f ms, p99 %.2f ms",
		senders, median(waits), quantile(waits, 0.99), median(syncs), quantile(syncs, 0.99))
	return []Row{
		told("ingest.receive.p99", quantile(waits, 0.99), "ms"),
		told("ingest.fsync.p99", quantile(syncs, 0.99), "ms"),
	}, nil
}

// receive lets senders hand frames to the intake one by one and gives each wait in milliseconds.
func (b *belt) receive(ctx context.Context, frames [][]byte) ([]float64, error) {
	ctx, stop := context.WithCancel(ctx)
	door := intake.New(b.house.engine, time.Now)
	ended := make(chan struct{})
	go func() { defer close(ended); _ = door.Run(ctx) }() // ends with ctx's error and no other
	defer func() { stop(); <-ended }()

	waits := make([][]float64, senders)
	errs := make([]error, senders)
	host := door.Host(b.house.account, "qq")
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for i := s; i < len(frames) && errs[s] == nil; i += senders {
				began := time.Now()
				in, err := parse(frames[i:i+1], nil, b.house.account)
				if err == nil {
					err = host.Receive(ctx, in...)
				}
				errs[s] = err
				waits[s] = append(waits[s], time.Since(began).Seconds()*1000)
			}
		})
	}
	wg.Wait()
	var all []float64
	for _, w := range waits {
		all = append(all, w...)
	}
	return all, errors.Join(errs...)
}

// fsyncs appends 4 KB to a file and waits until it is on disk, n times; each in milliseconds.
func fsyncs(dir string, n int) ([]float64, error) {
	f, err := os.Create(filepath.Join(dir, "fsync"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	page := make([]byte, 4096)
	waits := make([]float64, n)
	for i := range waits {
		if _, err := f.Write(page); err != nil {
			return nil, err
		}
		began := time.Now()
		if err := f.Sync(); err != nil {
			return nil, err
		}
		waits[i] = time.Since(began).Seconds() * 1000
	}
	return waits, nil
}
