package eval

import "math"

// count is how many of n.
type count struct{ hits, n int }

func (c *count) add(hit bool) {
	c.n++
	if hit {
		c.hits++
	}
}

func (c count) share() float64 {
	if c.n == 0 {
		return 0
	}
	return float64(c.hits) / float64(c.n)
}

// wilson is the interval that holds the true share in 95 of 100 such measurements.
func (c count) wilson() (low, high float64) {
	if c.n == 0 {
		return 0, 1
	}
	const z = 1.959964
	n, p := float64(c.n), c.share()
	mid, wide := p+z*z/(2*n), z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(0, (mid-wide)/(1+z*z/n)), min(1, (mid+wide)/(1+z*z/n))
}

// percent is a row of a share without a target.
func percent(name string, c count) Row {
	low, high := c.wilson()
	return Row{Name: name, Value: 100 * c.share(), Unit: "%", Low: 100 * low, High: 100 * high, N: c.n, Met: true}
}

// least is a share that must reach a target, in percent.
func least(name string, c count, target float64) Row {
	r := percent(name, c)
	r.Target, r.Met = target, r.Value >= target
	return r
}

// most is a share that must not pass a target, in percent.
func most(name string, c count, target float64) Row {
	r := percent(name, c)
	r.Target, r.AtMost, r.Met = target, true, r.Value <= target
	return r
}

// beside puts what the plain way reaches beside a row.
func (r Row) beside(plain count) Row {
	r.Baseline = 100 * plain.share()
	return r
}

// skipped is a row that could not be measured.
func skipped(name string, why error) Row { return Row{Name: name, Skipped: why.Error()} }
