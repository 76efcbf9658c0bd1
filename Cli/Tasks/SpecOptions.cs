using System.CommandLine;
using System.Text.Json.Nodes;
using static OrleansTasks.Cli.SpecFields;

namespace OrleansTasks.Cli.Tasks;

/// <summary>
/// The options for a task's spec. The gateway checks their values; only what it never sees is checked here.
/// </summary>
/// <param name="isScheduled">
/// Whether a schedule or a rollout starts the task; then the options that name times or other tasks are left out.
/// </param>
/// <param name="isPinned">
/// Whether a rollout chooses the nodes; then the option that requires labels is left out.
/// </param>
/// <param name="isOneOfMany">
/// Whether tasks are submitted together; then the options of a unique key, which only a single task may have, are left
/// out.
/// </param>
internal sealed class SpecOptions(bool isScheduled = false, bool isPinned = false, bool isOneOfMany = false)
{
    private readonly Option<string?> name = Text("--name", "NAME", "a display name");
    private readonly Option<string?> queue = Text("--queue", "NAME", "the queue");
    private readonly Option<long?> priority = NumberOption.Whole("--priority", "larger first [default: 5]", "0-9");
    private readonly Option<string[]> env = Many("--env", "NAME=VALUE", "an environment variable; NAME alone copies "
        + "its value from this environment");
    private readonly Option<string[]> secretEnv = Many("--secret-env", "NAME=VALUE", "like --env, but the value is never shown again");
    private readonly Option<string?> cwd = Text("--cwd", "DIR", "the working folder, an absolute path");
    private readonly Option<string?> stdin = Text("--stdin", "FILE", "text for the command's standard input; - reads "
        + "it from standard input");
    private readonly Option<string?> timeout = Text("--timeout", "DURATION", "maximum run time of an attempt [default: 1h]");
    private readonly Option<string?> killGrace = Text("--kill-grace", "DURATION", "time between SIGTERM and SIGKILL [default: 5s]");
    private readonly Option<long?> attempts = NumberOption.Whole("--max-attempts", "maximum number of attempts [default: 1]");
    private readonly Option<string?> backoff = Text(
        "--backoff", "DURATION", "maximum delay before the second attempt [default: 1s]");
    private readonly Option<string?> maxBackoff = Text("--max-backoff", "DURATION", "maximum delay between attempts [default: 5m]");
    private readonly RetryOptions causes = new();
    private readonly Option<bool> failOnNodeLoss = new("--fail-on-node-loss") { Arity = ArgumentArity.Zero, Description = "count a lost node as a failed attempt" };
    private readonly Option<string?> runAt = Text("--run-at", "TIME", "earliest start: 6h for in six hours, or 2030-01-02T03:04:05Z");
    private readonly Option<string?> expiresAt = Text("--expires-at", "TIME", "fail the task if it has not started by "
        + "then: 6h, or 2030-01-02T03:04:05Z");
    private readonly Option<string[]> labels = Many("--label", "KEY=VALUE", "a label to find the task by");
    private readonly Option<string[]> requires = Many("--require", "KEY=VALUE", "only on a node with this label");
    private readonly Option<long?> memory = NumberOption.Whole("--memory-bytes", "maximum memory of the process tree");
    private readonly ResourceOptions resources = new();
    private readonly Option<string?> cpuTime = Text("--cpu-time", "DURATION", "maximum CPU time of an attempt");
    private readonly Option<long?> processes = NumberOption.Whole("--processes", "maximum number of processes at once");
    private readonly Option<long?> openFiles = NumberOption.Whole("--open-files", "maximum number of open files per process");
    private readonly Option<long?> maxOutput = NumberOption.Whole("--max-output-bytes", "bytes to keep of each output "
        + "stream [default: 16 MiB]");

    private readonly Option<bool> hideProgress = new("--hide-progress")
    {
        Description = "leave lines such as ::progress 42% out of the output",
    };

    private readonly Option<string?> concurrencyKey = Text("--concurrency-key", "KEY", "concurrency key: tasks of the "
        + "queue with the same key share a limit");
    private readonly Option<long?> concurrencyLimit = NumberOption.Whole("--concurrency-limit", "limit of the "
        + "concurrency key: start only while fewer tasks run [default: 1]");

    private readonly Option<string?> unique = Text("--unique", "KEY", "unique key; --unique-then says what happens if "
        + "another task of the queue holds it");
    private readonly Option<string?> uniqueWhile = Text("--unique-while", "STATE", "which tasks hold the key: open, "
        + "those that have not ended; queued, those that no worker has [default: open]");
    private readonly Option<string?> uniqueThen = Text("--unique-then", "ACTION", "if another task holds the key: "
        + "refuse this task, join the other, or replace the other [default: refuse]");
    private readonly Option<string?> debounce = Text("--debounce", "DURATION", "start when no task with the key has "
        + "arrived for this long");
    private readonly Option<string?> debounceMax = Text("--debounce-max", "DURATION", "start at the latest this long "
        + "after the first arrival [default: ten times --debounce]");

    private readonly Option<string[]> after = Many("--after", "ID[:CONDITION]", "start after this task has succeeded, "
        + "or as CONDITION says: failed or ended");

    private readonly IsolationOptions isolation = new();

    private readonly Option<bool> takesResult = new("--result")
    {
        Arity = ArgumentArity.Zero, Description = "let the command write a JSON result to the file $TASK_RESULT",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[name, queue, priority, env, secretEnv, cwd, stdin, timeout, killGrace, attempts, backoff,
            maxBackoff, failOnNodeLoss, labels, requires, memory, cpuTime, processes, openFiles, maxOutput, hideProgress,
            concurrencyKey, concurrencyLimit, takesResult])
        {
            if (option != requires || !isPinned)
                command.Add(option);
        }

        foreach (var option in isScheduled ? [] : (Option[])[runAt, expiresAt, after])
            command.Add(option);
        var single = isScheduled || isOneOfMany ? [] : (Option[])[unique, uniqueWhile, uniqueThen, debounce, debounceMax];
        foreach (var option in single)
            command.Add(option);
        causes.AddTo(command);
        resources.AddTo(command);
        isolation.AddTo(command);
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
                throw new UsageException("--stdin excludes --file and a spec with stdin: a task has one input. "
                    + "To send a script and its input, pass the script as an argument: "
                    + "otask run --stdin data.txt -- python3 -c \"$(cat script.py)\"");
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

        if (!isScheduled && !isOneOfMany)
        {
            Set(spec, "unique", Unique(result));
            Set(spec, "debounce", result.GetValue(debounce));
            Set(spec, "debounceMax", result.GetValue(debounceMax));
        }

        Set(spec, "labels", Pairs.Read("--label", result.GetValue(labels)));
        if (!isPinned)
            Set(spec, "requires", Pairs.Read("--require", result.GetValue(requires)));
        Set(spec, "maxOutputBytes", result.GetValue(maxOutput));
        Set(spec, "hideProgress", result.GetValue(hideProgress) ? true : null);
        Set(spec, "retry", Retry(result));
        Set(spec, "limits", Limits(result));
        Set(spec, "resources", resources.Read(result));
        Set(spec, "concurrency", Concurrency(result));
        Set(spec, "isolation", isolation.Read(result));
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

    private JsonObject? Unique(ParseResult result)
    {
        var fields = new JsonObject();
        Set(fields, "key", result.GetValue(unique));
        Set(fields, "while", result.GetValue(uniqueWhile));
        Set(fields, "then", result.GetValue(uniqueThen));
        return fields.Count == 0 ? null : fields;
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
