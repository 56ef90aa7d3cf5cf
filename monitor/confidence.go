package monitor

import "math"

// FaultRateUpper95 is the largest share of echoes that may go wrong, with 95 % confidence, after bad
// faults in n verified echoes: "0 errors in 90 s" alone says nothing. With no fault it is the
// rule of three, 3/n (Hanley and Lippman-Hand, JAMA 249, 1983). Otherwise it is the exact one-sided
// upper limit of a Poisson mean (Garwood, Biometrika 28, 1936). It is at most 1, and 1 when
// nothing was verified.
func FaultRateUpper95(bad, n uint64) float64 {
	if n == 0 {
		return 1
	}
	mean := 3.0
	if bad > 0 {
		mean = poissonUpper95(bad)
	}
	return min(mean/float64(n), 1)
}

// poissonUpper95 is the mean at which seeing k events or fewer has a chance of 5 %: half the
// 95 % quantile of chi-squared with 2(k+1) degrees of freedom.
func poissonUpper95(k uint64) float64 {
	if k > 1000 {
		// Wilson and Hilferty's cube root: beyond a thousand events it is right to six digits.
		const z = 1.6448536269514722 // 95 % quantile of the normal distribution
		n := float64(k) + 1
		c := 1 - 1/(9*n) + z/(3*math.Sqrt(n))
		return n * c * c * c
	}
	low, high := float64(k), 2*float64(k)+10
	for range 60 {
		if mid := (low + high) / 2; poissonCDF(k, mid) > 0.05 {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

// poissonCDF is the chance of k events or fewer when mean are expected.
func poissonCDF(k uint64, mean float64) float64 {
	sum := 0.0
	logTerm := -mean // of e^-mean × mean^i / i!
	for i := uint64(0); ; i++ {
		sum += math.Exp(logTerm)
		if i == k {
			return sum
		}
		logTerm += math.Log(mean / float64(i+1))
	}
}
