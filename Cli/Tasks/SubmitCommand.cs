using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Files;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Tasks;

/// <summary><c>otask submit</c>: submits a task and, if asked to, waits for it.</summary>
internal sealed class SubmitCommand
{
    private readonly CommandWords words = new();

    private readonly Option<bool> wait = new("--wait", "-w")
    {
        Arity = ArgumentArity.Zero,
        Description = "wait until the task has ended, print its output, and exit with its exit code; "
            + "the id goes to stderr at once",
    };

    private readonly Option<bool> quiet = new("--quiet", "-q")
    {
        Arity = ArgumentArity.Zero,
        Description = "with --wait: do not print the task's id",
    };

    private readonly Option<bool> raw = new("--raw") { Arity = ArgumentArity.Zero, Description = TaskOutput.Help };

    private readonly Option<string?> idempotencyKey = new("--idempotency-key")
    {
        Description = "idempotency key: repeating a submission with the same key submits it only once",
        HelpName = "KEY",
    };

    private readonly Option<bool> dryRun = new("--dry-run")
    {
        Arity = ArgumentArity.Zero,
        Description = "submit nothing; show the resulting task, the nodes that fit and the estimated start",
    };

    private readonly Option<string?> batch = SpecFields.Text(
        "--batch", "FILE", "submit all tasks of this file, or none, and print the batch's id: a JSON array of specs, or one spec per "
            + "line; - for standard input");

    private readonly SpecOptions spec = new();
    private readonly InputFiles files = new();
    private readonly CommonOptions common;
    private readonly TextWriter output;
    private readonly TextWriter errors;

    private SubmitCommand(CommonOptions common, TextWriter output, TextWriter errors) =>
        (this.common, this.output, this.errors) = (common, output, errors);

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var submit = new SubmitCommand(common, output, errors);
        var command = new Command("submit", "submit a task")
        {
            submit.wait, submit.quiet, submit.raw, submit.idempotencyKey, submit.dryRun, submit.batch,
        };
        submit.words.AddTo(command);
        submit.spec.AddTo(command);
        submit.files.AddTo(command);
        command.SetAction(submit.Run);
        return command;
    }

    private async Task<int> Run(ParseResult result, CancellationToken cancellation)
    {
        if (result.GetValue(batch) is { } file)
            return await SubmitBatch(file, result, cancellation);
        var body = words.Read(result);
        spec.Fill(body, result);
        using var gateway = common.Open(result);
        await files.Fill(body, result, new InputSending(gateway, errors, result.GetValue(quiet)), cancellation);
        if (result.GetValue(dryRun))
        {
            output.WriteLine(JsonText.Of(await gateway.Post("/api/v1/tasks?dryRun=true", body, null, cancellation)));
            return ExitCodes.Done;
        }

        var key = result.GetValue(idempotencyKey);
        var isWaitedFor = result.GetValue(wait);
        var task = await Send(gateway, body, key, isWaitedFor, cancellation);
        var id = task.Id();
        if (isWaitedFor)
        {
            if (!result.GetValue(quiet))
                errors.WriteLine($"otask: task {id}");
            return await Wait(gateway, task, common.IsJson(result), result.GetValue(raw), cancellation);
        }

        await CreatedNotice.Print(
            output, common.IsJson(result) ? JsonText.Of(task) : id, gateway,
            $"task {id}", $"/api/v1/tasks/{id}/cancel", key);
        return ExitCodes.Done;
    }

    private async Task<int> SubmitBatch(string file, ParseResult result, CancellationToken cancellation)
    {
        var other = new JsonObject();
        spec.Fill(other, result);
        if (words.AreIn(result) || other.Count > 0 || result.GetValue(wait) || result.GetValue(dryRun))
            throw new UsageException("--batch excludes a command and its options: set them in the file, for each task. "
                + "otask list --batch shows the tasks.");
        var body = BatchFile.Read(file);
        using var gateway = common.Open(result);
        var key = result.GetValue(idempotencyKey);
        var answer = await gateway.Post("/api/v1/tasks/batch", body, key, cancellation);
        var id = answer.Required("batch").ToString();
        await CreatedNotice.Print(
            output, common.IsJson(result) ? JsonText.Of(answer) : id, gateway,
            $"batch {id}", $"/api/v1/tasks/cancel?batch={id}", key);
        return ExitCodes.Done;
    }

    /// <summary>
    /// Submits the task. If it will be waited for, checks that the key may wait, and with an idempotency key submits it
    /// again after a lost connection.
    /// </summary>
    private async Task<JsonNode> Send(
        Gateway gateway, JsonObject body, string? key, bool isWaitedFor, CancellationToken cancellation)
    {
        try
        {
            // Without an idempotency key, a repeated request might submit a second task.
            return isWaitedFor && key is not null
                ? await new Patience(TimeProvider.System).Repeat(Post, cancellation)
                : await Post();
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            errors.WriteLine("otask: interrupted before the gateway answered; it may have accepted the task. "
                + "See: otask list");
            throw;
        }

        async Task<JsonNode> Post()
        {
            if (isWaitedFor)
                await gateway.RequireRead(cancellation);
            return await gateway.Post("/api/v1/tasks", body, key, cancellation);
        }
    }

    /// <summary>
    /// Waits for the task to end. Then prints the task as JSON, or copies its output and explains its end.
    /// </summary>
    private async Task<int> Wait(
        Gateway gateway, JsonNode task, bool isJson, bool isRaw, CancellationToken cancellation)
    {
        var id = task.Id();
        var waiting = new TaskWait(gateway, id);
        try
        {
            task = await waiting.End(task, cancellation);
            if (!isJson)
                await Copy(waiting, isRaw, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            errors.WriteLine(TaskExit.IsFinal(task)
                ? $"otask: interrupted; the task {id} has ended. Its output: otask logs {id}"
                : $"otask: interrupted; the task {id} continues. See: otask get --wait 60s {id}, "
                + $"otask logs -f {id}, or otask cancel {id}");
            throw;
        }

        if (isJson)
            output.WriteLine(JsonText.Of(task));
        else if (TaskExit.Explain(task) is { } why)
            errors.WriteLine($"otask: task {id} {why}");
        return TaskExit.ExitCode(task);
    }

    private async Task Copy(TaskWait waiting, bool raw, CancellationToken cancellation)
    {
        await using var stdout = common.Written.OpenStdout(raw);
        await waiting.Copy("stdout", stdout, cancellation);
        await using var stderr = common.Written.OpenStderr(raw);
        await waiting.Copy("stderr", stderr, cancellation);
    }
}
