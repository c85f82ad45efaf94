package importer

import (
	"bufio"
	"bytes"
	"container/heap"
	"encoding/binary"
	"io"
	"os"
	"slices"
)

// sorter puts any number of records into byte order in 16 MB of memory: full runs go to temporary files and are merged.
type sorter struct {
	scratch scratch
	arena   []byte
	at      []int // where records begin in arena
	files   []*os.File
}

const sorterRun = 16 << 20

func newSorter(s scratch) *sorter { return &sorter{scratch: s} }

// room gives the place where the next record is to be put together; add takes it.
func (s *sorter) room() []byte { return s.arena[len(s.arena):] }

// add takes a record, which may have been appended to room.
func (s *sorter) add(rec []byte) error {
	if len(s.arena)+len(rec) > sorterRun && len(s.at) > 0 {
		rec = append([]byte(nil), rec...)
		if err := s.spill(); err != nil {
			return err
		}
	}
	s.at = append(s.at, len(s.arena))
	s.arena = append(s.arena, rec...)
	return nil
}

// run gives the records in memory, sorted.
func (s *sorter) run() [][]byte {
	out := make([][]byte, len(s.at))
	for i, at := range s.at {
		end := len(s.arena)
		if i+1 < len(s.at) {
			end = s.at[i+1]
		}
		out[i] = s.arena[at:end]
	}
	slices.SortStableFunc(out, bytes.Compare)
	return out
}

func (s *sorter) spill() error {
	f, err := s.scratch.tempFile()
	if err != nil {
		return err
	}
	s.files = append(s.files, f)
	w := bufio.NewWriterSize(f, 64<<10)
	for _, rec := range s.run() {
		w.Write(binary.AppendUvarint(nil, uint64(len(rec)))) // errors stay until Flush
		w.Write(rec)
	}
	s.arena, s.at = s.arena[:0], s.at[:0]
	if err := w.Flush(); err != nil {
		return err
	}
	_, err = f.Seek(0, io.SeekStart)
	return err
}

// each gives all records in order; rec is valid until fn returns.
func (s *sorter) each(fn func(rec []byte) error) error {
	var m sortMerge
	for _, f := range s.files {
		m = append(m, &sortStream{in: bufio.NewReaderSize(f, 64<<10)})
	}
	m = append(m, &sortStream{mem: s.run()})
	live := m[:0]
	for _, st := range m {
		ok, err := st.step()
		if err != nil {
			return err
		}
		if ok {
			live = append(live, st)
		}
	}
	m = live
	heap.Init(&m)
	for len(m) > 0 {
		if err := fn(m[0].head); err != nil {
			return err
		}
		ok, err := m[0].step()
		if err != nil {
			return err
		}
		if ok {
			heap.Fix(&m, 0)
		} else {
			heap.Pop(&m)
		}
	}
	return nil
}

func (s *sorter) close() {
	for _, f := range s.files {
		f.Close()
	}
}

type sortStream struct {
	head []byte
	in   *bufio.Reader
	mem  [][]byte
}

func (s *sortStream) step() (bool, error) {
	if s.in == nil {
		if len(s.mem) == 0 {
			return false, nil
		}
		s.head, s.mem = s.mem[0], s.mem[1:]
		return true, nil
	}
	n, err := binary.ReadUvarint(s.in)
	if err == io.EOF {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	s.head = slices.Grow(s.head[:0], int(n))[:n]
	_, err = io.ReadFull(s.in, s.head)
	return err == nil, err
}

type sortMerge []*sortStream

func (m sortMerge) Len() int           { return len(m) }
func (m sortMerge) Less(i, j int) bool { return bytes.Compare(m[i].head, m[j].head) < 0 }
func (m sortMerge) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }
func (m *sortMerge) Push(x any)        { *m = append(*m, x.(*sortStream)) }
func (m *sortMerge) Pop() any {
	old := *m
	x := old[len(old)-1]
	*m = old[:len(old)-1]
	return x
}
