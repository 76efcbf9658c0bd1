using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Silo.Nodes;

/// <summary>
/// Stores the output of running commands, and removes it when the stored result has all of it, or when its attempt is
/// not stored.
/// <see cref="OutputAdmission"/> decides of which attempts output is accepted. Output that is not accepted is
/// acknowledged all the same: a worker that had to resend it forever would send nothing else.
/// <see cref="Upkeep.OutputSweep"/> removes files that remain after a silo dies.
/// </summary>
internal sealed partial class OutputIntake(
    IOutputStore store, ITaskStore tasks, TimeProvider time, SiloInstruments instruments, ILogger<OutputIntake> logger)
{
    // Marks of an attempt, in bytes. Our worker's 20,000 marks take about 400 KB.
    private const long MostMarks = 1 << 20;

    private readonly OutputAdmission admission = new(tasks, time);

    /// <summary>
    /// Writes chunks. They are durable after <see cref="Sync"/> of each attempt up to the returned ends.
    /// </summary>
    internal async ValueTask<IReadOnlyDictionary<LeaseRef, OutputEnds>> Append(OutputChunks chunks)
    {
        var touched = new Dictionary<LeaseRef, OutputEnds>();
        foreach (var chunk in chunks.Chunks)
        {
            var lease = NodeMessages.ToLeaseRef(chunk.Lease);
            if (chunk.Stream is not (1 or 2 or 3) || chunk.Offset < 0)
                throw new ArgumentException("A chunk's stream must be 1, 2 or 3, and its offset at least 0.");
            var end = await Append(lease, (OutputStream)chunk.Stream, chunk);
            touched[lease] = touched.GetValueOrDefault(lease).With(end);
        }

        return touched;
    }

    /// <summary>
    /// Completes when everything written of an attempt is durable. Fails if that is less than <paramref name="ends"/>.
    /// </summary>
    internal async Task Sync(LeaseRef lease, OutputEnds ends = default)
    {
        try
        {
            await store.Sync(lease.Task, lease.Attempt, lease.Token, ends.Stdout, ends.Stderr);
        }
        catch (StoreUnavailableException)
        {
            // If output of the attempt is no longer accepted, its result has the output or its task is gone, and
            // nothing needs to be durable.
            if (await admission.IsTakenNow(lease))
                throw;
        }
    }

    /// <summary>
    /// Makes an attempt's output durable, and returns the result with no more output outside of it than the store has.
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

    /// <summary>Handles a settled result, whether or not it counted.</summary>
    internal void Settled(AttemptResult result)
    {
        if (admission.Close(result.Lease) && result.Output is null or { Inline: true })
            _ = Tidy(result.Lease);
    }

    /// <summary>
    /// Handles an attempt that was put back. If it had started, it is still listed, and its output can be read.
    /// </summary>
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

        if (stream == OutputStream.Marks)
            limit = MostMarks;
        var bytes = chunk.Data.Memory;
        if (bytes.Length > limit - chunk.Offset)
            bytes = bytes[..(int)Math.Max(0, limit - chunk.Offset)];
        if (bytes.IsEmpty)
            return default;
        if (!tasks.Health.MayGrow())
            throw new StoreUnavailableException("The disk is nearly full: output waits until space is free.");
        try
        {
            await store.Append(lease.Task, lease.Attempt, lease.Token, stream, chunk.Offset, bytes);
            instruments.StoreOutput(bytes.Length);
            return OutputEnds.Of(stream, chunk.Offset + bytes.Length);
        }
        catch (ArgumentOutOfRangeException)
        {
            // The chunk was sent twice. By now the result has been stored with all output, and the files have been
            // removed.
            if (!await admission.IsTakenNow(lease))
                return default;
            // The worker skipped the bytes before the chunk, or the store has lost them. Refusing the rest forever
            // would block every other attempt.
            OutputGap(lease.Task, lease.Attempt, chunk.Offset);
            return default;
        }
    }

    /// <summary>Removes an attempt's files unless its output is read from them.</summary>
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
