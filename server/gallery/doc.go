// Package gallery is a collection of echo servers that are wrong on purpose, each in one way, and
// of a few that are right. The tester must name every wrong one and accuse none of the others;
// package show, `dummyload gallery` and their tests hold it to that.
//
// Nobody should serve with any of this. There are three kinds of exhibit:
//
//	wrong answers     a Handler on the true server (package server): its sessions are handled
//	                  right, what it says is not (content.go)
//	wrong by nature   a few lines over package net: never accepts, never answers, resets (plain.go)
//	wrong lifetimes   the specimen: the lecture's server in its naive form, with one rule
//	                  replaced (specimen.go)
//
// What an exhibit says it says in packets (voice.go), so that it is the same wrong server in any frame
// (under.go).
//
// An exhibit comes with the load that brings its fault to light, as plain data: this package
// knows nothing of the dummies.
package gallery
