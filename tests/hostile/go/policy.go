// Package export_k8shawk_policy_policy is a policy that attacks as its setting `mode` says.
package export_k8shawk_policy_policy

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"time"
	"unsafe"

	"wit_component/k8shawk_host_log"
	"wit_component/k8shawk_host_settings"
	"wit_component/k8shawk_kubectl_get"
	. "wit_component/k8shawk_policy_policy"

	. "go.bytecodealliance.org/pkg/wit/types"
)

var kept [][]byte

func mode() string {
	mode := "allow"
	if value := k8shawk_host_settings.Get("mode"); value.IsSome() {
		if err := json.Unmarshal([]byte(value.Some()), &mode); err != nil {
			panic(err)
		}
	}
	return mode
}

func init() {
	if mode() == "initialiser" {
		loop()
	}
}

func loop() {
	for {
	}
}

func memory() {
	for {
		block := make([]byte, 1<<20)
		for at := range block {
			block[at] = 1
		}
		kept = append(kept, block)
	}
}

func deeper(depth int) int { return 1 + deeper(depth+1) }

func refusal(result Result[string, k8shawk_kubectl_get.ReadError]) string {
	if result.IsOk() {
		return "got"
	}
	return [...]string{"denied", "notfound", "unavailable", "exhausted", "invalid"}[result.Err().Tag()]
}

func outside() string {
	get, list := k8shawk_kubectl_get.Get, k8shawk_kubectl_get.List
	told := []string{
		refusal(get("Secret", "kube-system", "exists")),
		refusal(get("Secret", "kube-system", "missing")),
		refusal(get("Pod", "kube-system", "exists")),
		refusal(get("Pod", "../../secrets", "x")),
		refusal(get("*", "*", "*")),
		refusal(get("Pod", "default/../kube-system", "x")),
		refusal(get("pods", "default", "web?watch=true")),
		refusal(list("Pod", "", "")),
		refusal(list("Secret", "default", "a=b")),
	}
	return strings.Join(told, " ")
}

func noHost() string {
	told := []string{}
	tell := func(err error) {
		if err == nil {
			told = append(told, "got")
		} else {
			told = append(told, "refused")
		}
	}
	_, err := os.ReadFile("/etc/passwd")
	tell(err)
	tell(os.WriteFile("/tmp/mine", nil, 0o600))
	_, err = os.ReadDir("/")
	tell(err)
	// Without a network Go makes one that is within the plugin: nobody listens there.
	_, err = net.Dial("tcp", "127.0.0.1:6443")
	tell(err)
	_, err = os.StartProcess("/bin/sh", nil, &os.ProcAttr{})
	tell(err)
	return fmt.Sprint(strings.Join(told, " "), " ", len(os.Environ()))
}

// Judge one proposal.
func Judge(incident Incident, proposal Proposal, risk Risk) Verdict {
	switch mode() {
	case "loop":
		loop()
	case "host-call-flood":
		for {
			k8shawk_host_settings.Get("mode")
		}
	case "log-flood":
		for {
			fmt.Println("noise")
		}
	case "log-bulk":
		k8shawk_host_log.Write(k8shawk_host_log.Level_Info, strings.Repeat("x", 4<<20))
	case "log-codes":
		fmt.Println("\x1b[2Jgone\a\r\u009b31mred")
	case "log-not-utf8":
		k8shawk_host_log.Write(k8shawk_host_log.Level_Info, "\xff\xfe")
	case "memory":
		memory()
	case "goroutines":
		for {
			go func() { select {} }()
			runtime.Gosched()
		}
	case "recursion":
		return MakeVerdictDeny(fmt.Sprint(deeper(0)))
	case "huge":
		return MakeVerdictDeny(strings.Repeat("x", 100<<20))
	case "bulk":
		return MakeVerdictDeny(strings.Repeat("x", 2<<20))
	case "throw":
		panic("my own fault")
	case "throw-codes":
		panic("\x1b[2Jgone\nand more")
	case "index":
		kept = kept[:len(kept)+3]
	case "deadlock":
		<-make(chan int)
	case "exit":
		os.Exit(3)
	case "not-utf8":
		return MakeVerdictDeny("\xff\xfe\xfd")
	case "bad-pointer":
		outside := (*byte)(unsafe.Pointer(uintptr(0xfffffff0)))
		return MakeVerdictDeny(unsafe.String(outside, 8))
	case "nobody":
		return MakeVerdictRequireApproval(ApprovalRule{})
	case "sleep":
		time.Sleep(time.Hour)
	case "outside":
		return MakeVerdictDeny(outside())
	case "read-bulk":
		return MakeVerdictDeny(refusal(k8shawk_kubectl_get.Get("Pod", "default", strings.Repeat("x", 2<<20))))
	case "read-codes":
		return MakeVerdictDeny(refusal(k8shawk_kubectl_get.Get("Pod", "kube-system", "\x1b[2J\r\n")))
	case "no-host":
		return MakeVerdictDeny(noHost())
	}
	return MakeVerdictAllow()
}
