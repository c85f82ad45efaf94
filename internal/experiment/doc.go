// Package experiment holds what is needed to try two ways of doing something on one's own community and to believe the answer:
// who gets which way (assignment), how many are needed before anything can be seen (Plan), and what may be said on a given day
// although somebody looks every day (Look). It decides purely and names no cause.
//
// Methods: design effect 1+(m−1)ρ and analysis of variance for clusters (Donner & Klar 2000); asymptotic confidence sequences
// by a normal mixture (Robbins 1970; Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2021); CUPED (Deng, Xu, Kohavi & Walker 2013);
// sample ratio mismatch (Fabijan et al. 2019); Holm 1979.
package experiment
