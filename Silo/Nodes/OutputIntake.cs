using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Silo.Nodes;

/// <summary>
/// Stores what commands write while they run, and removes it again when the stored result has all of it, or when no attempt is left
/// that it belongs to. <see cref="OutputAdmission"/> says of which attempts output is taken. What is not taken is acknowledged all the
/// same: a worker that had to send it again for ever would send nothing else. Files that stay behind when the silo dies are removed by
/// <see cref="Upkeep.OutputSweep"/>.
/// </summary>
internal sealed partial class OutputIntake(
    IOutputStore store, ITaskStore tasks, TimeProvider time, SiloInstruments instruments, ILogger<OutputIntake> logger)
{
    private readonly OutputAdmission admission = new(tasks, time);

    /// <summary>Writes chunks, which are durable after <see cref="Sync"/> of each attempt up to the ends that are returned.</summary>
    internal async ValueTask<IReadOnlyDictionary<LeaseRef, OutputEnds>> Append(OutputChunks chunks)
    {
        var touched = new Dictionary<LeaseRef, OutputEnds>();
        foreach (var chunk in chunks.Chunks)
        {
            var lease = NodeMessages.ToLeaseRef(chunk.Lease);
            if (chunk.Stream is not (1 or 2) || chunk.Offset < 0)
                throw new ArgumentException("A chunk's stream is 1 or 2, and its offset at least 0.");
            var end = await Append(lease, (OutputStream)chunk.Stream, chunk);
            touched[lease] = touched.GetValueOrDefault(lease).With(end);
        }

        return touched;
    }

    /// <summary>Completes once everything that was written of an attempt is durable; fails when that ends before what is given.</summary>
    internal async Task Sync(LeaseRef lease, OutputEnds ends = default)
    {
        try
        {
            await store.Sync(lease.Task, lease.Attempt, lease.Token, ends.Stdout, ends.Stderr);
        }
        catch (StoreUnavailableException)
        {
            // No output of this attempt is taken any more: its result has the output, or its task is gone. Nothing must become durable.
            if (await admission.IsTakenNow(lease))
                throw;
        }
    }

    /// <summary>
    /// Returns a result whose output is on disk: of output outside the result, no more counts than the store has.
    /// </summary>
    internal async Task<AttemptResult> Confirm(AttemptResult claimed)
    {
        if (claimed.Output is not { Inline: false })
            return claimed;
        var lease = claimed.Lease;
        await Sync(lease);
        return WorkerClaims.WithStored(
            claimed,
            await store.Length(lease.Task, lease.Attempt, lease.Token, OutputStream.Stdout),
            await store.Length(lease.Task, lease.Attempt, lease.Token, OutputStream.Stderr));
    }

    /// <summary>An attempt's result is settled, which says nothing of whether it counted.</summary>
    internal void Settled(AttemptResult result)
    {
        if (admission.Close(result.Lease) && result.Output is null or { Inline: true })
            _ = Tidy(result.Lease);
    }

    /// <summary>An attempt was put back. If it had started it is listed all the same, and what it wrote can be read.</summary>
    internal void Refused(LeaseRef lease)
    {
        if (admission.Close(lease))
            _ = Tidy(lease);
    }

    private async Task<OutputEnds> Append(LeaseRef lease, OutputStream stream, OutputChunk chunk)
    {
        if (await admission.LimitOf(lease) is not { } limit)
        {
            OutputNotTaken(lease.Task, lease.Attempt, chunk.Data.Length);
            return default;
        }

        var bytes = chunk.Data.Memory;
        if (bytes.Length > limit - chunk.Offset)
            bytes = bytes[..(int)Math.Max(0, limit - chunk.Offset)];
        if (bytes.IsEmpty)
            return default;
        if (!tasks.Health.MayGrow())
            throw new StoreUnavailableException("The disk is nearly full: output waits until there is room.");
        try
        {
            await store.Append(lease.Task, lease.Attempt, lease.Token, stream, chunk.Offset, bytes);
            instruments.StoreOutput(bytes.Length);
            return OutputEnds.Of(stream, chunk.Offset + bytes.Length);
        }
        catch (ArgumentOutOfRangeException)
        {
            // Sent twice, and meanwhile the result has been stored with all output: the files have been removed.
            if (!await admission.IsTakenNow(lease))
                return default;
            // Its worker has not sent the bytes before it, or the store has lost them. To refuse the rest for ever
            // would block every other attempt.
            OutputGap(lease.Task, lease.Attempt, chunk.Offset);
            return default;
        }
    }

    /// <summary>Removes an attempt's files unless what it wrote is to be read there.</summary>
    private async Task Tidy(LeaseRef lease)
    {
        try
        {
            var found = await tasks.FindOutput(lease.Task, lease.Attempt);
            if (found?.Token == lease.Token && found.Output is not { Inline: true })
                return;
            await store.Delete(lease.Task, lease.Attempt, lease.Token);
        }
        catch (StoreUnavailableException failure)
        {
            DeleteFailed(failure, lease.Task, lease.Attempt);
        }
    }
}
