using OrleansTasks.Processing.Binary;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Progress as it is stored: small progress in the job's row; large progress in parts that are put before the commit, which then carries
/// only a reference to them. Parts count from that commit on; each commit of progress deletes the parts of all other versions, so those of
/// a commit that failed do not stay for long.
/// </summary>
internal static class StoredProgress
{
    /// <summary>
    /// The first byte of a reference, where <see cref="JobProgress"/> has its version: so no version of progress may be 3, and a program
    /// that knows no parts refuses the reference as progress of a later version.
    /// </summary>
    private const byte ReferenceMark = 3;

    /// <summary>
    /// Puts the parts of large progress. Returns the write to commit: with a reference in place of large progress, else
    /// <paramref name="write"/> itself. Throws <see cref="StoreUnavailableException"/> when a part may not be stored.
    /// </summary>
    /// <param name="store">The stored jobs.</param>
    /// <param name="job">The job.</param>
    /// <param name="write">The write with the whole progress, or without progress.</param>
    /// <param name="version">
    /// A version larger than 0 that neither the stored progress nor another activation of the job's grain uses: parts that count are never
    /// overwritten.
    /// </param>
    public static async Task<JobWrite> Put(IJobStore store, TaskId job, JobWrite write, long version)
    {
        if (write.Progress is not { } progress || progress.Length <= store.LargestPart)
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
    /// Returns the progress that a row holds or refers to, read part by part; empty when <paramref name="stored"/> is. Throws
    /// <see cref="FormatException"/> when a part is missing: it is damaged, or a later commit has deleted the part since the row was read.
    /// </summary>
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

    private static byte[] ReferenceTo(ProgressParts parts)
    {
        var writer = new ByteWriter();
        writer.Byte(ReferenceMark);
        writer.Signed(parts.Version);
        writer.Signed(parts.Count);
        return writer.ToArray();
    }

    private static ProgressParts? PartsOf(ReadOnlySpan<byte> stored)
    {
        if (stored.IsEmpty || stored[0] != ReferenceMark)
            return null;
        var reader = new ByteReader(stored[1..], isOwn: true);
        return new ProgressParts(reader.Signed(), (int)reader.Signed());
    }
}
