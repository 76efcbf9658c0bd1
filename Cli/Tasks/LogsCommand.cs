using System.CommandLine;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Tasks;

/// <summary>
/// <c>otask logs</c>: prints a task's output; with <c>-f</c> until the task ends; with <c>-t</c> each line after its time;
/// with <c>--grep</c> only matching lines.
/// </summary>
internal static class LogsCommand
{
    /// <summary>Creates the command. Output goes to the process's own streams.</summary>
    public static Command Make(CommonOptions common, TextWriter output, TextWriter errors)
    {
        var id = new Argument<string?>("id")
        {
            Arity = ArgumentArity.ZeroOrOne, Description = "the task's id; without it, --grep searches all tasks that the filters match",
        };
        var follow = new Option<bool>("--follow", "-f") { Arity = ArgumentArity.Zero, Description = "follow the output until the task has ended" };
        var times = new Option<bool>("--timestamps", "-t")
        {
            Arity = ArgumentArity.Zero, Description = "print before each line when it arrived at the worker",
        };
        var since = SpecFields.Text(
            "--since", "TIME", "leave out output that arrived before this time: 10m for ten minutes ago, or 2030-01-02T03:04:05Z");
        var raw = new Option<bool>("--raw") { Arity = ArgumentArity.Zero, Description = TaskOutput.Help };
        var search = new LogSearch(common, output);
        var command = new Command("logs", "print a task's output: its stdout to stdout and its stderr to stderr") { id, follow, times, since, raw };
        search.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            using var gateway = common.Open(result);
            var one = result.GetValue(id);
            if (one is null && !search.IsAsked(result))
                throw new UsageException("Give the id of a task, or --grep TEXT to search the output of many.");
            if (one is not null && search.HasFilters(result))
                throw new UsageException("Filters select among many tasks: remove the id, or the filters.");
            var task = one is null ? "" : $"/api/v1/tasks/{PathSegment.OfId(one)}";
            if (search.IsAsked(result))
            {
                if (result.GetValue(follow) || result.GetValue(raw) || result.GetValue(times) || result.GetValue(since) is not null)
                    throw new UsageException("--grep excludes --follow, --timestamps, --since and --raw.");
                await (one is null ? search.RunMany(gateway, result, errors, cancellation) : search.Run(gateway, task, result, cancellation));
                return ExitCodes.Done;
            }

            var earliest = MomentText.Earliest("--since", result.GetValue(since));
            var (stream, attempt) = (search.StreamOf(result), search.AttemptOf(result));
            await using var stdout = common.Written.OpenStdout(result.GetValue(raw));
            await using var stderr = common.Written.OpenStderr(result.GetValue(raw));
            if (!result.GetValue(follow) && !result.GetValue(times) && earliest is null && stream is not null)
            {
                // Without an order to keep, the bytes as they are come faster.
                var from = attempt is { } number ? $"{task}/attempts/{number}" : task;
                await gateway.Copy($"{from}/output/{stream}", stream == "stderr" ? stderr : stdout, cancellation);
                return ExitCodes.Done;
            }

            var copy = new LogCopy(gateway, task, stdout, stderr);
            var timed = new LogTimes(stdout, stderr);
            var query = $"?follow={(result.GetValue(follow) ? "true" : "false")}{(attempt is null ? "" : $"&attempt={attempt}")}";
            var isEmpty = true;
            await foreach (var piece in LogReader.Read(gateway, $"{task}/logs{query}", cancellation))
            {
                isEmpty = false;
                if ((stream is not null && piece.Stream != stream) || piece.ArrivedBefore(earliest))
                    continue;
                await (result.GetValue(times) ? timed.Write(piece, cancellation) : copy.Write(piece, cancellation));
            }

            // A command that did not start has written nothing; the task says why.
            if (isEmpty && attempt is null && await gateway.Get(task, cancellation) is var ended
                && TaskExit.IsFinal(ended) && TaskExit.Explain(ended) is { } why)
                errors.WriteLine($"otask: task {ended.Field("id")} {why}");
            return ExitCodes.Done;
        });
        return command;
    }
}
