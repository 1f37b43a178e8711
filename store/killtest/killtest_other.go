//go:build !linux

// Package killtest kills a process before its n-th call that changes a file, for
// tests of what survives that. It does so on Linux alone.
package killtest

// Arm is what the child calls first; here it does nothing.
func Arm() error { return nil }

// InMemory puts the temporary files of a test's process into memory, which here
// it does not.
func InMemory() (end func()) { return func() {} }
