package importer

import (
	"bufio"
	"container/heap"
	"context"
	"encoding/binary"
	"hash/maphash"
	"io"
	"os"
	"slices"

	"qunluo/internal/community"
)

// keySet counts the duplicates of a dry run: a sink that keeps eight bytes per key, sorted to a temporary file in runs,
// so that its memory does not grow. Two different keys fall together once in about 10^6 imports of ten million rows.
type keySet struct {
	scratch scratch
	seed    maphash.Seed
	run     []uint64
	files   []*os.File
}

const keyRun = 1 << 20 // keys held in memory: 8 MB

func newKeySet(s scratch) *keySet {
	return &keySet{scratch: s, seed: maphash.MakeSeed()}
}

// Append takes keys. It calls every row added; duplicates are known at the end.
func (k *keySet) Append(_ context.Context, _ RunInfo, rows []community.Inbound) (added, dups int, err error) {
	for i := range rows {
		var h maphash.Hash
		h.SetSeed(k.seed)
		h.WriteString(string(rows[i].Type))
		h.WriteByte(0)
		h.WriteString(rows[i].Key)
		k.run = append(k.run, h.Sum64())
		if len(k.run) == keyRun {
			if err := k.spill(); err != nil {
				return 0, 0, err
			}
		}
	}
	return len(rows), 0, nil
}

func (k *keySet) spill() error {
	slices.Sort(k.run)
	f, err := k.scratch.tempFile()
	if err != nil {
		return err
	}
	k.files = append(k.files, f)
	w := bufio.NewWriterSize(f, 64<<10)
	var b [8]byte
	for _, h := range k.run {
		binary.BigEndian.PutUint64(b[:], h)
		w.Write(b[:]) // the error stays until Flush
	}
	k.run = k.run[:0]
	if err := w.Flush(); err != nil {
		return err
	}
	_, err = f.Seek(0, io.SeekStart)
	return err
}

// duplicates says how many rows had a key that an earlier row had.
func (k *keySet) duplicates() (int64, error) {
	slices.Sort(k.run)
	m := keyMerge{}
	for _, f := range k.files {
		m = append(m, keyStream{in: bufio.NewReaderSize(f, 64<<10)})
	}
	m = append(m, keyStream{mem: k.run})
	for i := 0; i < len(m); {
		if ok, err := m[i].step(); err != nil {
			return 0, err
		} else if !ok {
			m = slices.Delete(m, i, i+1)
			continue
		}
		i++
	}
	heap.Init(&m)
	var dups int64
	var last uint64
	for first := true; len(m) > 0; first = false {
		if h := m[0].head; !first && h == last {
			dups++
		} else {
			last = h
		}
		ok, err := m[0].step()
		if err != nil {
			return 0, err
		}
		if ok {
			heap.Fix(&m, 0)
		} else {
			heap.Pop(&m)
		}
	}
	return dups, nil
}

func (k *keySet) close() {
	for _, f := range k.files {
		f.Close()
	}
}

// keyStream is one sorted run, in a file or in memory.
type keyStream struct {
	head uint64
	in   *bufio.Reader
	mem  []uint64
}

func (s *keyStream) step() (ok bool, err error) {
	if s.in == nil {
		if len(s.mem) == 0 {
			return false, nil
		}
		s.head, s.mem = s.mem[0], s.mem[1:]
		return true, nil
	}
	var b [8]byte
	if _, err := io.ReadFull(s.in, b[:]); err == io.EOF {
		return false, nil
	} else if err != nil {
		return false, err
	}
	s.head = binary.BigEndian.Uint64(b[:])
	return true, nil
}

type keyMerge []keyStream

func (m keyMerge) Len() int           { return len(m) }
func (m keyMerge) Less(i, j int) bool { return m[i].head < m[j].head }
func (m keyMerge) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }
func (m *keyMerge) Push(x any)        { *m = append(*m, x.(keyStream)) }
func (m *keyMerge) Pop() any {
	old := *m
	x := old[len(old)-1]
	*m = old[:len(old)-1]
	return x
}
