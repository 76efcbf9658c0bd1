using OrleansTasks.Processing.Binary;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Stores and reads the progress of a job, which can be too large for one message to the dispatcher. Progress is how
/// far the source was cut and the combined results of the chunks that have ended, in the binary form of
/// <see cref="JobProgress"/>. Small progress stands in the job's row. Large progress is put into the store in parts,
/// and the row has only a reference to them.
/// <see cref="JobOwner"/> stores progress, <see cref="StoredJob"/> and <see cref="JobReading"/> read it.
/// </summary>
/// <remarks>
/// Parts are written before the commit, under a version of their own, and count only once the commit has stored the
/// reference to that version. Until then the old progress stays valid, so a failure in between changes nothing.
/// Each commit of progress deletes the parts of all other versions, also those that a failed commit has left behind.
/// </remarks>
internal static class StoredProgress
{
    /// <summary>
    /// The first byte of a reference. The first byte of progress itself is its version (<see cref="JobProgress"/>), which
    /// therefore must never be 0.
    /// </summary>
    private const byte ReferenceMark = 0;

    /// <summary>
    /// Puts large progress into the store, in parts. Returns the write that the caller must commit: a copy with the
    /// reference in place of the progress, or <paramref name="write"/> itself when it has little progress or none.
    /// </summary>
    /// <param name="store">The stored jobs.</param>
    /// <param name="job">The job's id.</param>
    /// <param name="write">The write with the whole progress, or without progress.</param>
    /// <param name="version">
    /// A version for the parts, larger than 0. Neither the stored progress nor another activation of the job's grain
    /// may use it, because a part overwrites a part of the same version and number.
    /// </param>
    /// <exception cref="StoreUnavailableException">
    /// A part was not stored. The stored progress is still the old one.
    /// </exception>
    /// <exception cref="OutcomeUnknownException">
    /// Whether a part was stored is unknown. The stored progress is still the old one.
    /// </exception>
    public static async Task<JobWrite> Put(IJobStore store, TaskId job, JobWrite write, long version)
    {
        if (write.Progress is not { Bytes: var progress } || progress.Length <= store.LargestPart)
            return write;
        var parts = new ProgressParts(version, (progress.Length + store.LargestPart - 1) / store.LargestPart);
        for (var part = 0; part < parts.Count; part++)
        {
            var start = part * store.LargestPart;
            await store.PutPart(job, version, part, progress[start..Math.Min(progress.Length, start + store.LargestPart)]);
        }

        return write with { Progress = ReferenceTo(parts), Parts = parts };
    }

    /// <summary>
    /// Returns the whole progress for what a row has: reads the parts when the row has a reference, else returns
    /// <paramref name="stored"/> itself, also when it is empty.
    /// </summary>
    /// <param name="store">The stored jobs.</param>
    /// <param name="job">The job's id.</param>
    /// <param name="stored">The progress column of the job's row.</param>
    /// <exception cref="FormatException">
    /// The reference is damaged, or a part is missing, for example because a later commit has deleted it since the row
    /// was read.
    /// </exception>
    public static async Task<ReadOnlyMemory<byte>> Read(IJobStore store, TaskId job, ReadOnlyMemory<byte> stored)
    {
        if (PartsOf(stored.Span) is not { } parts)
            return stored;
        var whole = new ByteWriter();
        for (var part = 0; part < parts.Count; part++)
        {
            var bytes = await store.Part(job, parts.Version, part)
                ?? throw new FormatException($"Part {part} of a job's progress is missing.");
            whole.Raw(bytes.Span);
        }

        return whole.ToArray();
    }

    /// <summary>Returns the reference as bytes: the mark, the version, the number of parts.</summary>
    private static byte[] ReferenceTo(ProgressParts parts)
    {
        var writer = new ByteWriter();
        writer.Byte(ReferenceMark);
        writer.Signed(parts.Version);
        writer.Signed(parts.Count);
        return writer.ToArray();
    }

    /// <summary>Returns the parts that a row's progress refers to; null when it is empty or progress itself.</summary>
    private static ProgressParts? PartsOf(ReadOnlySpan<byte> stored)
    {
        if (stored.IsEmpty || stored[0] != ReferenceMark)
            return null;
        // The service wrote these bytes itself, so the reader need not distrust them as it does those of a worker.
        var reader = new ByteReader(stored[1..], isOwn: true);
        return new ProgressParts(reader.Signed(), (int)reader.Signed());
    }
}
