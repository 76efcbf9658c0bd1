// Submits a task and prints its output: OTASK_URL=http://127.0.0.1:9092 submit 'echo hello'
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"strings"

	"otask"
)

func main() {
	command := "echo hello"
	if len(os.Args) > 1 {
		command = os.Args[1]
	}
	if err := run(command); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(command string) error {
	ctx, tasks := context.Background(), client().TasksApi

	spec := otask.NewTaskSpec()
	spec.SetCmd(command)
	spec.SetLabels(map[string]string{"from": "go"})
	retry := otask.NewRetry()
	retry.SetMaxAttempts(2)
	spec.SetRetry(*retry)
	task, _, err := tasks.PostTasks(ctx).TaskSpec(*spec).IdempotencyKey(newKey()).Execute()
	if err != nil {
		return explained(err)
	}
	for task.State != otask.STATE_SUCCEEDED && task.State != otask.STATE_FAILED && task.State != otask.STATE_CANCELLED {
		if task, _, err = tasks.GetTasksId(ctx, task.Id).Wait("60s").Execute(); err != nil {
			return explained(err)
		}
	}
	output, _, err := tasks.GetTasksIdOutputStdout(ctx, task.Id).Execute()
	if err != nil {
		return explained(err)
	}
	fmt.Printf("%s: %s\n", task.State, strings.TrimSpace(output))

	_, answer, err := tasks.GetTasksId(ctx, "unknown").Execute()
	if err == nil {
		return fmt.Errorf("there is a task 'unknown'")
	}
	fmt.Printf("unknown task: %d\n", answer.StatusCode)
	return nil
}

func client() *otask.APIClient {
	url := os.Getenv("OTASK_URL")
	if url == "" {
		url = "http://127.0.0.1:9092"
	}
	configuration := otask.NewConfiguration()
	configuration.Servers[0].URL = strings.TrimSuffix(url, "/")
	if key := os.Getenv("OTASK_KEY"); key != "" {
		configuration.AddDefaultHeader("Authorization", "Bearer "+key)
	}
	return otask.NewAPIClient(configuration)
}

func newKey() string {
	key := make([]byte, 16)
	if _, err := rand.Read(key); err != nil {
		panic(err)
	}
	return hex.EncodeToString(key)
}

// A refusal has the gateway's problem document.
func explained(err error) error {
	if refusal, ok := err.(otask.GenericOpenAPIError); ok {
		if problem, ok := refusal.Model().(otask.Problem); ok {
			return fmt.Errorf("%s: %s", problem.GetCode(), problem.GetDetail())
		}
	}
	return err
}
