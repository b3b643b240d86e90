//go:build tools

// Package tools names the program of the harness, so that go.sum covers what it needs.
package tools

import _ "helm.sh/helm/v4/cmd/helm"
