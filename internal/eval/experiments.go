package eval

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"qunluo/internal/experiment"
)

// What the simulated experiments are made of (methods.md §7.2).
const (
	aaRuns    = 10_000
	aaLooks   = 28    // one a day
	aaRho     = 0.074 // correlation within a group
	aaBase    = 0.4   // share of members who do it anyway
	aaGroups  = 12    // an arm
	aaPerDay  = 3     // newcomers a day and group
	aaMembers = 40    // newcomers a day, where members are given arms
	aaSeed    = 20261128

	worstFalse    = 5.5  // percent, of the upper limit
	leastCoverage = 94.5 // percent, of the lower limit
	mostSample    = 1.5  // times the members of one look at the end
	leastSplits   = 99   // percent
	splitMembers  = 10_000
	splitShare    = 0.52
)

// trialOutcome is one simulated experiment: what the sequence said over all looks, and what others would have said.
type trialOutcome struct {
	excluded bool // the sequence left out zero on some day
	missed   bool // it left out the true difference on some day
	day      int  // of the first, 0 = none
	peeked   bool // |z| > 1.96 on some day
	fixed    bool // |t| beyond 5 % at the end, clusters taken as they are
	naive    bool // the same, as if members of a group were not alike
}

// experiments simulates experiments in which both arms are the same (how often is a difference claimed that is none?), such with a
// true difference (is it found, with how many members?), and such whose split is broken. It needs no data.
func experiments(ctx context.Context, o Options) ([]Row, error) {
	o.tell("experiments: %d simulated of each kind, %d daily looks, seed %d", aaRuns, aaLooks, aaSeed)
	rng := rand.New(rand.NewPCG(aaSeed, 1))
	var rows []Row
	groups := experiment.Definition{Switch: experiment.SendTime, Base: aaBase, Sigma: math.Sqrt(aaBase * (1 - aaBase)), Hoped: 0.1, Rho: aaRho, Units: 2 * aaGroups, Each: aaPerDay * aaLooks, Days: aaLooks}
	people := experiment.Definition{Switch: experiment.WelcomeCode, Primary: experiment.Spoke7, Base: aaBase, Hoped: 0.1, PerDay: aaMembers, Days: aaLooks}
	for _, kind := range []struct {
		name string
		seq  experiment.Sequence
		run  func(seq experiment.Sequence, lift float64) trialOutcome
	}{
		{"groups", experiment.NewSequence(0.05, groups.Planned()), func(s experiment.Sequence, lift float64) trialOutcome { return groupTrial(rng, s, lift) }},
		{"members", experiment.NewSequence(0.05, people.Planned()), func(s experiment.Sequence, lift float64) trialOutcome { return memberTrial(rng, s, lift, aaLooks) }},
	} {
		var claims, peeks, fixed, naive, covered, coveredTrue count
		for i := range aaRuns {
			if i%500 == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			t := kind.run(kind.seq, 0)
			claims.add(t.excluded)
			peeks.add(t.peeked)
			fixed.add(t.fixed)
			naive.add(t.naive)
			covered.add(!t.missed)
			coveredTrue.add(!kind.run(kind.seq, 0.1).missed)
		}
		o.tell("%s: at the end only %.1f %% false, any look |z| > 1.96 %.1f %%, members of a group taken as independent %.1f %%", kind.name, 100*fixed.share(), 100*peeks.share(), 100*naive.share())
		rows = append(rows,
			upper("experiments."+kind.name+".false_positives", claims, worstFalse).beside(peeks),
			percent("experiments."+kind.name+".fixed_end", fixed).beside(naive),
			lower("experiments."+kind.name+".coverage", covered, leastCoverage).beside(count{peeks.n - peeks.hits, peeks.n}),
			lower("experiments."+kind.name+".coverage_lift", coveredTrue, leastCoverage))
	}
	rows = append(rows, power(rng, people)...)
	return append(rows, splits(rng)...), nil
}

// upper is a share whose upper limit must not pass a target, in percent; lower one whose lower limit must reach it.
func upper(name string, c count, target float64) Row {
	r := most(name, c, target)
	r.Met = r.High <= target
	return r
}

func lower(name string, c count, target float64) Row {
	r := least(name, c, target)
	r.Met = r.Low >= target
	return r
}

// groupTrial gives groups arms. Each group has a share of its own (beta law, so that members of one correlate by aaRho), and
// newcomers every day.
func groupTrial(rng *rand.Rand, seq experiment.Sequence, lift float64) (t trialOutcome) {
	shape := 1/aaRho - 1
	var arms [2][]experiment.Cluster
	var shares [2][]float64
	for arm := range arms {
		arms[arm] = make([]experiment.Cluster, aaGroups)
		for range aaGroups {
			a, b := gamma(rng, aaBase*shape), gamma(rng, (1-aaBase)*shape)
			shares[arm] = append(shares[arm], min(1, a/(a+b)+lift*float64(arm)))
		}
	}
	truth := lift
	for day := 1; day <= aaLooks; day++ {
		for arm := range arms {
			for j := range arms[arm] {
				for range aaPerDay {
					hit(&arms[arm][j], rng.Float64() < shares[arm][j])
				}
			}
		}
		t.look(seq, experiment.GapOfClusters(arms[0], arms[1]), truth, day)
	}
	t.naive = experiment.Shares(total(arms[0]), aaGroups*aaPerDay*aaLooks, total(arms[1]), aaGroups*aaPerDay*aaLooks).FixedP() < 0.05
	return t
}

func hit(c *experiment.Cluster, yes bool) {
	c.N++
	if yes {
		c.Sum++
		c.Sq++
	}
}

func total(list []experiment.Cluster) (n int) {
	for _, c := range list {
		n += int(c.Sum)
	}
	return n
}

func (t *trialOutcome) look(seq experiment.Sequence, g experiment.Gap, truth float64, day int) {
	if seq.Excludes(g, 0) && !t.excluded {
		t.excluded, t.day = true, day
	}
	t.missed = t.missed || seq.Excludes(g, truth)
	t.peeked = t.peeked || g.Usable() && math.Abs(g.Diff)/math.Sqrt(g.Var) > 1.96
	t.fixed = g.FixedP() < 0.05
}

// memberTrial gives members arms. They come from groups that differ: both arms draw from the same ones.
func memberTrial(rng *rand.Rand, seq experiment.Sequence, lift float64, looks int) (t trialOutcome) {
	shape := 1/aaRho - 1
	shares := make([]float64, 2*aaGroups)
	for j := range shares {
		a, b := gamma(rng, aaBase*shape), gamma(rng, (1-aaBase)*shape)
		shares[j] = a / (a + b)
	}
	var hits, n [2]int
	for day := 1; day <= looks; day++ {
		for range aaMembers {
			arm := rng.IntN(2)
			n[arm]++
			if rng.Float64() < shares[rng.IntN(len(shares))]*(1-lift*float64(arm)/(1-aaBase))+lift*float64(arm)/(1-aaBase) {
				hits[arm]++
			}
		}
		if min(n[0], n[1]) < 30 {
			continue
		}
		own := 0.0
		if lift != 0 {
			own = liftOf(shares, lift)
		}
		t.look(seq, experiment.Shares(hits[0], n[0], hits[1], n[1]), own, day)
		if t.excluded && looks > aaLooks {
			return t
		}
	}
	t.naive = t.fixed
	return t
}

// liftOf is by how much the shares of these groups rise on average, where each rises by a part of what it lacks.
func liftOf(shares []float64, lift float64) float64 {
	lack := 0.0
	for _, p := range shares {
		lack += 1 - p
	}
	return lack / float64(len(shares)) * lift / (1 - aaBase)
}

// power counts how many members experiments with a true difference take until it is found, against those of one look at the end
// that finds it in 80 of 100: on average, and until it was found in 80 of 100 too.
func power(rng *rand.Rand, d experiment.Definition) []Row {
	need := experiment.Plan(d.Ask())
	seq := experiment.NewSequence(0.05, d.Planned())
	const runs, times = 2000, 6
	most := times * 2 * need.Members / aaMembers
	var found count
	took, all := 0.0, make([]float64, 0, runs)
	for range runs {
		t := memberTrial(rng, seq, d.Hoped, most)
		days := t.day
		if !t.excluded {
			days = most
		}
		share := float64(days*aaMembers) / float64(2*need.Members)
		took, all = took+share, append(all, share)
		found.add(t.excluded && share <= mostSample)
	}
	slices.Sort(all)
	mean, late := took/runs, all[runs*8/10]
	r := Row{Name: "experiments.power.sample", Value: mean, Unit: "x fixed", N: runs, Low: mean, High: mean, Baseline: 1, Target: mostSample, AtMost: true, Met: mean <= mostSample}
	return []Row{r, {Name: "experiments.power.sample_80", Value: late, Unit: "x fixed", N: runs, Low: late, High: late, Baseline: 1, Met: true}, percent("experiments.power.found", found)}
}

// splits counts how often an arm of 52 in 100 is noticed, with so many in each arm and with as many in both together, and how often
// a sound split is held for broken. No test that is wrong in one of 1,000 can see more than three quarters of the latter.
func splits(rng *rand.Rand) []Row {
	var found, half, sound count
	for range aaRuns {
		found.add(experiment.CheckSplit(deal(rng, 2*splitMembers, splitShare), 50).Broken)
		half.add(experiment.CheckSplit(deal(rng, splitMembers, splitShare), 50).Broken)
		sound.add(experiment.CheckSplit(deal(rng, 2*splitMembers, 0.5), 50).Broken)
	}
	return []Row{least("experiments.split.found_each_arm", found, leastSplits).beside(sound), percent("experiments.split.found_together", half)}
}

// deal draws the arms of n members. Their number in B is drawn as the normal law has it.
func deal(rng *rand.Rand, n, share float64) [2]int {
	b := int(math.Round(n*share + rng.NormFloat64()*math.Sqrt(n*share*(1-share))))
	return [2]int{int(n) - b, b}
}

// gamma draws from the gamma law of a shape (Marsaglia & Tsang 2000).
func gamma(rng *rand.Rand, shape float64) float64 {
	if shape < 1 {
		return gamma(rng, shape+1) * math.Pow(rng.Float64(), 1/shape)
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := rng.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(rng.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}
