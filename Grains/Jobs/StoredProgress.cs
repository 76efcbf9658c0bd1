using OrleansTasks.Processing.Binary;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// Stores <see cref="JobProgress"/>, which can be too large for one message to the dispatcher. Small progress is in the
/// job's row; large progress is put into the store in parts, to which the row refers.
/// </summary>
/// <remarks>
/// Parts are written before the commit under their own version and count only once the commit stores the reference, so
/// a failure in between changes nothing. Each commit of progress deletes the parts of all other versions.
/// </remarks>
internal static class StoredProgress
{
    /// <summary>First byte of a reference. Progress itself begins with its version, which must never be 0.</summary>
    private const byte ReferenceMark = 0;

    /// <summary>
    /// Puts large progress into the store and returns the write to commit, with a reference. A part overwrites one of
    /// the same version and number, so neither stored progress nor another activation may use
    /// <paramref name="version"/> (above 0). If anything is thrown, the stored progress is still the old one.
    /// </summary>
    /// <exception cref="StoreUnavailableException">A part was not stored.</exception>
    /// <exception cref="OutcomeUnknownException">A part may have been stored.</exception>
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
    /// Returns the whole progress, reading the parts if <paramref name="stored"/> is a reference. Null if a part is
    /// missing, as after a later commit. Throws <see cref="FormatException"/> if the reference is damaged.
    /// </summary>
    public static async Task<ReadOnlyMemory<byte>?> Read(IJobStore store, TaskId job, ReadOnlyMemory<byte> stored)
    {
        if (PartsOf(stored.Span) is not { } parts)
            return stored;
        var whole = new ByteWriter();
        for (var part = 0; part < parts.Count; part++)
        {
            if (await store.Part(job, parts.Version, part) is not { } bytes)
                return null;
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

    /// <summary>Returns the parts that the bytes refer to; null if they are empty or progress itself.</summary>
    private static ProgressParts? PartsOf(ReadOnlySpan<byte> stored)
    {
        if (stored.IsEmpty || stored[0] != ReferenceMark)
            return null;
        // The service wrote these bytes, so they are trusted.
        var reader = new ByteReader(stored[1..], isOwn: true);
        return new ProgressParts(reader.Signed(), (int)reader.Signed());
    }
}
