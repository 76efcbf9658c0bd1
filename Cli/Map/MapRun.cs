namespace OrleansTasks.Cli.Map;

/// <summary>
/// Runs a map: submits lines while few of its tasks are open, finds the tasks that have ended, and prints their output.
/// One loop does all of this, so that everything but the reading of the arguments happens in one order.
/// </summary>
internal sealed class MapRun(
    MapFeed feed, MapBatches batches, MapPrinter printer, MapTally tally, HaltRule? halt, JobLog? log, MapBar? bar,
    MapArtifacts? artifacts, int window)
    : IDisposable
{
    private const int LargestChunk = 500;
    private const int LargestChunkText = 4 << 20;
    private const int FewChunks = 8;
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly TimeProvider time = TimeProvider.System;
    private readonly CancellationTokenSource stopping = new();
    private MapLine? next;
    private long submittedAt;
    private volatile bool isStopped;

    /// <summary>
    /// Submits nothing more and cancels what was submitted. Returns why the tasks could not be cancelled; null if they
    /// were.
    /// </summary>
    public Task<string?> Stop()
    {
        isStopped = true;
        stopping.Cancel();
        return batches.Cancel(isOnlyQueued: false);
    }

    /// <summary>Runs until all tasks have ended.</summary>
    public async Task Run(CancellationToken cancellation)
    {
        var newsAt = submittedAt = time.GetTimestamp();
        var isQuick = true;
        while (true)
        {
            var hasSubmitted = await SubmitWhatCame(cancellation);
            var lookedAt = time.GetTimestamp();
            var ends = await batches.Look(isQuick, cancellation);
            var looked = time.GetElapsedTime(lookedAt);
            await Take(ends, cancellation);
            if (hasSubmitted || ends.Count > 0)
                newsAt = time.GetTimestamp();
            var isAtEnd = isStopped || tally.IsHalted || (feed.IsDone && next is null);
            if (isAtEnd && batches.Open == 0)
                break;
            // Looks become rarer while nothing happens, and take at most a fifth of the time.
            var pause = Limit(Longer(time.GetElapsedTime(newsAt) / 8, looked * 4));
            isQuick = pause < LongestPause / 2;
            await Pause(pause, isAtEnd, cancellation);
        }

        bar?.Draw(tally, feed.Total, isLast: true);
        if (!isStopped && !tally.IsHalted)
            await feed.Check();
    }

    /// <inheritdoc/>
    public void Dispose() => stopping.Dispose();

    private async Task Take(List<MapEnd> ends, CancellationToken cancellation)
    {
        foreach (var end in ends)
            await Take(end, cancellation);
        log?.Flush();
        if (!isStopped)
            await printer.Print(cancellation);
        bar?.Draw(tally, feed.Total, isLast: false);
    }

    private async Task Take(MapEnd end, CancellationToken cancellation)
    {
        // The stop of the map cancelled this task, so its end is no news to the user.
        var isUnwanted = end.IsCancelled && (isStopped || tally.IsHalted);
        printer.Add(end, isSilent: isUnwanted);
        if (isUnwanted)
            return;
        var lost = artifacts is null ? null : await artifacts.Bring(end, cancellation);
        if (lost is not null)
            printer.Say($"otask: {lost}");
        var wasHalted = tally.IsHalted;
        // The map counts a task as failed if its files could not be brought.
        var exitCode = lost is null ? end.ExitCode : Math.Max(end.ExitCode, ExitCodes.Refused);
        var counts = tally.Add(exitCode);
        log?.Add(end, exitCode);
        if (counts)
        {
            var outcome = exitCode == ExitCodes.Done ? "succeeded" : "failed";
            printer.Say($"otask: this task {outcome}: {end.Line.Command}");
        }

        if (tally.IsHalted && !wasHalted && await batches.Cancel(isOnlyQueued: !halt!.IsAtOnce) is { } failure)
            printer.Say($"otask: {failure}");
    }

    /// <summary>
    /// Submits the lines that have been read, as many as there is room for. Returns whether there were any.
    /// </summary>
    private async Task<bool> SubmitWhatCame(CancellationToken cancellation)
    {
        var any = false;
        while (!isStopped && !tally.IsHalted && IsWorthwhile())
        {
            var chunk = new List<MapLine>();
            var room = Math.Min(window - batches.Open - printer.Waiting, LargestChunk);
            var text = 0;
            while (chunk.Count < room && (next ??= feed.Take()) is { } line)
            {
                text += line.Length;
                if (text > LargestChunkText && chunk.Count > 0)
                    break;
                chunk.Add(line);
                next = null;
            }

            if (chunk.Count == 0)
                break;
            while (!await batches.Submit(chunk, cancellation))
            {
                // The queue is full. It gets room as tasks end.
                await Take(await batches.Look(isQuick: true, cancellation), cancellation);
                await Task.Delay(LongestPause, time, cancellation);
                if (isStopped || tally.IsHalted)
                    return any;
            }

            submittedAt = time.GetTimestamp();
            chunk.ForEach(printer.Expect);
            any = true;
        }

        return any;
    }

    // Each open chunk costs a request per look. With many open chunks, the next one waits for more lines, or for
    // Gathering.
    private bool IsWorthwhile() =>
        batches.OpenChunks < FewChunks || feed.Waiting > LargestChunk / 2 || time.GetElapsedTime(submittedAt) > Gathering;

    private async Task Pause(TimeSpan pause, bool isAtEnd, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(
            cancellation, isStopped ? CancellationToken.None : stopping.Token);
        var hasRoom = window - batches.Open - printer.Waiting > 0 && next is null && IsWorthwhile();
        // The feed may have ended since the caller looked: then nothing arrives any more.
        var awaitsLine = !isAtEnd && hasRoom && !feed.IsDone;
        var isIdle = awaitsLine && batches.Open == 0;
        var delay = Task.Delay(isIdle ? Timeout.InfiniteTimeSpan : pause, time, either.Token);
        _ = await Task.WhenAny(delay, awaitsLine ? feed.Wait(either.Token) : delay);
        await either.CancelAsync();
        cancellation.ThrowIfCancellationRequested();
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static TimeSpan Limit(TimeSpan pause) =>
        pause < ShortestPause ? ShortestPause : pause > LongestPause ? LongestPause : pause;
}
