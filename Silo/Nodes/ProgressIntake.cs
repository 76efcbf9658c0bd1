using System.Diagnostics.CodeAnalysis;
using Google.Protobuf.Collections;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Silo.Nodes;

/// <summary>
/// Stores what workers report of the progress of attempts: the latest of each task, in at most one transaction a second
/// for this silo. Nothing waits for it; what cannot be stored is dropped, because the next report replaces it.
/// </summary>
internal sealed partial class ProgressIntake(IProgressStore store, TimeProvider time, ILogger<ProgressIntake> logger)
{
    /// <summary>Maximum number of tasks whose progress waits; reports of further ones are dropped.</summary>
    internal const int MostWaiting = 10_000;

    private const int MostInReport = 1_000;
    private const int MostInWrite = 1_000;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly Lock gate = new();
    private readonly Dictionary<TaskId, ProgressRow> waiting = [];
    private bool isWriting;

    /// <summary>
    /// Reads the progress in a worker's report. Throws <see cref="ArgumentException"/> if it is invalid.
    /// </summary>
    internal ProgressRow[] Read(RepeatedField<AttemptProgress> reported)
    {
        if (reported.Count > MostInReport)
            throw new ArgumentException($"A report may have the progress of at most {MostInReport} attempts.");
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        return reported.Count == 0 ? [] : [.. reported.Select(one => ToRow(one, now))];
    }

    /// <summary>Takes reports to store, and returns at once.</summary>
    internal void Take(ProgressRow[] rows)
    {
        if (rows.Length == 0)
            return;
        lock (gate)
        {
            foreach (var row in rows)
            {
                if (waiting.Count < MostWaiting || waiting.ContainsKey(row.Task))
                    waiting[row.Task] = row;
            }

            if (isWriting)
                return;
            isWriting = true;
        }

        _ = WriteAll();
    }

    private static ProgressRow ToRow(AttemptProgress reported, long now)
    {
        if (reported.Hundredths is < 0 or > TaskProgress.Complete)
            throw new ArgumentException($"Progress must be from 0 to {TaskProgress.Complete} hundredths of a percent.");
        var lease = NodeMessages.ToLeaseRef(reported.Lease);
        var message = StorableText.Of(reported.Message, ServiceLimits.ProgressMessage);
        return new ProgressRow(lease.Task, lease.Token, new TaskProgress(reported.Hundredths, message, now));
    }

    [SuppressMessage("Design", "CA1031", Justification = "Progress is only for display, so a failed write is dropped.")]
    private async Task WriteAll()
    {
        while (Next() is { } rows)
        {
            try
            {
                await store.Write(rows);
            }
            catch (Exception failure)
            {
                NotStored(failure, rows.Length);
            }

            await Task.Delay(Pause, time);
        }
    }

    private ProgressRow[]? Next()
    {
        lock (gate)
        {
            if (waiting.Count == 0)
            {
                isWriting = false;
                return null;
            }

            ProgressRow[] rows = [.. waiting.Values.Take(MostInWrite)];
            foreach (var row in rows)
                waiting.Remove(row.Task);
            return rows;
        }
    }

    [LoggerMessage(
        EventId = 4205, Level = LogLevel.Warning, Message = "The progress of {Count} tasks could not be stored.")]
    private partial void NotStored(Exception failure, int count);
}
