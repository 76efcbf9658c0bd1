using System.Buffers;
using System.Text.Json;
using OrleansTasks.Storage;

namespace OrleansTasks.Jobs;

internal sealed partial class JobCore
{
    private byte[]? outcome;

    /// <summary>What a stored job that has ended, or that nobody can ask, looks like.</summary>
    public static JobView ViewOf(JobRow row, Spec.JobSpec spec, long now)
    {
        var core = new JobCore(row.Id, row.Partition, spec);
        core.Restore(row, null, now);
        return core.View(default, now);
    }

    /// <summary>The job as it stands.</summary>
    public JobView View(ChunkCounts counts, long now)
    {
        var processed = total.Items + total.Skipped;
        var life = startedAt == 0 ? 0 : ((endedAt == 0 ? now : endedAt) - startedAt) / 1000.0;
        var speed = endedAt == 0 && rate.Rate(now, processed) is var lately and > 0 ? lately
            : life > 0 ? processed / life : 0;
        // Of a file, bytes tell how far it is.
        var settled = IsFile ? cursor.Place - openItems - droppedItems : processed + itemsFailed;
        var whole = cursor.Whole ?? (isClosed ? cursor.Place : null);
        var pace = !IsFile ? speed : life > 0 ? settled / life : 0;
        return new JobView
        {
            Id = Id,
            Name = spec.Name,
            State = Phase.ToState(),
            StartedAt = Time(startedAt),
            EndedAt = Time(endedAt),
            CancelRequestedAt = Time(cancelRequestedAt),
            Reason = reason,
            ItemsRead = IsFile ? processed + itemsFailed : cursor.Place,
            ItemsDone = total.Items,
            ItemsFailed = itemsFailed,
            ItemsSkipped = total.Skipped,
            ChunksQueued = Math.Max(0, open.Count - counts.Running),
            ChunksRunning = Math.Min(counts.Running, open.Count),
            ChunksDone = nodes.Values.Sum(static node => node.Chunks),
            Percent = Phase == JobPhase.Succeeded ? 100 : whole is null or 0 ? null : 100.0 * settled / whole.Value,
            ItemsPerSecond = speed,
            EtaSeconds = IsOver ? 0 : whole is { } count && pace > 0 ? Math.Max(0, count - settled) / pace : null,
            PerNode = [.. nodes.Values],
            Aggregate = Outcome(),
            Approximate = [.. total.Approximate],
            Queue = spec.Queue,
            Labels = spec.Labels,
            Failures = [.. failures],
            Partition = Partition,
        };
    }

    private static long? Time(long time) => time == 0 ? null : time;

    /// <summary>Rendered once a fold: it may be large, and a job is asked more often than it moves.</summary>
    private byte[] Outcome() => outcome ??= Render();

    private byte[] Render()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
            total.WriteOutcome(json);
        return buffer.WrittenSpan.ToArray();
    }
}
