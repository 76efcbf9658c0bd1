using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Tasks;

/// <summary><c>otask submit</c>: one argument is a line for the shell; behind <c>--</c> stand a program and its arguments.</summary>
internal static class SubmitCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var words = new Argument<string[]>("command")
        {
            Description = "a line for /bin/sh, quoted; or -- PROGRAM [ARGUMENT...] without a shell",
            Arity = ArgumentArity.OneOrMore,
        };
        var wait = new Option<bool>("--wait", "-w") { Arity = ArgumentArity.Zero, Description = "wait until it has ended, print its output, end with its exit code; its id goes to stderr at once" };
        var quiet = new Option<bool>("--quiet", "-q") { Arity = ArgumentArity.Zero, Description = "with --wait: do not print its id" };
        var raw = new Option<bool>("--raw") { Arity = ArgumentArity.Zero, Description = TaskOutput.Help };
        var idempotencyKey = new Option<string?>("--idempotency-key")
        {
            Description = "repeating the same with the same key submits once",
            HelpName = "KEY",
        };
        var spec = new SpecOptions();
        var command = new Command("submit", "send a task") { words, wait, quiet, raw, idempotencyKey };
        spec.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            var body = Command(result, result.GetValue(words)!);
            spec.Fill(body, result);
            using var gateway = common.Open(result);
            var key = result.GetValue(idempotencyKey);
            async Task<JsonNode> Submit()
            {
                try
                {
                    return await gateway.Post("/api/v1/tasks", body, key, cancellation);
                }
                catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
                {
                    errors.WriteLine("otask: interrupted before the gateway answered; the task may have been accepted. See: otask list");
                    throw;
                }
            }

            if (result.GetValue(wait))
            {
                // Without a key a repeat might submit a second task.
                var accepted = key is null ? await Submit() : await new Patience(TimeProvider.System).Repeat(Submit, cancellation);
                if (!result.GetValue(quiet))
                    errors.WriteLine($"otask: task {accepted.Field("id")}");
                return await Wait(gateway, accepted, result.GetValue(common.Json) ? output : null, result.GetValue(raw), errors, cancellation);
            }

            var task = await Submit();
            output.WriteLine(result.GetValue(common.Json) ? JsonText.Of(task) : task.Field("id"));
            return ExitCodes.Done;
        });
        return command;
    }

    private static JsonObject Command(ParseResult result, string[] words)
    {
        if (result.Tokens.Any(token => token.Type == System.CommandLine.Parsing.TokenType.DoubleDash))
            return new JsonObject { ["argv"] = new JsonArray([.. words.Select(word => JsonValue.Create(word))]) };
        if (words.FirstOrDefault(word => word.StartsWith('-')) is { } unknown)
            throw new UsageException($"There is no option {unknown}. A command that begins with a dash goes behind --.");
        return words.Length == 1
            ? new JsonObject { ["cmd"] = words[0] }
            : throw new UsageException("Quote a line for the shell, or put -- before a program and its arguments.");
    }

    private static async Task<int> Wait(
        Gateway gateway, JsonNode task, TextWriter? json, bool raw, TextWriter errors, CancellationToken cancellation)
    {
        var id = task.Field("id");
        var waiting = new TaskWait(gateway, id);
        try
        {
            task = await waiting.End(task, cancellation);
            if (json is null)
                await Copy(waiting, raw, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            errors.WriteLine($"otask: interrupted; the task {id} goes on by itself. See: otask get --wait 60s {id}, "
                + $"otask logs -f {id}, or otask cancel {id}");
            throw;
        }

        json?.WriteLine(JsonText.Of(task));
        if (json is null && TaskEnd.Explain(task) is { } why)
            errors.WriteLine($"otask: task {id} {why}");
        return TaskEnd.ExitCode(task);
    }

    private static async Task Copy(TaskWait waiting, bool raw, CancellationToken cancellation)
    {
        await using var stdout = TaskOutput.OpenStdout(raw);
        await waiting.Copy("stdout", stdout, cancellation);
        await using var stderr = TaskOutput.OpenStderr(raw);
        await waiting.Copy("stderr", stderr, cancellation);
    }
}
