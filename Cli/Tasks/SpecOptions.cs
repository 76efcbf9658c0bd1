using System.CommandLine;
using System.Text.Json.Nodes;
using static OrleansTasks.Cli.SpecFields;

namespace OrleansTasks.Cli.Tasks;

/// <summary>
/// The options for a task's spec. The gateway checks their values; only what it never sees is checked here.
/// </summary>
/// <param name="isScheduled">
/// Whether a schedule starts the task; then the options that name times or other tasks are left out.
/// </param>
internal sealed class SpecOptions(bool isScheduled = false)
{
    private readonly Option<string?> name = Text("--name", "NAME", "for people");
    private readonly Option<string?> queue = Text("--queue", "NAME", "the queue");
    private readonly Option<long?> priority = NumberOption.Whole("--priority", "larger first [default: 5]", "0-9");
    private readonly Option<string[]> env = Many("--env", "NAME=VALUE", "a variable; NAME alone takes it from here");
    private readonly Option<string[]> secretEnv = Many("--secret-env", "NAME=VALUE", "as --env, but never shown again");
    private readonly Option<string?> cwd = Text("--cwd", "DIR", "where it runs; absolute");
    private readonly Option<string?> stdin = Text("--stdin", "FILE", "what it reads, as text; - is this program's input");
    private readonly Option<string?> timeout = Text("--timeout", "DURATION", "run time of one attempt [default: 1h]");
    private readonly Option<string?> killGrace = Text("--kill-grace", "DURATION", "from SIGTERM to SIGKILL [default: 5s]");
    private readonly Option<long?> attempts = NumberOption.Whole("--max-attempts", "how often it may fail [default: 1]");
    private readonly Option<string?> backoff = Text("--backoff", "DURATION", "before the second attempt [default: 1s]");
    private readonly Option<string?> maxBackoff = Text("--max-backoff", "DURATION", "at most between attempts [default: 5m]");
    private readonly RetryOptions causes = new();
    private readonly Option<bool> failOnNodeLoss = new("--fail-on-node-loss") { Arity = ArgumentArity.Zero, Description = "a lost node counts as a failed attempt" };
    private readonly Option<string?> runAt = Text("--run-at", "TIME", "not before: 6h for in six hours, or 2030-01-02T03:04:05Z");
    private readonly Option<string?> expiresAt = Text("--expires-at", "TIME", "fail if not started by then: 6h, or 2030-01-02T03:04:05Z");
    private readonly Option<string[]> labels = Many("--label", "KEY=VALUE", "for finding it");
    private readonly Option<string[]> requires = Many("--require", "KEY=VALUE", "only on a node with this label");
    private readonly Option<long?> memory = NumberOption.Whole("--memory-bytes", "memory of the whole tree");
    private readonly Option<string?> cpuTime = Text("--cpu-time", "DURATION", "CPU time of an attempt");
    private readonly Option<long?> processes = NumberOption.Whole("--processes", "processes at once");
    private readonly Option<long?> openFiles = NumberOption.Whole("--open-files", "open files of a process");
    private readonly Option<long?> maxOutput = NumberOption.Whole("--max-output-bytes", "kept of each stream [default: 16 MiB]");

    private readonly Option<string?> concurrencyKey = Text("--concurrency-key", "KEY", "only while few tasks of the queue with this key run");
    private readonly Option<long?> concurrencyLimit = NumberOption.Whole("--concurrency-limit", "how few: it starts while fewer run [default: 1]");

    private readonly Option<string[]> after = Many("--after", "ID[:CONDITION]", "after that task has succeeded; or has failed, or ended");

    private readonly Option<bool> takesResult = new("--result")
    {
        Arity = ArgumentArity.Zero, Description = "let the command leave a JSON result in the file $TASK_RESULT",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[name, queue, priority, env, secretEnv, cwd, stdin, timeout, killGrace, attempts, backoff, maxBackoff,
            failOnNodeLoss, labels, requires, memory, cpuTime, processes, openFiles, maxOutput, concurrencyKey, concurrencyLimit, takesResult])
            command.Add(option);
        foreach (var option in isScheduled ? [] : (Option[])[runAt, expiresAt, after])
            command.Add(option);
        causes.AddTo(command);
    }

    /// <summary>Adds the given options to a spec. Throws <see cref="UsageException"/>.</summary>
    public void Fill(JsonObject spec, ParseResult result)
    {
        Set(spec, "name", result.GetValue(name));
        Set(spec, "queue", result.GetValue(queue));
        Set(spec, "priority", result.GetValue(priority));
        Set(spec, "env", Pairs.Read("--env", result.GetValue(env), fromEnvironment: true));
        Set(spec, "secretEnv", Pairs.Read("--secret-env", result.GetValue(secretEnv), fromEnvironment: true));
        Set(spec, "cwd", result.GetValue(cwd));
        if (result.GetValue(stdin) is { } input)
        {
            if (spec.ContainsKey("stdin"))
                throw new UsageException("--file and --stdin exclude each other: the script is the task's input.");
            Set(spec, "stdin", TextFile.Read("--stdin", input));
        }

        Set(spec, "timeout", result.GetValue(timeout));
        Set(spec, "killGrace", result.GetValue(killGrace));
        if (!isScheduled)
        {
            Set(spec, "runAt", MomentText.Future(result.GetValue(runAt)));
            Set(spec, "expiresAt", MomentText.Future(result.GetValue(expiresAt)));
            Set(spec, "after", After(result));
        }

        Set(spec, "labels", Pairs.Read("--label", result.GetValue(labels)));
        Set(spec, "requires", Pairs.Read("--require", result.GetValue(requires)));
        Set(spec, "maxOutputBytes", result.GetValue(maxOutput));
        Set(spec, "retry", Retry(result));
        Set(spec, "limits", Limits(result));
        Set(spec, "concurrency", Concurrency(result));
        Set(spec, "result", result.GetValue(takesResult) ? true : null);
    }

    private JsonObject? Retry(ParseResult result)
    {
        var retry = new JsonObject();
        Set(retry, "maxAttempts", result.GetValue(attempts));
        Set(retry, "backoff", result.GetValue(backoff));
        Set(retry, "maxBackoff", result.GetValue(maxBackoff));
        Set(retry, "onNodeLost", result.GetValue(failOnNodeLoss) ? false : null);
        causes.Fill(retry, result);
        return retry.Count == 0 ? null : retry;
    }

    private JsonObject? Limits(ParseResult result)
    {
        var limits = new JsonObject();
        Set(limits, "memoryBytes", result.GetValue(memory));
        Set(limits, "cpuTime", result.GetValue(cpuTime));
        Set(limits, "processes", result.GetValue(processes));
        Set(limits, "openFiles", result.GetValue(openFiles));
        return limits.Count == 0 ? null : limits;
    }

    private JsonObject? Concurrency(ParseResult result)
    {
        var concurrency = new JsonObject();
        Set(concurrency, "key", result.GetValue(concurrencyKey));
        Set(concurrency, "limit", result.GetValue(concurrencyLimit));
        return concurrency.Count == 0 ? null : concurrency;
    }

    private JsonArray? After(ParseResult result)
    {
        if (result.GetValue(after) is not { Length: > 0 } items)
            return null;
        return new JsonArray([.. items.Select(static JsonNode? (item) => item.Split(':', 2) is [var task, var on]
            ? new JsonObject { ["task"] = task, ["on"] = on }
            : item)]);
    }
}
