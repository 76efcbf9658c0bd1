using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Definitions;
using OrleansTasks.Cli.Files;
using OrleansTasks.Cli.Jobs;
using OrleansTasks.Cli.Output;
using OrleansTasks.Cli.Streams;

namespace OrleansTasks.Cli.Tasks;

/// <summary>
/// <c>otask run</c>: runs a task as if it ran locally. otask prints its output as it is written, ends with its exit
/// code, and cancels it on Ctrl-C.
/// </summary>
internal sealed class RunCommand
{
    /// <summary>
    /// How long a task that writes nothing may go on after the reader of its output has gone. In a pipe with head, a
    /// command that has written its last line ends by itself, and its exit code counts.
    /// </summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    private readonly CommandWords words = new();
    private readonly Option<bool> quiet = new("--quiet", "-q")
    {
        Arity = ArgumentArity.Zero,
        Description = "do not print the task's id",
    };
    private readonly Option<bool> raw = new("--raw") { Arity = ArgumentArity.Zero, Description = TaskOutput.Help };
    private readonly SpecOptions spec = new();
    private readonly InputFiles files = new();
    private readonly Option<string?> artifactsTo = SpecFields.Text(
        "--artifacts-to", "DIR", "where the files that --artifact keeps go [default: this folder]");
    private readonly RunOptions run = new();
    private readonly CommonOptions common;
    private readonly TextWriter output;
    private readonly TextWriter errors;

    private RunCommand(CommonOptions common, TextWriter output, TextWriter errors) =>
        (this.common, this.output, this.errors) = (common, output, errors);

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var run = new RunCommand(common, output, errors);
        var command = new Command(
            "run",
            "run a task as if it ran here: print its output as it arrives, exit with its exit code, "
            + "and cancel it on Ctrl-C; def:NAME, or a name with a slash, runs a definition")
        {
            run.quiet, run.raw,
        };
        run.words.AddTo(command);
        run.spec.AddTo(command);
        run.files.AddTo(command);
        command.Add(run.artifactsTo);
        run.run.AddTo(command);
        command.SetAction(run.Run);
        return command;
    }

    private async Task<int> Run(ParseResult result, CancellationToken cancellation)
    {
        using var gateway = common.Open(result);
        // The idempotency key makes it safe to repeat the request after a lost connection.
        var key = $"otask-run-{Guid.NewGuid():N}";
        if (words.DefinitionIn(result) is { } definition)
        {
            if (files.AreIn(result))
                throw new UsageException("The definition says which files its task has. With a definition, give no --input and no --artifact.");
            var started = await Start(gateway, definition, key, result, cancellation);
            return started.Field("kind") == "task"
                ? await Follow(gateway, await gateway.Get($"/api/v1/tasks/{started.Id()}", cancellation), result, bringsFiles: result.GetValue(artifactsTo) is not null)
                : await Wait(gateway, started, result, cancellation);
        }

        if (run.AreIn(result))
            throw new UsageException("--param and --version are for definitions: give def:NAME, or a name with a slash.");
        var body = words.Read(result);
        spec.Fill(body, result);
        await files.Fill(body, result, new InputSending(gateway, errors, result.GetValue(quiet)), cancellation);
        return await Follow(
            gateway, await new Patience(TimeProvider.System).Repeat(Submit, cancellation), result, InputFiles.KeepsFiles(body));

        async Task<JsonNode> Submit()
        {
            await gateway.RequireRead(cancellation);
            return await gateway.Post("/api/v1/tasks", body, key, cancellation);
        }
    }

    /// <summary>Runs a definition. Of the options of a task, those apply that a run of a definition has too.</summary>
    private async Task<JsonNode> Start(Gateway gateway, string definition, string key, ParseResult result, CancellationToken cancellation)
    {
        var body = run.Read(result);
        var options = new JsonObject();
        spec.Fill(options, result);
        foreach (var (field, value) in options)
        {
            if (field is not ("labels" or "runAt"))
                throw new UsageException($"The definition says what '{field}' is. With a definition, give --param, --version, --label and --run-at only.");
            body[field] = value?.DeepClone();
        }

        return await new Patience(TimeProvider.System).Repeat(Post, cancellation);

        async Task<JsonNode> Post()
        {
            await gateway.RequireRead(cancellation, orRun: true);
            return await gateway.Post($"{DefinitionCommand.PathOf(definition)}/runs", body, key, cancellation);
        }
    }

    /// <summary>Waits for the end of a job, workflow or rollout, and shows its state.</summary>
    private async Task<int> Wait(Gateway gateway, JsonNode started, ParseResult result, CancellationToken cancellation)
    {
        var (kind, id) = (started.Field("kind"), started.Id());
        if (!result.GetValue(quiet))
            errors.WriteLine($"otask: {kind} {id}");
        JsonNode ended;
        do
        {
            ended = await new Patience(TimeProvider.System).Repeat(
                () => gateway.Get($"/api/v1/{kind}s/{id}?wait=30s", cancellation), cancellation);
        }
        while (!JobEnd.IsFinal(ended));
        output.WriteLine(common.IsJson(result) ? JsonText.Of(ended) : ended.Field("state"));
        return JobEnd.ExitCode(ended);
    }

    private async Task<int> Follow(Gateway gateway, JsonNode task, ParseResult result, bool bringsFiles)
    {
        var id = task.Id();
        if (!result.GetValue(quiet))
            errors.WriteLine($"otask: task {id}");
        using var second = new CancellationTokenSource();
        using var interrupts = new Interrupts(() => Interrupt(gateway, id), second.Cancel);
        try
        {
            var (isUnread, lost) = await Copy(gateway, id, result.GetValue(raw), second.Token);
            // Like a command in a pipe, a task ends when nobody reads its output.
            if ((isUnread || lost is not null) && await Cancel(gateway, id) is { } failure)
                throw new OutputLostException(
                    $"{lost?.Notice ?? "nobody reads the output any more"}; {failure}",
                    lost is null or { IsReaderGone: true });
            task = await new TaskWait(gateway, id).End(task, second.Token);
            if (lost is not null)
                throw lost.With(
                    $"the task {id} {(task.Field("state") == "cancelled" ? "was cancelled" : "has ended")}");
            if (isUnread && task.Field("state") == "cancelled")
                throw OutputLostException.OfReader();
        }
        catch (OperationCanceledException) when (second.IsCancellationRequested)
        {
            errors.WriteLine($"otask: interrupted; the task {id} may still be ending. See: otask get {id}");
            // 2 is the number of SIGINT.
            return ExitCodes.Signal + 2;
        }

        if (bringsFiles && task.Field("artifactCount") is { Length: > 0 } and not "0")
        {
            var artifacts = new ArtifactFiles(gateway, errors, result.GetValue(quiet));
            await artifacts.Bring(id, result.GetValue(artifactsTo) ?? ".", second.Token);
        }

        if (TaskExit.Explain(task) is { } why)
            errors.WriteLine($"otask: task {id} {why}");
        if (TaskExit.ExitCode(task) != 0)
            errors.WriteLine($"otask: details: {gateway.PageOf($"/ui/tasks/{id}")}");
        return TaskExit.ExitCode(task);
    }

    /// <summary>
    /// Copies the task's output. Returns whether nobody reads it any more although the task goes on, and why a part of it
    /// could not be written.
    /// </summary>
    private async Task<(bool IsUnread, OutputLostException? Lost)> Copy(
        Gateway gateway, string id, bool isRaw, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await using var watch = common.Written.Unread.Register(() => either.CancelAfter(Farewell));
        try
        {
            await using var stdout = common.Written.OpenStdout(isRaw);
            await using var stderr = common.Written.OpenStderr(isRaw);
            await LogCopy.All(gateway, $"/api/v1/tasks/{id}", "?follow=true", stdout, stderr, either.Token);
            return (false, null);
        }
        catch (OutputLostException lost)
        {
            return (false, lost);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (true, null);
        }
    }

    private async Task Interrupt(Gateway gateway, string id)
    {
        errors.WriteLine($"otask: cancelling the task {id}; press Ctrl-C again to exit without waiting");
        if (await Cancel(gateway, id) is { } failure)
            errors.WriteLine($"otask: {failure}");
    }

    /// <summary>Cancels the task. Returns why it could not be cancelled; null if it was, or has ended.</summary>
    private static async Task<string?> Cancel(Gateway gateway, string id)
    {
        try
        {
            await gateway.Post($"/api/v1/tasks/{id}/cancel", null, null, CancellationToken.None);
            return null;
        }
        catch (RefusedException refusal) when (refusal.Status == 409)
        {
            return null;
        }
        catch (Exception failure) when (failure is RefusedException || Patience.IsPassing(failure))
        {
            return $"the task {id} could not be cancelled: {failure.Message} Try: otask cancel {id}";
        }
    }
}
