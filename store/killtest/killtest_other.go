//go:build !linux

// Package killtest kills a process before its n-th call that changes a file, for
// tests of what survives that. It does so on Linux alone.
package killtest

// Arm is what the child calls first; here it does nothing.
func Arm() error { return nil }
