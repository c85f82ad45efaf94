package eval

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// insight is the table of what can be measured of figures that are guesses.
func insight() []test {
	return []test{
		{"answers", answers},
		{"stage", stage},
		{"tiers", tiers},
		{"experiments", experiments},
		{"digest", digests},
		{"remarks", remarks},
	}
}

// Insights lists the measurements of figures.
func Insights() []string { return namesOf(insight()) }

// Simulated lists the measurements that need no data.
func Simulated() []string { return []string{"experiments", "draw"} }

// Targets of answers, in percent (methods.md §1.1).
const (
	answeredF1      = 85
	answerPrecision = 70
	answerRecall    = 60
)

var spokenLine = regexp.MustCompile(`^\[(\d\d):(\d\d)\] (?:<([^>]+)>| \* (\S+)) (.*)$`)

// thread is a record of talk, in which people said which line answers which.
type thread struct {
	path   string
	said   []measure.Said
	judged map[int64]bool    // lines that people looked at
	parent map[int64][]int64 // what a line answers, as they said
}

// answers follows recorded channels and compares with what people said answers what. Each question (a line that ends with a
// question mark, whoever's) is answered or open; the answering line is the first that follows it. One is right when people said
// that it answers the question. Records are told apart by a hash of their path.
func answers(ctx context.Context, o Options) ([]Row, error) {
	records, err := o.threads()
	if err != nil {
		return nil, err
	}
	var ours, plain verdict
	for _, r := range records {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		truth := r.answered()
		threads := measure.NewThreads()
		first := map[int64]int64{}
		for _, s := range r.said {
			if to := threads.Follow(s).To; to != 0 && first[to] == 0 {
				first[to] = s.Number
			}
		}
		for i, s := range r.said {
			if !r.judged[s.Number] || !endsWithMark(s.Text) {
				continue
			}
			ours.take(first[s.Number], truth[s.Number])
			plain.take(nextOther(r.said[i:]), truth[s.Number])
			if (first[s.Number] != 0) != (truth[s.Number] != nil) {
				o.Show(r.path, strconv.FormatInt(s.Number, 10), s.Name, s.Text)
			}
		}
	}
	o.tell("answers: %d questions in %d records, %d of them answered", ours.questions, len(records), ours.answered)
	f1 := Row{Name: "answers.f1", Value: 100 * ours.f1(), Unit: "%", N: ours.questions, Baseline: 100 * plain.f1(), Target: answeredF1}
	f1.Low, f1.High = f1.Value, f1.Value // no interval is known for it
	f1.Met = f1.Value >= f1.Target
	return []Row{
		f1,
		least("answers.precision", count{ours.right, ours.said}, answerPrecision).beside(count{plain.right, plain.said}),
		least("answers.recall", count{ours.right, ours.answered}, answerRecall).beside(count{plain.right, plain.answered}),
	}, nil
}

// verdict counts what was said of questions.
type verdict struct {
	questions, answered int // in truth
	said, both          int // held to be answered; rightly so
	right               int // with the answering line right
}

func (v *verdict) take(first int64, truth map[int64]bool) {
	v.questions++
	if truth != nil {
		v.answered++
	}
	if first == 0 {
		return
	}
	v.said++
	if truth != nil {
		v.both++
	}
	if truth[first] {
		v.right++
	}
}

// f1 is that of "answered".
func (v *verdict) f1() float64 {
	if v.said+v.answered == 0 {
		return 0
	}
	return 2 * float64(v.both) / float64(v.said+v.answered)
}

// nextOther is the plain way: the next line of anybody else within ten minutes. 0 = none.
func nextOther(list []measure.Said) int64 {
	for _, s := range list[1:] {
		if s.At-list[0].At > 600_000 {
			return 0
		}
		if s.Member != list[0].Member {
			return s.Number
		}
	}
	return 0
}

func endsWithMark(text string) bool {
	text = strings.TrimRight(text, " \t")
	return strings.HasSuffix(text, "?") || strings.HasSuffix(text, "？")
}

// threads reads the records of a part of the data.
func (o Options) threads() ([]thread, error) {
	const notes = ".annotation.txt"
	files, err := o.archive(joinArchive, func(p string) bool {
		name, noted := strings.CutSuffix(p, notes)
		name, raw := strings.CutSuffix(name, ".raw.txt")
		return (noted || raw) && partOf(name+".raw.txt") == o.Part
	})
	if err != nil {
		return nil, err
	}
	said := map[string]thread{}
	var list []thread
	for _, f := range files { // in order of path: the notes stand before the record
		name, noted := strings.CutSuffix(f.path, notes)
		if noted {
			said[name] = notesOf(string(f.body))
			continue
		}
		name = strings.TrimSuffix(name, ".raw.txt")
		t, ok := said[name]
		if !ok {
			continue
		}
		t.path, t.said = f.path, spoken(string(f.body))
		list = append(list, t)
	}
	if len(list) == 0 {
		return nil, community.Errorf(community.CodeNotFound, "%s holds no talk with replies", joinArchive)
	}
	return list, nil
}

// notesOf reads which line answers which: "A B -", lines counted from 0; a line that answers itself begins something.
func notesOf(text string) thread {
	t := thread{judged: map[int64]bool{}, parent: map[int64][]int64{}}
	for line := range strings.Lines(text) {
		w := strings.Fields(line)
		if len(w) < 2 {
			continue
		}
		a, errA := strconv.ParseInt(w[0], 10, 64)
		b, errB := strconv.ParseInt(w[1], 10, 64)
		if errA != nil || errB != nil {
			continue
		}
		t.judged[b+1] = true
		t.parent[b+1] = append(t.parent[b+1], a+1)
	}
	return t
}

// spoken are the lines that somebody said. Some clocks show twelve hours and nothing else: they never run back.
func spoken(text string) (list []measure.Said) {
	members := map[string]community.MemberKey{}
	day, now, n := int64(0), int64(0), int64(0)
	for line := range strings.Lines(strings.ToValidUTF8(text, "")) {
		n++
		m := spokenLine.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if m == nil {
			continue
		}
		hour, _ := strconv.Atoi(m[1])
		minute, _ := strconv.Atoi(m[2])
		at := day + int64(hour%12*60+minute)*60_000
		for at < now-3600e3 {
			day, at = day+12*3600e3, at+12*3600e3
		}
		now = max(now, at)
		name := m[3] + m[4]
		if members[name] == 0 {
			members[name] = community.MemberKey(len(members) + 1)
		}
		list = append(list, measure.Said{Number: n, At: at, Member: members[name], Name: name, Text: m[5]})
	}
	return list
}

// answered gives for each line the lines of others that answer it.
func (t thread) answered() map[int64]map[int64]bool {
	who := make(map[int64]community.MemberKey, len(t.said))
	for _, s := range t.said {
		who[s.Number] = s.Member
	}
	out := map[int64]map[int64]bool{}
	for b, parents := range t.parent {
		for _, a := range parents {
			if who[a] == 0 || who[b] == 0 || who[a] == who[b] {
				continue
			}
			if out[a] == nil {
				out[a] = map[int64]bool{}
			}
			out[a][b] = true
		}
	}
	return out
}
