package monitor

import (
	"math"
	"testing"
)

// The means are half the 95 % quantiles of chi-squared, from printed tables of the Poisson
// distribution's one-sided limits.
func TestFaultRateUpper95(t *testing.T) {
	for _, c := range []struct {
		bad, n uint64
		want   float64
	}{
		{0, 0, 1}, {5, 0, 1}, {0, 1, 1}, {0, 3, 1}, {0, 300, 0.01}, {0, 18_200_000, 1.648352e-7},
		{1, 1e6, 4.743865e-6}, {2, 1e6, 6.295794e-6}, {3, 1e6, 7.753657e-6},
		{10, 1e6, 16.962219e-6}, {50, 1e6, 63.287e-6}, {10, 10, 1},
	} {
		if got := FaultRateUpper95(c.bad, c.n); math.Abs(got-c.want) > 1e-5*c.want {
			t.Errorf("%d bad of %d: %v, want %v", c.bad, c.n, got, c.want)
		}
	}
}

func TestPoissonUpper95IsContinuous(t *testing.T) {
	for _, k := range []uint64{1, 10, 999, 1000} {
		if p := poissonCDF(k, poissonUpper95(k)); math.Abs(p-0.05) > 1e-9 {
			t.Errorf("chance of %d or fewer at its bound is %v, want 0.05", k, p)
		}
	}
	exact, approximate := poissonUpper95(1000), poissonUpper95(1001)
	if step := approximate - exact; step < 1 || step > 1.1 {
		t.Errorf("bound goes up by %v where the approximation begins, want a bit over 1", step)
	}
	if got := poissonUpper95(1e12); got < 1e12 || got > 1.00001e12 {
		t.Errorf("bound for 10¹² is %v", got)
	}
}
