using System.CommandLine;
using System.Net.ServerSentEvents;
using System.Runtime.ExceptionServices;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Tasks;

/// <summary>
/// <c>otask logs</c>: prints a task's output; with <c>-f</c> until the task ends; with <c>--grep</c> only matching
/// lines.
/// </summary>
internal static class LogsCommand
{
    /// <summary>Creates the command. Output goes to the process's own streams.</summary>
    public static Command Make(CommonOptions common, TextWriter output)
    {
        var id = new Argument<string>("id") { Description = "the task's id" };
        var follow = new Option<bool>("--follow", "-f") { Arity = ArgumentArity.Zero, Description = "follow the output until the task has ended" };
        var raw = new Option<bool>("--raw") { Arity = ArgumentArity.Zero, Description = TaskOutput.Help };
        var search = new LogSearch(common, output);
        var command = new Command("logs", "print a task's output: its stdout to stdout and its stderr to stderr") { id, follow, raw };
        search.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var task = $"/api/v1/tasks/{Uri.EscapeDataString(result.GetValue(id)!)}";
            if (search.IsAsked(result))
            {
                if (result.GetValue(follow) || result.GetValue(raw))
                    throw new UsageException("--grep excludes --follow and --raw.");
                await search.Run(gateway, task, result, cancellation);
                return ExitCodes.Done;
            }

            await using var stdout = common.Written.OpenStdout(result.GetValue(raw));
            await using var stderr = common.Written.OpenStderr(result.GetValue(raw));
            if (result.GetValue(follow))
            {
                if (search.StreamOf(result) is not null || search.AttemptOf(result) is not null)
                    throw new UsageException("--follow shows the latest attempt whole: it excludes --stream and --attempt.");
                await Follow(gateway, task, stdout, stderr, cancellation);
            }
            else
            {
                var from = search.AttemptOf(result) is { } number ? $"{task}/attempts/{number}" : task;
                if (search.StreamOf(result) is not "stderr")
                    await gateway.Copy($"{from}/output/stdout", stdout, cancellation);
                if (search.StreamOf(result) is not "stdout")
                    await gateway.Copy($"{from}/output/stderr", stderr, cancellation);
            }

            return ExitCodes.Done;
        });
        return command;
    }

    /// <summary>
    /// Copies a task's output until the task ends. Nothing is lost if the gateway restarts or a proxy cuts the
    /// connection: the stream resumes where it broke off.
    /// </summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="task">The task's path.</param>
    /// <param name="stdout">Receives the task's stdout.</param>
    /// <param name="stderr">Receives the task's stderr.</param>
    /// <param name="cancellation">Ends the copying early.</param>
    public static async Task Follow(
        Gateway gateway, string task, Stream stdout, Stream stderr, CancellationToken cancellation)
    {
        string? last = null;
        var patience = new Patience(TimeProvider.System);
        var (attempt, copied) = ("", new Dictionary<string, long>(StringComparer.Ordinal));
        while (true)
        {
            Exception? lost = null;
            try
            {
                await using var stream = await gateway.Events($"{task}/logs?follow=true", last, cancellation);
                await foreach (var happened in SseParser.Create(stream).EnumerateAsync(cancellation))
                {
                    if (happened.EventType == "end")
                    {
                        await Copy("stdout", stdout);
                        await Copy("stderr", stderr);
                        return;
                    }

                    if (happened.EventType == "message" && JsonNode.Parse(happened.Data) is { } chunk)
                    {
                        if (chunk.Field("attempt") is var number && number != attempt)
                        {
                            attempt = number;
                            copied.Clear();
                        }

                        var name = chunk.Field("stream");
                        if (chunk["offset"]?.GetValue<long>() >= copied.GetValueOrDefault(name))
                            await Copy(name, name == "stderr" ? stderr : stdout);
                    }

                    // Advance only after copying, because a resumed stream begins after this event.
                    if (happened.EventId is { } came && came != last)
                    {
                        last = came;
                        patience.Restore();
                    }
                }
            }
            // 429: too many streams are open, possibly because the broken one still counts.
            catch (Exception e) when (Patience.IsPassing(e) || e is RefusedException { Status: 429 })
            {
                lost = e;
            }

            // Try again; the next round shows whether the stream comes back.
            if (await patience.Bear(cancellation))
                continue;
            if (lost is not null)
                ExceptionDispatchInfo.Throw(lost);
            throw new IOException("the log stream ended several times in a row before the task ended.");
        }

        // The events show only that there is more: their text cannot represent all bytes. So copy the bytes themselves.
        async Task Copy(string name, Stream destination)
        {
            if (attempt.Length == 0)
                return;
            var from = copied.GetValueOrDefault(name);
            await using var bytes = await gateway.Bytes($"{task}/attempts/{attempt}/output/{name}", from, cancellation);
            var buffer = new byte[32 * 1024];
            while (await bytes.ReadAsync(buffer, cancellation) is var count and > 0)
            {
                await destination.WriteAsync(buffer.AsMemory(0, count), cancellation);
                copied[name] = from += count;
            }

            await destination.FlushAsync(cancellation);
        }
    }
}
