// A small worker for OrleansTasks, written against Go's own gRPC library: it registers, sends heartbeats, runs the tasks that
// it is sent, streams their output, and repeats their results until they are settled. It shows the protocol and no more: it
// enforces no limits, spools nothing to disk, and kills a task's process group only.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"

	pb "orleanstasks/v1"
)

type attempt struct {
	start   *pb.Start
	command *exec.Cmd
	killed  bool
}

type worker struct {
	service  pb.NodeServiceClient
	name     string
	instance string
	slots    int32
	mutex    sync.Mutex
	session  int64
	held     map[string]*attempt // by lease token
	results  chan *pb.Progress
	output   chan piece
	deadline time.Time // until when attempts may run
}

type piece struct {
	message *pb.OutputChunks
	stored  chan bool
}

func main() {
	master := flag.String("master", "127.0.0.1:50051", "HOST:PORT of the service")
	name := flag.String("name", "go-worker", "the node's id")
	slots := flag.Int("slots", 1, "tasks at once")
	file := flag.String("identity", "", "the worker's certificate, for a service that asks for one; made with the token")
	flag.Parse()
	connection, instance, err := connect(*master, *name, *file)
	if err != nil {
		log.Fatal(err)
	}
	w := &worker{
		service:  pb.NewNodeServiceClient(connection),
		name:     *name,
		instance: instance,
		slots:    int32(*slots),
		held:     map[string]*attempt{},
		results:  make(chan *pb.Progress, 1000),
		output:   make(chan piece),
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go w.reportForEver()
	go w.writeForEver()
	go w.watchLease()
	go func() {
		for {
			if err := w.serve(); err != nil {
				log.Print(err)
			}
			time.Sleep(time.Second)
		}
	}()
	<-signals
	w.killAll()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	w.service.ReportStatus(ctx, &pb.StatusReport{NodeId: w.name, Session: w.currentSession(), Goodbye: true})
}

// Without an identity file the connection is in clear text, as between the processes of one machine. The join token comes by the
// environment, OTASK_JOIN_TOKEN: arguments show in ps.
func connect(master, name, file string) (*grpc.ClientConn, string, error) {
	if file == "" {
		connection, err := grpc.Dial(master, grpc.WithInsecure())
		return connection, fmt.Sprintf("go-%d", os.Getpid()), err
	}
	id, err := loadOrJoin(file, master, name, os.Getenv("OTASK_JOIN_TOKEN"))
	if err != nil {
		return nil, "", err
	}
	connection, err := dial(master, id.tls())
	return connection, id.instance(), err
}

// One session: from its registration until the service says that it is over, or the connection breaks.
func (w *worker) serve() error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	sent := time.Now()
	answer, err := w.service.ReportStatus(ctx, &pb.StatusReport{
		NodeId: w.name, Held: w.leases(),
		// It does not say Chunks: it is sent commands only.
		Registration: &pb.Registration{Instance: w.instance, Slots: w.slots, Version: "sample"},
	})
	if err != nil {
		return err
	}
	if answer.Outcome != pb.StatusAnswer_OK {
		return fmt.Errorf("registration: %v", answer.Outcome)
	}
	lease, heartbeat := time.Duration(answer.LeaseMs)*time.Millisecond, time.Duration(answer.HeartbeatMs)*time.Millisecond
	w.mutex.Lock()
	w.session = answer.Session
	if len(w.held) == 0 {
		w.deadline = sent.Add(lease - 2*time.Second)
	}
	w.mutex.Unlock()
	stream, err := w.service.AssignTask(ctx, &pb.AssignRequest{NodeId: w.name, Session: answer.Session})
	if err != nil {
		return err
	}
	fmt.Println("worker node started")
	broken := make(chan error, 1)
	go func() {
		for {
			commands, err := stream.Recv()
			if err != nil {
				broken <- err
				return
			}
			for _, start := range commands.Start {
				w.start(start)
			}
			for _, lease := range append(commands.Cancel, commands.Kill...) {
				w.kill(lease)
			}
		}
	}()
	for {
		sent := time.Now()
		beat, cancelBeat := context.WithTimeout(ctx, lease/4)
		answer, err := w.service.ReportStatus(beat, &pb.StatusReport{NodeId: w.name, Session: w.currentSession(), Held: w.leases()})
		cancelBeat()
		if err != nil {
			return err
		}
		if answer.Outcome != pb.StatusAnswer_OK {
			return fmt.Errorf("the session is over")
		}
		w.mutex.Lock()
		w.deadline = sent.Add(lease - 2*time.Second)
		w.mutex.Unlock()
		for _, revoked := range answer.Kill {
			w.kill(revoked)
		}
		select {
		case err := <-broken:
			return err
		case <-time.After(heartbeat):
		}
	}
}

func (w *worker) start(start *pb.Start) {
	key := string(start.Lease.Token)
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if _, known := w.held[key]; known {
		return // The same command may come again; it is the same attempt.
	}
	if len(w.held) >= int(w.slots) {
		w.results <- &pb.Progress{Refused: []*pb.Lease{start.Lease}}
		return
	}
	fmt.Printf("received task %s: %s\n", start.Lease.TaskId, start.Name)
	a := &attempt{start: start}
	w.held[key] = a
	go w.run(a)
}

func (w *worker) run(a *attempt) {
	start := a.start
	command := exec.Command(start.Argv[0], start.Argv[1:]...)
	command.Dir = start.Cwd
	if command.Dir == "" {
		folder, _ := os.MkdirTemp("", "task-")
		defer os.RemoveAll(folder)
		command.Dir = folder
	}
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TASK_ID=" + start.Lease.TaskId,
		fmt.Sprintf("TASK_ATTEMPT=%d", start.Lease.Attempt), "TASK_QUEUE=" + start.Lease.Queue, "NODE_ID=" + w.name}
	for name, value := range start.Env {
		command.Env = append(command.Env, name+"="+value)
	}
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdout, _ := command.StdoutPipe()
	stderr, _ := command.StderrPipe()
	stdin, _ := command.StdinPipe()
	result := &pb.Result{Lease: start.Lease, Reason: pb.Result_EXIT}
	began := time.Now()
	if err := command.Start(); err != nil {
		result.Reason, result.Tail, result.Inline = pb.Result_SPAWN_FAILED, []byte(err.Error()), true
		w.end(a, result)
		return
	}
	w.mutex.Lock()
	a.command = command
	killed := a.killed
	w.mutex.Unlock()
	if killed {
		syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
	}
	w.results <- &pb.Progress{Started: []*pb.Lease{start.Lease}}
	timer := time.AfterFunc(time.Duration(start.TimeoutMs)*time.Millisecond, func() { w.kill(start.Lease) })
	defer timer.Stop()
	go func() { stdin.Write(start.Stdin); stdin.Close() }()
	var both sync.WaitGroup
	both.Add(2)
	go func() { defer both.Done(); result.StdoutBytes = w.stream(start, 1, stdout) }()
	go func() { defer both.Done(); result.StderrBytes = w.stream(start, 2, stderr) }()
	both.Wait()
	command.Wait()
	syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
	result.RunTimeMs = time.Since(began).Milliseconds()
	status := command.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		result.Reason, result.Signal = pb.Result_SIGNAL, "SIGKILL"
	} else {
		result.ExitCodeOrNone = &pb.Result_ExitCode{ExitCode: int32(status.ExitStatus())}
	}
	w.end(a, result)
}

// Sends what a command writes while it runs, and says how much of it was stored.
func (w *worker) stream(start *pb.Start, number uint32, from io.Reader) (offset int64) {
	buffer := make([]byte, 64*1024)
	for {
		count, err := from.Read(buffer)
		if count > 0 && offset+int64(count) <= start.MaxOutputBytes {
			stored := make(chan bool)
			w.output <- piece{&pb.OutputChunks{NodeId: w.name, Chunks: []*pb.OutputChunk{
				{Lease: start.Lease, Stream: number, Offset: offset, Data: buffer[:count]}}}, stored}
			<-stored
			offset += int64(count)
		}
		if err != nil {
			return offset
		}
	}
}

func (w *worker) end(a *attempt, result *pb.Result) {
	w.results <- &pb.Progress{Results: []*pb.Result{result}}
}

// Tells what happened, in order; what is not settled is told again, in whatever session there is then.
func (w *worker) reportForEver() {
	for progress := range w.results {
		for !w.tell(progress) {
			time.Sleep(200 * time.Millisecond)
		}
		w.mutex.Lock()
		for _, result := range progress.Results {
			delete(w.held, string(result.Lease.Token))
		}
		w.mutex.Unlock()
	}
}

var reports pb.NodeService_ReportClient

func (w *worker) tell(progress *pb.Progress) bool {
	var err error
	if reports == nil {
		if reports, err = w.service.Report(context.Background()); err != nil {
			reports = nil
			return false
		}
	}
	progress.NodeId, progress.Session = w.name, w.currentSession()
	if err = reports.Send(progress); err == nil {
		var answer *pb.ProgressAnswer
		if answer, err = reports.Recv(); err == nil {
			return answer.Settled
		}
	}
	log.Printf("report: %v", err)
	reports = nil
	return false
}

func (w *worker) writeForEver() {
	var output pb.NodeService_WriteOutputClient
	for piece := range w.output {
		for done := false; !done; {
			var err error
			if output == nil {
				output, err = w.service.WriteOutput(context.Background())
			}
			piece.message.Session = w.currentSession()
			if err == nil {
				err = output.Send(piece.message)
			}
			var answer *pb.OutputAnswer
			if err == nil {
				answer, err = output.Recv()
			}
			if err != nil {
				output = nil
			}
			if done = err == nil && answer.Stored; !done {
				time.Sleep(200 * time.Millisecond)
			}
		}
		piece.stored <- true
	}
}

// What runs must be dead before the service gives it to somebody else.
func (w *worker) watchLease() {
	for range time.Tick(200 * time.Millisecond) {
		w.mutex.Lock()
		lapsed := time.Now().After(w.deadline) && len(w.held) > 0
		w.mutex.Unlock()
		if lapsed {
			w.killAll()
		}
	}
}

func (w *worker) kill(lease *pb.Lease) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if a, known := w.held[string(lease.Token)]; known {
		w.killHeld(a)
	}
}

func (w *worker) killAll() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, a := range w.held {
		w.killHeld(a)
	}
}

func (w *worker) killHeld(a *attempt) {
	a.killed = true
	if a.command != nil {
		syscall.Kill(-a.command.Process.Pid, syscall.SIGKILL)
	}
}

func (w *worker) leases() (all []*pb.Lease) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, a := range w.held {
		all = append(all, a.start.Lease)
	}
	return all
}

func (w *worker) currentSession() int64 {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.session
}
