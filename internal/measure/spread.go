package measure

// Median of ascending counts; of an even number the mean of the two in the middle. 0 when there are none.
func Median(counts []int64) float64 {
	n := len(counts)
	if n == 0 {
		return 0
	}
	return float64(counts[(n-1)/2]+counts[n/2]) / 2
}

// NearestRank is the percentile p (1–100) of ascending counts by the nearest rank: the smallest count that at least p
// percent do not exceed. 0 when there are none.
func NearestRank(counts []int64, p int) int64 {
	if len(counts) == 0 {
		return 0
	}
	return counts[max(0, (len(counts)*p+99)/100-1)]
}

// Gini says how unevenly ascending counts are spread: 0 = evenly. G = 2·Σ i·x(i) / (n·Σx) − (n+1)/n, i = 1…n
// (methods.md §1). The population is who is in counts: here speakers.
func Gini(counts []int64) Figure {
	var sum, weighted float64
	for i, x := range counts {
		sum += float64(x)
		weighted += float64(i+1) * float64(x)
	}
	n := float64(len(counts))
	f := Figure{Den: n, Population: Speakers, Grey: n < smallDenom}
	if sum == 0 {
		f.Withheld = NoData
		return f
	}
	f.Num = n
	f.Value = 2*weighted/(n*sum) - (n+1)/n
	return f
}
