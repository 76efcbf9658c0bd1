using System.CommandLine;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Tasks;

/// <summary><c>otask submit</c>: one argument is a line for the shell; behind <c>--</c> stand a program and its arguments.</summary>
internal static class SubmitCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Make(CommonOptions common, TextWriter output)
    {
        var words = new Argument<string[]>("command")
        {
            Description = "a line for /bin/sh, quoted; or -- PROGRAM [ARGUMENT...] without a shell",
            Arity = ArgumentArity.OneOrMore,
        };
        var wait = new Option<bool>("--wait", "-w") { Arity = ArgumentArity.Zero, Description = "wait until it has ended, print its output, end with its exit code" };
        var idempotencyKey = new Option<string?>("--idempotency-key")
        {
            Description = "repeating the same with the same key submits once",
            HelpName = "KEY",
        };
        var spec = new SpecOptions();
        var command = new Command("submit", "send a task") { words, wait, idempotencyKey };
        spec.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            var body = Command(result, result.GetValue(words)!);
            spec.Fill(body, result);
            using var gateway = common.Open(result);
            var key = result.GetValue(idempotencyKey);
            Task<JsonNode> Submit() => gateway.Post("/api/v1/tasks", body, key, cancellation);
            if (result.GetValue(wait))
            {
                // Without a key a repeat might submit a second task.
                var accepted = key is null ? await Submit() : await new Patience(TimeProvider.System).Repeat(Submit, cancellation);
                return await Wait(gateway, accepted, result.GetValue(common.Json), output, cancellation);
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
        Gateway gateway, JsonNode task, bool json, TextWriter output, CancellationToken cancellation)
    {
        var id = task.Field("id");
        var waiting = new TaskWait(gateway, id);
        task = await waiting.End(task, cancellation);
        if (json)
        {
            output.WriteLine(JsonText.Of(task));
            return TaskEnd.ExitCode(task);
        }

        await using var stdout = Console.OpenStandardOutput();
        await waiting.Copy("stdout", stdout, cancellation);
        await using var stderr = Console.OpenStandardError();
        await waiting.Copy("stderr", stderr, cancellation);
        if (TaskEnd.Explain(task) is { } why)
            await Console.Error.WriteLineAsync($"otask: task {id} {why}");
        return TaskEnd.ExitCode(task);
    }
}
