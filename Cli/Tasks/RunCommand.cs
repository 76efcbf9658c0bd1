using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Tasks;

/// <summary>
/// <c>otask run</c>: runs a task as if it ran locally. otask prints its output as it is written, ends with its exit
/// code, and cancels it on Ctrl-C.
/// </summary>
internal sealed class RunCommand
{
    private readonly CommandWords words = new();
    private readonly Option<bool> quiet = new("--quiet", "-q")
    {
        Arity = ArgumentArity.Zero,
        Description = "do not print the task's id",
    };
    private readonly Option<bool> raw = new("--raw") { Arity = ArgumentArity.Zero, Description = TaskOutput.Help };
    private readonly SpecOptions spec = new();
    private readonly CommonOptions common;
    private readonly TextWriter errors;

    private RunCommand(CommonOptions common, TextWriter errors) => (this.common, this.errors) = (common, errors);

    /// <summary>Creates the command.</summary>
    public static Command Make(CommonOptions common, TextWriter errors)
    {
        var run = new RunCommand(common, errors);
        var command = new Command(
            "run",
            "run a task as if it ran here: print its output as it arrives, exit with its exit code, "
            + "and cancel it on Ctrl-C")
        {
            run.quiet, run.raw,
        };
        run.words.AddTo(command);
        run.spec.AddTo(command);
        command.SetAction(run.Run);
        return command;
    }

    private async Task<int> Run(ParseResult result, CancellationToken cancellation)
    {
        var body = words.Read(result);
        spec.Fill(body, result);
        using var gateway = common.Open(result);
        // The idempotency key makes it safe to repeat the request after a lost connection.
        var key = $"otask-run-{Guid.NewGuid():N}";
        var task = await new Patience(TimeProvider.System).Repeat(Submit, cancellation);
        var id = task.Field("id");
        if (!result.GetValue(quiet))
            errors.WriteLine($"otask: task {id}");
        using var second = new CancellationTokenSource();
        using var interrupts = new Interrupts(() => Cancel(gateway, id), second.Cancel);
        try
        {
            await using (var stdout = common.Written.OpenStdout(result.GetValue(raw)))
            await using (var stderr = common.Written.OpenStderr(result.GetValue(raw)))
                await LogCopy.All(gateway, $"/api/v1/tasks/{id}", "?follow=true", stdout, stderr, second.Token);
            task = await new TaskWait(gateway, id).End(task, second.Token);
        }
        catch (OperationCanceledException) when (second.IsCancellationRequested)
        {
            errors.WriteLine($"otask: interrupted; the task {id} may still be ending. See: otask get {id}");
            // 2 is the number of SIGINT.
            return ExitCodes.Signal + 2;
        }

        if (TaskExit.Explain(task) is { } why)
            errors.WriteLine($"otask: task {id} {why}");
        if (TaskExit.ExitCode(task) != 0)
            errors.WriteLine($"otask: details: {gateway.PageOf($"/ui/tasks/{id}")}");
        return TaskExit.ExitCode(task);

        async Task<JsonNode> Submit()
        {
            await gateway.RequireRead(cancellation);
            return await gateway.Post("/api/v1/tasks", body, key, cancellation);
        }
    }

    private async Task Cancel(Gateway gateway, string id)
    {
        errors.WriteLine($"otask: cancelling the task {id}; press Ctrl-C again to exit without waiting");
        try
        {
            await gateway.Post($"/api/v1/tasks/{id}/cancel", null, null, CancellationToken.None);
        }
        catch (Exception failure) when (failure is RefusedException || Patience.IsPassing(failure))
        {
            errors.WriteLine($"otask: the task {id} could not be cancelled: {failure.Message} Try: otask cancel {id}");
        }
    }

    /// <summary>Handles SIGINT and SIGTERM: the first signal cancels the task, the second one ends the wait.</summary>
    private sealed class Interrupts : IDisposable
    {
        private readonly PosixSignalRegistration[] registrations;
        private readonly Func<Task> first;
        private readonly Action second;
        private int count;

        public Interrupts(Func<Task> first, Action second)
        {
            (this.first, this.second) = (first, second);
            registrations =
            [
                PosixSignalRegistration.Create(PosixSignal.SIGINT, Came),
                PosixSignalRegistration.Create(PosixSignal.SIGTERM, Came),
            ];
        }

        public void Dispose()
        {
            foreach (var registration in registrations)
                registration.Dispose();
        }

        private void Came(PosixSignalContext context)
        {
            context.Cancel = true;
            if (Interlocked.Increment(ref count) == 1)
                _ = first();
            else
                second();
        }
    }
}
