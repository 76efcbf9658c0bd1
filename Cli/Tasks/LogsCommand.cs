using System.CommandLine;
using System.Net.ServerSentEvents;
using System.Runtime.ExceptionServices;
using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Tasks;

/// <summary>
/// <c>otask logs</c>: what a task wrote; with <c>-f</c> what it writes, until it ends; with <c>--grep</c> the lines
/// that match.
/// </summary>
internal static class LogsCommand
{
    /// <summary>Makes the command; output goes to the process's own streams.</summary>
    public static Command Make(CommonOptions common, TextWriter output)
    {
        var id = new Argument<string>("id") { Description = "the task's id" };
        var follow = new Option<bool>("--follow", "-f") { Arity = ArgumentArity.Zero, Description = "go on until the task has ended" };
        var raw = new Option<bool>("--raw") { Arity = ArgumentArity.Zero, Description = TaskOutput.Help };
        var search = new LogSearch(common, output);
        var command = new Command("logs", "show what a task wrote, stdout to stdout and stderr to stderr") { id, follow, raw };
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

            await using var stdout = TaskOutput.OpenStdout(result.GetValue(raw));
            await using var stderr = TaskOutput.OpenStderr(result.GetValue(raw));
            if (result.GetValue(follow))
                await Follow(gateway, task, stdout, stderr, cancellation);
            else
            {
                // Byte for byte; events carry text.
                await gateway.Copy($"{task}/output/stdout", stdout, cancellation);
                await gateway.Copy($"{task}/output/stderr", stderr, cancellation);
            }

            return ExitCodes.Done;
        });
        return command;
    }

    /// <summary>
    /// Copies what a task writes until it ends. A gateway that restarts, or a proxy that cuts, loses nothing: the
    /// stream resumes where it broke off.
    /// </summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="task">The task's path.</param>
    /// <param name="stdout">Where its stdout goes.</param>
    /// <param name="stderr">Where its stderr goes.</param>
    /// <param name="cancellation">Ends it early.</param>
    public static async Task Follow(
        Gateway gateway, string task, Stream stdout, Stream stderr, CancellationToken cancellation)
    {
        string? last = null;
        var patience = new Patience(TimeProvider.System);
        while (true)
        {
            Exception? lost = null;
            try
            {
                await using var stream = await gateway.Events($"{task}/logs?follow=true", last, cancellation);
                await foreach (var happened in SseParser.Create(stream).EnumerateAsync(cancellation))
                {
                    if (happened.EventType == "end")
                        return;
                    if (happened.EventId is { } came && came != last)
                    {
                        last = came;
                        patience.Restore();
                    }

                    if (happened.EventType == "message" && JsonNode.Parse(happened.Data) is { } chunk)
                        await Write(chunk.Field("stream") == "stderr" ? stderr : stdout, chunk.Field("text"), cancellation);
                }
            }
            // 429: too many streams are open, possibly because the one that just broke still counts.
            catch (Exception e) when (Patience.IsPassing(e) || e is RefusedException { Status: 429 })
            {
                lost = e;
            }

            // The next round says whether it comes back.
            if (await patience.Bear(cancellation))
                continue;
            if (lost is not null)
                ExceptionDispatchInfo.Throw(lost);
            throw new IOException("the stream of the log ended, several times in a row, before the task did.");
        }
    }

    private static async Task Write(Stream stream, string text, CancellationToken cancellation)
    {
        await stream.WriteAsync(Encoding.UTF8.GetBytes(text), cancellation);
        await stream.FlushAsync(cancellation);
    }
}
